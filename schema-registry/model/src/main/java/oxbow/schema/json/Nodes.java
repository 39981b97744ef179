package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.json.Documents.Place;
import oxbow.schema.json.Node.Criterion;

/**
 * Reads the places of a schema as nodes, each when it is first asked for, and the same one each
 * time. What makes no sense is taken as if it weren't there. Confined to one thread.
 */
final class Nodes {
  /** References that lead to references; more than anybody writes. */
  private static final int HOPS_MAX = 100;

  private static final List<String> OBJECT_KEYWORDS =
      List.of(
          "properties",
          "required",
          "minProperties",
          "maxProperties",
          "dependencies",
          "dependentRequired",
          "dependentSchemas",
          "patternProperties",
          "additionalProperties",
          "unevaluatedProperties",
          "propertyNames");
  private static final List<String> ARRAY_KEYWORDS =
      List.of(
          "items",
          "prefixItems",
          "additionalItems",
          "unevaluatedItems",
          "minItems",
          "maxItems",
          "uniqueItems",
          "contains",
          "minContains",
          "maxContains");
  private static final List<String> TEXT_KEYWORDS = List.of("minLength", "maxLength", "pattern");
  private static final List<String> NUMBER_KEYWORDS =
      List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf");

  private final Documents documents;
  private final IdentityHashMap<JsonNode, Node> nodes = new IdentityHashMap<>();

  /** What stands under a keyword by names, by the object there: wide unions ask again and again. */
  private final IdentityHashMap<JsonNode, Map<String, Node>> named = new IdentityHashMap<>();

  Nodes(Documents documents) {
    this.documents = documents;
  }

  Node root() {
    return read(documents.root());
  }

  /** The node itself where it was only named so far. */
  Node read(Node node) {
    return node instanceof Node.Unread(Place place) ? read(place) : node;
  }

  private Node read(Place place) {
    Place end = place;
    for (int hops = 0; isReference(end); hops++) {
      Place next = target(end);
      // It points nowhere, or in a circle.
      if (next == null || hops == HOPS_MAX) return new Node.Any(end);
      end = next;
    }
    Node known = nodes.get(end.json());
    if (known != null) return known;
    Node node = made(end);
    nodes.put(end.json(), node);
    return node;
  }

  /** Whether a place only stands for another one. */
  private static boolean isReference(Place place) {
    JsonNode json = place.json();
    if (!json.path("$ref").isTextual()) return false;
    return !place.resource().draft().hasKeywordsBesideReferences() || !hasRules(json);
  }

