package oxbow.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import oxbow.server.Meters;
import oxbow.server.Version;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class HttpPortTest {
  private static final int CONNECTIONS_MAX = 20;

  private final Meters meters = new Meters();
  private final AtomicBoolean isReady = new AtomicBoolean(true);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private HttpPort http;
  private int port;

  private static HttpConfig config(int port) {
    return new HttpConfig("127.0.0.1", port, CONNECTIONS_MAX, 8192, 1000, 1000, 1500);
  }

  @BeforeAll
  void open() throws Exception {
    Version version = Version.current();
    meters.bindProcess(version);
    http =
        new HttpPort(config(0), version, meters.registry())
            .ask(HealthPart.of("logs", () -> new HealthPart.Report(true, Map.of("offline", 0))))
            .ask(
                HealthPart.of(
                    "control", () -> new HealthPart.Report(isReady.get(), Map.of("leader", 1))))
            .mount(
                "/echo/",
                (ctx, request) ->
                    HttpResponse.of(
                        request
                            .aggregate()
                            .thenApply(whole -> HttpResponse.of(whole.contentUtf8()))))
            .mount(
                "/broken/",
                (ctx, request) -> {
                  throw new IllegalStateException("a secret detail");
                })
            .mount("/slow/", (ctx, request) -> HttpResponse.of(new CompletableFuture<>()));
    port = http.start().toCompletableFuture().get(30, TimeUnit.SECONDS).getPort();
  }

  @AfterAll
  void close() {
    http.close();
    meters.close();
    client.close();
  }

  private java.net.http.HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(20));
  }

  private java.net.http.HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private String raw(String bytes) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void healthSaysAliveInJson() throws Exception {
    var answer = get("/health");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"status\":\"alive\"}\n");
    assertThat(answer.headers().firstValue("content-type"))
        .hasValue("application/json; charset=utf-8");
  }

  @Test
  void readinessNamesEveryPartAndIs503WhileOneIsNot() throws Exception {
    assertThat(get("/ready").body())
        .isEqualTo(
            "{\"status\":\"ready\",\"parts\":{\"logs\":{\"ready\":true,\"offline\":0},"
                + "\"control\":{\"ready\":true,\"leader\":1}}}\n");
    isReady.set(false);
    try {
      var answer = get("/ready");
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body())
          .startsWith("{\"status\":\"not ready\"")
          .contains("\"control\":{\"ready\":false,\"leader\":1}");
    } finally {
      isReady.set(true);
    }
  }

  @Test
  void metricsHaveJvmProcessNettyAndOurOwn() throws Exception {
    get("/health");
    var answer = get("/metrics");
    assertThat(answer.headers().firstValue("content-type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    assertThat(answer.body())
        .contains(
            "jvm_memory_used_bytes",
            "jvm_threads_live_threads",
            "process_cpu_usage",
            "process_files_open_files",
            "process_resident_memory_bytes",
            "netty_allocator_memory_used",
            "oxbow_info{",
            "oxbow_http_requests_total");
  }

  @Test
  void metricsComeInOpenMetricsFormatForWhoAsksForIt() throws Exception {
    var answer =
        send(request("/metrics").header("Accept", "application/openmetrics-text;version=1.0.0"));
    assertThat(answer.body()).endsWith("# EOF\n");
  }

  @Test
  void theConsoleIsAtTheRoot() throws Exception {
    assertThat(get("/").body()).contains("<title>Oxbow</title>", "src=\"console/js/main.js\"");
    assertThat(get("/console/js/main.js").statusCode()).isEqualTo(200);
  }

  @Test
  void theVersionIsThatOfTheBuild() throws Exception {
    assertThat(get("/api/v1/version").body())
        .matches("\\{\"java\":\"25.*\",\"kafka\":\"4\\.\\d+\\.\\d+\",\"version\":\"\\d.*\"}\n");
  }

  @Test
  void unknownPathsAndMethodsGetErrorsInJson() throws Exception {
    var missing = get("/nothing");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.body())
        .isEqualTo(
            "{\"error_code\":404,\"message\":\"there is nothing at this path; / is the"
                + " console\"}\n");
    var refused = send(request("/health").DELETE());
    assertThat(refused.statusCode()).isEqualTo(405);
    assertThat(refused.body()).contains("this path does not take this method");
  }

  @Test
  void aBodyBeyondTheBoundIsRefused() throws Exception {
    var answer =
        send(request("/echo/").POST(HttpRequest.BodyPublishers.ofString("x".repeat(1001))));
    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(answer.body()).contains("larger than 1000 bytes (http.request.max.bytes)");
    assertThat(
            send(request("/echo/").POST(HttpRequest.BodyPublishers.ofString("x".repeat(1000))))
                .body())
        .hasSize(1000);
  }

  @Test
  void aFailureInsideTellsNothingOfItself() throws Exception {
    var answer = get("/broken/");
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).contains("its log tells why").doesNotContain("secret");
  }

  @Test
  void anAnswerThatDoesNotComeInTimeIs503() throws Exception {
    var answer = get("/slow/");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("http.request.timeout.ms");
  }

  @Test
  void garbageIsAnsweredAndTheConnectionClosed() throws Exception {
    assertThat(raw("\0\1\2\3 nonsense\r\n\r\n")).startsWith("HTTP/1.1 400");
  }

  @Test
  void headersAndFirstLinesBeyondTheirBoundsAreRefused() throws Exception {
    assertThat(raw("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nhost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 414");
    assertThat(raw("GET / HTTP/1.1\r\nhost: x\r\nx: " + "a".repeat(9000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");
  }

  @Test
  void halfARequestIsClosedAfterTheIdleTime() throws Exception {
    assertThat(raw("GET /health HTTP/1.1\r\nhost:")).doesNotContain("200");
  }

  @Test
  void connectionsBeyondTheBoundAreClosedAndTheOthersServed() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try {
      int closed = 0;
      for (int i = 0; i < CONNECTIONS_MAX + 5; i++) {
        var socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setSoTimeout(20_000);
        sockets.add(socket);
      }
      for (Socket socket : sockets) {
        try {
          socket
              .getOutputStream()
              .write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
          if (socket.getInputStream().read() < 0) closed++;
        } catch (IOException e) {
          closed++;
        }
      }
      assertThat(closed).isBetween(5, CONNECTIONS_MAX);
    } finally {
      for (Socket socket : sockets) socket.close();
    }
  }

  @Test
  void aTakenPortIsToldByTheStart() {
    try (var second = new HttpPort(config(port), Version.current(), meters.registry())) {
      assertThatThrownBy(() -> second.start().toCompletableFuture().get(30, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(IOException.class)
          .hasStackTraceContaining("http.port: port " + port + " can't be opened");
    }
  }

  @Test
  void aStopFinishesWhatIsUnderWayAndRefusesTheRest() throws Exception {
    var asked = new CountDownLatch(1);
    var answer = new CompletableFuture<HttpResponse>();
    var other =
        new HttpPort(config(0), Version.current(), meters.registry())
            .mount(
                "/late/",
                (ctx, request) -> {
                  asked.countDown();
                  return HttpResponse.of(answer);
                });
    String root =
        "http://127.0.0.1:"
            + other.start().toCompletableFuture().get(30, TimeUnit.SECONDS).getPort();
    var late =
        client.sendAsync(
            HttpRequest.newBuilder(URI.create(root + "/late/")).build(), BodyHandlers.ofString());
    assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();

    other.refuse();
    var refused =
        client.send(
            HttpRequest.newBuilder(URI.create(root + "/health")).build(), BodyHandlers.ofString());
    var closing = CompletableFuture.runAsync(other::close);
    answer.complete(HttpResponse.of("in time"));

    assertThat(late.get(30, TimeUnit.SECONDS).body()).isEqualTo("in time");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("the server stops");
    closing.get(30, TimeUnit.SECONDS);
  }

  /** The fastest of a few stops: a busy machine may keep the others waiting. */
  @Test
  void aStopWaitsForNoConnectionWithoutARequest() throws Exception {
    long fastestNanos = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      try (var newest = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
          var idle = new Socket()) {
        var other = new HttpPort(config(0), Version.current(), meters.registry());
        int otherPort = other.start().toCompletableFuture().get(30, TimeUnit.SECONDS).getPort();
        var health =
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + otherPort + "/health"));
        var answer = newest.send(health.build(), BodyHandlers.ofString());
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        idle.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), otherPort));
        long begin = System.nanoTime();
        other.close();
        fastestNanos = Math.min(fastestNanos, System.nanoTime() - begin);
      }
    }

    assertThat(Duration.ofNanos(fastestNanos)).isLessThan(Duration.ofMillis(500));
  }

  @Test
  void closedBeforeItIsOpenItNeverOpens() {
    var closed = new HttpPort(config(0), Version.current(), meters.registry());
    closed.close();
    assertThatThrownBy(() -> closed.start().toCompletableFuture().get(30, TimeUnit.SECONDS))
        .hasRootCauseMessage("closed before it was open");
  }
}
