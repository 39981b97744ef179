package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import oxbow.schema.SchemaPart;

/**
 * The parts of a JSON Schema by the paths that clients put tags on: {@code object.name} for a
 * property, {@code object.list.array.object} for the objects of a list, {@code allof.0}, {@code
 * not}, {@code conditional.then}, {@code object.definitions.Name} and so on within.
 */
final class JsonTags {
  private record Open(JsonNode json, String path) {}

  private JsonTags() {}

  static Map<SchemaPart, ObjectNode> parts(JsonNode root) {
    Map<SchemaPart, ObjectNode> parts = new LinkedHashMap<>();
    Deque<Open> open = new ArrayDeque<>();
    open.push(new Open(root, ""));
    while (!open.isEmpty()) {
      Open next = open.pop();
      if (next.json() instanceof ObjectNode schema) add(parts, schema, next.path(), open);
    }
    return parts;
  }

  private static void add(
      Map<SchemaPart, ObjectNode> parts, ObjectNode schema, String path, Deque<Open> open) {
    String object = path + "object";
    boolean isObject = schema.path("type").asText().equals("object") || schema.has("properties");
    if (isObject) parts.putIfAbsent(new SchemaPart(object, /* isRecord= */ true), schema);
    for (Map.Entry<String, JsonNode> each : schema.path("properties").properties()) {
      String property = object + "." + each.getKey();
      if (each.getValue() instanceof ObjectNode node) {
        parts.putIfAbsent(new SchemaPart(property, /* isRecord= */ false), node);
      }
      open.push(new Open(each.getValue(), property + "."));
    }
    for (String keyword : new String[] {"definitions", "$defs"}) {
      for (Map.Entry<String, JsonNode> each : schema.path(keyword).properties()) {
        String name = (isObject ? object + "." : path) + keyword + "." + each.getKey();
        open.push(new Open(each.getValue(), name + "."));
      }
    }
    for (String keyword : new String[] {"allOf", "anyOf", "oneOf"}) {
      JsonNode schemas = schema.path(keyword);
      for (int i = 0; i < schemas.size(); i++) {
        String branch = path + keyword.toLowerCase(Locale.ROOT) + "." + i + ".";
        open.push(new Open(schemas.path(i), branch));
      }
    }
    for (String keyword : new String[] {"if", "then", "else"}) {
      open.push(new Open(schema.path(keyword), path + "conditional." + keyword + "."));
    }
    open.push(new Open(schema.path("items"), path + "array."));
    open.push(new Open(schema.path("not"), path + "not."));
  }
}
