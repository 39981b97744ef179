package oxbow.schema.avro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.JsonProperties;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** Writes Avro schemas as text. */
final class AvroText {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private AvroText() {}

  /**
   * The text Avro itself writes, where each referenced schema is only named. What a referenced text
   * defines besides its own schema is written out: only names that a reference gives are known to
   * whoever reads the text.
   */
  @SuppressWarnings("deprecation") // Avro has no other way to leave out what is referenced.
  static String canonical(Schema schema, List<Schema> referenced) {
    return schema.toString(referenced, false);
  }

  /**
   * A text that two schemas have in common if they differ only in how they were written: names in
   * full, custom properties, aliases and the keys within them in order, empty docs left out.
   */
  static String normalized(Schema schema, List<Schema> referenced) {
    Set<String> known = new HashSet<>();
    for (Schema each : referenced) known.add(each.getFullName());
    return tree(schema, known).toString();
  }

  private static JsonNode tree(Schema schema, Set<String> known) {
    return switch (schema.getType()) {
      case UNION -> {
        ArrayNode branches = JSON.arrayNode();
        for (Schema branch : schema.getTypes()) branches.add(tree(branch, known));
        yield branches;
      }
      case ARRAY -> {
        ObjectNode node = JSON.objectNode().put("type", "array");
        node.set("items", tree(schema.getElementType(), known));
        yield withProperties(node, schema);
      }
      case MAP -> {
        ObjectNode node = JSON.objectNode().put("type", "map");
        node.set("values", tree(schema.getValueType(), known));
        yield withProperties(node, schema);
      }
      case RECORD, ENUM, FIXED -> named(schema, known);
      case STRING, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> {
        if (!schema.hasProps()) yield JSON.textNode(schema.getType().getName());
        ObjectNode node = JSON.objectNode().put("type", schema.getType().getName());
        putLogicalType(node, schema);
        yield withProperties(node, schema);
      }
    };
  }

  private static JsonNode named(Schema schema, Set<String> known) {
    String name = schema.getFullName();
    if (!known.add(name)) return JSON.textNode(name);
    ObjectNode node = JSON.objectNode();
    node.put("name", name);
    boolean isError = schema.getType() == Schema.Type.RECORD && schema.isError();
    node.put("type", isError ? "error" : schema.getType().getName());
    switch (schema.getType()) {
      case ENUM -> schema.getEnumSymbols().forEach(node.putArray("symbols")::add);
      case FIXED -> {
        node.put("size", schema.getFixedSize());
        putLogicalType(node, schema);
      }
      default -> {
        ArrayNode fields = node.putArray("fields");
        for (Schema.Field field : schema.getFields()) fields.add(field(field, known));
      }
    }
    if (schema.getDoc() != null && !schema.getDoc().isEmpty()) node.put("doc", schema.getDoc());
    putAliases(node, schema.getAliases());
    if (schema.getType() == Schema.Type.ENUM && schema.getEnumDefault() != null) {
      node.put("default", schema.getEnumDefault());
    }
    return withProperties(node, schema);
  }

  private static ObjectNode field(Schema.Field field, Set<String> known) {
    ObjectNode node = JSON.objectNode();
    node.put("name", field.name());
    node.set("type", tree(field.schema(), known));
    node.put("order", field.order().toString());
    if (field.doc() != null) node.put("doc", field.doc());
    putAliases(node, field.aliases());
    if (field.hasDefaultValue()) node.set("default", sorted(field.defaultVal()));
    return withProperties(node, field);
  }

  private static void putLogicalType(ObjectNode node, Schema schema) {
    LogicalType logical = schema.getLogicalType();
    if (logical == null) return;
    node.put(LogicalType.LOGICAL_TYPE_PROP, logical.getName());
    if (logical instanceof LogicalTypes.Decimal decimal) {
      node.put("precision", decimal.getPrecision());
      if (decimal.getScale() != 0) node.put("scale", decimal.getScale());
    }
  }

  private static void putAliases(ObjectNode node, Set<String> aliases) {
    if (!aliases.isEmpty()) new TreeSet<>(aliases).forEach(node.putArray("aliases")::add);
  }

  private static ObjectNode withProperties(ObjectNode node, JsonProperties from) {
    new TreeMap<>(from.getObjectProps()).forEach((name, value) -> node.set(name, sorted(value)));
    return node;
  }

  /** A property or default as JSON, the keys of objects in order. */
  private static JsonNode sorted(Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        var entries = new TreeMap<String, Object>();
        map.forEach((key, each) -> entries.put(key.toString(), each));
        ObjectNode node = JSON.objectNode();
        entries.forEach((key, each) -> node.set(key, sorted(each)));
        yield node;
      }
      case Collection<?> many -> {
        ArrayNode node = JSON.arrayNode();
        for (Object each : many) node.add(sorted(each));
        yield node;
      }
      case byte[] bytes -> JSON.textNode(new String(bytes, StandardCharsets.ISO_8859_1));
      case CharSequence text -> JSON.textNode(text.toString());
      case Boolean bool -> JSON.booleanNode(bool);
      case Integer number -> JSON.numberNode(number);
      case Long number -> JSON.numberNode(number);
      case Float number -> JSON.numberNode(number);
      case Double number -> JSON.numberNode(number);
      case BigInteger number -> JSON.numberNode(number);
      case BigDecimal number -> JSON.numberNode(number);
      default -> JSON.nullNode(); // JsonProperties.NULL_VALUE: Avro has nothing else
    };
  }
}
