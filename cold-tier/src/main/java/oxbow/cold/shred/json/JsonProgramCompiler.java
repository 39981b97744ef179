package oxbow.cold.shred.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.CompiledValue;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.ValueStep;
import oxbow.schema.layout.Placement;
import oxbow.schema.layout.Type;

/**
 * Makes a step of each part that a JSON Schema has a column for. The columns' types say it all; of
 * the schema itself only the members' names are needed, and those the placement has.
 */
public final class JsonProgramCompiler {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VALUE = "value";

  private final ColumnTree tree;

  /** Name to path, of the members of each part by its path. */
  private final Map<String, Map<String, String>> members = new HashMap<>();

  private final Placement placement;

  private JsonProgramCompiler(ColumnTree tree, Placement placement) {
    this.tree = tree;
    this.placement = placement;
    for (String path : placement.ids().keySet()) {
      int slash = path.lastIndexOf('/');
      String parent = slash < 0 ? "" : path.substring(0, slash);
      String name = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
      members.computeIfAbsent(parent, _ -> new HashMap<>()).put(name, path);
    }
  }

  /**
   * @param text the schema
   * @return empty: its values can't lie in these columns
   */
  public static Optional<CompiledValue> value(ColumnTree tree, String text, Placement placement) {
    var compiler = new JsonProgramCompiler(tree, placement);
    Map<String, String> top = compiler.members.getOrDefault("", Map.of());
    try {
      if (top.keySet().equals(Set.of(VALUE)) && !hasMember(text, VALUE)) {
        ColumnNode node = compiler.node(VALUE);
        ValueStep step = new JsonRootStep(node, compiler.step(node, VALUE));
        return Optional.of(new CompiledValue(step, Set.of(node)));
      }
      Set<ColumnNode> columns = new HashSet<>();
      for (String path : top.values()) columns.add(compiler.node(path));
      ValueStep step = compiler.object(tree.top(), "", Set.of());
      return Optional.of(new CompiledValue(step, columns));
    } catch (RefusedException _) {
      return Optional.empty();
    }
  }

  /** The same for keys: all of one lies in one column. */
  public static Optional<CompiledValue> key(ColumnTree tree, ColumnNode node, Placement placement) {
    var compiler = new JsonProgramCompiler(tree, placement);
    try {
      ValueStep step =
          node.column.type() instanceof Type.Struct
              ? compiler.object(node.parts, "", Set.copyOf(node.parts))
              : compiler.step(node, VALUE);
      return Optional.of(new CompiledValue(step, Set.of(node)));
    } catch (RefusedException _) {
      return Optional.empty();
    }
  }

  /** Why a schema can't lie in these columns. */
  private static final class RefusedException extends RuntimeException {
    RefusedException(String message) {
      super(message, null, false, false);
    }
  }

  /** Whether a schema is of an object with a member of this name. */
  public static boolean hasMember(String text, String name) {
    try {
      return hasMember(JSON.readTree(text), name);
    } catch (JsonProcessingException _) {
      return false;
    }
  }

  private static boolean hasMember(JsonNode schema, String name) {
    if (schema.path("properties").has(name)) return true;
    for (JsonNode each : schema.path("allOf")) {
      if (hasMember(each, name)) return true;
    }
    return false;
  }

  private ColumnNode node(String path) {
    Integer id = placement.ids().get(path);
    ColumnNode node = id == null ? null : tree.find(id);
    if (node == null) throw new RefusedException("no column for " + path);
    return node;
  }

  /**
   * @param siblings columns among which the members' are, in the table's order
   * @param all those of the object's own, of which some may be absent
   */
  private ValueStep object(List<ColumnNode> siblings, String path, Set<ColumnNode> all) {
    Map<String, String> byName = members.getOrDefault(path, Map.of());
    Map<ColumnNode, String> nameOf = new HashMap<>();
    byName.forEach((name, memberPath) -> nameOf.put(node(memberPath), name));
    List<byte[]> names = new ArrayList<>();
    List<byte[]> quoted = new ArrayList<>();
    List<ColumnNode> nodes = new ArrayList<>();
    List<ValueStep> values = new ArrayList<>();
    Set<ColumnNode> absent = new HashSet<>(all);
    for (ColumnNode node : siblings) {
      String name = nameOf.remove(node);
      if (name == null) continue;
      requireOptional(node);
      absent.remove(node);
      names.add(name.getBytes(UTF_8));
      quoted.add(TextNode.valueOf(name).toString().getBytes(UTF_8));
      nodes.add(node);
      values.add(step(node, Placement.path(path, name)));
    }
    if (!nameOf.isEmpty()) throw new RefusedException("members lie apart: " + nameOf.values());
    for (ColumnNode node : absent) requireOptional(node);
    return new JsonObjectStep(
        names.toArray(byte[][]::new),
        quoted.toArray(byte[][]::new),
        nodes.toArray(ColumnNode[]::new),
        values.toArray(ValueStep[]::new),
        absent.toArray(ColumnNode[]::new));
  }

  private ValueStep step(ColumnNode node, String path) {
    return switch (node.column.type()) {
      case Type.Struct(var _, boolean isUnion) -> {
        if (isUnion) throw new RefusedException("JSON has no unions");
        yield object(node.parts, path, Set.copyOf(node.parts));
      }
      case Type.ListOf _ -> {
        ColumnNode element = node.parts.getFirst();
        yield new JsonListStep(node, null, element, step(element, Placement.path(path, "element")));
      }
      case Type.MapOf _ -> {
        ColumnNode value = node.parts.get(1);
        yield new JsonListStep(
            node, node.parts.get(0), value, step(value, Placement.path(path, "value")));
      }
      case Type.Plain plain -> leaf(node, plain);
      case Type.Decimal _, Type.Fixed _ -> throw new RefusedException("no such type in JSON");
    };
  }

  private static ValueStep leaf(ColumnNode node, Type.Plain type) {
    Leaf leaf = node.leaf;
    if (leaf == null) throw new RefusedException("column " + node.column.name() + " has parts");
    return switch (type) {
      case STRING -> new JsonLeafSteps.StringStep(leaf.index());
      case LONG -> new JsonLeafSteps.LongStep(leaf.index());
      case DOUBLE -> new JsonLeafSteps.DoubleStep(leaf.index());
      case BOOLEAN -> new JsonLeafSteps.BooleanStep(leaf.index());
      case DATE -> new JsonLeafSteps.DateStep(leaf.index());
      case UUID -> new JsonLeafSteps.UuidStep(leaf.index());
      case OPAQUE -> new JsonLeafSteps.OpaqueStep(leaf.index());
      default -> throw new RefusedException("no " + type + " in JSON");
    };
  }

  private static void requireOptional(ColumnNode node) {
    if (!node.column.isOptional()) {
      throw new RefusedException("column " + node.column.name() + " takes no null");
    }
  }
}
