package oxbow.server.cold;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreListener;
import oxbow.cold.table.IcebergCatalog;
import oxbow.server.ServerConfig;
import oxbow.server.testing.RawFetch;
import oxbow.server.testing.ServerProcess;
import oxbow.server.testing.TestServer;

/** A machine is lost, and the bucket alone brings its cluster back on an empty one. */
@Timeout(180)
class RestoreServerTest {
  private static final int PARTITIONS = 2;

  /** So many that they fill a file, and go before they would be too old. */
  private static final int RECORDS = 280;

  private static final ConfigResource ALL_BROKERS =
      new ConfigResource(ConfigResource.Type.BROKER, "");
  private static final ConfigResource THIS_BROKER =
      new ConfigResource(ConfigResource.Type.BROKER, "1");
  private static final ConfigResource METRICS =
      new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "slow");
  private static final ClientQuotaEntity ANYONE =
      new ClientQuotaEntity(Collections.singletonMap(ClientQuotaEntity.CLIENT_ID, null));
  private static final ClientQuotaEntity BILLING =
      new ClientQuotaEntity(
          Map.of(ClientQuotaEntity.USER, "ann", ClientQuotaEntity.CLIENT_ID, "billing"));

  @TempDir Path directory;

  private final List<TestServer> servers = new ArrayList<>();

  @AfterEach
  void stop() {
    servers.forEach(TestServer::close);
  }

  private List<String> settings() {
    return List.of(
        "cold.bucket=" + directory.resolve("bucket").toUri(), "offsets.topic.num.partitions=3");
  }

  private ServerConfig config(String data) {
    return TestServer.config(directory.resolve(data), settings());
  }

  private TestServer start(String data) throws Exception {
    TestServer server = TestServer.start(directory.resolve(data), settings());
    servers.add(server);
    return server;
  }

  private Restore.Result restore(String data, boolean isForced) {
    ServerConfig config = config(data);
    return Restore.run(config, config.cold().orElseThrow(), isForced);
  }

  private static Admin admin(String bootstrap) {
    return Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  private static void createTopics(String bootstrap) throws Exception {
    try (var admin = admin(bootstrap)) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("orders", PARTITIONS, (short) 1)
                      .configs(
                          Map.of(
                              "segment.bytes", "1048576",
                              "local.retention.ms", "1",
                              "oxbow.cold.max.lag.ms", "10000",
                              "oxbow.cold.file.bytes", "1048576")),
                  new NewTopic("hot", 1, (short) 1)
                      .configs(Map.of("remote.storage.enable", "false"))))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  /** Compresses so well that one file takes them all. */
  private static byte[] value(int number) {
    return ("value " + (1_000 + number)).repeat(800).getBytes(UTF_8);
  }

  /** The same record goes to each partition; large batches come before a pass has begun. */
  private static void produce(String bootstrap, int from, int to) {
    Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
    settings.put("batch.size", 300_000);
    settings.put("linger.ms", 1_000);
    try (var producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = from; i < to; i++) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
          var record =
              new ProducerRecord<>("orders", partition, ("k" + i).getBytes(UTF_8), value(i));
          record.headers().add(new RecordHeader("n", Integer.toString(i).getBytes(UTF_8)));
          var _ = producer.send(record);
        }
      }
      producer.flush();
    }
  }

  /** A record as a consumer sees it, with everything that tells it apart from a copy. */
  private record Seen(
      int partition,
      long offset,
      long timestamp,
      Optional<Integer> leaderEpoch,
      String key,
      String header,
      int valueHash) {
    static Seen of(ConsumerRecord<byte[], byte[]> record) {
      return new Seen(
          record.partition(),
          record.offset(),
          record.timestamp(),
          record.leaderEpoch(),
          new String(record.key(), UTF_8),
          new String(record.headers().lastHeader("n").value(), UTF_8),
          java.util.Arrays.hashCode(record.value()));
    }
  }

  private static List<Seen> consume(TestServer server, int partition, long from, int count) {
    try (var consumer =
        new KafkaConsumer<>(
            server.kafka(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var id = new TopicPartition("orders", partition);
      consumer.assign(List.of(id));
      consumer.seek(id, from);
      List<Seen> seen = new ArrayList<>();
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (seen.size() < count) {
        assertThat(System.nanoTime()).as("in time, at %s", seen.size()).isLessThan(until);
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          seen.add(Seen.of(record));
        }
      }
      return seen;
    }
  }

  private static void commit(String bootstrap, String group, long offset) throws Exception {
    try (var admin = admin(bootstrap)) {
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (int partition = 0; partition < PARTITIONS; partition++) {
        offsets.put(
            new TopicPartition("orders", partition), new OffsetAndMetadata(offset, "noted"));
      }
      admin.alterConsumerGroupOffsets(group, offsets).all().get(30, TimeUnit.SECONDS);
    }
  }

  private static Map<TopicPartition, OffsetAndMetadata> committed(TestServer server, String group)
      throws Exception {
    try (var admin = Admin.create(server.kafka())) {
      return admin
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get(30, TimeUnit.SECONDS);
    }
  }

  /** Groups' offsets are saved now and then. */
  private void awaitSaved(String group) throws Exception {
    Path positions = directory.resolve("bucket/cluster/000001/positions.json");
    TestServer.await(() -> Files.exists(positions) && Files.readString(positions).contains(group));
  }

  private static ByteBuffer batches(String bootstrap, long end) throws Exception {
    try (var admin = admin(bootstrap)) {
      var described =
          admin.describeTopics(List.of("orders")).allTopicNames().get(30, TimeUnit.SECONDS);
      Uuid id = Objects.requireNonNull(described.get("orders")).topicId();
      return RawFetch.batches(bootstrap, new TopicIdPartition(id, 1, "orders"), end);
    }
  }

  private static void setLag(TestServer server, int lagMs) throws Exception {
    try (var admin = Admin.create(server.kafka())) {
      var orders = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
      var entry = new ConfigEntry("oxbow.cold.max.lag.ms", Integer.toString(lagMs));
      var change = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
      admin
          .incrementalAlterConfigs(Map.of(orders, List.of(change)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  private static void awaitOffloaded(TestServer server, long end) throws Exception {
    TestServer.await(() -> {
      JsonNode partitions = server.json("/api/v1/cold/status?topic=orders").path("partitions");
      for (JsonNode partition : partitions) {
        if (partition.path("coldEnd").asLong() != end) return false;
      }
      return partitions.size() == PARTITIONS;
    });
  }

  private static int registerSchema(TestServer server) throws Exception {
    var answer =
        server.post(
            "/registry/subjects/orders-value/versions",
            "{\"schema\": \"{\\\"type\\\": \\\"record\\\", \\\"name\\\": \\\"Order\\\","
                + " \\\"fields\\\": [{\\\"name\\\": \\\"n\\\", \\\"type\\\": \\\"long\\\"}]}\"}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return server.json("/registry/subjects/orders-value/versions/1").path("id").asInt();
  }

  @Test
  void clusterGoesOnWhereItsBucketEnds() throws Exception {
    TestServer lost = start("lost");
    int schemaId = registerSchema(lost);
    createTopics(lost.bootstrap());
    configure(lost);
    produce(lost.bootstrap(), 0, RECORDS);
    ByteBuffer written = batches(lost.bootstrap(), RECORDS);
    commit(lost.bootstrap(), "readers", 123);
    commit(lost.bootstrap(), "ahead", RECORDS);
    awaitOffloaded(lost, RECORDS);
    assertThat(batches(lost.bootstrap(), RECORDS)).isEqualTo(written);
    List<Seen> before = consume(lost, 1, 0, RECORDS);
    String clusterId = lost.server().broker().control().clusterId();
    var topicId = lost.server().broker().control().view().topic("orders").orElseThrow().id();
    awaitSaved("ahead");
    lost.close();
    servers.remove(lost);

    Restore.Result result = restore("anew", false);

    assertThat(result.cluster()).isEqualTo(clusterId);
    assertThat(result.empty()).containsExactly("hot");
    assertThat(result.groupOffsets()).isEqualTo(2 * PARTITIONS);
    assertThat(result.problems()).isEmpty();

    TestServer anew = start("anew");
    assertThat(anew.server().broker().control().clusterId()).isEqualTo(clusterId);
    assertThat(anew.server().broker().control().view().topic("orders").orElseThrow().id())
        .isEqualTo(topicId);
    assertThat(batches(anew.bootstrap(), RECORDS)).isEqualTo(written);
    assertThat(consume(anew, 1, 0, RECORDS)).isEqualTo(before);
    assertConfigured(anew);
    assertThat(anew.json("/registry/subjects/orders-value/versions/1").path("id").asInt())
        .isEqualTo(schemaId);
    assertThat(committed(anew, "readers"))
        .hasSize(PARTITIONS)
        .containsEntry(
            new TopicPartition("orders", 0), new OffsetAndMetadata(123, Optional.empty(), "noted"));
    assertThat(setting(anew, "orders", "segment.bytes")).isEqualTo("1048576");
    assertThat(setting(anew, "hot", "remote.storage.enable")).isEqualTo("false");

    produce(anew.bootstrap(), RECORDS, 2 * RECORDS);
    awaitOffloaded(anew, 2 * RECORDS);
    List<Seen> all = consume(anew, 1, 0, 2 * RECORDS);
    assertThat(all.subList(0, RECORDS)).isEqualTo(before);
    assertThat(all.getLast().offset()).isEqualTo(2 * RECORDS - 1);
    assertThat(all.getLast().leaderEpoch().orElseThrow())
        .isGreaterThan(before.getLast().leaderEpoch().orElseThrow());
    assertThat(anew.post("/api/v1/cold/verify", "").statusCode()).isEqualTo(202);
    TestServer.await(
        () -> anew.json("/api/v1/cold/verify/1").path("state").asText().equals("good"));
  }

  /** Everything that operators may have set beside topics. */
  private static void configure(TestServer server) throws Exception {
    try (var admin = admin(server.bootstrap())) {
      Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
      changes.put(ALL_BROKERS, List.of(set("log.retention.ms", "7200000")));
      changes.put(THIS_BROKER, List.of(set("log.segment.bytes", "10485760")));
      changes.put(METRICS, List.of(set("interval.ms", "5000"), set("metrics", "*")));
      admin.incrementalAlterConfigs(changes).all().get(30, TimeUnit.SECONDS);
      admin
          .alterClientQuotas(
              List.of(
                  new ClientQuotaAlteration(
                      ANYONE, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 5e8))),
                  new ClientQuotaAlteration(
                      BILLING, List.of(new ClientQuotaAlteration.Op("request_percentage", 250.5)))))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  private static AlterConfigOp set(String key, String value) {
    return new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
  }

  private static void assertConfigured(TestServer server) throws Exception {
    assertThat(setting(server, ALL_BROKERS, "log.retention.ms")).isEqualTo("7200000");
    assertThat(setting(server, THIS_BROKER, "log.segment.bytes")).isEqualTo("10485760");
    assertThat(setting(server, METRICS, "interval.ms")).isEqualTo("5000");
    try (var admin = admin(server.bootstrap())) {
      assertThat(
              admin
                  .describeClientQuotas(ClientQuotaFilter.all())
                  .entities()
                  .get(30, TimeUnit.SECONDS))
          .isEqualTo(
              Map.of(
                  ANYONE, Map.of("producer_byte_rate", 5e8),
                  BILLING, Map.of("request_percentage", 250.5)));
    }
  }

  private static String setting(TestServer server, String topic, String key) throws Exception {
    return setting(server, new ConfigResource(ConfigResource.Type.TOPIC, topic), key);
  }

  private static String setting(TestServer server, ConfigResource resource, String key)
      throws Exception {
    try (var admin = admin(server.bootstrap())) {
      var found = admin.describeConfigs(List.of(resource)).all().get(30, TimeUnit.SECONDS);
      return Objects.requireNonNull(found.get(resource)).get(key).value();
    }
  }

  @Test
  void serverThatStillWritesIsFencedOffAndNothingIsInTheTableTwice() throws Exception {
    TestServer old = start("old");
    createTopics(old.bootstrap());
    produce(old.bootstrap(), 0, RECORDS);
    awaitOffloaded(old, RECORDS);
    // Ten more stay on the lost disk; a group has read them.
    setLag(old, 600_000);
    produce(old.bootstrap(), RECORDS, RECORDS + 10);
    commit(old.bootstrap(), "ahead", RECORDS + 10);
    awaitSaved("ahead");

    assertThatThrownBy(() -> restore("anew", false))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("another server has the bucket")
        .hasMessageContaining("--take-over");
    assertThat(restore("anew", true).clamped()).isEqualTo(PARTITIONS);
    TestServer anew = start("anew");
    assertThat(committed(anew, "ahead").get(new TopicPartition("orders", 0)))
        .isEqualTo(new OffsetAndMetadata(RECORDS, Optional.empty(), "noted"));
    setLag(anew, 10_000);
    setLag(old, 10_000);
    produce(old.bootstrap(), RECORDS + 10, 2 * RECORDS + 10);
    produce(anew.bootstrap(), RECORDS, 2 * RECORDS);
    awaitOffloaded(anew, 2 * RECORDS);
    TestServer.await(() ->
        old.json("/ready").path("parts").path("cold").path("state").asText().equals("in trouble"));

    assertThat(old.json("/ready").path("parts").path("cold").path("trouble").asText())
        .contains("taken over");
    assertThat(
            old.json("/api/v1/cold/status?topic=orders")
                .path("partitions")
                .path(0)
                .path("logEnd")
                .asLong())
        .isEqualTo(2 * RECORDS + 10);
    assertThat(consume(anew, 0, 0, 2 * RECORDS).getLast().offset()).isEqualTo(2 * RECORDS - 1);
    long rows = 0;
    for (JsonNode file : anew.json("/api/v1/cold/topics/orders/files").path("files")) {
      rows += file.path("records").asLong();
    }
    assertThat(rows).isEqualTo(2L * PARTITIONS * RECORDS);
  }

  @Test
  void serverThatWasKilledIsBroughtBackByteForByte() throws Exception {
    ByteBuffer written;
    try (ServerProcess killed = ServerProcess.start(directory.resolve("killed"), settings())) {
      createTopics(killed.bootstrap());
      produce(killed.bootstrap(), 0, RECORDS);
      written = batches(killed.bootstrap(), RECORDS);
      commit(killed.bootstrap(), "readers", 123);
      awaitSaved("readers");
      awaitFiles();
      produce(killed.bootstrap(), RECORDS, RECORDS + 10); // it dies before these are in the bucket
      killed.kill();
    }
    assertThatThrownBy(() -> restore("anew", false))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("another server has the bucket");

    Restore.Result result = restore("anew", true);

    assertThat(result.problems()).isEmpty();
    assertThat(result.records()).isEqualTo((long) PARTITIONS * RECORDS);
    TestServer anew = start("anew");
    assertThat(batches(anew.bootstrap(), RECORDS)).isEqualTo(written);
    assertThat(committed(anew, "readers"))
        .containsEntry(
            new TopicPartition("orders", 1), new OffsetAndMetadata(123, Optional.empty(), "noted"));
    produce(anew.bootstrap(), RECORDS, RECORDS + 20);
    assertThat(consume(anew, 1, RECORDS, 20).getFirst().offset()).isEqualTo(RECORDS);
  }

  /** Each partition has a file in the table: the process has no door but its broker's. */
  private void awaitFiles() throws Exception {
    TestServer.await(() -> {
      try (var store =
          LocalObjectStore.open(
              directory.resolve("bucket"), StoreListener.NONE, System::nanoTime)) {
        IcebergCatalog catalog = IcebergCatalog.open(store, Clock.systemUTC());
        for (IcebergCatalog.TopicTable one : catalog.topics()) {
          if (!one.name().equals("orders")) continue;
          var table = catalog.find(one.namespace(), one.name(), one.topicId()).orElseThrow();
          return table.ends().equals(Map.of(0, (long) RECORDS, 1, (long) RECORDS));
        }
        return false;
      }
    });
  }

  @Test
  void bucketIsRestoredIntoAnEmptyDirectoryOnly() throws Exception {
    TestServer server = start("data");
    createTopics(server.bootstrap());
    server.close();
    servers.remove(server);

    assertThatThrownBy(() -> restore("data", true))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("is not empty");
    // The same directory goes on with its bucket as before.
    TestServer again = start("data");
    TestServer.await(() ->
        again.json("/ready").path("parts").path("cold").path("state").asText().equals("open"));
  }
}
