package oxbow.server.cli;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.server.JsonText;

/** What a command prints: tables for people, JSON where it was asked for. */
final class Output {
  private final Terminal terminal;
  private final boolean isJson;

  Output(Terminal terminal, boolean isJson) {
    this.terminal = terminal;
    this.isJson = isJson;
  }

  boolean isJson() {
    return isJson;
  }

  Terminal terminal() {
    return terminal;
  }

  /** Prints a table, or a sentence if it has no rows. */
  void table(Table table, String ifEmpty) {
    if (isJson) {
      terminal.out().println(table.json());
    } else if (table.isEmpty()) {
      note(ifEmpty);
    } else {
      lines(table);
    }
  }

  private void lines(Table table) {
    List<String> lines = table.lines(terminal.width());
    terminal.out().println(terminal.bold(lines.getFirst()));
    for (String line : lines.subList(1, lines.size())) terminal.out().println(line);
  }

  /** Prints facts by name, then tables; as JSON one object with the tables' names as keys. */
  void facts(Map<String, @Nullable Object> facts, Map<String, Table> tables) {
    if (isJson) {
      Map<String, @Nullable Object> all = new java.util.LinkedHashMap<>(facts);
      tables.forEach((name, table) -> all.put(name, table.objects()));
      terminal.out().println(JsonText.of(all));
      return;
    }
    int width = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
    facts.forEach((name, value) -> {
      String padding = " ".repeat(width - name.length());
      terminal
          .out()
          .println(
              name.replace('_', ' ')
                  + padding
                  + "  "
                  + ("".equals(value) ? "-" : Table.shown(value)));
    });
    tables.forEach((name, table) -> {
      if (table.isEmpty()) return;
      terminal.out().println();
      lines(table);
    });
  }

  /** Prints a value of any depth as JSON. */
  void json(Object value) {
    terminal.out().println(JsonText.of(value));
  }

  /** Prints a line of the result. */
  void line(String text) {
    terminal.out().println(text);
  }

  /** Tells something that is not part of the result. */
  void note(String text) {
    terminal.err().println(text);
  }

  /** Tells that something was done: an object in JSON, a sentence else. */
  void done(String what, Map<String, ?> object) {
    if (isJson) json(object);
    else line(what);
  }
}
