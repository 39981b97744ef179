package oxbow.cold.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

/**
 * A table's columns as text, with what Iceberg's schema doesn't tell: other names, keys, unions.
 * Kept in the table's properties, so that the bucket alone says it.
 */
final class ColumnsJson {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int VERSION = 1;

  private ColumnsJson() {}

  static String write(TableColumns columns) {
    ObjectNode root = NODES.objectNode();
    root.put("version", VERSION);
    root.set("key", column(columns.key()));
    columns.typedKey().ifPresent(typed -> root.set("typedKey", column(typed)));
    columns.topMessage().ifPresent(name -> root.put("topMessage", name));
    columns.plainValue().ifPresent(plain -> root.set("plainValue", column(plain)));
    root.put("lastId", columns.values().lastId());
    root.set("values", columns(columns.values().columns()));
    return root.toString();
  }

  static TableColumns read(String json) {
    try {
      JsonNode root = MAPPER.readTree(json);
      if (root.path("version").asInt() != VERSION) {
        throw new IllegalArgumentException("not version " + VERSION);
      }
      Optional<Column> plain =
          root.has("plainValue") ? Optional.of(column(root.get("plainValue"))) : Optional.empty();
      Layout values = new Layout(required(root, "lastId").asInt(), columns(root.get("values")));
      Optional<Column> typedKey =
          root.has("typedKey") ? Optional.of(column(root.get("typedKey"))) : Optional.empty();
      Optional<String> topMessage = Optional.ofNullable(root.path("topMessage").textValue());
      return new TableColumns(column(required(root, "key")), typedKey, plain, values, topMessage);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw unreadable(json, e);
    }
  }

  private static ArrayNode columns(List<Column> columns) {
    ArrayNode nodes = NODES.arrayNode();
    for (Column column : columns) nodes.add(column(column));
    return nodes;
  }

  private static ObjectNode column(Column column) {
    ObjectNode node = NODES.objectNode();
    node.put("id", column.id());
    node.put("name", column.name());
    if (!column.otherNames().isEmpty()) {
      ArrayNode names = node.putArray("otherNames");
      column.otherNames().stream().sorted().forEach(names::add);
    }
    node.set("type", type(column.type()));
    if (!column.isOptional()) node.put("optional", false);
    if (column.doc() != null) node.put("doc", column.doc());
    if (column.key() != null) node.put("key", column.key());
    return node;
  }

  private static JsonNode type(Type type) {
    ObjectNode node = NODES.objectNode();
    switch (type) {
      case Type.Plain plain -> {
        return NODES.textNode(plain.name().toLowerCase(Locale.ROOT));
      }
      case Type.Decimal(int precision, int scale) ->
          node.set("decimal", NODES.arrayNode().add(precision).add(scale));
      case Type.Fixed(int length) -> node.put("fixed", length);
      case Type.Struct(List<Column> parts, boolean isUnion) ->
          node.set(isUnion ? "union" : "struct", columns(parts));
      case Type.ListOf(Column element) -> node.set("list", column(element));
      case Type.MapOf(Column key, Column value) ->
          node.set("map", NODES.arrayNode().add(column(key)).add(column(value)));
    }
    return node;
  }

  private static List<Column> columns(JsonNode nodes) {
    List<Column> columns = new ArrayList<>();
    for (JsonNode node : nodes) columns.add(column(node));
    return columns;
  }

  private static Column column(JsonNode node) {
    Set<String> otherNames = new HashSet<>();
    for (JsonNode name : node.path("otherNames")) otherNames.add(name.asText());
    return new Column(
        required(node, "id").asInt(),
        required(node, "name").asText(),
        otherNames,
        type(required(node, "type")),
        node.path("optional").asBoolean(true),
        node.has("doc") ? node.get("doc").asText() : null,
        node.has("key") ? (Integer) node.get("key").asInt() : null);
  }

  private static Type type(JsonNode node) {
    if (node.isTextual()) return Type.Plain.valueOf(node.asText().toUpperCase(Locale.ROOT));
    String kind = node.fieldNames().next();
    JsonNode facts = node.get(kind);
    return switch (kind) {
      case "decimal" -> new Type.Decimal(facts.get(0).asInt(), facts.get(1).asInt());
      case "fixed" -> new Type.Fixed(facts.asInt());
      case "struct" -> new Type.Struct(columns(facts), false);
      case "union" -> new Type.Struct(columns(facts), true);
      case "list" -> new Type.ListOf(column(facts));
      case "map" -> new Type.MapOf(column(facts.get(0)), column(facts.get(1)));
      default -> throw new IllegalArgumentException("no such type: " + kind);
    };
  }

  private static JsonNode required(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null) throw new IllegalArgumentException("no " + name + " in " + node);
    return value;
  }

  private static StoreException unreadable(String json, Exception cause) {
    return new StoreException(Kind.CORRUPT, "can't read a table's columns: " + json, cause);
  }
}
