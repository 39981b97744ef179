package oxbow.server.cold;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.testing.FaultyWire;
import oxbow.cold.store.testing.FaultyWire.Fault;
import oxbow.cold.store.testing.S3ProxyServer;
import oxbow.server.testing.TestServer;

/** A whole server whose bucket is S3's, seen by its clients while the network does its worst. */
@Timeout(180)
class ColdS3ServerTest {
  private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
  private static S3ProxyServer s3;

  @TempDir Path data;

  private final List<TestServer> servers = new ArrayList<>();
  private FaultyWire wire;

  @BeforeAll
  static void startStore() throws Exception {
    s3 = S3ProxyServer.start();
  }

  @AfterAll
  static void stopStore() throws Exception {
    s3.close();
  }

  @BeforeEach
  void connect() throws Exception {
    wire = new FaultyWire(s3.endpoint());
  }

  @AfterEach
  void stop() throws Exception {
    wire.heal();
    servers.forEach(TestServer::close);
    wire.close();
  }

  private void start(String prefix, String... more) throws Exception {
    startIn(S3ProxyServer.BUCKET, prefix, more);
  }

  private void startIn(String bucket, String prefix, String... more) throws Exception {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "cold.bucket=s3://" + bucket + "/" + prefix,
                "cold.s3.endpoint=" + wire.endpoint(),
                "cold.s3.access.key=" + S3ProxyServer.KEYS.accessKey(),
                "cold.s3.secret.key=" + S3ProxyServer.KEYS.secretKey(),
                "cold.s3.request.timeout.ms=2000"));
    settings.addAll(List.of(more));
    servers.add(TestServer.start(data, settings));
  }

  private TestServer server() {
    return servers.getLast();
  }

  private void createOrders() throws Exception {
    try (var admin = Admin.create(server().kafka())) {
      var settings =
          Map.of(
              "segment.bytes", "1048576",
              "local.retention.ms", "1",
              "oxbow.cold.max.lag.ms", "10000",
              "oxbow.cold.file.bytes", "1048576");
      admin
          .createTopics(List.of(new NewTopic("orders", 1, (short) 1).configs(settings)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  /**
   * Values of 10 kB that tell their offsets. They compress so well that one file takes all that
   * waits: nothing is left to wait for its age.
   */
  private static String value(int number) {
    return ("value " + (1_000 + number)).repeat(1_000);
  }

  /**
   * In a few large batches: a pass that begins in between would leave some to wait for their age.
   */
  private void produce(int from, int to) throws Exception {
    Map<String, Object> settings = new HashMap<>(server().kafka());
    settings.put("batch.size", 1_000_000);
    settings.put("linger.ms", 1_000);
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (int i = from; i < to; i++) {
        var _ = producer.send(new ProducerRecord<>("orders", "k" + i, value(i)));
      }
      producer.flush();
    }
  }

  private void assertConsumes(int count) {
    Map<String, Object> settings = new HashMap<>(server().kafka());
    settings.put("max.poll.records", 10_000);
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(ORDERS));
      consumer.seek(ORDERS, 0);
      int next = 0;
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
      while (next < count) {
        assertThat(System.nanoTime()).as("in time, at %s", next).isLessThan(until);
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          assertThat(record.offset()).isEqualTo(next);
          assertThat(record.value()).isEqualTo(value(next));
          next++;
        }
      }
    }
  }

  private JsonNode status() throws Exception {
    return server().json("/api/v1/cold/status?topic=orders").path("partitions").path(0);
  }

  private void awaitOffloaded(int end) throws Exception {
    TestServer.await(() -> status().path("coldEnd").asLong() == end);
  }

  private JsonNode health() throws Exception {
    return server().json("/ready").path("parts").path("cold");
  }

  @Test
  void serverStartsAndServesWhileTheStoreIsAwayAndCatchesUpByItself() throws Exception {
    wire.failAll(_ -> true, Fault.RESET);
    start("away");
    createOrders();
    produce(0, 500);

    TestServer.await(() -> server().metric("oxbow_cold_store_away_seconds") > 1);
    assertThat(server().get("/ready").statusCode()).isEqualTo(200);
    assertThat(health().path("state").asText()).isEqualTo("in trouble");
    assertThat(status().path("coldEnd").asLong()).isZero();
    assertThat(status().path("localStart").asLong()).isZero();
    assertThat(status().path("backlogBytes").asLong()).isGreaterThan(4_000_000);
    assertConsumes(500);

    wire.heal();
    awaitOffloaded(500);
    TestServer.await(() -> status().path("localStart").asLong() > 300);
    // Whoever opens the bucket may still wait for its next try.
    TestServer.await(() -> health().path("state").asText().equals("open"));
    assertThat(server().metric("oxbow_cold_store_away_seconds")).isZero();
    assertThat(server().metric("oxbow_cold_store_cost_total")).isPositive();
    assertConsumes(500);
  }

  @Test
  void recordsComeBackWholeThroughEveryKindOfFault() throws Exception {
    start("faults");
    createOrders();
    produce(0, 300);
    awaitOffloaded(300);
    TestServer.await(() -> status().path("localStart").asLong() > 100);

    for (Fault fault :
        List.of(
            Fault.SLOW_DOWN,
            Fault.CUT_BODY,
            Fault.WRONG_BIT,
            Fault.RESET,
            Fault.SILENCE,
            Fault.LOST_REPLY)) {
      wire.failNext(request -> request.startsWith("GET ") && request.contains("/data/"), fault);
      wire.failNext(request -> request.startsWith("PUT "), fault);
    }
    produce(300, 600);
    awaitOffloaded(600);
    assertConsumes(600);
    TestServer.await(() -> wire.isDone());

    wire.failAll(_ -> true, Fault.EXPIRED_TOKEN);
    produce(600, 900);
    TestServer.await(() -> health().path("state").asText().equals("in trouble"));
    assertThat(health().path("trouble").asText()).contains("the credentials have expired");
    assertThat(status().path("coldEnd").asLong()).isEqualTo(600);
    wire.heal();

    awaitOffloaded(900);
    assertConsumes(900);
    assertThat(verified()).isEqualTo("good");
    assertThat(server().metric("oxbow_cold_store_retries_total")).isPositive();
  }

  private String verified() throws Exception {
    assertThat(server().post("/api/v1/cold/verify", "").statusCode()).isEqualTo(202);
    TestServer.await(
        () -> !server().json("/api/v1/cold/verify/1").path("state").asText().equals("running"));
    return server().json("/api/v1/cold/verify/1").path("state").asText();
  }

  @Test
  void catalogTellsClientsHowTheBucketIsReached() throws Exception {
    start(
        "catalog",
        "iceberg.rest.s3.endpoint=http://store.example:9000",
        "iceberg.rest.s3.access.key=reader",
        "iceberg.rest.s3.secret.key=reader-secret");
    createOrders();
    produce(0, 250);
    awaitOffloaded(250);

    JsonNode table = server().json("/iceberg/v1/namespaces/topics/tables/orders");

    assertThat(table.path("metadata-location").asText())
        .startsWith("s3://bucket/catalog/tables/topics/orders-");
    assertThat(table.path("config").path("s3.endpoint").asText())
        .isEqualTo("http://store.example:9000");
    assertThat(table.path("config").path("s3.access-key-id").asText()).isEqualTo("reader");
    assertThat(table.toString()).doesNotContain(S3ProxyServer.KEYS.secretKey());
  }

  @Test
  void bucketThatIsNotThereIsNamedAndNothingIsTrimmed() throws Exception {
    startIn("no-such-bucket", "x");
    createOrders();
    produce(0, 200);

    TestServer.await(() -> health().path("state").asText().equals("in trouble"));

    assertThat(health().path("trouble").asText())
        .contains("s3://no-such-bucket/x/", "there is no such bucket");
    assertThat(status().path("localStart").asLong()).isZero();
  }
}
