package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.json.Node.Criterion;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Shape;
import oxbow.schema.layout.Type;

/**
 * The columns of JSON Schemas.
 *
 * <pre>
 *   integer                        long
 *   number                         double
 *   string                         string; with the format date a date, with uuid a UUID
 *   boolean                        boolean
 *   object with properties         record; several under allOf together
 *   object of one schema for all   map
 *   array of one schema for all    list
 *   T or null                      T; so are anyOf and oneOf of one schema and null
 *   all else                       opaque: the value's JSON text
 * </pre>
 *
 * Everything is optional, since nothing makes producers keep to their schema. A {@code date-time}
 * or {@code time} stays a string: the same moment can be written in many ways, and the bytes must
 * come back as they were. A schema within itself, and what is larger than {@link #PARTS_MAX} parts
 * or {@link #DEPTH_MAX} levels, is opaque.
 */
final class JsonShapes {
  private static final int PARTS_MAX = 2_000;
  private static final int DEPTH_MAX = 50;
  private static final int COLUMNS_MAX = 10_000;

  private final Nodes nodes;
  private final Set<JsonNode> within = Collections.newSetFromMap(new IdentityHashMap<>());
  private int depth;
  private int parts;

  private JsonShapes(Nodes nodes) {
    this.nodes = nodes;
  }

  static Shape of(Documents documents) {
    var nodes = new Nodes(documents);
    return new JsonShapes(nodes).shape(nodes.root());
  }

  private Shape shape(Node root) {
    within.add(root.json());
    Map<String, Node> properties = properties(withoutNull(root));
    if (properties == null || properties.isEmpty() || properties.size() > COLUMNS_MAX) {
      within.clear();
      return new Shape(List.of(column("value", boundedType(root))));
    }
    List<Column> columns = new ArrayList<>();
    int total = 0;
    for (Map.Entry<String, Node> each : properties.entrySet()) {
      Type type = boundedType(each.getValue());
      total += 1 + parts;
      if (total > COLUMNS_MAX) return new Shape(List.of(column("value", Type.Plain.OPAQUE)));
      columns.add(column(each.getKey(), type, doc(each.getValue())));
    }
    return new Shape(columns);
  }

  private Type boundedType(Node node) {
    parts = 0;
    try {
      return type(node);
    } catch (TooManyPartsException e) {
      parts = 0;
      return Type.Plain.OPAQUE;
    }
  }

  private Type type(Node unread) {
    Node node = withoutNull(nodes.read(unread));
    if (depth >= DEPTH_MAX) throw new TooManyPartsException();
    // A type of its own or of a list of types has the same text as what holds it.
    boolean isEntered = within.add(node.json());
    if (!isEntered && !(node instanceof Node.Combined)) return Type.Plain.OPAQUE;
    depth++;
    try {
      return typeWithin(node);
    } finally {
      depth--;
      if (isEntered) within.remove(node.json());
    }
  }

  private Type typeWithin(Node node) {
    return switch (node) {
      case Node.Text text -> textType(text);
      case Node.Num(_, boolean isInteger) -> isInteger ? Type.Plain.LONG : Type.Plain.DOUBLE;
      case Node.Bool _ -> Type.Plain.BOOLEAN;
      case Node.Values values -> valuesType(values);
      case Node.Arr array -> arrayType(array);
      case Node.Obj object -> objectType(object);
      case Node.Combined all when all.criterion() == Criterion.ALL -> allOfType(all);
      case Node.Combined _, Node.Any _, Node.Never _, Node.Null _, Node.Not _, Node.Conditional _ ->
          Type.Plain.OPAQUE;
      case Node.Unread read -> type(read);
    };
  }

  private static Type textType(Node.Text text) {
    return switch (text.json().path("format").asText()) {
      case "date" -> Type.Plain.DATE;
      case "uuid" -> Type.Plain.UUID;
      default -> Type.Plain.STRING;
    };
  }

