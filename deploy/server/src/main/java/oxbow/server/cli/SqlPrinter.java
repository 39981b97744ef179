package oxbow.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import oxbow.schema.record.JsonForms;
import oxbow.server.JsonText;

/** Prints the rows of a statement while they come. */
final class SqlPrinter {
  /** Rows whose widths decide those of the columns; what comes behind them fits as it can. */
  private static final int MEASURED = 200;

  private static final String BROKEN_OFF = "the answer broke off";
  private static final Pattern PLACE = Pattern.compile(" \\(line (\\d+), column (\\d+)\\)$");

  private final Terminal terminal;
  private final SqlClient client;

  /** What rows look like. */
  enum Form {
    TABLE,
    CSV,
    JSON,
    NDJSON;

    static Form parse(String text) {
      for (Form each : values()) {
        if (each.name().equalsIgnoreCase(text)) return each;
      }
      throw CommandException.usage(
          "there is no format '" + text + "'", "table, csv, json or ndjson");
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  SqlPrinter(Terminal terminal, SqlClient client) {
    this.terminal = terminal;
    this.client = client;
  }

  /** Runs a statement and prints what it gives. */
  void print(SqlScript.Statement statement, Form form) {
    long begunNanos = System.nanoTime();
    try (var progress = new SqlProgress(terminal, client)) {
      boolean isCsv = form == Form.CSV;
      try (InputStream answer = client.run(statement.text(), isCsv ? "csv" : "ndjson")) {
        if (isCsv) copy(answer, progress);
        else rows(answer, form, progress, begunNanos);
      } catch (IOException e) {
        throw brokenOff(e);
      }
    } catch (CommandException e) {
      throw inWhole(e, statement.line());
    } finally {
      client.done();
      terminal.out().flush();
    }
  }

  /** An answer without its last line is no whole one; the server may know why. */
  private CommandException brokenOff(IOException failure) {
    JsonNode error = client.status().path("error");
    if (error.has("message")) return SqlClient.refusal(0, error);
    return new CommandException(
        ExitCode.FAILED, BROKEN_OFF, "what was printed isn't all there is", failure);
  }

  /** Lines are counted from the start of the file that the statement stands in. */
  private static CommandException inWhole(CommandException failure, int line) {
    String message = String.valueOf(failure.getMessage());
    Matcher place = PLACE.matcher(message);
    if (line == 0 || !place.find()) return failure;
    String moved =
        " (line " + (Integer.parseInt(place.group(1)) + line) + ", column " + place.group(2) + ")";
    return new CommandException(
        failure.exitCode(), message.substring(0, place.start()) + moved, failure.hint(), failure);
  }

  private void copy(InputStream answer, SqlProgress progress) throws IOException {
    byte[] piece = new byte[1 << 16];
    for (int count = answer.read(piece); count >= 0; count = answer.read(piece)) {
      progress.hide();
      terminal.out().write(piece, 0, count);
    }
  }

  private void rows(InputStream answer, Form form, SqlProgress progress, long begunNanos)
      throws IOException {
    var lines = new BufferedReader(new InputStreamReader(answer, StandardCharsets.UTF_8));
    @Nullable String head = lines.readLine();
    if (head == null) throw new IOException(BROKEN_OFF);
    List<String> columns = new ArrayList<>();
    JsonNode told = JsonForms.MAPPER.readTree(head);
    told.path("columns").forEach(column -> columns.add(column.path("name").asText()));
    boolean isContinuous = told.path("continuous").asBoolean();
    Sink sink = form == Form.TABLE ? new Grid(columns, isContinuous) : new Objects(columns, form);
    while (true) {
      // Rows that come one by one are shown one by one.
      if (!lines.ready()) sink.pause();
      @Nullable String line = lines.readLine();
      if (line == null) throw new IOException(BROKEN_OFF);
      if (line.startsWith("[")) {
        progress.hide();
        sink.row(line);
        continue;
      }
      JsonNode said = JsonForms.MAPPER.readTree(line);
      if (said.has("progress")) continue;
      progress.hide();
      sink.end();
      if (said.has("error")) throw SqlClient.refusal(0, said.get("error"));
      if (form == Form.TABLE) summary(said.path("stats"), begunNanos);
      return;
    }
  }

  private void summary(JsonNode stats, long begunNanos) {
    if (!terminal.isOutInteractive()) return;
    long rows = stats.path("rows").asLong();
    var line = new StringBuilder("(").append(rows).append(rows == 1 ? " row" : " rows");
    line.append(String.format(Locale.ROOT, ", %.3f s", (System.nanoTime() - begunNanos) / 1e9));
    long files = stats.path("files").asLong();
    if (files > 0) {
      line.append(", ").append(files - stats.path("filesPruned").asLong());
      line.append(" of ").append(files).append(" cold files");
    }
    terminal.out().println(line.append(')'));
  }

  /** Where rows go. */
  private interface Sink {
    void row(String line) throws JsonProcessingException;

    void pause();

    void end();
  }

  /** Aligned columns. */
  private final class Grid implements Sink {
    private final List<String> columns;
    private final boolean isContinuous;
    private final List<JsonNode> held = new ArrayList<>();
    private int @Nullable [] widths;
    private boolean[] isNumber = {};

    Grid(List<String> columns, boolean isContinuous) {
      this.columns = columns;
      this.isContinuous = isContinuous;
    }

    @Override
    public void row(String line) throws JsonProcessingException {
      JsonNode row = JsonForms.MAPPER.readTree(line);
      int[] known = widths;
      if (known != null) {
        show(row, known);
        return;
      }
      held.add(row);
      if (held.size() >= MEASURED) begin();
    }

    @Override
    public void pause() {
      if (isContinuous && widths == null && !held.isEmpty()) begin();
      if (widths != null) terminal.out().flush();
    }

    private void begin() {
      int[] measured = new int[columns.size()];
      isNumber = new boolean[columns.size()];
      for (int i = 0; i < measured.length; i++) {
        measured[i] = length(columns.get(i));
        boolean isAny = false;
        boolean isOther = false;
        for (JsonNode row : held) {
          measured[i] = Math.max(measured[i], length(cell(row.path(i))));
          isAny |= row.path(i).isNumber();
          isOther |= !row.path(i).isNumber() && !row.path(i).isNull();
        }
        isNumber[i] = isAny && !isOther;
      }
      int[] whole = measured.clone();
      Table.fit(measured, terminal.width());
      for (int i = 0; i < measured.length; i++) if (isNumber[i]) measured[i] = whole[i];
      widths = measured;
      terminal.out().println(terminal.bold(line(columns, measured)));
      held.forEach(row -> show(row, measured));
      held.clear();
    }

    private void show(JsonNode row, int[] known) {
      List<String> cells = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        cells.add(cell(row.path(i)));
        widen(known, i, length(cells.get(i)), row.path(i).isNumber());
      }
      terminal.out().println(line(cells, known));
    }

    /** A later row may need more than those that were measured. A number that is cut is a lie. */
    private void widen(int[] known, int column, int wanted, boolean isWhole) {
      int room = terminal.width() - 2 * (known.length - 1) - IntStream.of(known).sum();
      if (wanted <= known[column]) return;
      known[column] = isWhole ? wanted : Math.min(wanted, known[column] + Math.max(0, room));
    }

    private String line(List<String> cells, int[] known) {
      var line = new StringBuilder();
      for (int i = 0; i < known.length; i++) {
        if (i > 0) line.append("  ");
        // A file keeps what a screen has no room for.
        String shown =
            terminal.isOutInteractive() ? Table.cut(cells.get(i), known[i]) : cells.get(i);
        String padding = " ".repeat(Math.max(0, known[i] - length(shown)));
        if (isNumber[i]) line.append(padding).append(shown);
        else line.append(shown).append(padding);
      }
      return line.toString().stripTrailing();
    }

    private static int length(String text) {
      return text.codePointCount(0, text.length());
    }

    private static String cell(JsonNode value) {
      if (value.isNull() || value.isMissingNode()) return "-";
      return (value.isTextual() ? value.textValue() : value.toString())
          .replaceAll("\\p{Cntrl}", "?");
    }

    @Override
    public void end() {
      if (widths == null) begin();
    }
  }

