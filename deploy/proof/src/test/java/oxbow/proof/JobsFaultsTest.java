package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A replay job of the real process, killed while it copies. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
final class JobsFaultsTest {
  private static final int PARTITIONS = 3;
  private static final int RECORDS = 20_000; // of each

  private final Proof proof;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  JobsFaultsTest(Proof proof) {
    this.proof = proof;
  }

  @ParameterizedTest
  @ValueSource(longs = {20_261_120})
  void killedWhileItCopiesItGoesOnAndNothingIsMissingOrThereTwice(long seed) throws Exception {
    var random = new Random(seed);
    Path folder = proof.folder("job-killed");
    int httpPort = Ports.free();
    String line = "http.port=" + httpPort;
    URI jobs = URI.create("http://127.0.0.1:" + httpPort + "/api/v1/");
    Oxbow oxbow = Oxbow.start(folder, line);
    try {
      produce(oxbow);
      Ports.awaitListening(httpPort, oxbow.process());
      String made =
          send(
              HttpRequest.newBuilder(jobs.resolve("topics/orders/replay"))
                  .POST(
                      BodyPublishers.ofString("{\"topic\":\"copy\",\"recordsPerSecond\":15000}")));
      URI job = jobs.resolve("jobs/" + field(made, "id"));
      for (int round = 0; round < 3; round++) {
        long wanted = number(get(job), "records") + 1 + random.nextInt(8_000);
        Await.until(
            "the job at " + wanted,
            Duration.ofMinutes(1),
            () -> number(get(job), "records") >= wanted || isDone(job));
        oxbow.process().kill();
        oxbow = Oxbow.start(folder, oxbow.port(), line);
        Ports.awaitListening(httpPort, oxbow.process());
      }
      Await.until("the job's end", Duration.ofMinutes(1), () -> isDone(job));

      Map<Integer, Integer> next = new HashMap<>();
      for (ConsumerRecord<String, String> record :
          Records.read(oxbow.bootstrap(), "copy", PARTITIONS * RECORDS)) {
        int expected = next.merge(record.partition(), 1, Integer::sum) - 1;
        assertThat(record.value()).as("seed %d", seed).isEqualTo("v" + expected);
      }
      assertThat(next.values()).as("seed %d", seed).containsOnly(RECORDS);
      try (var admin = Admin.create(Map.of("bootstrap.servers", oxbow.bootstrap()))) {
        assertThat(admin.describeTopics(List.of("copy")).allTopicNames().get().get("copy"))
            .extracting(topic -> topic.partitions().size())
            .isEqualTo(PARTITIONS);
      }
    } finally {
      oxbow.close();
      http.close();
    }
  }

  private static void produce(Oxbow oxbow) throws Exception {
    try (var admin = Admin.create(Map.of("bootstrap.servers", oxbow.bootstrap()))) {
      admin.createTopics(List.of(new NewTopic("orders", PARTITIONS, (short) 1))).all().get();
    }
    List<String> values = IntStream.range(0, RECORDS).mapToObj(i -> "v" + i).toList();
    try (KafkaProducer<String, String> producer =
        Records.producer(oxbow.bootstrap(), Map.of("linger.ms", "5"))) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        Records.send(producer, "orders", partition, values);
      }
    }
  }

  private boolean isDone(URI job) {
    String shown = get(job);
    assertThat(shown).doesNotContain("\"state\":\"failed\"");
    return shown.contains("\"state\":\"done\"");
  }

  private String get(URI uri) {
    return send(HttpRequest.newBuilder(uri));
  }

  /** Until it is answered: a server that has just started knows its jobs a moment later. */
  private String send(HttpRequest.Builder request) {
    String[] answer = new String[1];
    Await.until(
        "an answer",
        Duration.ofMinutes(1),
        () -> {
          try {
            var response = http.send(request.build(), BodyHandlers.ofString());
            answer[0] = response.body();
            return response.statusCode() < 300;
          } catch (IOException e) {
            return false;
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
    return answer[0];
  }

  private static long number(String json, String name) {
    return Long.parseLong(field(json, name));
  }

  private static String field(String json, String name) {
    Matcher matcher = Pattern.compile("\"" + name + "\":\"?([^\",}]+)").matcher(json);
    assertThat(matcher.find()).as(json).isTrue();
    return matcher.group(1);
  }
}
