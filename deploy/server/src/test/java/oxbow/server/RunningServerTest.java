package oxbow.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.config.ConfigSources;
import oxbow.server.logging.Logging;

/** The whole server in this process, through its HTTP port. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class RunningServerTest {
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+)");

  private final HttpClient client = HttpClient.newHttpClient();
  private RunningServer server;
  private URI http;

  @BeforeAll
  void start(@TempDir Path data) throws Exception {
    ServerConfig config =
        ServerConfig.load(
            new ConfigSources(
                null,
                Map.of(),
                List.of(
                    ConfigSources.flag("data.dir=" + data),
                    ConfigSources.flag("logging.level=warn"),
                    ConfigSources.flag("listeners=PLAINTEXT://127.0.0.1:0"),
                    ConfigSources.flag("http.port=0"))));
    server =
        Wiring.start(
            config,
            failure -> {
              throw failure;
            });
    server.ready().toCompletableFuture().get(60, TimeUnit.SECONDS);
    int port =
        server.http().toCompletableFuture().get(60, TimeUnit.SECONDS).orElseThrow().getPort();
    http = URI.create("http://127.0.0.1:" + port);
  }

  @AfterAll
  void stop() {
    server.close();
    client.close();
    Logging.apply(Logging.Format.TEXT, "info", Map.of());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(http.resolve(path)).timeout(Duration.ofSeconds(20)).build(),
        BodyHandlers.ofString());
  }

  @Test
  void itIsReadyOncePortsAreOpen() throws Exception {
    HttpResponse<String> ready = get("/ready");

    assertThat(ready.statusCode()).as(ready.body()).isEqualTo(200);
    assertThat(ready.body()).contains("\"fenced\":false");
  }

  @Test
  void everyMeterSaysWhatItMeasures() throws Exception {
    String bootstrap = "127.0.0.1:" + server.kafka().values().iterator().next().getPort();
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new StringSerializer(),
            new StringSerializer())) {
      var _ = producer.send(new ProducerRecord<>("measured", "record")).get(30, TimeUnit.SECONDS);
    }
    get("/no/such/page");

    String metrics = get("/metrics").body();

    List<String> names = TYPE.matcher(metrics).results().map(type -> type.group(1)).toList();
    assertThat(names).hasSizeGreaterThan(100);
    assertThat(names)
        .allSatisfy(name ->
            assertThat(metrics).containsPattern("(?m)^# HELP " + Pattern.quote(name) + " \\S"));
  }
}
