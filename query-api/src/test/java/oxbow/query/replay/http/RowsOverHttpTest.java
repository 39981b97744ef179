package oxbow.query.replay.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.server.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.kafka.common.TopicIdPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.LogOffsets;
import oxbow.log.testing.BatchBuilder;
import oxbow.query.Topics;
import oxbow.query.Topics.Topic;
import oxbow.query.sql.SqlLimits;
import oxbow.query.testing.TestLake;

/** Records as rows of their table over HTTP, from an engine that has one place for queries. */
@Timeout(60)
class RowsOverHttpTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long TIME = 1_700_000_000_000L;
  private static final String WIDE = "v".repeat(2_000);

  @TempDir Path directory;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private TestLake lake;
  private TopicsService service;
  private Server server;

  @BeforeEach
  void start() {
    lake = new TestLake(directory, onePlace(), List.of());
    service =
        new TopicsService(
            inLogs(lake),
            Optional::empty,
            (_, _, _) -> {
              throw new AssertionError("no jobs here");
            },
            Optional.of(lake.engine),
            new HttpBounds(4, 1 << 20, Duration.ofSeconds(30), Duration.ofMillis(50)),
            InstantSource.system());
    server = Server.builder().http(0).service(service).build();
    server.start().join();
  }

  @AfterEach
  void nothingIsLeftBehind() {
    client.shutdownNow(); // a test that failed may have an answer open
    TestLake.await(() -> service.underWay() == 0);
    service.close();
    var _ = server.stop(); // takes its quiet seconds behind us
    lake.close();
  }

  private SqlLimits onePlace() {
    SqlLimits usual = TestLake.limits(directory);
    return new SqlLimits(
        usual.directory(),
        usual.libraryDirectory(),
        usual.namespace(),
        1,
        usual.queuedMax(),
        usual.threads(),
        usual.memoryBytes(),
        usual.spillBytes(),
        usual.cacheBytes(),
        usual.timeout(),
        usual.textBytesMax());
  }

  /** The lake's topics, with the bounds of its logs. */
  private static Topics inLogs(TestLake lake) {
    return (Topics)
        Proxy.newProxyInstance(
            RowsOverHttpTest.class.getClassLoader(),
            new Class<?>[] {Topics.class},
            (_, method, arguments) -> {
              if (!method.getName().equals("bounds")) return method.invoke(lake.topics, arguments);
              var log = lake.log((TopicIdPartition) arguments[0]);
              LogOffsets offsets = log.offsets();
              return Optional.of(
                  new Topics.Bounds(
                      offsets.logStart(),
                      offsets.localStart(),
                      offsets.coldEnd(),
                      offsets.highWatermark(),
                      log.lastStableOffset()));
            });
  }

  private Topic put(int count, long stepMs, String value) {
    Topic topic = lake.topic("orders", 1, Map.of("retention.ms", "-1"));
    for (int i = 0; i < count; i += 100) {
      BatchBuilder batch = BatchBuilder.at(TIME + i * stepMs);
      for (int n = i; n < Math.min(count, i + 100); n++) {
        batch.add(TIME + n * stepMs, ("k" + n % 5).getBytes(UTF_8), value.getBytes(UTF_8));
      }
      lake.append(topic.partition(0), batch.build());
    }
    return topic;
  }

  private HttpRequest records(String query) {
    return HttpRequest.newBuilder(
            URI.create(
                "http://127.0.0.1:"
                    + server.activeLocalPort()
                    + "/api/v1/topics/orders/records?"
                    + query))
        .build();
  }

  private HttpResponse<String> get(String query) throws Exception {
    return client.send(records(query), BodyHandlers.ofString());
  }

  private HttpResponse<InputStream> open(String query) throws Exception {
    return client.send(records(query), BodyHandlers.ofInputStream());
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  private static List<Long> offsets(List<String> rows) {
    return rows.stream().map(row -> json(row).path("kafka_offset").asLong()).toList();
  }

  private static List<Long> numbers(long count) {
    return LongStream.range(0, count).boxed().toList();
  }

  /** The one place is free, or gets free, for somebody else's query. */
  private void anotherQueryRuns() {
    assertThat(lake.rows("SELECT count(*) > 0 FROM orders")).containsExactly(List.of("true"));
  }

  @Test
  void aClientThatTakesNothingHoldsNoPlace() throws Exception {
    int count = 12_000;
    Topic _ = put(count, 1, WIDE);

    HttpResponse<InputStream> slow = open("columns=*");
    anotherQueryRuns();

    try (var lines = new BufferedReader(new InputStreamReader(slow.body(), UTF_8))) {
      List<String> rows = new ArrayList<>(lines.readAllLines());
      assertThat(json(rows.removeLast()).path("count").asLong()).isEqualTo(count);
      assertThat(offsets(rows)).isEqualTo(numbers(count));
    }
  }

  @Test
  void neitherDoesOneOfArrow() throws Exception {
    int count = 12_000;
    Topic _ = put(count, 1, WIDE);

    HttpResponse<InputStream> slow = open("columns=*&format=arrow");
    anotherQueryRuns();

    List<Long> found = new ArrayList<>();
    try (var memory = new RootAllocator();
        var reader = new ArrowStreamReader(slow.body(), memory)) {
      while (reader.loadNextBatch()) {
        var offsets = (BigIntVector) reader.getVectorSchemaRoot().getVector("kafka_offset");
        for (int i = 0; i < offsets.getValueCount(); i++) found.add(offsets.get(i));
      }
    }
    assertThat(found).isEqualTo(numbers(count));
  }

  @Test
  void rowsWaitForTheirTimeWithoutAPlace() throws Exception {
    Topic _ = put(3, 700, "v");
    long begun = System.nanoTime();

    HttpResponse<InputStream> paced = open("columns=*&speed=1");
    anotherQueryRuns();

    try (var lines = new BufferedReader(new InputStreamReader(paced.body(), UTF_8))) {
      List<String> all = lines.readAllLines();
      List<String> rows = all.stream().filter(line -> line.contains("kafka_offset")).toList();
      assertThat(offsets(rows)).isEqualTo(numbers(3));
      assertThat(all).as("signs of life").hasSizeGreaterThan(5);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(1390));
  }

  @Test
  void rowsOfAKeyComeAlone() throws Exception {
    Topic _ = put(50, 1, "v");

    List<String> all = get("columns=*&key=k3").body().lines().toList();
    List<String> some =
        get("columns=*&key.base64=azM%3D&filter=" + URLEncoder.encode("kafka_offset < 10", UTF_8))
            .body()
            .lines()
            .toList();

    assertThat(offsets(all.subList(0, all.size() - 1)))
        .containsExactly(3L, 8L, 13L, 18L, 23L, 28L, 33L, 38L, 43L, 48L);
    assertThat(offsets(some.subList(0, some.size() - 1))).containsExactly(3L, 8L);
  }

  @Test
  void eventsOfRowsGoOnFromTheirIds() throws Exception {
    Topic _ = put(5, 1, "v");
    String last = get("columns=*&format=sse&to=offset:3&follow=false").body();
    String id = last.lines().filter(line -> line.startsWith("id: ")).toList().get(1).substring(4);

    HttpResponse<String> rest =
        client.send(
            HttpRequest.newBuilder(records("columns=*&format=sse&follow=false").uri())
                .header("Last-Event-ID", id)
                .build(),
            BodyHandlers.ofString());

    List<String> rows =
        rest.body()
            .lines()
            .filter(line -> line.startsWith("data: ") && line.contains("kafka_offset"))
            .map(line -> line.substring(6))
            .toList();
    assertThat(last).contains("event: end");
    assertThat(offsets(rows)).containsExactly(2L, 3L, 4L);
  }

  @Test
  void whatRowsCannotBeIsSaid() throws Exception {
    Topic _ = put(1, 1, "v");

    for (String query :
        List.of(
            "decode=json", "schema=latest", "max_bytes=5", "order=time", "speed=1&format=arrow")) {
      HttpResponse<String> answer = get("columns=*&" + query);
      assertThat(answer.statusCode()).as(query).isEqualTo(400);
      assertThat(json(answer.body()).path("message").asText()).as(query).isNotEmpty();
    }
  }
}
