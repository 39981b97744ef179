package oxbow.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.testing.TestServer;

/** Replay and produce over HTTP in a whole server, from local disk and from the bucket. */
@Timeout(120)
class QueryServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data, List.of());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private List<JsonNode> lines(String path) throws Exception {
    HttpResponse<String> answer = server.get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<JsonNode> lines = new ArrayList<>();
    for (String line : answer.body().lines().toList()) lines.add(JSON.readTree(line));
    return lines;
  }

  private long localStart(String topic) {
    try {
      JsonNode answer = JSON.readTree(server.get("/api/v1/topics/" + topic).body());
      return answer.path("partitionList").path(0).path("localStart").asLong();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void recordsOfBothTiersAreReplayedAsOneLog() throws Exception {
    try (var admin = Admin.create(server.kafka())) {
      var settings =
          Map.of(
              "remote.storage.enable", "true",
              "segment.bytes", "1048576",
              "local.retention.ms", "1",
              "oxbow.cold.max.lag.ms", "10000");
      admin
          .createTopics(List.of(new NewTopic("orders", 1, (short) 1).configs(settings)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
    String filler = "x".repeat(100_000);
    try (var producer =
        new KafkaProducer<>(server.kafka(), new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < 40; i++) {
        producer.send(new ProducerRecord<>("orders", "k" + i, i + filler)).get();
      }
    }
    TestServer.await(() -> localStart("orders") > 0);

    List<JsonNode> lines = lines("/api/v1/topics/orders/records");
    assertThat(lines).hasSize(41);
    for (int i = 0; i < 40; i++) {
      assertThat(lines.get(i).path("offset").asInt()).isEqualTo(i);
      assertThat(lines.get(i).path("value").asText()).isEqualTo(i + filler);
    }
    JsonNode tier = lines.getLast().path("tier");
    assertThat(tier.path("cold").asInt()).isPositive();
    assertThat(tier.path("cold").asInt() + tier.path("hot").asInt()).isEqualTo(40);
  }

  @Test
  void curlAloneProducesBySchemaAndReadsThroughANewerOne() throws Exception {
    String v1 =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"}]}";
    String v2 =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"},"
            + "{\"name\":\"s\",\"type\":\"string\",\"default\":\"new\"}]}";
    String versions = "/registry/subjects/typed-value/versions";
    assertThat(server.post(versions, JSON.writeValueAsString(Map.of("schema", v1))).statusCode())
        .isEqualTo(200);

    HttpResponse<String> produced =
        server.post(
            "/api/v1/topics/typed/records", "[{\"value\":{\"n\":1}},{\"value\":{\"n\":\"x\"}}]");
    assertThat(produced.statusCode()).as(produced.body()).isEqualTo(200);
    JsonNode records = JSON.readTree(produced.body()).path("records");
    assertThat(records.path(0).path("offset").asInt()).isZero();
    assertThat(records.path(1).path("error_code").asInt()).isEqualTo(42201);

    assertThat(server.post(versions, JSON.writeValueAsString(Map.of("schema", v2))).statusCode())
        .isEqualTo(200);
    String path = "/api/v1/topics/typed/records";
    assertThat(lines(path).getFirst().path("value").toString()).isEqualTo("{\"n\":1}");
    assertThat(lines(path).getFirst().path("valueSchemaId").asInt()).isPositive();
    assertThat(lines(path + "?schema=latest").getFirst().path("value").toString())
        .isEqualTo("{\"n\":1,\"s\":\"new\"}");
    assertThat(lines(path + "?schema=1").getFirst().path("value").toString())
        .isEqualTo("{\"n\":1}");
    assertThat(server.get(path + "?schema=9").statusCode()).isEqualTo(404);
  }
}