  private static boolean hasRules(JsonNode json) {
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      String keyword = each.getKey();
      boolean isRule =
          switch (keyword) {
            case "type", "enum", "const", "not", "allOf", "anyOf", "oneOf", "if" -> true;
            default ->
                OBJECT_KEYWORDS.contains(keyword)
                    || ARRAY_KEYWORDS.contains(keyword)
                    || TEXT_KEYWORDS.contains(keyword)
                    || NUMBER_KEYWORDS.contains(keyword);
          };
      if (isRule) return true;
    }
    return false;
  }

  private @Nullable Place target(Place place) {
    return documents.resolve(place, place.json().path("$ref").asText());
  }

  private Node made(Place place) {
    JsonNode json = place.json();
    if (json.isBoolean()) return json.asBoolean() ? new Node.Any(place) : new Node.Never(place);
    if (!json.isObject()) return new Node.Any(place);
    List<Node> rules = new ArrayList<>();
    if (json.path("$ref").isTextual()) {
      Place target = target(place);
      if (target != null) rules.add(new Node.Unread(target));
    }
    for (Criterion criterion : Criterion.values()) {
      List<Node> nodes = unread(place, json.path(criterion.keyword));
      if (!nodes.isEmpty()) rules.add(new Node.Combined(place, criterion, nodes));
    }
    addTypes(rules, place);
    if (json.path("enum").isArray()) {
      List<JsonNode> values = new ArrayList<>();
      json.path("enum").forEach(values::add);
      rules.add(new Node.Values(place, "enum", values));
    }
    if (json.has("const")) {
      rules.add(new Node.Values(place, "const", List.of(json.path("const"))));
    }
    if (isSchema(json.get("not"))) rules.add(new Node.Not(place));
    if (isSchema(json.get("if"))) rules.add(new Node.Conditional(place));
    return switch (rules.size()) {
      case 0 -> new Node.Any(place);
      case 1 -> rules.getFirst() instanceof Node.Unread unread ? read(unread) : rules.getFirst();
      default -> new Node.Combined(place, Criterion.ALL, rules);
    };
  }

  private static void addTypes(List<Node> rules, Place place) {
    JsonNode type = place.json().path("type");
    if (type.isTextual()) {
      Node typed = typed(place, type.asText());
      if (typed != null) rules.add(typed);
    } else if (type.isArray()) {
      List<Node> types = new ArrayList<>();
      for (JsonNode each : type) {
        Node typed = typed(place, each.asText());
        if (typed != null) types.add(typed);
      }
      if (!types.isEmpty()) rules.add(new Node.Combined(place, Criterion.ANY, types));
    } else {
      // Without a type the keywords tell: each holds for values of its type.
      if (hasAny(place, ARRAY_KEYWORDS)) rules.add(new Node.Arr(place));
      if (hasAny(place, OBJECT_KEYWORDS)) rules.add(new Node.Obj(place));
      if (hasAny(place, NUMBER_KEYWORDS)) rules.add(new Node.Num(place, /* isInteger= */ false));
      if (hasAny(place, TEXT_KEYWORDS)) rules.add(new Node.Text(place));
    }
  }

  private static boolean hasAny(Place place, List<String> keywords) {
    return keywords.stream().anyMatch(place.json()::has);
  }

  private static @Nullable Node typed(Place place, String type) {
    return switch (type) {
      case "object" -> new Node.Obj(place);
      case "array" -> new Node.Arr(place);
      case "string" -> new Node.Text(place);
      case "number" -> new Node.Num(place, /* isInteger= */ false);
      case "integer" -> new Node.Num(place, /* isInteger= */ true);
      case "boolean" -> new Node.Bool(place);
      case "null" -> new Node.Null(place);
      default -> null;
    };
  }

  private static boolean isSchema(@Nullable JsonNode json) {
    return json != null && (json.isObject() || json.isBoolean());
  }

  private List<Node> unread(Place place, JsonNode array) {
    List<Node> nodes = new ArrayList<>();
    if (array.isArray()) array.forEach(each -> nodes.add(unreadWithin(place, each)));
    return nodes;
  }

  private Node unreadWithin(Place place, JsonNode json) {
    return new Node.Unread(documents.within(place, json));
  }

  /** The schema under a keyword; null: there is none. */
  @Nullable Node under(Node node, String keyword) {
    JsonNode json = node.json().get(keyword);
    return isSchema(json) ? unreadWithin(node.place(), json) : null;
  }

  /** The schemas under a keyword by their names. */
  Map<String, Node> named(Node node, String keyword) {
    JsonNode under = node.json().path(keyword);
    if (!under.isObject() || under.isEmpty()) return Map.of();
    return named.computeIfAbsent(under, _ -> readNamed(node, under));
  }

  private Map<String, Node> readNamed(Node node, JsonNode under) {
    Map<String, Node> named = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : under.properties()) {
      if (isSchema(each.getValue())) {
        named.put(each.getKey(), unreadWithin(node.place(), each.getValue()));
      }
    }
    return named;
  }

  /** Items that have a rule by their place. */
  List<Node> itemsByPlace(Node.Arr array) {
    return unread(array.place(), array.json().path(hasPrefix(array) ? "prefixItems" : "items"));
  }

  /** The rule for every item, where none has one by its place. */
  @Nullable Node eachItem(Node.Arr array) {
    return array.json().has("prefixItems") && hasPrefix(array) ? null : under(array, "items");
  }

  /** The rule for items behind those that have one by their place. */
  @Nullable Node additionalItems(Node.Arr array) {
    if (!hasPrefix(array)) return under(array, "additionalItems");
    return array.json().has("prefixItems") ? under(array, "items") : null;
  }

  private static boolean hasPrefix(Node.Arr array) {
    return array.place().resource().draft().hasPrefixItems();
  }

  /** What may be asked of a node without reading its parts. */
  static Set<String> names(Node node, String keyword) {
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode each : node.json().path(keyword)) {
      if (each.isTextual()) names.add(each.asText());
    }
    return names;
  }
}
