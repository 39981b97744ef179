package oxbow.schema.layout;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * A layout as JSON: what a table keeps of it. Equal layouts give equal texts.
 *
 * <pre>
 *   {"version":1,"lastId":1003,"columns":[
 *     {"id":1000,"name":"amount","type":"decimal(9,2)"},
 *     {"id":1001,"name":"lines","names":["items","lines"],"type":{"list":
 *       {"id":1002,"name":"element","type":"long","required":true}},"doc":"..."}]}
 * </pre>
 *
 * Types with parts: {@code {"struct":[..]}}, {@code {"union":[..]}}, {@code {"list":element}},
 * {@code {"map":[key,value]}}. What is absent is optional, has no other names, no doc and no key.
 */
public final class LayoutJson {
  private static final int VERSION = 1;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
                  .build())
          .build();

  private LayoutJson() {}

  public static String write(Layout layout) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("version", VERSION);
    node.put("lastId", layout.lastId());
    writeColumns(node.putArray("columns"), layout.columns());
    return node.toString();
  }

  /**
   * Reads what {@link #write} gave.
   *
   * @throws IllegalArgumentException it is something else
   */
  public static Layout read(String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      int version = required(node, "version").asInt();
      if (version != VERSION) throw new IllegalArgumentException("layout of version " + version);
      return new Layout(required(node, "lastId").asInt(), columns(required(node, "columns")));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the layout is no JSON", e);
    }
  }

  private static void writeColumns(ArrayNode array, List<Column> columns) {
    for (Column column : columns) array.add(node(column));
  }

  private static ObjectNode node(Column column) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("id", column.id());
    node.put("name", column.name());
    if (!column.otherNames().isEmpty()) {
      new TreeSet<>(column.otherNames()).forEach(node.putArray("names")::add);
    }
    writeType(node, column.type());
    if (!column.isOptional()) node.put("required", true);
    if (column.doc() != null) node.put("doc", column.doc());
    if (column.key() != null) node.put("key", column.key());
    return node;
  }

  private static void writeType(ObjectNode node, Type type) {
    switch (type) {
      case Type.Plain plain -> node.put("type", plain.name().toLowerCase(Locale.ROOT));
      case Type.Decimal(int precision, int scale) ->
          node.put("type", "decimal(" + precision + "," + scale + ")");
      case Type.Fixed(int length) -> node.put("type", "fixed(" + length + ")");
      case Type.Struct(List<Column> parts, boolean isUnion) ->
          writeColumns(node.putObject("type").putArray(isUnion ? "union" : "struct"), parts);
      case Type.ListOf(Column element) -> node.putObject("type").set("list", node(element));
      case Type.MapOf(Column key, Column value) ->
          writeColumns(node.putObject("type").putArray("map"), List.of(key, value));
    }
  }

  private static List<Column> columns(JsonNode array) {
    List<Column> columns = new ArrayList<>(array.size());
    for (JsonNode each : array) columns.add(column(each));
    return columns;
  }

  private static Column column(JsonNode node) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode each : node.path("names")) names.add(each.asText());
    return new Column(
        required(node, "id").asInt(),
        required(node, "name").asText(),
        names,
        type(required(node, "type")),
        !node.path("required").asBoolean(),
        node.hasNonNull("doc") ? node.get("doc").asText() : null,
        node.hasNonNull("key") ? Integer.valueOf(node.get("key").asInt()) : null);
  }

  private static Type type(JsonNode node) {
    if (node.isTextual()) return leaf(node.asText());
    String kind = node.fieldNames().next();
    JsonNode parts = required(node, kind);
    return switch (kind) {
      case "struct" -> new Type.Struct(columns(parts), /* isUnion= */ false);
      case "union" -> new Type.Struct(columns(parts), /* isUnion= */ true);
      case "list" -> new Type.ListOf(column(parts));
      case "map" -> new Type.MapOf(column(parts.path(0)), column(parts.path(1)));
      default -> throw new IllegalArgumentException("type " + kind);
    };
  }

  private static Type leaf(String text) {
    int open = text.indexOf('(');
    if (open < 0) return Type.Plain.valueOf(text.toUpperCase(Locale.ROOT));
    String[] numbers = text.substring(open + 1, text.length() - 1).split(",", -1);
    int first = Integer.parseInt(numbers[0]);
    return switch (text.substring(0, open)) {
      case "decimal" -> new Type.Decimal(first, Integer.parseInt(numbers[1]));
      case "fixed" -> new Type.Fixed(first);
      default -> throw new IllegalArgumentException("type " + text);
    };
  }

  private static JsonNode required(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null) throw new IllegalArgumentException("the layout lacks '" + name + "'");
    return value;
  }
}
