package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.server.cli.Shell.Result;
import oxbow.server.logging.Logging;

/** The command line where no server is needed. */
class CliTest {
  @TempDir Path directory;

  @AfterEach
  void logAgain() {
    Logging.apply(Logging.Format.TEXT, "info", java.util.Map.of());
  }

  private static Result run(String... args) {
    return new Shell().run(args);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "topics creat x|2|oxbow: there is no command 'creat'",
        "topics list more|2|oxbow: unexpected argument 'more'",
        "topics create x --partitions many|2|option '--partitions': 'many' is not a whole number",
        "config explain retention|4|keys with it: log.retention",
        "config explain num.partition|4|did you mean num.partitions?",
        "config explain zookeeper.connect|4|oxbow: zookeeper.connect is retired",
        "config explain ssl.keystore.location|4|ssl.keystore.location is refused here: TLS",
        "schemas get|2|oxbow: give a SUBJECT or an --id",
        "schemas get orders-value --id 1|2|oxbow: give a SUBJECT or an --id",
        "schemas register orders-value no.such|2|oxbow: the file no.such can't be read",
        "schemas register orders-value|2|oxbow: standard input holds no schema",
        "schemas delete orders-value|2|oxbow: would delete orders-value",
        "schemas config orders-value --unset -l FULL|2|oxbow: --unset excludes --level and --set",
        "schemas mode --unset --set READONLY|2|oxbow: --unset excludes --set",
        "replay read|2|oxbow: missing required parameter: 'TOPIC'",
        "replay read x -o xml|2|oxbow: there is no format 'xml'",
        "replay read x -n 0|2|oxbow: --limit must be at least 1",
        "replay read x -p one|2|option '--partition' (N): 'one' is not a whole number",
        "replay list --url nowhere|2|oxbow: 'nowhere' is no URL",
      })
  void whatIsWrongIsNamed(String words, int exitCode, String message) {
    Result result = run(words.split(" ", -1));
    assertThat(result.exitCode()).isEqualTo(exitCode);
    assertThat(result.err()).contains(message);
  }

  @Test
  void nothingAskedShowsWhatThereIs() {
    Result result = run();
    assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(result.out()).contains("Usage: oxbow", "topics", "consume", "Exit codes:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "start",
        "topics",
        "topics list",
        "topics create",
        "topics describe",
        "topics alter",
        "topics delete",
        "topics offsets",
        "topics delete-records",
        "topics partitions",
        "groups",
        "groups list",
        "groups describe",
        "groups delete",
        "groups reset-offsets",
        "groups offsets",
        "produce",
        "consume",
        "schemas",
        "schemas list",
        "schemas get",
        "schemas register",
        "schemas check",
        "schemas diff",
        "schemas delete",
        "schemas config",
        "schemas mode",
        "cold",
        "cold status",
        "cold files",
        "cold verify",
        "cold merge",
        "replay",
        "replay read",
        "replay start",
        "replay list",
        "replay show",
        "replay pause",
        "replay resume",
        "replay cancel",
        "config",
        "config get",
        "config set",
        "config unset",
        "config explain",
        "config list",
        "config check",
        "cluster",
        "cluster describe",
        "quorum",
        "logdirs",
        "quotas",
        "quotas list",
        "quotas set",
        "quotas unset",
        "features",
        "version",
        "completion"
      })
  void everyCommandHelps(String command) {
    Result result = run((command + " --help").split(" ", -1));
    assertThat(result.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(result.out()).startsWith("Usage: oxbow " + command).contains("--help");
    assertThat(result.err()).isEmpty();
  }

  @Test
  void misspelledCommandsAndOptionsAreGuessed() {
    Result command = run("topcis", "list");
    assertThat(command.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(command.err()).contains("did you mean topics?");
    Result option = run("topics", "list", "--jsn");
    assertThat(option.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(option.err()).contains("did you mean --json?", "see `oxbow topics list --help`");
  }

  @Test
  void aServerThatIsNotThereIsToldAtOnceWithAHint() throws IOException {
    int closed;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    Result result = run("topics", "list", "--bootstrap", "127.0.0.1:" + closed);
    assertThat(result.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .isEqualTo(
            "oxbow: no server answers at 127.0.0.1:"
                + closed
                + "\n  start one with `oxbow start`, or name another with --bootstrap HOST:PORT\n");
  }

  @Test
  void aRegistryThatIsNotThereIsToldAtOnceWithAHint() throws IOException {
    int closed;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    Result result = run("schemas", "list", "--registry", "http://127.0.0.1:" + closed + "/");
    assertThat(result.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err())
        .isEqualTo(
            "oxbow: no schema registry answers at http://127.0.0.1:"
                + closed
                + "\n  start one with `oxbow start`, or name another with --registry URL\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost:8081", "ftp://localhost", "http://", "http://a b"})
  void registriesAreNamedByUrls(String registry) {
    Result result = run("schemas", "list", "--registry", registry);
    assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("'" + registry + "' is no URL of a registry");
  }

  @Test
  void addressesThatAreNoneAreUsageErrors() {
    assertThat(run("topics", "list", "-b", "localhost").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run("topics", "list", "-b", "localhost:99999").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void startReadsFileEnvironmentAndFlags() throws IOException {
    Path file = Files.writeString(directory.resolve("a.properties"), "node.id=3\n");
    assertThat(run("start", "--config", file.toString()).exitCode()).isEqualTo(3);
    Shell shell = new Shell().variable("OXBOW_CONFIG", file.toString());
    assertThat(shell.run("start").exitCode()).isEqualTo(3);
    assertThat(shell.variable("OXBOW_NODE_ID", "4").run("start").exitCode()).isEqualTo(4);
    assertThat(shell.run("start", "--set", "node.id=5").exitCode()).isEqualTo(5);
  }

  @Test
  void startTellsEveryProblemOfItsConfiguration() {
    Result result = run("start", "--port", "x", "--http-port", "70000", "--set", "num.partition=3");
    assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err())
        .contains(
            "the configuration has 3 problems:",
            "listeners ends with a port number; given: 'PLAINTEXT://localhost:x', from flag --port",
            "http.port must lie between 0 and 65535; given: '70000', from flag --http-port",
            "num.partition is not a key; did you mean num.partitions?")
        .doesNotContain("\tat ");
  }

  @Test
  void portAndListenersContradictEachOther() {
    assertThat(run("start", "--port", "9093", "--set", "listeners=PLAINTEXT://:9094").err())
        .contains("listeners was given before with another value");
  }

  @Test
  void explainTellsAllAboutAKey() {
    Result result =
        new Shell()
            .variable("OXBOW_LOG_SEGMENT_BYTES", "2000000")
            .run("config", "explain", "log.segment.bytes");
    assertThat(result.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(result.out())
        .contains(
            "Size at which a log's active segment is sealed.",
            "default      1073741824",
            "value        2000000",
            "from         environment OXBOW_LOG_SEGMENT_BYTES",
            "online       yes");
  }

  @Test
  void explainKnowsWhatOnlyTopicsHave() {
    Result result = run("config", "explain", "oxbow.cold.format");
    assertThat(result.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(result.out())
        .contains(
            "How cold files are written",
            "of topics  oxbow config set topic NAME oxbow.cold.format=VALUE",
            "default    parquet",
            "rule       one of [parquet, avro]");
    assertThat(run("config", "explain", "oxbow.cold.fromat").err())
        .contains("did you mean oxbow.cold.format?");
    assertThat(run("config", "explain", "validation").err())
        .contains("confluent.value.schema.validation");
  }

  @Test
  void explainKnowsKeysOfKafkasThatAreNoneHere() {
    Result refused = run("config", "explain", "ssl.keystore.location");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(refused.err()).contains("it would protect nothing");
    assertThat(run("config", "explain", "num.partition").err())
        .contains("did you mean num.partitions?");
  }

  @Test
  void listShowsWhatWasGiven() {
    Result result = run("config", "list", "--given", "--set", "node.id=7");
    assertThat(result.out().lines().toList())
        .containsExactly("KEY      VALUE  FROM        ONLINE", "node.id  7      flag --set  no");
  }

  @Test
  void checkFindsProblemsAndStartsNothing() throws IOException {
    Path bad = Files.writeString(directory.resolve("bad.properties"), "node.id=-1\nx=1\n");
    Result result = run("config", "check", bad.toString());
    assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(result.out().lines().toList()).hasSize(2);
    Path good = Files.writeString(directory.resolve("good.properties"), "num.io.threads=8\n");
    Result fine = run("config", "check", good.toString());
    assertThat(fine.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(fine.err()).contains("warning: num.io.threads=8").contains("has no effect");
    assertThat(run("config", "check", bad.toString(), "--json").out())
        .startsWith("{")
        .contains("\"valid\":false");
  }

  @Test
  void versionComesAsTextAndAsJson() {
    assertThat(run("version").out()).startsWith("oxbow  ").contains("kafka  4.");
    assertThat(run("version", "--json").out()).startsWith("{\"oxbow\":");
    assertThat(run("--version").out()).isEqualTo(run("version").out());
  }

  @Test
  void completionIsAScriptThatKnowsTheCommands() {
    assertThat(run("completion", "bash").out()).startsWith("#!").contains("reset-offsets");
    assertThat(run("completion", "zsh").out()).contains("bashcompinit");
    assertThat(run("completion", "fish").exitCode()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void whatLosesDataAsksOrWantsToBeToldYes() {
    Result result = run("topics", "delete", "orders");
    assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(result.err()).contains("would delete orders", "--yes");
    Result refused = new Shell().interactive().input("n\n").run("topics", "delete", "orders");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(refused.err()).contains("delete orders with all records? [y/N]", "nothing was done");
  }

  @Test
  void colorsAreForTerminalsOnlyAndNeverAgainstNoColor() {
    String colored = new Shell().interactive().variable("COLUMNS", "80").run("--help").out();
    assertThat(colored).contains("\u001b[");
    String plain =
        new Shell()
            .interactive()
            .variable("NO_COLOR", "1")
            .variable("COLUMNS", "80")
            .run("--help")
            .out();
    assertThat(plain).doesNotContain("\u001b[");
    assertThat(run("--help").out()).doesNotContain("\u001b[");
  }
}
