package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema registry of the real process, killed while clients register. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
final class RegistryFaultsTest {
  private static final Pattern ID = Pattern.compile("\"id\":(\\d+)");
  private static final int CLIENTS = 4;

  private final Proof proof;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  RegistryFaultsTest(Proof proof) {
    this.proof = proof;
  }

  @ParameterizedTest
  @ValueSource(longs = {20_261_120})
  void killedInAStormOfRegistrationsItComesBackWithEveryIdItGave(long seed) throws Exception {
    Random random = new Random(seed);
    Path folder = proof.folder("registry-killed");
    int registryPort = Ports.free();
    String listener = "schema.registry.listeners=http://127.0.0.1:" + registryPort;
    URI registry = URI.create("http://127.0.0.1:" + registryPort);
    Oxbow oxbow = Oxbow.start(folder, listener);
    Map<Integer, Integer> acknowledged = new ConcurrentHashMap<>(); // schema to id
    AtomicInteger next = new AtomicInteger();
    AtomicBoolean isDone = new AtomicBoolean();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        running.add(
            clients.submit(() -> {
              while (!isDone.get()) {
                int schema = next.getAndIncrement();
                int id = registerUntilAnswered(registry, schema, isDone);
                if (id > 0) acknowledged.put(schema, id);
              }
              return acknowledged;
            }));
      }
      for (int round = 0; round < 3; round++) {
        awaitMore(acknowledged, 20 + random.nextInt(200));
        oxbow.process().kill();
        oxbow = Oxbow.start(folder, oxbow.port(), listener);
      }
      awaitMore(acknowledged, 50);
      isDone.set(true);
      for (Future<?> client : running) {
        Object _ = client.get(60, TimeUnit.SECONDS);
      }

      Map<Integer, Integer> schemaOfId = new HashMap<>();
      for (var entry : acknowledged.entrySet()) {
        int schema = entry.getKey();
        assertThat(schemaOfId.put(entry.getValue(), schema))
            .as("seed %d: one id, one schema", seed)
            .isNull();
        HttpResponse<String> found =
            get(registry.resolve("/schemas/ids/" + entry.getValue() + "/schema"));
        assertThat(found.body()).as("seed %d", seed).isEqualTo(text(schema));
      }
      int again = acknowledged.keySet().iterator().next();
      assertThat(id(register(registry, again))).isEqualTo(acknowledged.get(again));
      assertThat(oxbow.output()).doesNotContain("passed over");
    } finally {
      isDone.set(true);
      oxbow.close();
      http.close();
    }
  }

  private static void awaitMore(Map<Integer, Integer> acknowledged, int more) {
    int until = acknowledged.size() + more;
    Await.until(
        more + " more acknowledged registrations",
        Duration.ofMinutes(2),
        () -> acknowledged.size() >= until);
  }

  /** As a client does: asks again until it hears something. */
  private int registerUntilAnswered(URI registry, int schema, AtomicBoolean isDone)
      throws InterruptedException {
    while (!isDone.get()) {
      try {
        HttpResponse<String> answer = register(registry, schema);
        if (answer.statusCode() == 200) return id(answer);
        assertThat(answer.statusCode()).as(answer.body()).isGreaterThanOrEqualTo(500);
      } catch (IOException e) {
        // The process is away.
      }
      LockSupport.parkNanos(20_000_000);
    }
    return 0;
  }

  private HttpResponse<String> register(URI registry, int schema)
      throws IOException, InterruptedException {
    String body = "{\"schema\":\"" + text(schema).replace("\"", "\\\"") + "\"}";
    return http.send(
        HttpRequest.newBuilder(registry.resolve("/subjects/subject-" + schema + "/versions"))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build(),
        BodyHandlers.ofString());
  }

  private static int id(HttpResponse<String> answer) {
    Matcher id = ID.matcher(answer.body());
    assertThat(id.find()).as(answer.body()).isTrue();
    return Integer.parseInt(id.group(1));
  }

  private static String text(int schema) {
    return "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[]}".formatted(schema);
  }
}
