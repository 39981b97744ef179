package oxbow.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.reader.Candidate;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.TerminalBuilder;

/**
 * The prompt of {@code oxbow sql}: statements over several lines, a history, completion. Ctrl-C
 * stops the statement under way, or empties the line; Ctrl-D leaves.
 */
final class SqlShell {
  private static final String HELP =
      """
      A statement ends with a semicolon. Tab completes keywords, topics and columns.
        \\d            topics             \\d TOPIC      its columns
        \\f FORMAT     table, csv, json or ndjson
        \\queries      statements under way and those that ended of late
        \\q or Ctrl-D  leave              Ctrl-C        stop the statement
      """;

  private final Terminal terminal;
  private final SqlClient client;
  private final SqlPrinter printer;
  private final SqlNames names;
  private SqlPrinter.Form form;

  SqlShell(Terminal terminal, SqlClient client, SqlPrinter.Form form) {
    this.terminal = terminal;
    this.client = client;
    this.printer = new SqlPrinter(terminal, client);
    this.names = new SqlNames(client);
    this.form = form;
  }

  /** Reads and runs statements until somebody leaves. */
  int run(String prompt) {
    try (var screen = TerminalBuilder.builder().system(true).dumb(true).build()) {
      LineReader reader = reader(screen);
      screen.handle(org.jline.terminal.Terminal.Signal.INT, _ -> client.cancel());
      terminal.out().println("\\h helps, \\q leaves");
      while (true) {
        terminal.out().flush();
        String text;
        try {
          text = reader.readLine(prompt);
        } catch (UserInterruptException _) {
          continue;
        } catch (EndOfFileException _) {
          return ExitCode.OK;
        }
        if (isLeft(text.strip())) return ExitCode.OK;
      }
    } catch (IOException e) {
      throw new CommandException(ExitCode.FAILED, "the terminal can't be used", "", e);
    }
  }

  private LineReader reader(org.jline.terminal.Terminal screen) {
    LineReader reader =
        LineReaderBuilder.builder()
            .terminal(screen)
            .appName("oxbow")
            .parser(new Statements())
            .completer((_, line, candidates) -> complete(line, candidates))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .option(LineReader.Option.CASE_INSENSITIVE, true)
            .option(LineReader.Option.HISTORY_IGNORE_SPACE, true)
            .variable(LineReader.SECONDARY_PROMPT_PATTERN, "  -> ")
            .variable(LineReader.HISTORY_SIZE, 5_000)
            .build();
    Path history = history();
    try {
      Files.createDirectories(history.toAbsolutePath().getParent());
      reader.setVariable(LineReader.HISTORY_FILE, history);
    } catch (IOException e) {
      terminal.err().println("oxbow: no history is kept: " + history + " can't be written");
    }
    return reader;
  }

  private Path history() {
    String given = terminal.environment().getOrDefault("OXBOW_SQL_HISTORY", "");
    if (!given.isEmpty()) return Path.of(given);
    String state = terminal.environment().getOrDefault("XDG_STATE_HOME", "");
    Path home = Path.of(terminal.environment().getOrDefault("HOME", "."));
    return (state.isEmpty() ? home.resolve(".local/state") : Path.of(state))
        .resolve("oxbow/sql-history");
  }

  private void complete(ParsedLine line, List<Candidate> candidates) {
    for (String name : names.of(line.line())) candidates.add(new Candidate(name));
  }

  /** Runs what was typed; true: somebody leaves. */
  boolean isLeft(String text) {
    String word = text.toLowerCase(Locale.ROOT).replaceFirst(";$", "");
    if (word.equals("\\q") || word.equals("quit") || word.equals("exit")) return true;
    try {
      if (text.startsWith("\\")) order(text);
      else for (var each : new SqlScript(text).statements()) printer.print(each, form);
    } catch (CommandException e) {
      terminal.out().flush();
      terminal.err().println("oxbow: " + e.getMessage());
      if (!e.hint().isEmpty()) terminal.err().println("  " + e.hint());
    }
    return false;
  }

  private void order(String text) {
    String[] words = text.replaceFirst(";$", "").strip().split("\\s+", 2);
    String rest = words.length > 1 ? words[1] : "";
    switch (words[0]) {
      case "\\h", "\\?", "\\help" -> terminal.out().print(HELP);
      case "\\d" -> print(rest.isEmpty() ? "SHOW TABLES" : "DESCRIBE " + SqlNames.quoted(rest));
      case "\\f" -> {
        form = SqlPrinter.Form.parse(rest);
        terminal.out().println("rows come as " + form);
      }
      case "\\queries" -> queries();
      default -> throw CommandException.usage("there is no " + words[0], "\\h shows what there is");
    }
  }

  private void print(String sql) {
    printer.print(new SqlScript.Statement(sql, 0), form);
  }

  private void queries() {
    var table = new Table("id", "state", "percent", "rows", "elapsed_ms", "query");
    client
        .get("/api/v1/queries")
        .path("queries")
        .forEach(each ->
            table.row(
                each.path("queryId").asText(),
                each.path("state").asText(),
                each.path("percent").asDouble(),
                each.at("/stats/rows").asLong(),
                each.at("/stats/elapsedMs").asLong(),
                each.path("query").asText()));
    new Output(terminal, false).table(table, "no statement is under way");
  }

  /** A line is whole once its statement is; the word at the cursor is a name. */
  private static final class Statements implements Parser {
    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
      boolean isAccepting = context == ParseContext.ACCEPT_LINE;
      String stripped = line.strip();
      boolean isOrder = stripped.startsWith("\\") || stripped.matches("(?i)quit|exit|");
      if (isAccepting && !isOrder && new SqlScript(line).isOpen()) {
        throw new EOFError(-1, -1, "the statement goes on", ";");
      }
      int start = cursor;
      while (start > 0 && isNamePart(line.charAt(start - 1))) start--;
      return new AtCursor(line, cursor, start);
    }

    private static boolean isNamePart(char c) {
      return Character.isLetterOrDigit(c) || c == '_' || c == '"' || c == '\\';
    }
  }

  /** What was typed, and the name at the cursor. */
  private record AtCursor(String line, int cursor, int start) implements CompletingParsedLine {
    /** Names come with the quotes they need. */
    @Override
    public CharSequence escape(CharSequence candidate, boolean isComplete) {
      return candidate;
    }

    @Override
    public int rawWordCursor() {
      return wordCursor();
    }

    @Override
    public int rawWordLength() {
      return wordCursor();
    }

    @Override
    public String word() {
      return line.substring(start, cursor);
    }

    @Override
    public int wordCursor() {
      return cursor - start;
    }

    @Override
    public int wordIndex() {
      return 0;
    }

    @Override
    public List<String> words() {
      return new ArrayList<>(List.of(word()));
    }
  }
}
