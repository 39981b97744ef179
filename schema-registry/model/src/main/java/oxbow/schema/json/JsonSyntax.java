package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.json.Documents.Place;

/**
 * Checks that each known keyword has a value its draft allows, and that each reference points
 * somewhere, in all schemas that can be reached from the root. Each place is looked at once.
 */
final class JsonSyntax {
  private static final Set<String> TYPES =
      Set.of("object", "array", "string", "number", "integer", "boolean", "null");

  private final Documents documents;
  private final Deque<Place> open = new ArrayDeque<>();
  private final Set<JsonNode> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private JsonSyntax(Documents documents) {
    this.documents = documents;
  }

  /**
   * @throws InvalidSchemaException the first thing that is wrong
   */
  static void check(Documents documents) {
    var syntax = new JsonSyntax(documents);
    syntax.open.add(documents.root());
    while (!syntax.open.isEmpty()) {
      Place place = syntax.open.pop();
      if (syntax.seen.add(place.json())) syntax.check(place);
    }
  }

  private void check(Place place) {
    JsonNode json = place.json();
    if (json.isBoolean()) return;
    if (!json.isObject()) throw wrong("a schema", json, "is no object or boolean");
    boolean isOnlyReference =
        json.path("$ref").isTextual() && !place.resource().draft().hasKeywordsBesideReferences();
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      String keyword = each.getKey();
      if (keyword.equals("$ref") || !isOnlyReference) check(place, keyword, each.getValue());
    }
  }

  private void check(Place place, String keyword, JsonNode value) {
    switch (keyword) {
      case "$ref" -> checkReference(place, value);
      case "$schema", "$id", "$anchor", "title", "description", "$comment" ->
          require(keyword, value, JsonNode::isTextual, "is no string");
      case "type" -> checkType(value);
      case "properties", "dependentSchemas" -> openNamed(place, keyword, value);
      case "patternProperties" -> {
        openNamed(place, keyword, value);
        value.fieldNames().forEachRemaining(name -> checkPattern(keyword, name));
      }
      case "dependencies" -> {
        require(keyword, value, JsonNode::isObject, "is no object");
        for (JsonNode each : value) {
          if (each.isArray()) requireStrings(keyword, each);
          else openWithin(place, each);
        }
      }
      case "dependentRequired" -> {
        require(keyword, value, JsonNode::isObject, "is no object");
        for (JsonNode each : value) requireStrings(keyword, each);
      }
      case "required" -> requireStrings(keyword, value);
      case "allOf", "anyOf", "oneOf", "prefixItems" -> openAll(place, keyword, value);
      case "items" -> {
        if (value.isArray() && !place.resource().draft().hasPrefixItems()) {
          openAll(place, keyword, value);
        } else {
          openWithin(place, value);
        }
      }
      case "additionalItems",
          "additionalProperties",
          "unevaluatedItems",
          "unevaluatedProperties",
          "contains",
          "propertyNames",
          "not",
          "if",
          "then",
          "else" ->
          openWithin(place, value);
      case "enum" -> require(keyword, value, JsonNode::isArray, "is no array");
      case "pattern" -> {
        require(keyword, value, JsonNode::isTextual, "is no string");
        checkPattern(keyword, value.asText());
      }
      case "minLength",
          "maxLength",
          "minItems",
          "maxItems",
          "minProperties",
          "maxProperties",
          "minContains",
          "maxContains" ->
          require(
              keyword,
              value,
              each -> each.isNumber() && each.decimalValue().signum() >= 0,
              "is no count");
      case "minimum", "maximum" -> require(keyword, value, JsonNode::isNumber, "is no number");
      case "exclusiveMinimum", "exclusiveMaximum" ->
          require(
              keyword,
              value,
              each -> each.isNumber() || each.isBoolean(),
              "is no number or boolean");
      case "multipleOf" ->
          require(
              keyword,
              value,
              each -> each.isNumber() && each.decimalValue().signum() > 0,
              "is no positive number");
      case "uniqueItems" -> require(keyword, value, JsonNode::isBoolean, "is no boolean");
      default -> {} // annotations, definitions and what others have added
    }
  }

  private void checkReference(Place place, JsonNode value) {
    require("$ref", value, JsonNode::isTextual, "is no string");
    String reference = value.asText();
    Place target = documents.resolve(place, reference);
    if (target != null) {
      open.push(target);
    } else if (!Documents.isOfTheDraftsThemselves(reference)) {
      throw new InvalidSchemaException(
          "'$ref' points at '"
              + abbreviated(reference)
              + "', which is neither in the schema nor one of its references");
    }
  }

  private static void checkType(JsonNode value) {
    if (value.isTextual()) {
      requireType(value);
    } else {
      require("type", value, each -> each.isArray() && !each.isEmpty(), "is no type or array");
      value.forEach(JsonSyntax::requireType);
    }
  }

  private static void requireType(JsonNode value) {
    require("type", value, each -> each.isTextual() && TYPES.contains(each.asText()), "is no type");
  }

  private static void checkPattern(String keyword, String pattern) {
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException | StackOverflowError e) {
      throw new InvalidSchemaException(
          "'" + keyword + "' has no regular expression: " + abbreviated(pattern), e);
    }
  }

  private static void requireStrings(String keyword, JsonNode value) {
    require(keyword, value, JsonNode::isArray, "is no array");
    for (JsonNode each : value) require(keyword, each, JsonNode::isTextual, "is no string");
  }

  private void openNamed(Place place, String keyword, JsonNode value) {
    require(keyword, value, JsonNode::isObject, "is no object");
    for (JsonNode each : value) openWithin(place, each);
  }

  private void openAll(Place place, String keyword, JsonNode value) {
    require(keyword, value, each -> each.isArray() && !each.isEmpty(), "is no array of schemas");
    for (JsonNode each : value) openWithin(place, each);
  }

  private void openWithin(Place place, JsonNode json) {
    open.push(documents.within(place, json));
  }

  private static void require(
      String keyword, JsonNode value, Predicate<JsonNode> rule, String otherwise) {
    if (!rule.test(value)) throw wrong("'" + keyword + "'", value, otherwise);
  }

  private static InvalidSchemaException wrong(String what, JsonNode value, String otherwise) {
    return new InvalidSchemaException(
        what + " " + otherwise + ": " + abbreviated(value.toString()));
  }

  private static String abbreviated(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }
}
