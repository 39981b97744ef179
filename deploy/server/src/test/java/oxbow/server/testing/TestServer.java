package oxbow.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import oxbow.server.RunningServer;
import oxbow.server.ServerConfig;
import oxbow.server.Wiring;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Given;
import oxbow.server.logging.Logging;

/** A server with all its parts on free ports, and what a test asks of it. */
public final class TestServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PATIENCE_SECONDS = 60;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final RunningServer server;
  private final String root;

  private TestServer(RunningServer server, String root) {
    this.server = server;
    this.root = root;
  }

  /** The configuration of such a server; settings are {@code key=value}. */
  public static ServerConfig config(Path data, List<String> settings) {
    List<Given> flags = new ArrayList<>();
    for (String setting :
        List.of(
            "data.dir=" + data,
            "logging.level=error",
            "listeners=PLAINTEXT://127.0.0.1:0",
            "log.retention.check.interval.ms=200",
            "http.port=0")) {
      flags.add(ConfigSources.flag(setting));
    }
    settings.forEach(setting -> flags.add(ConfigSources.flag(setting)));
    return ServerConfig.load(new ConfigSources(null, Map.of(), flags));
  }

  /** Starts one; returns when clients are served. */
  public static TestServer start(Path data, List<String> settings) throws Exception {
    RunningServer server =
        Wiring.start(
            config(data, settings),
            failure -> {
              throw failure;
            });
    try {
      server.ready().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      var http =
          server.http().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS).orElseThrow();
      var started = new TestServer(server, "http://127.0.0.1:" + http.getPort());
      await(() -> server.registry().orElseThrow().report().isReady());
      return started;
    } catch (Exception | AssertionError e) {
      server.close();
      throw e;
    }
  }

  public RunningServer server() {
    return server;
  }

  /** Where clients of Kafka begin. */
  public String bootstrap() {
    return "127.0.0.1:" + server.kafka().values().iterator().next().getPort();
  }

  /** What clients of Kafka need. */
  public Map<String, Object> kafka() {
    return Map.of("bootstrap.servers", bootstrap());
  }

  /** The HTTP port. */
  public String root() {
    return root;
  }

  public HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(root + path)).build(), BodyHandlers.ofString());
  }

  public HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(root + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  /** Asks without saying of what type the body is. */
  public HttpResponse<String> ask(String method, String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(root + path))
            .method(method, BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  public JsonNode json(String path) throws Exception {
    return JSON.readTree(get(path).body());
  }

  /** A figure of the metrics page, all its series added up. */
  public double metric(String name) throws Exception {
    double sum = 0;
    for (String line : get("/metrics").body().lines().toList()) {
      boolean isIt = line.startsWith(name + "{") || line.startsWith(name + " ");
      if (isIt) sum += Double.parseDouble(line.substring(line.lastIndexOf(' ')));
    }
    return sum;
  }

  /** Waits until something holds, for a minute. */
  public static void await(Callable<Boolean> condition) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(until);
      LockSupport.parkNanos(20_000_000);
    }
  }

  @Override
  public void close() {
    client.close();
    server.close();
    Logging.apply(Logging.Format.TEXT, "info", Map.of());
  }
}
