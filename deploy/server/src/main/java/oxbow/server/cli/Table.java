package oxbow.server.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.server.JsonText;

/**
 * Rows under named columns. On a terminal it is as wide as that: the widest columns are cut, with
 * an ellipsis. As JSON it is a list of objects, the columns' names as keys, nothing cut.
 */
final class Table {
  static final int WIDTH_USUAL = 80;
  private static final String GAP = "  ";
  private static final int COLUMN_MIN = 8;

  private final List<String> columns;
  private final List<List<@Nullable Object>> rows = new ArrayList<>();

  Table(String... columns) {
    this.columns = List.of(columns);
  }

  /** Adds a row; null shows as a dash. */
  Table row(@Nullable Object... values) {
    if (values.length != columns.size()) {
      throw new IllegalArgumentException(values.length + " values for " + columns.size());
    }
    List<@Nullable Object> row = new ArrayList<>();
    for (Object value : values) row.add(value);
    rows.add(row);
    return this;
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The rows as objects. */
  List<Map<String, @Nullable Object>> objects() {
    List<Map<String, @Nullable Object>> objects = new ArrayList<>();
    for (List<@Nullable Object> row : rows) {
      Map<String, @Nullable Object> object = new LinkedHashMap<>();
      for (int i = 0; i < columns.size(); i++) object.put(columns.get(i), row.get(i));
      objects.add(object);
    }
    return objects;
  }

  /** One object per line, so that line tools can work on it as well. */
  String json() {
    if (rows.isEmpty()) return "[]";
    return objects().stream().map(JsonText::of).collect(Collectors.joining(",\n ", "[", "]"));
  }

  /** Aligned text: numbers to the right. */
  List<String> lines(int width) {
    List<List<String>> cells = new ArrayList<>();
    cells.add(columns.stream().map(Table::title).toList());
    for (List<@Nullable Object> row : rows) {
      List<String> shown = new ArrayList<>();
      for (Object value : row) shown.add(shown(value));
      cells.add(shown);
    }
    int[] widths = widths(cells, width);
    List<String> lines = new ArrayList<>();
    for (List<String> row : cells) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = cut(row.get(i), widths[i]);
        String padding = " ".repeat(widths[i] - length(cell));
        if (i > 0) line.append(GAP);
        if (isNumber(i)) line.append(padding).append(cell);
        else line.append(cell).append(padding);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static String title(String column) {
    return column.replace('_', ' ').toUpperCase(Locale.ROOT);
  }

  /** As people read it. */
  static String shown(@Nullable Object value) {
    return switch (value) {
      case null -> "-";
      case Optional<?> optional -> shown(optional.orElse(null));
      case Boolean bool -> bool ? "yes" : "no";
      case Collection<?> list -> list.stream().map(Table::shown).collect(Collectors.joining(","));
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(entry -> entry.getKey() + "=" + shown(entry.getValue()))
              .collect(Collectors.joining(", "));
      default -> value.toString().replaceAll("\\p{Cntrl}", "?");
    };
  }

  private boolean isNumber(int column) {
    boolean isAny = false;
    for (List<@Nullable Object> row : rows) {
      Object value = row.get(column);
      if (value instanceof Number) isAny = true;
      else if (value != null) return false;
    }
    return isAny;
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  private int[] widths(List<List<String>> cells, int width) {
    int[] widths = new int[columns.size()];
    for (List<String> row : cells) {
      for (int i = 0; i < widths.length; i++) widths[i] = Math.max(widths[i], length(row.get(i)));
    }
    fit(widths, width);
    return widths;
  }

  /** Narrows the widest columns until all of them fit, or are as narrow as one can read. */
  static void fit(int[] widths, int width) {
    while (true) {
      long total = (long) GAP.length() * (widths.length - 1);
      int widest = 0;
      for (int i = 0; i < widths.length; i++) {
        total += widths[i];
        if (widths[i] > widths[widest]) widest = i;
      }
      if (total <= width || widths[widest] <= COLUMN_MIN) return;
      widths[widest]--;
    }
  }

  static String cut(String cell, int width) {
    if (length(cell) <= width) return cell;
    return cell.substring(0, cell.offsetByCodePoints(0, width - 1)) + "…";
  }
}
