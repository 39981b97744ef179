package oxbow.schema.avro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import oxbow.schema.SchemaPart;

/**
 * The records of an Avro text by their full names, and their fields by the record's name and their
 * own, as clients name them to put tags on.
 */
final class AvroTags {
  private record Open(JsonNode json, String namespace) {}

  private AvroTags() {}

  /** All parts that the text itself defines. */
  static Map<SchemaPart, ObjectNode> parts(JsonNode root) {
    Map<SchemaPart, ObjectNode> parts = new LinkedHashMap<>();
    Deque<Open> open = new ArrayDeque<>();
    open.push(new Open(root, ""));
    while (!open.isEmpty()) {
      Open next = open.pop();
      JsonNode json = next.json();
      if (json.isArray()) {
        json.forEach(branch -> open.push(new Open(branch, next.namespace())));
      } else if (json instanceof ObjectNode object) {
        if (object.path("fields").isArray()) {
          addRecord(parts, object, next.namespace(), open);
        } else {
          for (String keyword : new String[] {"items", "values", "type"}) {
            open.push(new Open(object.path(keyword), next.namespace()));
          }
        }
      }
    }
    return parts;
  }

  private static void addRecord(
      Map<SchemaPart, ObjectNode> parts, ObjectNode record, String outer, Deque<Open> open) {
    String name = record.path("name").asText();
    int dot = name.lastIndexOf('.');
    String space = dot >= 0 ? name.substring(0, dot) : record.path("namespace").asText(outer);
    String fullName = space.isEmpty() ? name : space + "." + name.substring(dot + 1);
    parts.putIfAbsent(new SchemaPart(fullName, /* isRecord= */ true), record);
    for (JsonNode field : record.path("fields")) {
      String path = fullName + "." + field.path("name").asText();
      if (field instanceof ObjectNode object) {
        parts.putIfAbsent(new SchemaPart(path, /* isRecord= */ false), object);
      }
      open.push(new Open(field.path("type"), space));
    }
  }
}