  /** An object per row: a list of them, or one per line. */
  private final class Objects implements Sink {
    private final List<String> names = new ArrayList<>();
    private final boolean isList;
    private boolean hasRows;

    Objects(List<String> columns, Form form) {
      this.isList = form == Form.JSON;
      columns.forEach(column -> names.add(JsonText.of(column) + ":"));
    }

    @Override
    public void row(String line) throws JsonProcessingException {
      if (isList) terminal.out().print(hasRows ? ",\n " : "[");
      hasRows = true;
      List<String> values = values(line);
      var object = new StringBuilder("{");
      for (int i = 0; i < names.size(); i++) {
        if (i > 0) object.append(',');
        object.append(names.get(i)).append(values.get(i));
      }
      object.append('}');
      terminal.out().print(object);
      if (!isList) terminal.out().print("\n");
    }

    /** The members of a list of JSON, each as it stands: a number loses no digit. */
    private static List<String> values(String list) {
      List<String> values = new ArrayList<>();
      int depth = 0;
      int start = 1;
      boolean isText = false;
      for (int i = 0; i < list.length(); i++) {
        char c = list.charAt(i);
        if (isText) {
          if (c == '\\') i++;
          else if (c == '"') isText = false;
          continue;
        }
        switch (c) {
          case '"' -> isText = true;
          case '[', '{' -> depth++;
          case ']', '}' -> depth--;
          default -> {}
        }
        if ((c == ',' && depth == 1) || depth == 0) {
          values.add(list.substring(start, i));
          start = i + 1;
        }
      }
      return values;
    }

    @Override
    public void pause() {
      terminal.out().flush();
    }

    @Override
    public void end() {
      if (isList) terminal.out().println(hasRows ? "]" : "[]");
    }
  }
}
