package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.cli.Shell.Result;
import oxbow.server.testing.TestServer;

/** {@code oxbow replay} against a server in this process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class ReplayCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int RECORDS = 20;

  private static final String NOTE =
      ",{\"name\":\"note\",\"type\":\"string\",\"default\":\"none\"}";

  @TempDir static Path data;

  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.start(data, List.of("num.partitions=2", "log.retention.ms=-1"));
    register("");
    // A second between records; those with even numbers are in the first partition.
    produce(
        "orders",
        IntStream.range(0, RECORDS)
            .mapToObj(n ->
                "{\"partition\":%d,\"timestamp\":%d,\"key\":\"k%d\",\"value\":{\"n\":%d}}"
                    .formatted(n % 2, 1_700_000_000_000L + 1000L * n, n % 5, n))
            .collect(Collectors.joining(",", "[", "]")));
    register(NOTE);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private void register(String more) throws Exception {
    String schema =
        "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"n\",\"type\":\"long\"}"
            + more
            + "]}";
    String body = JSON.createObjectNode().put("schema", schema).toString();
    var answer = server.post("/registry/subjects/orders-value/versions", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private void produce(String topic, String records) throws Exception {
    var answer = server.post("/api/v1/topics/" + topic + "/records", records);
    assertThat(answer.body()).contains("\"errors\":0");
  }

  private Result replay(String... arguments) {
    List<String> all = new ArrayList<>(List.of("replay"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--url", server.root()));
    return new Shell().run(all.toArray(String[]::new));
  }

  private Result done(String... arguments) {
    Result result = replay(arguments);
    assertThat(result.exitCode()).as("%s: %s", List.of(arguments), result.err()).isZero();
    return result;
  }

  private JsonNode json(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--json");
    return JSON.readTree(done(all.toArray(String[]::new)).out());
  }

  /** What the values of a range say. */
  private List<Integer> read(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("read", "orders"));
    all.addAll(List.of(arguments));
    List<Integer> numbers = new ArrayList<>();
    for (String line : done(all.toArray(String[]::new)).out().lines().toList()) {
      numbers.add(JSON.readTree(line).at("/value/n").asInt());
    }
    return numbers;
  }

  private static List<Integer> numbers(int from, int to, int step) {
    return IntStream.iterate(from, n -> n < to, n -> n + step).boxed().toList();
  }

  // ---- reading

  @Test
  void rangesAreChosenByOffsetTimePartitionKeyAndCondition() throws Exception {
    assertThat(read("--order", "time")).isEqualTo(numbers(0, RECORDS, 1));
    assertThat(read("--partition", "1", "--from", "offset:2", "--to", "offset:5"))
        .containsExactly(5, 7, 9);
    assertThat(read("--from", "2023-11-14T22:13:25Z", "--to", "2023-11-14T22:13:28Z"))
        .containsExactlyInAnyOrder(5, 6, 7);
    assertThat(read("--key", "k3", "--order", "time")).containsExactly(3, 8, 13, 18);
    assertThat(read("--filter", "n % 7 = 0")).containsExactlyInAnyOrder(0, 7, 14);
    assertThat(read("--from", "latest")).isEmpty();
    assertThat(read("-p", "0,1", "--from", "-100000d", "--speed", "1000000x")).hasSize(RECORDS);
  }

  @Test
  void aLimitTellsWhereToGoOn() throws Exception {
    Result first = done("read", "orders", "-n", "7", "--order", "time");
    assertThat(first.out().lines()).as(first.err()).hasSize(7);
    assertThat(first.err()).matches("more with --from cursor:\\S+\n");

    String[] more = first.err().strip().split(" ", -1);
    List<Integer> rest = read("--order", "time", more[2], more[3]);
    assertThat(rest).isEqualTo(numbers(7, RECORDS, 1));
    assertThat(done("read", "orders").err()).as("all that there is").isEmpty();
  }

  @Test
  void recordsComeInTheFormThatIsAskedFor() throws Exception {
    JsonNode record =
        JSON.readTree(done("read", "orders", "-p", "0", "-n", "1", "--schema", "latest").out());
    assertThat(record.get("key").asText()).isEqualTo("k0");
    assertThat(record.at("/value/note").asText()).isEqualTo("none");
    JsonNode bytes = JSON.readTree(done("read", "orders", "-n", "1", "--decode", "base64").out());
    assertThat(bytes.get("value").path("base64").asText(bytes.get("value").asText()))
        .isNotEmpty()
        .isNotEqualTo(record.get("value").asText());

    assertThat(done("read", "orders", "-p", "1", "-n", "2", "-o", "csv").out())
        .isEqualTo(
            """
            partition,offset,timestamp,key,value,headers\r
            1,0,2023-11-14T22:13:21Z,k1,"{""n"":1}",\r
            1,1,2023-11-14T22:13:23Z,k3,"{""n"":3}",\r
            """);
    assertThat(
            done("read", "orders", "--columns", "n", "-o", "csv", "--filter", "n IN (4, 6)").out())
        .isEqualTo(
            """
            kafka_partition,kafka_offset,kafka_timestamp,n\r
            0,2,2023-11-14T22:13:24Z,4\r
            0,3,2023-11-14T22:13:26Z,6\r
            """);
    JsonNode page = JSON.readTree(done("read", "orders", "-o", "json", "-n", "3").out());
    assertThat(page.get("records")).hasSize(3);
    assertThat(page.get("next").asText()).isNotEmpty();
    assertThat(done("read", "orders", "-o", "arrow").out()).contains("kafka_offset");
  }

  @Test
  void whoFollowsSeesWhatComesUntilItIsEnough() throws Exception {
    produce("arrivals", "[{\"value\":\"old\"}]");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var following =
          CompletableFuture.supplyAsync(
              () -> done("read", "arrivals", "--from", "latest", "--follow", "-n", "3"), threads);
      TestServer.await(() -> server.metric("oxbow_replay_followers") == 1);
      produce("arrivals", "[{\"value\":\"a\"},{\"value\":\"b\"}]");
      produce("arrivals", "[{\"value\":\"c\"}]");
      String out = following.get(60, TimeUnit.SECONDS).out();
      assertThat(JSON.readTree("[" + String.join(",", out.lines().toList()) + "]"))
          .extracting(record -> record.get("value").asText())
          .containsExactlyInAnyOrder("a", "b", "c");
    }
    TestServer.await(() -> server.metric("oxbow_replay_followers") == 0);
  }

  @Test
  void whoFollowsCanBeStoppedAndLosesNothingThatWasShown() throws Exception {
    produce("watched", "[{\"value\":\"first\"}]");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "oxbow.server.Main",
                "replay",
                "read",
                "watched",
                "--follow",
                "--url",
                server.root())
            .start();
    try (BufferedReader out =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        BufferedReader err =
            new BufferedReader(
                new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).contains("\"value\":\"first\"");
      produce("watched", "[{\"value\":\"second\"}]");
      assertThat(out.readLine()).contains("\"value\":\"second\"");
      assertThat(process.toHandle().destroy()).isTrue(); // what Ctrl-C does, but for the number
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 15);
      assertThat(out.lines()).isEmpty();
      assertThat(err.lines()).isEmpty();
    } finally {
      Process _ = process.destroyForcibly().onExit().join();
    }
    TestServer.await(() -> server.metric("oxbow_replay_open") == 0);
  }

  // ---- jobs

  @Test
  void aCopyIsWaitedForShownAndForgotten() throws Exception {
    Result waited = done("start", "orders", "--to-topic", "again", "--from", "offset:5", "--wait");
    assertThat(waited.out())
        .containsPattern("state +done\n")
        .containsPattern("target +again\n")
        .containsPattern("records +10\n")
        .containsPattern("(?m)^ +0 +5 +10 +10 +5 +\\d+$")
        .containsPattern("(?m)^ +1 +5 +10 +10 +5 +\\d+$");

    JsonNode listed = json("list").get(0);
    for (JsonNode each : json("list")) {
      if (each.get("target").asText().equals("again")) listed = each;
    }
    assertThat(listed.get("state").asText()).isEqualTo("done");
    assertThat(listed.get("records").asInt()).isEqualTo(10);
    String id = listed.get("job").asText();
    assertThat(done("list").out()).contains(id, "orders", "again");
    JsonNode shown = json("show", id);
    assertThat(shown.at("/target/topic").asText()).isEqualTo("again");
    assertThat(shown.get("partitions")).hasSize(2);
    assertThat(done("read", "again").out().lines()).hasSize(10);

    assertThat(done("cancel", id).out()).isEqualTo("job " + id + " is done\n");
    assertThat(replay("show", id).exitCode()).as("forgotten").isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void aCopyIsPausedResumedAndCancelled() throws Exception {
    String id =
        json("start", "orders", "--to-topic", "slowly", "--records-per-second", "0.5", "-p", "0")
            .get("id")
            .asText();
    assertThat(json("show", id).get("state").asText()).isEqualTo("running");
    assertThat(done("pause", id).out()).isEqualTo("job " + id + " is paused\n");
    assertThat(json("show", id).get("state").asText()).isEqualTo("paused");
    assertThat(json("resume", id).get("state").asText()).isEqualTo("running");
    assertThat(done("cancel", id).out()).isEqualTo("job " + id + " is cancelled\n");
    assertThat(done("show", id).out()).containsPattern("state +cancelled\n");
    assertThat(replay("resume", id).exitCode()).isEqualTo(ExitCode.FAILED);
  }

  @Test
  void aGroupIsMovedToAPlace() throws Exception {
    JsonNode moved =
        json("start", "orders", "--group", "billing", "--from", "2023-11-14T22:13:26Z", "--wait");
    assertThat(moved.get("state").asText()).isEqualTo("done");
    assertThat(moved.at("/target/group").asText()).isEqualTo("billing");
    try (var admin = Admin.create(server.kafka())) {
      var offsets =
          admin
              .listConsumerGroupOffsets("billing")
              .partitionsToOffsetAndMetadata()
              .get(30, TimeUnit.SECONDS);
      assertThat(offsets)
          .containsOnlyKeys(new TopicPartition("orders", 0), new TopicPartition("orders", 1))
          .allSatisfy((_, committed) -> assertThat(committed.offset()).isEqualTo(3));
    }
    assertThat(done("list").out()).contains("group billing");
  }

  // ---- what goes wrong

  @Test
  void eachFailureHasASentenceAndAnExitCode() throws Exception {
    Result noTopic = replay("read", "nothing");
    assertThat(noTopic.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(noTopic.err()).startsWith("oxbow: ").contains("nothing").doesNotContain("\tat ");
    Result badPosition = replay("read", "orders", "--from", "soon");
    assertThat(badPosition.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(badPosition.err()).contains("from", "'soon'", "earliest");
    Result badFilter = replay("read", "orders", "--filter", "prise > 1");
    assertThat(badFilter.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(badFilter.err()).contains("prise");
    Result page = replay("read", "orders", "--follow", "-o", "json");
    assertThat(page.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(page.err()).contains("a page doesn't follow");
    Result noJob = replay("show", "none");
    assertThat(noJob.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(noJob.err()).contains("none");
    Result nowhere = replay("start", "orders");
    assertThat(nowhere.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(nowhere.err()).contains("topic", "group");
    assertThat(replay("start", "nothing", "--to-topic", "x").exitCode())
        .isEqualTo(ExitCode.NOT_FOUND);

    int closed;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    for (String command : List.of("list", "read orders")) {
      Result away =
          new Shell()
              .run(("replay " + command + " --url http://127.0.0.1:" + closed).split(" ", -1));
      assertThat(away.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
      assertThat(away.err()).contains("no server answers", "oxbow start");
    }
    Result arrow =
        new Shell().interactive().run("replay", "read", "orders", "-o", "arrow", "-u", "x");
    assertThat(arrow.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(arrow.err()).contains("send it to a file");
  }
}
