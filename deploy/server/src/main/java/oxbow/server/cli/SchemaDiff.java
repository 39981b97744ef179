package oxbow.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import oxbow.schema.ParsedSchema;
import oxbow.schema.SchemaType;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Type;
import oxbow.schema.record.JsonForms;

/** What changed between two versions of a schema, for people: by field, and by line. */
final class SchemaDiff {
  /** Lines without a change that are shown around one. */
  private static final int CONTEXT = 2;

  /** Longer texts aren't compared line by line: that costs their lengths' product. */
  private static final int LINES_MAX = 2_000;

  private SchemaDiff() {}

  /** A field that is not what it was; null: it is not there. */
  record Change(String field, @Nullable String before, @Nullable String after) {
    Map<String, @Nullable Object> json() {
      Map<String, @Nullable Object> json = new LinkedHashMap<>();
      json.put("field", field);
      json.put("before", before);
      json.put("after", after);
      return json;
    }

    String line() {
      if (before == null) return "+ " + field + ": " + after;
      if (after == null) return "- " + field + ": " + before;
      return "~ " + field + ": " + before + " -> " + after;
    }
  }

  /** The text as people read it: JSON with indentation, Protobuf as it is. */
  static String pretty(SchemaType type, String text) {
    if (type == SchemaType.PROTOBUF) return text.stripTrailing();
    var printer = new DefaultPrettyPrinter();
    var indenter = new DefaultIndenter("  ", "\n");
    printer.indentObjectsWith(indenter);
    printer.indentArraysWith(indenter);
    try {
      return JsonForms.MAPPER.writer(printer).writeValueAsString(JsonForms.MAPPER.readTree(text));
    } catch (JsonProcessingException e) {
      return text.strip(); // an Avro type may stand there as a bare name
    }
  }

  /** Fields added, removed and changed, each by its path. */
  static List<Change> changes(ParsedSchema before, ParsedSchema after) {
    Map<String, String> old = fields(before);
    Map<String, String> now = fields(after);
    List<Change> changes = new ArrayList<>();
    old.forEach((field, type) -> {
      if (!Objects.equals(type, now.get(field))) {
        changes.add(new Change(field, type, now.get(field)));
      }
    });
    now.forEach((field, type) -> {
      if (!old.containsKey(field)) changes.add(new Change(field, null, type));
    });
    return changes;
  }

  private static Map<String, String> fields(ParsedSchema schema) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (Column column : schema.shape().columns()) collect("", column, fields);
    return fields;
  }

  private static void collect(String path, Column column, Map<String, String> fields) {
    String name = path.isEmpty() ? column.name() : path + "." + column.name();
    String number = column.key() == null ? "" : " = " + column.key();
    fields.put(name, named(column.type()) + number + (column.isOptional() ? ", optional" : ""));
    switch (column.type()) {
      case Type.Struct struct -> struct.parts().forEach(part -> collect(name, part, fields));
      case Type.ListOf list -> collect(name, list.element(), fields);
      case Type.MapOf map -> collect(name, map.value(), fields);
      default -> {} // no parts
    }
  }

  private static String named(Type type) {
    return switch (type) {
      case Type.Plain plain -> plain.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      case Type.Decimal decimal -> "decimal(" + decimal.precision() + ", " + decimal.scale() + ")";
      case Type.Fixed fixed -> "fixed(" + fixed.length() + ")";
      case Type.Struct struct -> struct.isUnion() ? "union" : "record";
      case Type.ListOf _ -> "list";
      case Type.MapOf _ -> "map";
    };
  }

  /** Lines that begin with {@code -}, {@code +} or a space; {@code ...} for those left out. */
  static List<String> lines(String before, String after) {
    List<String> old = before.lines().toList();
    List<String> now = after.lines().toList();
    if (old.size() > LINES_MAX || now.size() > LINES_MAX) return List.of();
    return nearChanges(all(old, now));
  }

  /** By the longest common run of lines, found from the ends backwards. */
  private static List<String> all(List<String> old, List<String> now) {
    int[][] common = new int[old.size() + 1][now.size() + 1];
    for (int i = old.size() - 1; i >= 0; i--) {
      for (int j = now.size() - 1; j >= 0; j--) {
        common[i][j] =
            old.get(i).equals(now.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    List<String> lines = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < old.size() || j < now.size()) {
      if (i < old.size() && j < now.size() && old.get(i).equals(now.get(j))) {
        lines.add("  " + old.get(i++));
        j++;
      } else if (i < old.size() && (j == now.size() || common[i + 1][j] >= common[i][j + 1])) {
        lines.add("- " + old.get(i++));
      } else {
        lines.add("+ " + now.get(j++));
      }
    }
    return lines;
  }

  private static List<String> nearChanges(List<String> lines) {
    List<String> shown = new ArrayList<>();
    boolean isGap = false;
    for (int i = 0; i < lines.size(); i++) {
      boolean isNear = false;
      int last = Math.min(lines.size() - 1, i + CONTEXT);
      for (int k = Math.max(0, i - CONTEXT); k <= last; k++) {
        isNear |= !lines.get(k).startsWith("  ");
      }
      if (isNear) shown.add(lines.get(i));
      else if (!isGap) shown.add("...");
      isGap = !isNear;
    }
    return shown;
  }
}
