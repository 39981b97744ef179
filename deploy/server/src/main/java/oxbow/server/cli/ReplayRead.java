package oxbow.server.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.server.JsonText;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow replay read}: records as the server replays them, printed as they come. */
final class ReplayRead {
  private static final Set<String> FORMATS = Set.of("ndjson", "json", "csv", "arrow");
  private static final String BROKEN_OFF = "the answer broke off";

  @Mixin private HttpOptions server = new HttpOptions();

  @Parameters(paramLabel = "TOPIC", description = "The topic to read.")
  private String topic = "";

  @Option(
      names = "--from",
      paramLabel = "POSITION",
      description = "Where to begin; the earliest record without.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "POSITION",
      description = "Where to end; without, at what is the end now.")
  private @Nullable String to;

  @Option(
      names = {"-p", "--partition"},
      split = ",",
      paramLabel = "N",
      description = "Only these partitions, such as 0,2.")
  private @Nullable List<Integer> partitions;

  @Option(names = "--key", paramLabel = "TEXT", description = "Only records with this key.")
  private @Nullable String key;

  @Option(
      names = "--filter",
      paramLabel = "SQL",
      description = "Only records that this takes: \"amount > 100 AND country = 'DE'\".")
  private @Nullable String filter;

  @Option(
      names = "--columns",
      paramLabel = "NAMES",
      description = "As rows of the topic's table: these columns, such as item,price, or *.")
  private @Nullable String columns;

  @Option(
      names = {"-n", "--limit"},
      paramLabel = "N",
      description = "Stop after so many records.")
  private @Nullable Long limit;

  @Option(names = "--follow", description = "Go on with what comes, until Ctrl-C or --limit.")
  private boolean isFollowing;

  @Option(
      names = "--order",
      paramLabel = "ORDER",
      description = "partition, or time: merged by timestamps; partition without.")
  private @Nullable String order;

  @Option(
      names = "--speed",
      paramLabel = "FACTOR",
      description = "As fast as the records came (1), ten times that (10x), and so on.")
  private @Nullable String speed;

  @Option(
      names = "--decode",
      paramLabel = "HOW",
      description = "auto (by the schemas), json, string, base64 or raw; auto without.")
  private @Nullable String decode;

  @Option(
      names = "--schema",
      paramLabel = "VERSION",
      description = "See values through this schema: latest, a version, or id:17.")
  private @Nullable String schema;

  @Option(names = "--uncommitted", description = "Records of aborted transactions as well.")
  private boolean isUncommitted;

  @Option(
      names = {"-o", "--format"},
      paramLabel = "FORMAT",
      description = "ndjson (a line each), json (one page), csv or arrow; ndjson without.")
  private String format = "ndjson";

  /** Reads until the end of the range, an error, or Ctrl-C. */
  int run(Terminal terminal) {
    check(terminal);
    try (HttpOptions.Answer answer = server.open(path());
        var interruption = new Interruption(answer::close)) {
      try {
        if (format.equals("ndjson")) lines(terminal, answer.body());
        else copy(terminal, answer.body());
        return ExitCode.OK;
      } catch (IOException e) {
        if (interruption.isInterrupted()) return ExitCode.INTERRUPTED;
        throw new CommandException(
            ExitCode.FAILED, BROKEN_OFF, "what was printed isn't all there is", e);
      } finally {
        terminal.out().flush();
      }
    }
  }

  private void check(Terminal terminal) {
    if (!FORMATS.contains(format)) {
      throw CommandException.usage(
          "there is no format '" + format + "'", "write ndjson, json, csv or arrow");
    }
    if (format.equals("arrow") && terminal.isOutInteractive()) {
      throw CommandException.usage("Arrow is nothing to read", "send it to a file: > FILE");
    }
    if (limit != null && limit < 1) throw CommandException.usage("--limit must be at least 1", "");
  }

  private String path() {
    List<String> parameters = new ArrayList<>();
    add(parameters, "from", from);
    add(parameters, "to", to);
    if (partitions != null) {
      add(
          parameters,
          "partition",
          partitions.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
    add(parameters, "key", key);
    add(parameters, "filter", filter);
    add(parameters, "columns", columns);
    add(parameters, "limit", limit == null ? null : Long.toString(limit));
    if (isFollowing) add(parameters, "follow", "true");
    add(parameters, "order", order);
    add(parameters, "speed", speed);
    add(parameters, "decode", decode);
    add(parameters, "schema", schema);
    if (isUncommitted) add(parameters, "isolation", "read_uncommitted");
    add(parameters, "format", format);
    return "/api/v1/topics/"
        + RegistryClient.encoded(topic)
        + "/records?"
        + String.join("&", parameters);
  }

  private static void add(List<String> parameters, String name, @Nullable String value) {
    if (value != null) parameters.add(name + "=" + RegistryClient.encoded(value));
  }

  private static void copy(Terminal terminal, InputStream answer) throws IOException {
    byte[] piece = new byte[1 << 16];
    for (int count = answer.read(piece); count >= 0; count = answer.read(piece)) {
      terminal.out().write(piece, 0, count);
      // What comes bit by bit is shown bit by bit; a pipe that was closed wants no more.
      if (answer.available() == 0 && terminal.out().checkError()) return;
    }
  }

  /** Records, and in between and behind them what is said of the answer itself. */
  private static void lines(Terminal terminal, InputStream answer) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(answer, StandardCharsets.UTF_8));
    while (true) {
      if (!lines.ready() && terminal.out().checkError()) return;
      @Nullable String line = lines.readLine();
      if (line == null) throw new IOException(BROKEN_OFF);
      boolean isAbout = line.startsWith("{\"next\":") || line.startsWith("{\"error_code\":");
      if (!isAbout) {
        terminal.out().println(line);
      } else if (JsonText.parse(line) instanceof Map<?, ?> told && isLast(terminal, told)) {
        return;
      }
    }
  }

  private static boolean isLast(Terminal terminal, Map<?, ?> told) {
    String rest = "--from cursor:" + told.get("next");
    if (told.get("message") instanceof String why) {
      throw new CommandException(ExitCode.FAILED, why, "go on with " + rest);
    }
    if (!told.containsKey("end")) return false; // a sign of life
    if (Boolean.FALSE.equals(told.get("end"))) {
      terminal.out().flush();
      terminal.err().println("more with " + rest);
    }
    return true;
  }
}
