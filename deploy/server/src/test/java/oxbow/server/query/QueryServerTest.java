package oxbow.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
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
import oxbow.server.RunningServer;
import oxbow.server.ServerConfig;
import oxbow.server.Wiring;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Given;
import oxbow.server.logging.Logging;

/** Replay and produce over HTTP in a whole server, from local disk and from the bucket. */
@Timeout(120)
class QueryServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private RunningServer server;
  private String root;

  @BeforeEach
  void start() throws Exception {
    List<Given> flags = new ArrayList<>();
    for (String flag :
        List.of(
            "data.dir=" + data,
            "logging.level=error",
            "listeners=PLAINTEXT://127.0.0.1:0",
            "log.retention.check.interval.ms=200",
            "http.port=0")) {
      flags.add(ConfigSources.flag(flag));
    }
    server =
        Wiring.start(
            ServerConfig.load(new ConfigSources(null, Map.of(), flags)),
            failure -> {
              throw failure;
            });
    server.ready().toCompletableFuture().get(60, TimeUnit.SECONDS);
    InetSocketAddress http =
        server.http().toCompletableFuture().get(60, TimeUnit.SECONDS).orElseThrow();
    root = "http://127.0.0.1:" + http.getPort();
    await(() -> server.registry().orElseThrow().report().isReady());
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
    Logging.apply(Logging.Format.TEXT, "info", Map.of());
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(until);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(root + path)).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(root + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private List<JsonNode> lines(String path) throws Exception {
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<JsonNode> lines = new ArrayList<>();
    for (String line : answer.body().lines().toList()) lines.add(JSON.readTree(line));
    return lines;
  }

  private Map<String, Object> kafka() {
    int port = server.kafka().values().iterator().next().getPort();
    return Map.of("bootstrap.servers", "127.0.0.1:" + port);
  }

  private long localStart(String topic) {
    try {
      JsonNode answer = JSON.readTree(get("/api/v1/topics/" + topic).body());
      return answer.path("partitions").path(0).path("localStart").asLong();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void recordsOfBothTiersAreReplayedAsOneLog() throws Exception {
    try (var admin = Admin.create(kafka())) {
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
        new KafkaProducer<>(kafka(), new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < 40; i++) {
        producer.send(new ProducerRecord<>("orders", "k" + i, i + filler)).get();
      }
    }
    await(() -> localStart("orders") > 0);

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
    assertThat(post(versions, JSON.writeValueAsString(Map.of("schema", v1))).statusCode())
        .isEqualTo(200);

    HttpResponse<String> produced =
        post("/api/v1/topics/typed/records", "[{\"value\":{\"n\":1}},{\"value\":{\"n\":\"x\"}}]");
    assertThat(produced.statusCode()).as(produced.body()).isEqualTo(200);
    JsonNode records = JSON.readTree(produced.body()).path("records");
    assertThat(records.path(0).path("offset").asInt()).isZero();
    assertThat(records.path(1).path("error_code").asInt()).isEqualTo(42201);

    assertThat(post(versions, JSON.writeValueAsString(Map.of("schema", v2))).statusCode())
        .isEqualTo(200);
    String path = "/api/v1/topics/typed/records";
    assertThat(lines(path).getFirst().path("value").toString()).isEqualTo("{\"n\":1}");
    assertThat(lines(path).getFirst().path("valueSchemaId").asInt()).isPositive();
    assertThat(lines(path + "?schema=latest").getFirst().path("value").toString())
        .isEqualTo("{\"n\":1,\"s\":\"new\"}");
    assertThat(lines(path + "?schema=1").getFirst().path("value").toString())
        .isEqualTo("{\"n\":1}");
    assertThat(get(path + "?schema=9").statusCode()).isEqualTo(404);
  }
}
