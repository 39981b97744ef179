package oxbow.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.testing.TestServer;

/** The cluster, topics and groups at a glance, as the console asks for them. */
@Timeout(120)
class OverviewServerTest {
  private static final int RECORDS = 40;

  /** Young enough to be kept. */
  private final long firstMs = InstantSource.system().millis() - Duration.ofHours(1).toMillis();

  @TempDir private Path data;
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data, List.of("group.initial.rebalance.delay.ms=0"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void create(String topic, int partitions, Map<String, String> settings) throws Exception {
    try (var admin = Admin.create(server.kafka())) {
      admin
          .createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(settings)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  private void produce(String topic) throws Exception {
    String filler = "x".repeat(100_000);
    try (var producer =
        new KafkaProducer<>(server.kafka(), new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < RECORDS; i++) {
        producer.send(new ProducerRecord<>(topic, 0, firstMs + i, "k" + i, i + filler)).get();
      }
    }
  }

  private JsonNode topic(String name) throws Exception {
    return server.json("/api/v1/topics/" + name);
  }

  @Test
  void aTopicTellsWhatLiesInWhichTier() throws Exception {
    // Given
    create(
        "orders",
        2,
        Map.of(
            "remote.storage.enable", "true",
            "segment.bytes", "1048576",
            "local.retention.ms", "1",
            "oxbow.cold.max.lag.ms", "10000"));
    produce("orders");
    // When
    TestServer.await(
        () -> topic("orders").path("partitionList").path(0).path("localStart").asLong() > 0);
    TestServer.await(() -> topic("orders").path("coldFiles").asInt() > 0);
    JsonNode orders = topic("orders");
    // Then
    assertThat(orders.path("name").asText()).isEqualTo("orders");
    assertThat(orders.path("partitions").asInt()).isEqualTo(2);
    assertThat(orders.path("records").asLong()).isEqualTo(RECORDS);
    assertThat(orders.path("hasColdTier").asBoolean()).isTrue();
    assertThat(orders.path("isInternal").asBoolean()).isFalse();
    assertThat(orders.path("cleanup").asText()).isEqualTo("delete");
    assertThat(orders.path("hotBytes").isNumber()).isTrue();
    assertThat(orders.path("coldBytes").asLong()).isPositive();
    assertThat(orders.path("lagMs").isNumber()).isTrue();
    JsonNode first = orders.path("partitionList").path(0);
    assertThat(first.path("leader").asInt()).isEqualTo(1);
    assertThat(first.path("logStart").asLong()).isZero();
    assertThat(first.path("highWatermark").asLong()).isEqualTo(RECORDS);
    assertThat(first.path("logEnd").asLong()).isEqualTo(RECORDS);
    assertThat(first.path("coldEnd").asLong())
        .isGreaterThanOrEqualTo(first.path("localStart").asLong());
    assertThat(first.path("state").asText()).isEqualTo("online");
    assertThat(first.path("reason").isNull()).isTrue();
    assertThat(first.path("firstTimestamp").asText())
        .isEqualTo(Instant.ofEpochMilli(firstMs).toString());
    assertThat(first.path("lastTimestamp").asText())
        .isEqualTo(Instant.ofEpochMilli(firstMs + RECORDS - 1).toString());
    JsonNode second = orders.path("partitionList").path(1);
    assertThat(second.path("firstTimestamp").isNull()).isTrue();
    assertThat(second.path("lastTimestamp").isNull()).isTrue();
    assertThat(second.path("coldFiles").asInt()).isZero();
    assertThat(orders.path("settings").toString())
        .contains("{\"name\":\"segment.bytes\",\"value\":\"1048576\",\"isDefault\":false}")
        .contains("{\"name\":\"cleanup.policy\",\"value\":\"delete\",\"isDefault\":true}");

    JsonNode listed = server.json("/api/v1/topics").path("topics");
    List<String> names = new ArrayList<>();
    listed.forEach(each -> names.add(each.path("name").asText()));
    assertThat(names).contains("orders").isSorted();
    JsonNode cluster = server.json("/api/v1/cluster");
    assertThat(cluster.path("clusterId").asText()).isNotEmpty();
    assertThat(cluster.path("version").asText()).isNotEmpty();
    assertThat(Instant.parse(cluster.path("startedAt").asText())).isBefore(Instant.MAX);
    assertThat(cluster.path("broker").path("id").asInt()).isEqualTo(1);
    assertThat(cluster.path("broker").path("address").asText()).startsWith("127.0.0.1:");
    assertThat(cluster.path("listeners").path("http").asText())
        .endsWith(server.root().substring(server.root().lastIndexOf(':')));
    assertThat(cluster.path("listeners").has("PLAINTEXT")).isTrue();
    assertThat(cluster.path("topics").asInt()).isEqualTo(listed.size());
    assertThat(cluster.path("coldBytes").asLong()).isPositive();
    assertThat(cluster.path("cold").path("isOn").asBoolean()).isTrue();
    assertThat(cluster.path("cold").path("isReachable").asBoolean()).isTrue();
    assertThat(cluster.path("cold").path("store").asText()).isNotEmpty();
    assertThat(cluster.path("heapMax").asLong())
        .isGreaterThanOrEqualTo(cluster.path("heapUsed").asLong());
  }

  @Test
  void groupsOfBothProtocolsTellTheirMembersAndLag() throws Exception {
    // Given
    create("orders", 2, Map.of("remote.storage.enable", "false"));
    produce("orders");
    assertThat(server.json("/api/v1/groups").path("groups")).isEmpty();
    assertThat(topic("orders").path("hotBytes").asLong()).isGreaterThan(RECORDS * 100_000L);
    assertThat(topic("orders").path("hasColdTier").asBoolean()).isFalse();
    assertThat(topic("orders").path("coldFiles").asInt(-1)).isZero();
    assertThat(topic("orders").path("lagMs").isNull()).isTrue();
    for (String protocol : List.of("classic", "consumer")) {
      Map<String, Object> settings = new HashMap<>(server.kafka());
      settings.put("group.id", "a/" + protocol + " group");
      settings.put("group.protocol", protocol);
      settings.put("client.id", "reader-" + protocol);
      settings.put("enable.auto.commit", "false");
      settings.put("auto.offset.reset", "earliest");
      try (var consumer =
          new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
        // When
        consumer.subscribe(List.of("orders"));
        TestServer.await(() -> {
          consumer.poll(Duration.ofMillis(50));
          return consumer.assignment().size() == 2;
        });
        consumer.commitSync(
            Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(15, "halfway")));
        String path = "/api/v1/groups/a%2F" + protocol + "%20group";
        TestServer.await(() -> {
          consumer.poll(Duration.ofMillis(50));
          return server.json(path).path("state").asText().equalsIgnoreCase("stable");
        });
        // Then
        JsonNode group = server.json(path);
        assertThat(group.path("name").asText()).isEqualTo("a/" + protocol + " group");
        assertThat(group.path("type").asText()).isEqualTo(protocol);
        assertThat(group.path("members").asInt()).isEqualTo(1);
        assertThat(group.path("lag").asLong()).isEqualTo(RECORDS - 15);
        JsonNode member = group.path("memberList").path(0);
        assertThat(member.path("clientId").asText()).isEqualTo("reader-" + protocol);
        assertThat(member.path("host").asText()).contains("127.0.0.1");
        assertThat(member.path("partitions").toString()).isEqualTo("[\"orders-0\",\"orders-1\"]");
        JsonNode offset = group.path("offsets").path(0);
        assertThat(offset.path("committed").asLong()).isEqualTo(15);
        assertThat(offset.path("end").asLong()).isEqualTo(RECORDS);
        assertThat(offset.path("isCold").asBoolean()).isFalse();
        assertThat(offset.path("metadata").asText()).isEqualTo("halfway");
      }
    }
    TestServer.await(() -> server.json("/api/v1/groups").path("groups").size() == 2);
    JsonNode all = server.json("/api/v1/groups").path("groups");
    assertThat(all.path(0).path("topics").toString()).isEqualTo("[\"orders\"]");
  }

  @Test
  void whatIsNotThereIsToldSo() throws Exception {
    assertError("/api/v1/topics/nothing", 404, 40401);
    assertError("/api/v1/groups/nobody", 404, 40405);
    assertError("/api/v1/topics?what=1", 400, 40001);
    HttpResponse<String> posted = server.post("/api/v1/cluster", "{}");
    assertThat(posted.statusCode()).isEqualTo(405);
  }

  private void assertError(String path, int status, int code) throws Exception {
    HttpResponse<String> answer = server.get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).contains("\"error_code\":" + code);
  }
}
