package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.LogConfig;
import oxbow.server.RunningServer;
import oxbow.server.ServerConfig;
import oxbow.server.Wiring;
import oxbow.server.cli.Shell.Result;
import oxbow.server.config.ConfigSources;
import oxbow.server.logging.Logging;

/** Every command against a server in this process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class CliServerTest {
  @TempDir static Path directory;

  private final ObjectMapper json = new ObjectMapper();
  private RunningServer server;
  private String bootstrap;

  @BeforeAll
  void start() throws Exception {
    ServerConfig config =
        ServerConfig.load(
            new ConfigSources(
                null,
                Map.of(),
                List.of(
                    ConfigSources.flag("data.dir=" + directory.resolve("data")),
                    ConfigSources.flag("listeners=PLAINTEXT://127.0.0.1:0"),
                    ConfigSources.flag("group.initial.rebalance.delay.ms=0"),
                    ConfigSources.flag("offsets.topic.num.partitions=4"),
                    ConfigSources.flag("http.enable=false"))));
    server =
        Wiring.start(
            config,
            failure -> {
              throw failure;
            });
    server.ready().toCompletableFuture().get(60, TimeUnit.SECONDS);
    bootstrap = "127.0.0.1:" + server.kafka().values().iterator().next().getPort();
  }

  @AfterAll
  void stop() {
    server.close();
    Logging.apply(Logging.Format.TEXT, "info", Map.of());
  }

  private Result run(String... args) {
    return withInput("", args);
  }

  private Result withInput(String input, String... args) {
    String[] all = java.util.Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--bootstrap";
    all[args.length + 1] = bootstrap;
    return new Shell().input(input).run(all);
  }

  private Result done(String... args) {
    Result result = run(args);
    assertThat(result.exitCode()).as("%s: %s", List.of(args), result.err()).isZero();
    return result;
  }

  private JsonNode json(String... args) throws IOException {
    String[] all = java.util.Arrays.copyOf(args, args.length + 1);
    all[args.length] = "--json";
    return json.readTree(done(all).out());
  }

  private void produce(String topic, int records, String... options) {
    String lines =
        IntStream.range(0, records)
            .mapToObj(i -> "k" + i + ":v" + i)
            .collect(Collectors.joining("\n"));
    String[] args = {"produce", topic, "-k", ":"};
    String[] all = java.util.Arrays.copyOf(args, args.length + options.length);
    System.arraycopy(options, 0, all, args.length, options.length);
    Result result = withInput(lines, all);
    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.err()).isEqualTo("produced " + records + " records\n");
  }

  @Test
  void aTopicThatSetsNothingHasKafkasDefaultsAndAColdTier() throws IOException {
    done("topics", "create", "plain");
    Map<String, String> settings = new TreeMap<>();
    for (JsonNode setting : json("config", "get", "topic", "plain", "--all")) {
      settings.put(setting.get("key").asText(), setting.get("value").asText());
    }
    assertThat(settings).containsEntry("flush.ms", Long.toString(Long.MAX_VALUE));
    assertThat(settings.put("remote.storage.enable", "false")).isEqualTo("true");
    assertThat(LogConfig.of(settings)).isEqualTo(LogConfig.DEFAULT);
  }

  @Test
  void topicsAreCreatedListedDescribedChangedAndDeleted() throws IOException {
    assertThat(done("topics", "create", "life", "-p", "3", "-c", "retention.ms=100000").out())
        .isEqualTo("created topic life\n");
    assertThat(done("topics", "describe", "life").out())
        .contains("internal  no\n", "settings  retention.ms=100000\n");
    Result again = run("topics", "create", "life");
    assertThat(again.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(again.err()).contains("already exists", "--if-not-exists").doesNotContain("\tat ");
    assertThat(done("topics", "create", "life", "--if-not-exists").out())
        .isEqualTo("topic life exists\n");
    assertThat(done("topics", "create", "trial", "--dry-run").out())
        .isEqualTo("could create topic trial\n");

    assertThat(json("topics", "list").findValuesAsText("topic"))
        .contains("life")
        .doesNotContain("trial");
    assertThat(done("topics", "list", "--size").out()).contains("life");
    JsonNode described = json("topics", "describe", "life").get(0);
    assertThat(described.get("settings").get("retention.ms").asText()).isEqualTo("100000");
    assertThat(described.get("partitions")).hasSize(3);

    done("topics", "alter", "life", "-c", "retention.ms=200000", "--partitions", "4");
    done("topics", "partitions", "life", "5");
    JsonNode changed = json("topics", "describe", "life").get(0);
    assertThat(changed.get("settings").get("retention.ms").asText()).isEqualTo("200000");
    assertThat(changed.get("partitions")).hasSize(5);
    done("topics", "alter", "life", "--unset", "retention.ms");
    assertThat(done("topics", "describe", "life").out()).contains("all default");

    assertThat(done("topics", "delete", "life", "--yes").out()).isEqualTo("deleted topic life\n");
    Result gone = run("topics", "describe", "life");
    assertThat(gone.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(gone.err()).startsWith("oxbow: there is no topic life\n");
    assertThat(run("topics", "delete", "life", "--yes").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    done("topics", "delete", "life", "--yes", "--if-exists");
  }

  @Test
  void refusalsOfTheServerAreOneLine() {
    Result name = run("topics", "create", "not a name");
    assertThat(name.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(name.err().lines().toList()).hasSize(2);
    Result setting = run("topics", "create", "refused", "-c", "retention.ms=soon");
    assertThat(setting.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(setting.err()).contains("retention.ms");
    Result verbose = run("topics", "create", "refused", "-c", "retention.ms=soon", "--verbose");
    assertThat(verbose.err()).contains("\tat oxbow.server.cli.");
  }

  @Test
  void recordsComeBackAsTheyWereProduced() throws IOException {
    done("topics", "create", "records");
    produce("records", 10, "-H", "source=test", "-z", "zstd");
    Result values = done("consume", "records", "--from-beginning", "--until-end");
    assertThat(values.out())
        .isEqualTo(
            IntStream.range(0, 10).mapToObj(i -> "v" + i + "\n").collect(Collectors.joining()));
    assertThat(
            done("consume", "records", "-o", "4", "-n", "2", "-f", "%n/%p@%o %k=%v %h%%\\n").out())
        .isEqualTo("records/0@4 k4=v4 source=test%\nrecords/0@5 k5=v5 source=test%\n");
    assertThat(done("consume", "records", "-t", "1", "-e", "--print-key", "--print-headers").out())
        .isEqualTo("source=test\tk9\tv9\n");
    JsonNode last = json.readTree(done("consume", "records", "-t", "1", "-e", "--json").out());
    assertThat(last.get("offset").asInt()).isEqualTo(9);
    assertThat(last.get("key").asText()).isEqualTo("k9");
    assertThat(last.get("headers").get(0).get("value").asText()).isEqualTo("test");
    assertThat(done("consume", "records", "--from", "-1h", "--until", "now", "-n", "1").out())
        .isEqualTo("v0\n");
    assertThat(done("consume", "records", "--from", "now", "--until-end").out()).isEmpty();
  }

  @Test
  void filesKeysAndNullsAreProduced() throws IOException {
    done("topics", "create", "files", "-p", "2");
    Path file = Files.writeString(directory.resolve("lines.txt"), "one\r\nnone\nthree\n");
    done(
        "produce",
        "files",
        "-f",
        file.toString(),
        "--key",
        "k",
        "-p",
        "1",
        "--null",
        "none",
        "--acks",
        "1");
    String read = done("consume", "files", "-p", "1", "--from-beginning", "-e", "--json").out();
    assertThat(read.lines().toList()).hasSize(3);
    assertThat(read).contains("\"value\":\"one\"", "\"value\":null", "\"value\":\"three\"");
    assertThat(run("produce", "files", "-f", directory.resolve("no").toString()).exitCode())
        .isEqualTo(ExitCode.USAGE);
    assertThat(withInput("nokey\n", "produce", "files", "-k", ":").err())
        .contains("line 1 has no key separator");
    assertThat(run("produce", "files", "--acks", "2").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run("produce", "files", "-z", "rar").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void bytesThatAreNoTextAreShownInBase64() throws IOException {
    done("topics", "create", "binary");
    Path file = directory.resolve("binary");
    Files.write(file, new byte[] {(byte) 0xff, 1});
    done("produce", "binary", "-f", file.toString());
    assertThat(done("consume", "binary", "--from-beginning", "-e", "--json").out())
        .contains("\"value_base64\":\"/wE=\"");
  }

  @Test
  void aMissingTopicIsToldAndNotMade() throws IOException {
    Result result = run("consume", "missing");
    assertThat(result.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(result.err()).contains("there is no topic missing");
    assertThat(json("topics", "list").findValuesAsText("topic")).doesNotContain("missing");
  }

  @Test
  void offsetsAreToldAndRecordsDeleted() throws IOException {
    done("topics", "create", "offsets");
    produce("offsets", 20);
    JsonNode before = json("topics", "offsets", "offsets").get(0);
    assertThat(before.get("end").asInt()).isEqualTo(20);
    assertThat(json("topics", "offsets", "offsets", "--at", "-1h").get(0).get("offset").asInt())
        .isZero();
    assertThat(json("topics", "offsets", "offsets", "--at", "now").get(0).get("offset").isNull())
        .isTrue();
    assertThat(
            json("topics", "delete-records", "offsets", "--before", "5", "--yes")
                .get(0)
                .get("first")
                .asInt())
        .isEqualTo(5);
    assertThat(json("topics", "offsets", "offsets").get(0).get("records").asInt()).isEqualTo(15);
    assertThat(run("topics", "delete-records", "offsets", "--before", "x", "--yes").exitCode())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void groupsAreReadWithMovedAndDeleted() throws IOException {
    done("topics", "create", "grouped");
    produce("grouped", 10);
    assertThat(done("consume", "grouped", "-g", "readers", "--from-beginning", "-n", "4").out())
        .isEqualTo("v0\nv1\nv2\nv3\n");
    assertThat(json("groups", "list").findValuesAsText("group")).contains("readers");
    JsonNode offsets = json("groups", "offsets", "readers").get(0);
    assertThat(offsets.get("committed").asInt()).isEqualTo(4);
    assertThat(offsets.get("lag").asInt()).isEqualTo(6);
    assertThat(done("groups", "describe", "readers").out()).contains("Empty", "grouped");

    Result plan = done("groups", "reset-offsets", "readers", "--to-latest");
    assertThat(plan.err()).contains("nothing was changed");
    done("groups", "reset-offsets", "readers", "--shift-by", "-3", "--execute");
    assertThat(done("consume", "grouped", "-g", "readers", "-n", "1").out()).isEqualTo("v1\n");
    done("groups", "reset-offsets", "readers", "-t", "grouped:0", "--to-offset", "99", "--execute");
    assertThat(json("groups", "offsets", "readers").get(0).get("lag").asInt()).isZero();
    done("groups", "reset-offsets", "readers", "--by-duration", "PT1H", "--execute");
    assertThat(json("groups", "offsets", "readers").get(0).get("committed").asInt()).isZero();
    assertThat(run("groups", "reset-offsets", "readers").exitCode()).isEqualTo(ExitCode.USAGE);

    done("groups", "delete", "readers", "--yes");
    assertThat(run("groups", "describe", "readers").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void settingsAreReadAndChanged() throws IOException {
    done("topics", "create", "settings");
    done("config", "set", "topic", "settings", "retention.ms=5000", "segment.bytes=2000000");
    assertThat(done("config", "get", "topic", "settings").out())
        .contains("retention.ms   5000     dynamic topic");
    done("config", "unset", "topic", "settings", "retention.ms");
    assertThat(
            json("config", "get", "topic", "settings", "retention.ms")
                .get(0)
                .get("source")
                .asText())
        .isEqualTo("default");
    Result typo = run("config", "get", "topic", "settings", "retention.m");
    assertThat(typo.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(typo.err()).contains("did you mean retention.ms?");
    assertThat(run("config", "get", "tpic", "settings").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(json("config", "get", "broker", "1", "--all").findValuesAsText("key"))
        .contains("listeners", "num.partitions");
  }

  @Test
  void levelsOfLoggersChangeWhileTheServerRuns() throws IOException {
    String logger = "oxbow.broker.Broker";
    done("config", "set", "logger", "1", logger + "=DEBUG");
    assertThat(json("config", "get", "logger", "1", logger).get(0).get("value").asText())
        .isEqualTo("DEBUG");
    done("config", "unset", "logger", "1", logger);
    assertThat(run("config", "set", "logger", "1", logger + "=LOUD").exitCode())
        .isEqualTo(ExitCode.FAILED);
  }

  @Test
  void quotasAreSetListedAndTakenAway() throws IOException {
    done("quotas", "set", "--client-id", "app", "producer_byte_rate=1000");
    done("quotas", "set", "--user", "default", "consumer_byte_rate=2000");
    assertThat(done("quotas", "list").out())
        .contains("app", "producer_byte_rate", "default", "consumer_byte_rate");
    done("quotas", "unset", "--client-id", "app", "producer_byte_rate");
    done("quotas", "unset", "--user", "default", "consumer_byte_rate");
    assertThat(json("quotas", "list")).isEmpty();
    assertThat(run("quotas", "set", "producer_byte_rate=1").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void theClusterIsDescribed() throws IOException {
    JsonNode cluster = json("cluster", "describe");
    assertThat(cluster.get("controller").asInt()).isEqualTo(1);
    assertThat(cluster.get("brokers")).hasSize(1);
    assertThat(json("quorum").get("leader").asInt()).isEqualTo(1);
    assertThat(json("logdirs").get(0).get("total").asLong()).isPositive();
    assertThat(done("logdirs").out()).contains("GiB");
    assertThat(json("features").findValuesAsText("feature")).contains("metadata.version");
  }
}
