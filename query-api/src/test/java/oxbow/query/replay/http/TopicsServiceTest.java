package oxbow.query.replay.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.server.Server;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import oxbow.query.Topics.Topic;
import oxbow.query.testing.FakeTopics;

/** Replay and produce as clients see them, over topics in memory. */
@Timeout(60)
class TopicsServiceTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

  private final FakeTopics topics = new FakeTopics();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final TopicsService service =
      new TopicsService(
          topics,
          Optional::empty,
          (_, _, _) -> {
            throw new AssertionError("no jobs here");
          },
          new HttpBounds(2, 1 << 20, Duration.ofSeconds(5), Duration.ofMillis(50)),
          InstantSource.fixed(NOW));
  private final Server server = Server.builder().http(0).service(service).build();
  private Topic orders = topics.add("orders", 2, Map.of());

  @BeforeEach
  void start() {
    server.start().join();
  }

  @AfterEach
  void nothingIsLeftBehind() {
    await(() -> service.underWay() == 0);
    service.close();
    client.close();
    var _ = server.stop(); // takes its quiet seconds behind us
    assertThat(topics.held).hasValue(0);
    assertThat(topics.awaiting).hasValue(0);
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(until);
      LockSupport.parkNanos(2_000_000);
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server.activeLocalPort() + "/api/v1/topics" + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  private List<JsonNode> lines(String path) throws Exception {
    return get(path).body().lines().map(TopicsServiceTest::json).toList();
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (Exception e) {
      throw new AssertionError(text, e);
    }
  }

  private void put(int partition, long timestampMs, String key, String value) {
    topics.put(
        orders.partition(partition),
        new SimpleRecord(
            timestampMs,
            key.getBytes(StandardCharsets.UTF_8),
            value.getBytes(StandardCharsets.UTF_8)));
  }

  private void assertError(String path, int status, int code) throws Exception {
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(json(answer.body()).path("error_code").asInt()).isEqualTo(code);
    assertThat(json(answer.body()).path("message").asText()).isNotEmpty();
  }

  @Test
  void curlGetsALinePerRecordAndACursorAtTheEnd() throws Exception {
    put(0, 10, "a", "{ \"n\" : 1.50 }");
    put(1, 20, "b", "text");
    List<JsonNode> lines = lines("/orders/records");
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0).path("value").toString()).isEqualTo("{\"n\":1.5}");
    assertThat(lines.get(0).path("key").asText()).isEqualTo("a");
    assertThat(lines.get(0).path("timestamp").asLong()).isEqualTo(10);
    assertThat(lines.get(1).path("value").asText()).isEqualTo("text");
    assertThat(lines.get(2).path("count").asInt()).isEqualTo(2);
    assertThat(lines.get(2).path("end").asBoolean()).isTrue();
    put(0, 30, "c", "later");
    List<JsonNode> rest =
        lines("/orders/records?from=cursor:" + lines.get(2).path("next").asText());
    assertThat(rest).hasSize(2);
    assertThat(rest.get(0).path("value").asText()).isEqualTo("later");
  }

  @Test
  void pagesGoOnWhereTheOneBeforeEndedUntilAllIsRead() throws Exception {
    for (int i = 0; i < 25; i++) put(i % 2, i, "k", "v" + i);
    String from = "earliest";
    int count = 0;
    int pages = 0;
    boolean isEnd = false;
    while (!isEnd) {
      JsonNode page =
          json(get("/orders/records?format=json&order=time&limit=10&from=" + from).body());
      for (JsonNode record : page.path("records")) {
        assertThat(record.path("value").asText()).isEqualTo("v" + count++);
      }
      from = "cursor:" + page.path("next").asText();
      isEnd = page.path("end").asBoolean();
      pages++;
    }
    assertThat(count).isEqualTo(25);
    assertThat(pages).isEqualTo(3);
  }

  @Test
  void rangesAreCutByOffsetAndByTimeAndByKey() throws Exception {
    for (int i = 0; i < 10; i++)
      put(0, NOW.toEpochMilli() - 60_000L * (10 - i), "k" + i % 3, "v" + i);
    assertThat(lines("/orders/records?partition=0&from=offset:2&to=offset:5")).hasSize(4);
    assertThat(lines("/orders/records?partition=0&from=-3m")).hasSize(4);
    assertThat(lines("/orders/records?partition=0&to=2026-01-01T11:52:00Z")).hasSize(3);
    assertThat(lines("/orders/records?key=k0")).hasSize(5);
    assertThat(lines("/orders/records?from=latest")).hasSize(1);
  }

  @Test
  void recordsOfAllPartitionsComeAtTheirTime() throws Exception {
    for (int i = 0; i < 6; i++) put(i % 2, 1_000 + 100 * i, "k", "v" + i);
    long begun = System.nanoTime();

    List<JsonNode> paced =
        lines("/orders/records?speed=1").stream().filter(line -> line.has("value")).toList();

    assertThat(paced)
        .extracting(record -> record.path("value").asText())
        .containsExactly("v0", "v1", "v2", "v3", "v4", "v5");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(490));
  }

  @Test
  void recordsOfAbortedTransactionsAreSeenOnlyIfAskedFor() throws Exception {
    put(0, 1, "a", "one");
    topics.putAborted(
        orders.partition(0), new SimpleRecord(2, "never".getBytes(StandardCharsets.UTF_8)));
    put(0, 3, "a", "two");
    assertThat(lines("/orders/records")).hasSize(3);
    assertThat(lines("/orders/records?isolation=read_uncommitted")).hasSize(4);
  }

  @Test
  void theTiersThatRecordsCameFromAreTold() throws Exception {
    for (int i = 0; i < 5; i++) put(0, i, "a", "v");
    topics.coldBelow(orders.partition(0), 3);
    HttpResponse<String> page =
        send(request("/orders/records").header("Accept", "application/json"));
    assertThat(page.headers().firstValue("x-records-tier")).hasValue("hot=2,cold=3");
    assertThat(lines("/orders/records").getLast().path("tier").toString())
        .isEqualTo("{\"hot\":2,\"cold\":3}");
  }

  @Test
  void csvQuotesWhatHasToBeQuoted() throws Exception {
    put(0, 0, "a", "x, \"y\"");
    assertThat(get("/orders/records?format=csv").body())
        .isEqualTo(
            "partition,offset,timestamp,key,value,headers\r\n"
                + "0,0,1970-01-01T00:00:00Z,a,\"x, \"\"y\"\"\",\r\n");
  }

  @Test
  void restProxysClientsGetTheirTypes() throws Exception {
    put(0, 0, "a", "{\"n\":1}");
    var binary =
        send(request("/orders/records").header("Accept", "application/vnd.kafka.binary.v2+json"));
    assertThat(json(binary.body()).toString())
        .isEqualTo(
            "[{\"topic\":\"orders\",\"key\":\"YQ==\",\"value\":\"eyJuIjoxfQ==\",\"partition\":0,"
                + "\"offset\":0}]");
    var plain =
        send(request("/orders/records").header("Accept", "application/vnd.kafka.json.v2+json"));
    assertThat(json(plain.body()).path(0).path("value").path("n").asInt()).isEqualTo(1);
  }

  @Test
  void longsComeAsTextsWhereADoubleCantHoldThem() throws Exception {
    put(0, 0, "a", "[9007199254740993,1]");
    assertThat(lines("/orders/records?longs=string").getFirst().path("value").toString())
        .isEqualTo("[\"9007199254740993\",1]");
  }

  @Test
  void bytesThatAreNoTextComeInBase64() throws Exception {
    topics.put(orders.partition(0), new SimpleRecord(new byte[] {-1, 0}));
    assertThat(lines("/orders/records").getFirst().path("value").toString())
        .isEqualTo("{\"base64\":\"/wA=\"}");
  }

  @Test
  void eventsFollowAndResumeBehindTheLastOne() throws Exception {
    put(0, 1, "a", "one");
    put(0, 2, "a", "two");
    String id;
    var first =
        client.send(
            request("/orders/records").header("Accept", "text/event-stream").build(),
            BodyHandlers.ofInputStream());
    try (var in = new BufferedReader(new InputStreamReader(first.body(), StandardCharsets.UTF_8))) {
      id = in.readLine().substring("id: ".length());
      assertThat(in.readLine()).contains("\"value\":\"one\"");
    }
    await(() -> service.underWay() == 0);
    var second =
        client.send(
            request("/orders/records")
                .header("Accept", "text/event-stream")
                .header("Last-Event-ID", id)
                .build(),
            BodyHandlers.ofInputStream());
    try (var in =
        new BufferedReader(new InputStreamReader(second.body(), StandardCharsets.UTF_8))) {
      assertThat(next(in)).contains("\"value\":\"two\"");
      put(1, 3, "a", "three");
      assertThat(next(in)).contains("\"value\":\"three\"");
    }
  }

  private static String next(BufferedReader in) throws Exception {
    while (true) {
      String line = in.readLine();
      if (line.startsWith("data: ")) return line;
    }
  }

  @Test
  void aClientThatIsSlowStopsTheReadingAndOneThatIsGoneEndsIt() throws Exception {
    byte[] megabyte = new byte[1 << 20];
    java.util.Arrays.fill(megabyte, (byte) 'x');
    for (int i = 0; i < 60; i++) topics.put(orders.partition(0), new SimpleRecord(megabyte));
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.activeLocalPort())) {
      socket.setReceiveBufferSize(32 << 10);
      socket
          .getOutputStream()
          .write(
              "GET /api/v1/topics/orders/records HTTP/1.1\r\nHost: a\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      int[] before = {-1};
      int[] still = {0};
      await(() -> {
        LockSupport.parkNanos(10_000_000);
        int now = topics.reads.get();
        still[0] = now == before[0] ? still[0] + 1 : 0;
        before[0] = now;
        return still[0] > 20;
      });
      assertThat(topics.reads.get()).isLessThan(30);
      assertThat(topics.held).hasValue(1);
      socket.setSoLinger(true, 0);
    }
    await(() -> service.underWay() == 0 && topics.held.get() == 0);
    assertThat(topics.reads.get()).isLessThan(40);
  }

  @Test
  void moreReplaysThanThereIsRoomForAreToldToComeLater() throws Exception {
    var one =
        client.send(request("/orders/records?follow=true").build(), BodyHandlers.ofInputStream());
    var two =
        client.send(request("/orders/records?follow=true").build(), BodyHandlers.ofInputStream());
    HttpResponse<String> third = get("/orders/records");
    assertThat(third.statusCode()).isEqualTo(429);
    assertThat(third.headers().firstValue("retry-after")).isPresent();
    one.body().close();
    two.body().close();
    await(() -> service.underWay() == 0);
    assertThat(get("/orders/records").statusCode()).isEqualTo(200);
  }

  @Test
  void whatIsWrongIsToldWithACode() throws Exception {
    put(0, 1, "a", "one");
    put(0, 2, "a", "two");
    topics.startAt(orders.partition(0), 1);
    assertError("/nothing/records", 404, 40401);
    assertError("/orders/records?partition=7", 404, 40402);
    assertError("/orders/records?from=yesterday", 400, 40001);
    assertError("/orders/records?form=earliest", 400, 40001);
    assertError("/orders/records?from=cursor:AAAA", 400, 40002);
    assertError("/orders/records?partition=0&from=offset:0", 400, 40004);
    assertError("/orders/records?from=offset:99", 400, 40004);
    assertError("/orders/records?schema=latest", 404, 40403);
    assertError("/orders/other", 404, 404);
    String cursor = json(get("/orders/offsets?at=latest").body()).path("cursor").asText();
    char last = cursor.charAt(10);
    String forged = cursor.substring(0, 10) + (last == 'A' ? 'B' : 'A') + cursor.substring(11);
    assertError("/orders/records?from=cursor:" + forged, 400, 40002);
    orders = topics.add("orders", 2, Map.of());
    assertError("/orders/records?from=cursor:" + cursor, 400, 40003);
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return send(request(path).POST(BodyPublishers.ofString(body)));
  }

  @Test
  void whatIsProducedHasAnAnswerPerRecordAndIsReadBack() throws Exception {
    HttpResponse<String> answer =
        post(
            "/orders/records",
            "{\"records\":[{\"key\":\"a\",\"value\":{\"n\":1}},{\"value\":\"x\",\"partition\":9},"
                + "{\"key\":\"b\",\"value\":{\"base64\":\"/wA=\"},\"headers\":{\"h\":\"v\"}}]}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonNode records = json(answer.body()).path("records");
    // Kafka's own partitioner: murmur2 of the key.
    int ofA =
        org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey(
            "a".getBytes(StandardCharsets.UTF_8), 2);
    assertThat(records.path(0).path("partition").asInt()).isEqualTo(ofA);
    assertThat(records.path(0).path("offset").asInt()).isZero();
    assertThat(records.path(1).path("error_code").asInt()).isEqualTo(40402);
    assertThat(records.path(2).has("offset")).isTrue();
    List<JsonNode> lines = lines("/orders/records?key=b");
    assertThat(lines.getFirst().path("value").path("base64").asText()).isEqualTo("/wA=");
    assertThat(lines.getFirst().path("headers").toString())
        .isEqualTo("[{\"key\":\"h\",\"value\":\"v\"}]");
  }

  @Test
  void bodiesThatAreNoneAreRefused() throws Exception {
    assertThat(post("/orders/records", "{\"value\":").statusCode()).isEqualTo(400);
    assertThat(post("/orders/records", "[]").statusCode()).isEqualTo(400);
    assertThat(post("/orders/records", "{\"valeu\":1}").statusCode()).isEqualTo(422);
    assertThat(post("/nothing/records", "{\"value\":1}").statusCode()).isEqualTo(404);
    assertThat(post("/orders/records", "\"" + "x".repeat(2 << 20) + "\"").statusCode())
        .isEqualTo(413);
  }
}
