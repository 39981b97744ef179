package oxbow.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Tags in a schema that is JSON text: the property {@code confluent:tags} of a part, an array of
 * their names.
 */
public final class Tags {
  private static final String PROPERTY = "confluent:tags";

  private Tags() {}

  /** The tags of those parts that have any. */
  public static SortedMap<SchemaPart, SortedSet<String>> read(Map<SchemaPart, ObjectNode> parts) {
    SortedMap<SchemaPart, SortedSet<String>> tags = new TreeMap<>();
    parts.forEach((part, node) -> {
      Set<String> names = names(node);
      if (!names.isEmpty()) tags.put(part, new TreeSet<>(names));
    });
    return tags;
  }

  /**
   * Puts tags on parts and takes others off.
   *
   * @throws InvalidSchemaException a part isn't there
   */
  public static void change(
      Map<SchemaPart, ObjectNode> parts,
      Map<SchemaPart, Set<String>> added,
      Map<SchemaPart, Set<String>> removed) {
    added.forEach((part, tags) -> {
      Set<String> names = names(node(parts, part));
      names.addAll(new TreeSet<>(tags));
      write(node(parts, part), names);
    });
    removed.forEach((part, tags) -> {
      Set<String> names = names(node(parts, part));
      names.removeAll(tags);
      write(node(parts, part), names);
    });
  }

  private static ObjectNode node(Map<SchemaPart, ObjectNode> parts, SchemaPart part) {
    boolean isRooted = part.path().startsWith(".");
    SchemaPart named = isRooted ? new SchemaPart(part.path().substring(1), part.isRecord()) : part;
    ObjectNode node = parts.get(named);
    if (node == null) {
      throw new InvalidSchemaException(
          "No matching path '" + part.path() + "' found in the schema");
    }
    return node;
  }

  private static Set<String> names(ObjectNode node) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode each : node.path(PROPERTY)) names.add(each.asText());
    return names;
  }

  private static void write(ObjectNode node, Set<String> names) {
    if (names.isEmpty()) {
      node.remove(PROPERTY);
      return;
    }
    ArrayNode array = node.arrayNode();
    names.forEach(array::add);
    node.set(PROPERTY, array);
  }
}
