package oxbow.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** Apache Flink reads topics as tables, in batches and while they grow, row for row. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FlinkTest {
  private static final int PARTITIONS = 2;
  private static final int SALES = 120;
  private static final int BLOBS = 300;
  private static final int GROWTH = 500;
  private static final long SEED = 20_261_121;
  private static final long FIRST_MS = 1_760_000_400_000L;
  private static final Duration LAG = Duration.ofSeconds(60);
  private static final JsonMapper JSON = new JsonMapper();

  private final Proof proof;
  private final Random random = new Random(SEED);
  private Oxbow oxbow;
  private Admin admin;
  private FlinkSql flink;

  FlinkTest(Proof proof) {
    this.proof = proof;
  }

  @BeforeAll
  void produceAndAwaitTables() throws Exception {
    int port = Ports.free();
    String registry = "http://127.0.0.1:" + port;
    oxbow = Oxbow.start(proof.folder("flink-oxbow"), "schema.registry.listeners=" + registry);
    admin = Admin.create(Map.of("bootstrap.servers", oxbow.bootstrap()));
    Ports.awaitListening(port, oxbow.process());
    int schemaId = TypedValues.AVRO.register(registry, "sales-value", 1);
    for (String topic : List.of("sales", "blobs", "growing")) createTopic(topic);
    send(
        IntStream.range(0, SALES)
            .mapToObj(n -> record("sales", n, TypedValues.AVRO.write(n, 1, schemaId)))
            .toList());
    send(IntStream.range(0, BLOBS).mapToObj(n -> record("blobs", n, blob(n))).toList());
    flink = FlinkSql.start(proof.folder("flink"), oxbow.http() + "/iceberg");
    awaitTable("sales", SALES);
    awaitTable("blobs", BLOBS);
  }

  @AfterAll
  void stop() {
    if (flink != null) flink.close();
    if (admin != null) admin.close(Duration.ZERO);
    if (oxbow != null) oxbow.close();
  }

  private void createTopic(String topic) {
    Map<String, String> config =
        Map.of(
            "retention.ms", "-1",
            "oxbow.cold.max.lag.ms", "10000",
            "oxbow.cold.file.bytes", "1048576");
    Void _ =
        Proof.get(
            admin
                .createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1).configs(config)))
                .all());
  }

  private byte @Nullable [] blob(int n) {
    if (n % 10 == 7) return null;
    byte[] bytes = new byte[random.nextInt(2_000)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static ProducerRecord<byte[], byte[]> record(
      String topic, int n, byte @Nullable [] value) {
    byte @Nullable [] key = n % 4 == 1 ? null : ("key-" + n % 12).getBytes(UTF_8);
    var record =
        new ProducerRecord<byte[], byte[]>(
            topic, n % PARTITIONS, FIRST_MS + n * 7_001L, key, value);
    for (int i = 0; i < n % 3; i++) {
      record.headers().add(new RecordHeader("header-" + i, n % 5 == 0 ? null : new byte[] {1, -1}));
    }
    return record;
  }

  private void send(List<ProducerRecord<byte[], byte[]>> records) throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", oxbow.bootstrap(), "compression.type", "zstd"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (var record : records) sent.add(producer.send(record));
      for (var each : sent) {
        RecordMetadata _ = each.get(60, TimeUnit.SECONDS);
      }
    }
  }

  /** Until the table has so many records. */
  private void awaitTable(String topic, long records) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (int p = 0; p < PARTITIONS; p++) {
      asked.put(new TopicPartition(topic, p), OffsetSpec.latestTiered());
    }
    Await.until(
        records + " records in the table of " + topic,
        LAG,
        () ->
            Proof.get(admin.listOffsets(asked).all()).values().stream()
                    .mapToLong(found -> found.offset() + 1)
                    .sum()
                >= records);
  }

  /** All that a consumer reads of a topic, by partition and offset. */
  private Map<String, ConsumerRecord<byte[], byte[]>> consumed(String topic, int count) {
    Map<String, ConsumerRecord<byte[], byte[]>> records = new TreeMap<>();
    try (var consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", oxbow.bootstrap()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> all =
          IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(topic, p)).toList();
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Await.until(
          "records of " + topic,
          Await.LONG,
          () -> {
            consumer
                .poll(Duration.ofMillis(100))
                .forEach(record -> records.put(record.partition() + "/" + record.offset(), record));
            return records.size() >= count;
          });
    }
    return records;
  }

  private static String place(JsonNode row) {
    return row.get(0).asInt() + "/" + row.get(1).asLong();
  }

  private static ConsumerRecord<byte[], byte[]> at(
      JsonNode row, Map<String, ConsumerRecord<byte[], byte[]>> records) {
    return requireNonNull(records.get(place(row)), () -> "no consumer reads " + row);
  }

  @Test
  void eachRowIsWhatAConsumerReads() {
    Map<String, ConsumerRecord<byte[], byte[]>> records = consumed("blobs", BLOBS);

    List<JsonNode> rows =
        flink.batch(
            "SELECT kafka_partition, kafka_offset, kafka_timestamp, kafka_key, kafka_headers,"
                + " `value`, kafka_form FROM oxbow.topics.blobs");

    assertThat(rows.stream().map(FlinkTest::place))
        .containsExactlyInAnyOrderElementsOf(records.keySet());
    for (JsonNode row : rows) {
      ConsumerRecord<byte[], byte[]> record = at(row, records);
      ArrayNode expected = JSON.createArrayNode();
      expected.add(record.partition()).add(record.offset());
      expected.add(Instant.ofEpochMilli(record.timestamp()).toString());
      expected.add(record.key());
      ArrayNode headers = JSON.createArrayNode();
      record.headers().forEach(header -> headers.addArray().add(header.key()).add(header.value()));
      if (headers.isEmpty()) expected.addNull();
      else expected.add(headers);
      expected.add(record.value()).add(record.value() == null ? 4 : 5);
      assertThat(row).hasToString(expected.toString());
    }
  }

  @Test
  void columnsArePrunedAndFilteredAsAConsumerWould() {
    Map<String, ConsumerRecord<byte[], byte[]>> records = consumed("sales", SALES);

    List<JsonNode> rows =
        flink.batch(
            "SELECT kafka_partition, kafka_offset, item, quantity, s.place.city"
                + " FROM oxbow.topics.sales s WHERE kafka_offset >= 20 AND kafka_partition = 1");

    assertThat(rows).hasSize(SALES / PARTITIONS - 20);
    for (JsonNode row : rows) {
      JsonNode order = TypedValues.AVRO.read(at(row, records).value(), 1);
      assertThat(row.get(2).asText()).isEqualTo(order.get("item").asText());
      assertThat(row.get(3).asLong()).isEqualTo(order.get("quantity").asLong());
      assertThat(row.get(4).asText()).isEqualTo(order.get("place").get("city").asText());
    }
    assertThat(flink.batch("SELECT count(*) FROM oxbow.topics.sales").getFirst().get(0).asLong())
        .isEqualTo(SALES);
  }

  @Test
  void aStreamGoesOnWithEachCommitOfAGrowingTable() throws Exception {
    send(growth(0, GROWTH / 2));
    awaitTable("growing", GROWTH / 2);
    flink.stream(
        GROWTH,
        "SELECT kafka_partition, kafka_offset, kafka_key, `value` FROM oxbow.topics.growing"
            + " /*+ OPTIONS('streaming'='true', 'monitor-interval'='100ms') */");
    Await.until("rows of what was there", Await.LONG, () -> flink.rowsSoFar() >= GROWTH / 2);

    send(growth(GROWTH / 2, GROWTH));
    List<JsonNode> rows = flink.rest();

    Map<String, ConsumerRecord<byte[], byte[]>> records = consumed("growing", GROWTH);
    assertThat(rows.stream().map(FlinkTest::place))
        .containsExactlyInAnyOrderElementsOf(records.keySet());
    for (JsonNode row : rows) {
      ConsumerRecord<byte[], byte[]> record = at(row, records);
      assertThat(row.get(2).binaryValue()).isEqualTo(record.key());
      assertThat(row.get(3).binaryValue()).isEqualTo(record.value());
    }
  }

  private List<ProducerRecord<byte[], byte[]>> growth(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(n -> {
          byte[] value = new byte[8_000];
          random.nextBytes(value);
          return new ProducerRecord<>("growing", n % PARTITIONS, ("k" + n).getBytes(UTF_8), value);
        })
        .toList();
  }

  @Test
  void writesToATopicsTableAreRefusedWithTheReason() {
    for (String write :
        List.of(
            "ALTER TABLE oxbow.topics.blobs SET ('x' = 'y')",
            "CREATE TABLE oxbow.topics.mine (x BIGINT)",
            "DROP TABLE oxbow.topics.blobs")) {
      assertThat(flink.refusal(write)).as(write).contains("belongs to topics and is read-only");
    }
  }
}
