package oxbow.query.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.server.Server;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.query.Topics.Topic;
import oxbow.query.replay.http.HttpBounds;
import oxbow.query.replay.http.TopicsService;
import oxbow.query.testing.FakeCluster;
import oxbow.query.testing.FakeTopics;

/** Jobs as clients see them. */
@Timeout(60)
class JobsServiceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  private final FakeTopics topics = new FakeTopics();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Topic orders = topics.add("orders", 2, Map.of());
  private Jobs jobs;
  private JobsService service;
  private TopicsService records;
  private Server server;

  @BeforeEach
  void start() {
    jobs =
        new Jobs(
            topics,
            new FakeCluster(topics),
            directory,
            JobBounds.of(1),
            InstantSource.system(),
            new Random(1));
    jobs.open();
    service = new JobsService(jobs);
    records =
        new TopicsService(
            topics,
            Optional::empty,
            service::create,
            new HttpBounds(2, 1 << 20, Duration.ofSeconds(5), Duration.ofMillis(50)),
            InstantSource.system());
    server = Server.builder().http(0).service(records).service(service).build();
    server.start().join();
    for (int i = 0; i < 100; i++) {
      topics.put(orders.partition(i % 2), new SimpleRecord(i, ("v" + i).getBytes(UTF_8)));
    }
  }

  @AfterEach
  void stop() {
    records.close();
    service.close();
    jobs.close();
    client.close();
    var _ = server.stop(); // takes its quiet seconds behind us
  }

  private HttpResponse<String> ask(String method, String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.activeLocalPort() + "/api/v1" + path))
            .method(method, BodyPublishers.ofString(body.replace('\'', '"')))
            .build(),
        BodyHandlers.ofString());
  }

  private JsonNode json(String method, String path, String body, int status) throws Exception {
    HttpResponse<String> answer = ask(method, path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return JSON.readTree(answer.body());
  }

  private void assertError(String method, String path, String body, int status, int code)
      throws Exception {
    JsonNode answer = json(method, path, body, status);
    assertThat(answer.path("error_code").asInt()).isEqualTo(code);
    assertThat(answer.path("message").asText()).isNotEmpty();
  }

  @Test
  void aJobIsAcceptedAndShownWhereItsLocationSays() throws Exception {
    HttpResponse<String> made = ask("POST", "/topics/orders/replay", "{'topic':'copy'}");

    assertThat(made.statusCode()).isEqualTo(202);
    String location = made.headers().firstValue("location").orElseThrow();
    JsonNode job = JSON.readTree(made.body());
    assertThat(location).isEqualTo("/api/v1/jobs/" + job.path("id").asText());
    String path = location.substring("/api/v1".length());
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!job.path("state").asText().equals("done")) {
      assertThat(System.nanoTime()).as(job.toString()).isLessThan(until);
      LockSupport.parkNanos(2_000_000);
      job = json("GET", path, "", 200);
    }
    assertThat(job.path("records").asLong()).isEqualTo(100);
    assertThat(job.path("percent").asDouble()).isEqualTo(100);
    assertThat(job.path("partitions")).hasSize(2);
    assertThat(job.path("partitions").get(1).path("next").asLong()).isEqualTo(50);
    assertThat(job.path("target").path("topic").asText()).isEqualTo("copy");
    JsonNode listed = json("GET", "/jobs", "", 200).path("jobs");
    assertThat(listed).hasSize(1);
    assertThat(listed.get(0).has("partitions")).isFalse();
    json("DELETE", path, "", 200);
    assertError("GET", path, "", 404, 40404);
  }

  @Test
  void aRunningJobIsPausedResumedAndCancelled() throws Exception {
    String id =
        json("POST", "/topics/orders/replay", "{'topic':'copy','recordsPerSecond':1}", 202)
            .path("id")
            .asText();

    assertThat(json("POST", "/jobs/" + id + "/pause", "", 200).path("state").asText())
        .isEqualTo("paused");
    assertThat(json("POST", "/jobs/" + id + "/resume", "", 200).path("state").asText())
        .isEqualTo("running");
    assertError("POST", "/topics/orders/replay", "{'topic':'other'}", 429, 42901);
    JsonNode cancelled = json("DELETE", "/jobs/" + id, "", 200);
    assertThat(cancelled.path("state").asText()).isEqualTo("cancelled");
    assertThat(cancelled.has("endedAt")).isTrue();
    assertError("POST", "/jobs/" + id + "/pause", "", 409, 40901);
  }

  @Test
  void whatCannotBeIsToldInTheFormOfAllErrors() throws Exception {
    assertError("POST", "/topics/nowhere/replay", "{'topic':'copy'}", 404, 40401);
    assertError("POST", "/topics/orders/replay", "no json", 400, 40005);
    assertError("POST", "/topics/orders/replay?from=earliest", "{'topic':'c'}", 400, 40001);
    assertError("GET", "/topics/orders/replay", "", 405, 405);
    assertError("GET", "/jobs/nothing", "", 404, 40404);
    assertError("POST", "/jobs/nothing/stop", "", 404, 404);
    assertError("PUT", "/jobs", "", 405, 405);
    assertThat(json("GET", "/jobs", "", 200).path("jobs")).isEmpty();
  }
}
