package oxbow.server.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.server.RunningServer;
import oxbow.server.ServerConfig;
import oxbow.server.Wiring;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Given;
import oxbow.server.logging.Logging;

/** The registry in a whole server: its topic, its ports, and what a restart finds. */
@Timeout(120)
class RegistryServerTest {
  private static final TopicPartition SCHEMAS = new TopicPartition("_schemas", 0);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable RunningServer running;

  @AfterEach
  void stop() {
    RunningServer server = running;
    if (server != null) server.close();
    running = null;
    client.close();
    Logging.apply(Logging.Format.TEXT, "info", Map.of());
  }

  private RunningServer start(String... flags) throws Exception {
    RunningServer server = startUnloaded(flags);
    if (server.registry().isPresent()) {
      await(() -> server.registry().orElseThrow().report().isReady());
    }
    return server;
  }

  private RunningServer startUnloaded(String... flags) throws Exception {
    RunningServer before = running;
    if (before != null) before.close();
    List<Given> all = new ArrayList<>();
    for (String flag :
        List.of(
            "data.dir=" + data,
            "logging.level=error",
            "listeners=PLAINTEXT://127.0.0.1:0",
            "http.port=0")) {
      all.add(ConfigSources.flag(flag));
    }
    for (String flag : flags) all.add(ConfigSources.flag(flag));
    RunningServer server =
        Wiring.start(
            ServerConfig.load(new ConfigSources(null, Map.of(), all)),
            failure -> {
              throw failure;
            });
    running = server;
    server.ready().toCompletableFuture().get(60, TimeUnit.SECONDS);
    server.http().toCompletableFuture().get(60, TimeUnit.SECONDS);
    return server;
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(until);
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static URI root(RunningServer server) {
    InetSocketAddress own = server.registryAddress().orElseThrow();
    return URI.create("http://127.0.0.1:" + own.getPort());
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> get(RunningServer server, String path) throws Exception {
    return send(HttpRequest.newBuilder(root(server).resolve(path)));
  }

  private HttpResponse<String> register(RunningServer server, String subject, String schema)
      throws Exception {
    String body = JSON.writeValueAsString(Map.of("schema", schema));
    return send(
        HttpRequest.newBuilder(root(server).resolve("/subjects/" + subject + "/versions"))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .POST(BodyPublishers.ofString(body)));
  }

  private int id(RunningServer server, String subject, String schema) throws Exception {
    HttpResponse<String> answer = register(server, subject, schema);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).path("id").asInt();
  }

  private static String record(String name) {
    return "{\"type\":\"record\",\"name\":\"%s\",\"fields\":[]}".formatted(name);
  }

  private static Map<String, Object> kafka(RunningServer server) {
    int port = server.kafka().values().iterator().next().getPort();
    return Map.of("bootstrap.servers", "127.0.0.1:" + port);
  }

  private static List<ConsumerRecord<String, String>> records(RunningServer server, int count) {
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(kafka(server), new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(SCHEMAS));
      consumer.seekToBeginning(List.of(SCHEMAS));
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (records.size() < count && System.nanoTime() < until) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }

  @Test
  void itIsServedAtItsOwnPortAndUnderTheHttpPort() throws Exception {
    RunningServer server = start();
    int port = server.http().toCompletableFuture().join().orElseThrow().getPort();
    URI http = URI.create("http://127.0.0.1:" + port);

    assertThat(id(server, "orders-value", record("Order"))).isEqualTo(1);

    assertThat(get(server, "/subjects").body()).isEqualTo("[\"orders-value\"]");
    HttpResponse<String> below = send(HttpRequest.newBuilder(http.resolve("/registry/subjects")));
    assertThat(below.body()).isEqualTo("[\"orders-value\"]");
    assertThat(below.headers().firstValue("content-type"))
        .contains("application/vnd.schemaregistry.v1+json");
    assertThat(get(server, "/metrics").statusCode())
        .as("nothing else is at its port")
        .isEqualTo(404);
    assertThat(send(HttpRequest.newBuilder(http.resolve("/subjects"))).statusCode()).isEqualTo(404);
    JsonNode ready = JSON.readTree(send(HttpRequest.newBuilder(http.resolve("/ready"))).body());
    assertThat(ready.path("parts").path("schemas").path("ready").asBoolean()).isTrue();
    assertThat(ready.path("parts").path("schemas").path("schemas").asInt()).isEqualTo(1);
    assertThat(send(HttpRequest.newBuilder(http.resolve("/metrics"))).body())
        .contains("oxbow_schema_registrations_total 1.0");
    assertThat(get(server, "/v1/metadata/id").body())
        .contains(server.broker().control().clusterId());
    String giant = record("Giant").replace("\"fields\"", "\"doc\":\"%s\",\"fields\"");
    HttpResponse<String> tooLarge = register(server, "big", giant.formatted("x".repeat(1_100_000)));
    assertThat(tooLarge.statusCode()).as(tooLarge.body()).isEqualTo(422);
    assertThat(tooLarge.body()).contains("42209");
  }

  @Test
  void topicIsMadeByTheFirstSchemaAndHoldsConfluentsRecords() throws Exception {
    RunningServer server = start();
    try (Admin admin = Admin.create(kafka(server))) {
      assertThat(admin.listTopics().names().get()).doesNotContain("_schemas");

      assertThat(id(server, "s", "\"string\"")).isEqualTo(1);

      var resource = new ConfigResource(ConfigResource.Type.TOPIC, "_schemas");
      Config settings =
          admin.describeConfigs(List.of(resource)).all().get().values().iterator().next();
      assertThat(settings.get("cleanup.policy").value()).isEqualTo("compact");
      assertThat(admin.describeTopics(List.of("_schemas")).allTopicNames().get().values())
          .allMatch(topic -> topic.partitions().size() == 1);
    }
    ConsumerRecord<String, String> record = records(server, 1).getFirst();
    assertThat(record.key())
        .isEqualTo("{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":1,\"magic\":1}");
    assertThat(record.value())
        .isEqualTo(
            "{\"subject\":\"s\",\"version\":1,\"id\":1,\"schemaType\":\"AVRO\","
                + "\"schema\":\"\\\"string\\\"\",\"deleted\":false}");
    assertThat(JSON.readTree(get(server, "/subjects/s/versions/1").body()).path("ts").asLong())
        .isEqualTo(record.timestamp());
  }

  @Test
  void whatAKafkaClientWritesIsServedAndARestartFindsIt() throws Exception {
    RunningServer server = start();
    id(server, "own", record("Own"));
    try (var producer =
        new KafkaProducer<>(kafka(server), new StringSerializer(), new StringSerializer())) {
      producer
          .send(
              new ProducerRecord<>(
                  "_schemas",
                  0,
                  "{\"keytype\":\"SCHEMA\",\"subject\":\"copied\",\"version\":3,\"magic\":1}",
                  "{\"subject\":\"copied\",\"version\":3,\"id\":70,\"schema\":\"\\\"long\\\"\","
                      + "\"deleted\":false}"))
          .get();
      producer.send(new ProducerRecord<>("_schemas", 0, "garbage", "garbage")).get();
    }
    RunningServer first = server;
    await(() -> first.registry().orElseThrow().schemas().byId(70).isPresent());
    assertThat(id(server, "after", record("After"))).isEqualTo(71);

    server = start();

    assertThat(get(server, "/subjects").body()).isEqualTo("[\"after\",\"copied\",\"own\"]");
    assertThat(get(server, "/schemas/ids/70/schema").body()).isEqualTo("\"long\"");
    assertThat(id(server, "own", record("Own"))).isEqualTo(1);
    assertThat(id(server, "next", record("Next"))).isEqualTo(72);
  }

  @Test
  void topicOfAnotherRegistryWithEveryKindOfRecordIsServedAsItIs() throws Exception {
    RunningServer server = start("schema.registry.enable=false");
    Map<String, String> records = new LinkedHashMap<>();
    records.put("{\"keytype\":\"NOOP\",\"magic\":0}", "");
    records.put(
        "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":1,\"magic\":1}",
        "{\"subject\":\"s\",\"version\":1,\"id\":1,\"schema\":\"\\\"string\\\"\","
            + "\"deleted\":false}");
    records.put(
        "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":2,\"magic\":1}",
        "{\"subject\":\"s\",\"version\":2,\"id\":2,\"schemaType\":\"AVRO\","
            + "\"metadata\":{\"properties\":{\"owner\":\"shop\"}},"
            + "\"schema\":\"\\\"bytes\\\"\",\"deleted\":false,\"newer\":true}");
    records.put(
        "{\"keytype\":\"SCHEMA\",\"subject\":\"gone\",\"version\":1,\"magic\":1}",
        "{\"subject\":\"gone\",\"version\":1,\"id\":3,\"schema\":\"\\\"int\\\"\","
            + "\"deleted\":false}");
    records.put(
        "{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"gone\",\"magic\":0}",
        "{\"subject\":\"gone\",\"version\":1}");
    records.put(
        "{\"keytype\":\"CONTEXT\",\"tenant\":\"default\",\"context\":\".lab\",\"magic\":0}",
        "{\"tenant\":\"default\",\"context\":\".lab\"}");
    records.put(
        "{\"keytype\":\"SCHEMA\",\"subject\":\":.lab:p\",\"version\":1,\"magic\":1}",
        "{\"subject\":\":.lab:p\",\"version\":1,\"id\":1,\"schemaType\":\"PROTOBUF\","
            + "\"schema\":\"syntax = \\\"proto3\\\";\\n\\nmessage A {\\n  string f = 1;\\n}\\n\","
            + "\"deleted\":false}");
    records.put("{\"keytype\":\"CONFIG\",\"magic\":0}", "{\"compatibilityLevel\":\"FULL\"}");
    records.put(
        "{\"keytype\":\"CONFIG\",\"subject\":\"s\",\"magic\":0}",
        "{\"subject\":\"s\",\"compatibilityLevel\":\"NONE\"}");
    records.put(
        "{\"keytype\":\"MODE\",\"subject\":\":.lab:\",\"magic\":0}",
        "{\"subject\":\":.lab:\",\"mode\":\"READONLY\"}");
    records.put(
        "{\"keytype\":\"SCHEMA\",\"subject\":\"cleared\",\"version\":1,\"magic\":1}",
        "{\"subject\":\"cleared\",\"version\":1,\"id\":4,\"schema\":\"\\\"long\\\"\","
            + "\"deleted\":true}");
    records.put(
        "{\"keytype\":\"CLEAR_SUBJECT\",\"subject\":\"cleared\",\"magic\":0}",
        "{\"subject\":\"cleared\"}");
    records.put(
        "{\"keytype\":\"ASSOC\",\"tenant\":\"default\",\"resourceName\":\"orders\","
            + "\"resourceNamespace\":\"lkc-1\",\"resourceType\":\"topic\","
            + "\"associationType\":\"value\",\"subject\":\"s\",\"magic\":0}",
        "{\"guid\":\"0b9c4a5e-8d7f-4c57-9d7e-0d4c9f0f8a11\",\"tenant\":\"default\","
            + "\"resourceName\":\"orders\",\"resourceNamespace\":\"lkc-1\",\"resourceId\":\"id-1\","
            + "\"resourceType\":\"topic\",\"associationType\":\"value\",\"subject\":\"s\","
            + "\"lifecycle\":\"WEAK\",\"frozen\":false}");
    try (Admin admin = Admin.create(kafka(server));
        var producer =
            new KafkaProducer<>(
                with(kafka(server), "compression.type", "gzip"),
                new StringSerializer(),
                new StringSerializer())) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("_schemas", 1, (short) 1)
                      .configs(Map.of("cleanup.policy", "compact"))))
          .all()
          .get();
      for (var record : records.entrySet()) {
        String value = record.getValue().isEmpty() ? null : record.getValue();
        producer.send(new ProducerRecord<>("_schemas", 0, record.getKey(), value)).get();
      }
    }

    server = start();

    assertThat(get(server, "/subjects").body()).isEqualTo("[\":.lab:p\",\"s\"]");
    assertThat(get(server, "/subjects?deleted=true").body())
        .isEqualTo("[\":.lab:p\",\"gone\",\"s\"]");
    assertThat(get(server, "/subjects/s/versions").body()).isEqualTo("[1,2]");
    assertThat(get(server, "/schemas/ids/1/schema").body()).isEqualTo("\"string\"");
    assertThat(get(server, "/schemas/ids/3/schema").body()).isEqualTo("\"int\"");
    assertThat(get(server, "/schemas/ids/4").statusCode()).isEqualTo(404);
    assertThat(get(server, "/contexts").body()).isEqualTo("[\".\",\".lab\"]");
    assertThat(get(server, "/contexts/lab/schemas/ids/1").body()).contains("message A");
    assertThat(get(server, "/config").body()).isEqualTo("{\"compatibilityLevel\":\"FULL\"}");
    assertThat(get(server, "/config/s").body()).isEqualTo("{\"compatibilityLevel\":\"NONE\"}");
    assertThat(get(server, "/mode/:.lab:").body()).isEqualTo("{\"mode\":\"READONLY\"}");
    assertThat(get(server, "/subjects/s/versions/2").body()).contains("\"owner\":\"shop\"");
    assertThat(get(server, "/associations/resources/-/orders").body())
        .contains("\"subject\":\"s\"", "\"resourceId\":\"id-1\"", "\"lifecycle\":\"WEAK\"");
    assertThat(server.registry().orElseThrow().report().facts())
        .containsEntry("recordsPassedOver", 0L);
    assertThat(id(server, "next", "\"double\"")).isEqualTo(5);
  }

  private static Map<String, Object> with(Map<String, Object> settings, String key, String value) {
    Map<String, Object> more = new LinkedHashMap<>(settings);
    more.put(key, value);
    return more;
  }

  @Test
  void manyClientsAtOnceGetOneIdForOneSchema() throws Exception {
    RunningServer server = start();
    List<Future<Integer>> ids = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      for (int i = 0; i < 200; i++) {
        int schema = i % 20;
        ids.add(threads.submit(() -> id(server, "s" + schema, record("R" + schema))));
      }
    }
    Map<Integer, Integer> idOfSchema = new LinkedHashMap<>();
    for (int i = 0; i < ids.size(); i++) {
      int id = ids.get(i).get();
      assertThat(idOfSchema.merge(i % 20, id, (one, other) -> one.equals(other) ? one : -1))
          .as("schema %d has one id", i % 20)
          .isEqualTo(id);
    }
    assertThat(idOfSchema.values()).doesNotHaveDuplicates().hasSize(20);
    assertThat(records(server, 20)).hasSize(20);
  }

  /** What happens to the file that the schemas lie in. */
  enum Damage {
    BITS_FLIPPED {
      @Override
      void hit(FileChannel file) throws IOException {
        file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), file.size() / 2);
      }
    },
    CUT_SHORT {
      @Override
      void hit(FileChannel file) throws IOException {
        file.truncate(10);
      }
    },
    NOT_EVEN_BATCHES {
      @Override
      void hit(FileChannel file) throws IOException {
        file.write(ByteBuffer.wrap("no batch of records at all".getBytes(UTF_8)), 0);
      }
    };

    abstract void hit(FileChannel file) throws IOException;
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void aDamagedTopicIsToldAndTheBrokerGoesOn(Damage damage) throws Exception {
    RunningServer server = start();
    for (int i = 1; i <= 5; i++) assertThat(id(server, "s" + i, record("R" + i))).isEqualTo(i);
    server.close();
    running = null;
    try (Stream<Path> files = Files.walk(data)) {
      Path segment =
          files
              .filter(file -> file.toString().contains("_schemas-0/"))
              .filter(file -> file.toString().endsWith(".log"))
              .findFirst()
              .orElseThrow();
      try (var file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
        damage.hit(file);
      }
    }

    server = startUnloaded();

    RegistryPart registry = server.registry().orElseThrow();
    await(() -> registry.report().facts().containsKey("trouble"));
    assertThat(registry.report().isReady()).isFalse();
    HttpResponse<String> read = get(server, "/schemas/ids/1");
    assertThat(read.statusCode()).isEqualTo(503);
    assertThat(read.body()).contains("50301", "can't read its topic", "_schemas-0");
    HttpResponse<String> refused = register(server, "s6", record("R6"));
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
    try (var producer =
        new KafkaProducer<>(kafka(server), new StringSerializer(), new StringSerializer())) {
      var sent = producer.send(new ProducerRecord<>("others", "the broker serves all others"));
      assertThat(sent.get(30, TimeUnit.SECONDS).offset()).isZero();
    }
  }

  @Test
  void fullDiskStopsChangesAndNothingElse() throws Exception {
    RunningServer server = start();
    assertThat(id(server, "s", record("A"))).isEqualTo(1);

    server = start("log.disk.reserve.bytes=" + (1L << 60));

    assertThat(get(server, "/schemas/ids/1/schema").body()).isEqualTo(record("A"));
    assertThat(id(server, "s", record("A"))).as("it is known").isEqualTo(1);
    HttpResponse<String> refused = register(server, "s2", record("B"));
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(500);
    assertThat(refused.body()).contains("50001", "_schemas");
  }
}