  private static Type valuesType(Node.Values values) {
    if (values.values().stream().allMatch(JsonNode::isTextual)) return Type.Plain.STRING;
    if (values.values().stream().allMatch(JsonNode::isIntegralNumber)) return Type.Plain.LONG;
    if (values.values().stream().allMatch(JsonNode::isNumber)) return Type.Plain.DOUBLE;
    if (values.values().stream().allMatch(JsonNode::isBoolean)) return Type.Plain.BOOLEAN;
    return Type.Plain.OPAQUE;
  }

  private Type arrayType(Node.Arr array) {
    Node each = nodes.eachItem(array);
    if (each == null || nodes.read(each) instanceof Node.Never) return Type.Plain.OPAQUE;
    return new Type.ListOf(part("element", each));
  }

  private Type objectType(Node.Obj object) {
    Map<String, Node> properties = nodes.named(object, "properties");
    if (!properties.isEmpty()) return record(properties);
    if (!nodes.named(object, "patternProperties").isEmpty()) return Type.Plain.OPAQUE;
    Node additional = nodes.under(object, "additionalProperties");
    if (additional == null) return Type.Plain.OPAQUE;
    return switch (nodes.read(additional)) {
      case Node.Any _, Node.Never _ -> Type.Plain.OPAQUE;
      case Node value -> {
        count();
        Column key =
            new Column(
                Column.UNASSIGNED,
                "key",
                Set.of(),
                Type.Plain.STRING,
                /* isOptional= */ false,
                /* doc= */ null);
        yield new Type.MapOf(key, part("value", value));
      }
    };
  }

  private Type record(Map<String, Node> properties) {
    List<Column> columns = new ArrayList<>();
    properties.forEach((name, node) -> columns.add(part(name, node)));
    return new Type.Struct(columns, /* isUnion= */ false);
  }

  private Type allOfType(Node.Combined all) {
    Map<String, Node> properties = properties(all);
    if (properties != null) return properties.isEmpty() ? Type.Plain.OPAQUE : record(properties);
    // A type beside an enum, say: the first one that tells.
    for (Node each : all.nodes()) {
      Node node = nodes.read(each);
      boolean isPlain =
          node instanceof Node.Text || node instanceof Node.Num || node instanceof Node.Bool;
      if (isPlain) return typeWithin(node);
    }
    return Type.Plain.OPAQUE;
  }

  /** All properties of an object that one or several schemas describe together; null: no object. */
  private @Nullable Map<String, Node> properties(Node node) {
    Map<String, Node> properties = new LinkedHashMap<>();
    return addProperties(node, properties, 0) ? properties : null;
  }

  private boolean addProperties(Node node, Map<String, Node> properties, int level) {
    if (level > DEPTH_MAX || properties.size() > COLUMNS_MAX) return false;
    return switch (node) {
      case Node.Obj object -> {
        nodes.named(object, "properties").forEach(properties::putIfAbsent);
        yield true;
      }
      case Node.Combined all when all.criterion() == Criterion.ALL -> {
        for (Node each : all.nodes()) {
          Node part = withoutNull(nodes.read(each));
          boolean isOnlyRule = part instanceof Node.Conditional || part instanceof Node.Not;
          if (!isOnlyRule && !addProperties(part, properties, level + 1)) yield false;
        }
        yield true;
      }
      default -> false;
    };
  }

  /** What remains of a choice between one schema and null. */
  private Node withoutNull(Node node) {
    if (!(node instanceof Node.Combined sum) || sum.criterion() == Criterion.ALL) return node;
    Node only = null;
    for (Node each : sum.nodes()) {
      Node branch = nodes.read(each);
      if (branch instanceof Node.Null) continue;
      if (only != null) return node;
      only = branch;
    }
    return only == null ? node : only;
  }

  private Column part(String name, Node node) {
    count();
    return column(name, type(node), doc(node));
  }

  private void count() {
    if (++parts > PARTS_MAX) throw new TooManyPartsException();
  }

  private static Column column(String name, Type type) {
    return column(name, type, null);
  }

  private static Column column(String name, Type type, @Nullable String doc) {
    return new Column(Column.UNASSIGNED, name, Set.of(), type, /* isOptional= */ true, doc);
  }

  private static @Nullable String doc(Node node) {
    JsonNode description = node.json().path("description");
    return description.isTextual() ? description.asText() : null;
  }

  private static final class TooManyPartsException extends RuntimeException {}
}
