package oxbow.proof.flink;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.RestService;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaReference;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericData;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.formats.avro.registry.confluent.ConfluentRegistryAvroDeserializationSchema;
import org.apache.flink.formats.avro.registry.confluent.ConfluentRegistryAvroSerializationSchema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Registers, writes, reads, evolves and is refused; prints a line for each fact. */
public final class FlinkClient {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final String MONEY =
      "{'type':'record','name':'shop.Money','fields':[{'name':'cents','type':'long'}]}";
  private static final String NOTE = ",{'name':'note','type':'string','default':'none'}";
  private static final String PRICE = ",{'name':'price','type':'double'}";

  private final String bootstrap;
  private final String registry;
  private final String topic;
  private final String subject;

  private FlinkClient(String bootstrap, String registry, String topic) {
    this.bootstrap = bootstrap;
    this.registry = registry;
    this.topic = topic;
    this.subject = topic + "-value";
  }

  /** Takes a Kafka server, the registry's URL and a name for topic and subjects. */
  public static void main(String[] args) throws Exception {
    var client = new FlinkClient(args[0], args[1], args[2]);
    client.formats();
    client.registryClient();
    client.references();
  }

  private static void fact(String name, Object value) {
    System.out.println(name + "=" + value);
  }

  private static String text(String quoted) {
    return quoted.replace('\'', '"');
  }

  private static String sale(String more) {
    String item = "{'name':'item','type':'string'}";
    return text("{'type':'record','name':'shop.Sale','fields':[" + item + more + "]}");
  }

  private CachedSchemaRegistryClient client() {
    return new CachedSchemaRegistryClient(registry, 100);
  }

  /** Flink's own format: it registers when it writes, and fetches by id when it reads. */
  private void formats() throws Exception {
    Schema first = new Schema.Parser().parse(sale(""));
    Schema second = new Schema.Parser().parse(sale(NOTE));
    GenericRecord old = new GenericData.Record(first);
    old.put("item", "tea");
    GenericRecord now = new GenericData.Record(second);
    now.put("item", "cake");
    now.put("note", "fresh");
    byte[] oldBytes =
        ConfluentRegistryAvroSerializationSchema.forGeneric(subject, first, registry)
            .serialize(old);
    byte[] nowBytes =
        ConfluentRegistryAvroSerializationSchema.forGeneric(subject, second, registry)
            .serialize(now);
    var reader = ConfluentRegistryAvroDeserializationSchema.forGeneric(second, registry);
    List<String> read = new ArrayList<>();
    for (byte[] value : through(List.of(oldBytes, nowBytes))) {
      GenericRecord sale = reader.deserialize(value);
      read.add(sale.get("item") + "/" + sale.get("note"));
    }
    fact("read", read);
    fact("versions", client().getAllVersions(subject));
  }

  /** What Kafka's Java serializers, Connect's converters and Flink all stand on. */
  private void registryClient() throws Exception {
    var latest = client().getLatestSchemaMetadata(subject);
    fact("latest", latest.getVersion() + "/" + latest.getSchemaType());
    var same = new AvroSchema(sale(NOTE));
    fact("sameId", client().register(subject, same) == latest.getId());
    fact("found", client().getVersion(subject, same));
    fact(
        "byId",
        client().getSchemaById(latest.getId()).canonicalString().equals(same.canonicalString()));
    fact("subjectsOfId", client().getAllSubjectsById(latest.getId()));
    fact("subjects", client().getAllSubjects().contains(subject));
    var bad = new AvroSchema(sale(PRICE));
    fact("fits", client().testCompatibility(subject, bad));
    fact("why", !client().testCompatibilityVerbose(subject, bad).isEmpty());
    fact("refused", refusal(() -> client().register(subject, bad)));
    fact("missing", refusal(() -> client().getLatestSchemaMetadata(topic + "-nobody")));
    fact("level", client().updateCompatibility(subject, "FORWARD"));
    fact("allowed", client().register(subject, bad) > latest.getId());
    fact("mode", client().setMode("READONLY", subject));
    fact("readonly", refusal(() -> client().register(subject, new AvroSchema(text(MONEY)))));
    client().setMode("READWRITE", subject);
    fact("contexts", new RestService(registry).getAllContexts());
    fact("deleted", client().deleteSubject(subject, false));
    fact("deletedForGood", client().deleteSubject(subject, true));
  }

  private void references() throws Exception {
    client().register(topic + "-money", new AvroSchema(text(MONEY)));
    String sale = sale(",{'name':'sum','type':'shop.Money'}");
    var reference = new SchemaReference("shop.Money", topic + "-money", 1);
    var schema = new AvroSchema(sale, List.of(reference), Map.of("shop.Money", text(MONEY)), null);
    int id = client().register(topic + "-sale", schema);
    fact("references", client().getSchemaById(id).references().size());
    fact("blocked", refusal(() -> client().deleteSubject(topic + "-money", false)));
  }

  private List<byte[]> through(List<byte[]> values) throws Exception {
    var partition = new TopicPartition(topic, 0);
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (byte[] value : values) producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
    }
    List<byte[]> read = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long until = System.nanoTime() + PATIENCE.toNanos();
      while (read.size() < values.size()) {
        if (System.nanoTime() > until) throw new IllegalStateException("records are missing");
        for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofMillis(200))) {
          read.add(found.value());
        }
      }
    }
    return read;
  }

  private interface Call {
    Object run() throws Exception;
  }

  private static String refusal(Call call) throws Exception {
    try {
      return "nothing: " + call.run();
    } catch (RestClientException e) {
      return e.getStatus() + "/" + e.getErrorCode();
    }
  }
}
