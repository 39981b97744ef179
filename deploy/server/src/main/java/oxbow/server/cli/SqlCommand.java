package oxbow.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code oxbow sql}. */
@Command(
    name = "sql",
    description = {
      "Ask in SQL, at a prompt or with --command, --file or standard input.",
      "Each topic is a table of its name, hot and cold records alike. Ctrl-C stops the statement."
    })
final class SqlCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = {"-u", "--url"},
      paramLabel = "URL",
      defaultValue = "${env:OXBOW_URL:-http://localhost:8080}",
      description = "The server's HTTP port (or OXBOW_URL); http://localhost:8080 without.")
  private String url = "http://localhost:8080";

  @Option(
      names = {"-c", "--command"},
      paramLabel = "SQL",
      description = "Run these statements and leave. May be repeated.")
  private List<String> commands = new ArrayList<>();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Run the statements of a file and leave; - is standard input.")
  private @Nullable Path file;

  @Option(
      names = {"-o", "--format"},
      paramLabel = "FORMAT",
      description = "table, csv, json or ndjson; table without.")
  private String format = "table";

  @Option(names = "--json", description = "The same as --format json.")
  private boolean isJson;

  @Option(
      names = "--timezone",
      paramLabel = "ZONE",
      description = "Of dates and times, such as Europe/Berlin; UTC without.")
  private @Nullable String zone;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "Longest a statement may run, such as 30s or 5m; the server's limit without.")
  private @Nullable String timeout;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Rows of a statement at most; all without.")
  private @Nullable Long limit;

  @Option(
      names = {"-v", "--verbose"},
      description = "Show what went on: stack traces.")
  @SuppressWarnings("UnusedVariable") // Cli looks for it before anything is parsed
  private boolean isVerbose;

  SqlCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    SqlPrinter.Form form = SqlPrinter.Form.parse(isJson ? "json" : format);
    if (!commands.isEmpty() && file != null) {
      throw CommandException.usage("--command and --file don't go together", "");
    }
    URI root = root();
    try (var client = new SqlClient(root, settings())) {
      boolean isAtPrompt = commands.isEmpty() && file == null && terminal.canAsk();
      if (isAtPrompt) {
        if (client.get("/api/v1/version").isMissingNode()) {
          throw new CommandException(
              ExitCode.FAILED, "what answers at " + root + " is no server of Oxbow's", "");
        }
        return new SqlShell(terminal, client, form).run("oxbow> ");
      }
      List<SqlScript.Statement> statements = statements();
      if (statements.isEmpty()) throw CommandException.usage("there is no statement to run", "");
      try (var interruption = new Interruption(client::cancel)) {
        var printer = new SqlPrinter(terminal, client);
        for (SqlScript.Statement each : statements) {
          if (interruption.isInterrupted()) return ExitCode.INTERRUPTED;
          printer.print(each, form);
        }
      }
      return ExitCode.OK;
    }
  }

  private List<SqlScript.Statement> statements() {
    if (!commands.isEmpty()) {
      List<SqlScript.Statement> all = new ArrayList<>();
      for (String command : commands) all.addAll(new SqlScript(command).statements());
      return all;
    }
    Path from = file;
    if (from == null || from.toString().equals("-")) {
      try {
        return new SqlScript(text(terminal.in())).statements();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    try (InputStream in = Files.newInputStream(from)) {
      return new SqlScript(text(in)).statements();
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.USAGE, "the file " + from + " can't be read", "is it there, and yours?", e);
    }
  }

  private static String text(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    if (zone != null) settings.put("timezone", zone);
    if (timeout != null) settings.put("timeout", timeout);
    if (limit != null) settings.put("limit", limit);
    return settings;
  }

  private URI root() {
    try {
      URI root = URI.create(url.replaceFirst("/+$", ""));
      if (root.getHost() != null && String.valueOf(root.getScheme()).startsWith("http")) {
        return root;
      }
    } catch (IllegalArgumentException _) {
      // told below
    }
    throw CommandException.usage("'" + url + "' is no URL", "write --url http://localhost:8080");
  }
}
