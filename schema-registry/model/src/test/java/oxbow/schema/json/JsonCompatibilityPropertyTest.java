package oxbow.schema.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import oxbow.schema.References;

/** Compatibility of random schemas, against random values and a naive validator. */
class JsonCompatibilityPropertyTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int PAIRS = 6_000;
  private static final String[] NAMES = {"a", "b", "c"};

  @Test
  void whatOneSchemaAllowsIsAllowedByACompatibleOne() {
    int compatible = 0;
    int changed = 0;
    int valid = 0;
    for (int seed = 0; seed < PAIRS; seed++) {
      var random = new Random(seed);
      JsonNode before = schema(random, 0);
      JsonNode after = changed(before, random);
      if (!parsed(after).whyCannotRead(parsed(before)).isEmpty()) continue;
      compatible++;
      if (!after.equals(before)) changed++;
      for (int i = 0; i < 40; i++) {
        JsonNode value = value(before, random, 0);
        if (!isValid(before, value)) continue;
        valid++;
        assertThat(isValid(after, value))
            .as("seed %d: %s is allowed by %s, not by %s", seed, value, before, after)
            .isTrue();
      }
    }
    assertThat(compatible).isBetween(PAIRS / 5, PAIRS * 9 / 10);
    assertThat(changed).isGreaterThan(PAIRS / 20);
    assertThat(valid).isGreaterThan(PAIRS);
  }

  @Test
  void everySchemaReadsItselfAndItsNormalForm() {
    for (int seed = 0; seed < PAIRS / 2; seed++) {
      JsonSchema schema = parsed(schema(new Random(seed), 0));

      assertThat(schema.whyCannotRead(schema)).as("seed %d: %s", seed, schema).isEmpty();
      assertThat(schema.normalized().whyCannotRead(schema)).as("seed %d", seed).isEmpty();
    }
  }

  private static JsonSchema parsed(JsonNode schema) {
    return new JsonFormat().parseNew(schema.toString(), References.NONE);
  }

  // --- schemas

  private static JsonNode schema(Random random, int depth) {
    int kind = random.nextInt(depth > 2 ? 6 : 10);
    return switch (kind) {
      case 0 -> limited(typed("string"), random, "minLength", "maxLength");
      case 1 -> limited(typed("integer"), random, "minimum", "maximum");
      case 2 -> limited(typed("number"), random, "minimum", "maximum");
      case 3 -> typed(random.nextBoolean() ? "boolean" : "null");
      case 4 -> {
        ObjectNode values = JSON.objectNode();
        ArrayNode array = values.putArray("enum");
        for (int i = 0; i <= random.nextInt(3); i++) array.add("e" + random.nextInt(3));
        yield values;
      }
      case 5 -> random.nextInt(4) == 0 ? JSON.objectNode() : typed("string");
      case 6 -> {
        ObjectNode sum = JSON.objectNode();
        ArrayNode branches = sum.putArray("anyOf");
        for (int i = 0; i <= random.nextInt(3); i++) branches.add(schema(random, depth + 1));
        yield sum;
      }
      case 7 -> {
        ObjectNode array = limited(typed("array"), random, "minItems", "maxItems");
        if (random.nextInt(3) > 0) array.set("items", schema(random, depth + 1));
        yield array;
      }
      default -> object(random, depth);
    };
  }

  private static ObjectNode object(Random random, int depth) {
    ObjectNode object = limited(typed("object"), random, "minProperties", "maxProperties");
    ObjectNode properties = object.putObject("properties");
    ArrayNode required = JSON.arrayNode();
    for (String name : NAMES) {
      if (random.nextInt(3) == 0) continue;
      properties.set(name, schema(random, depth + 1));
      if (random.nextInt(3) == 0) required.add(name);
    }
    if (!required.isEmpty()) object.set("required", required);
    switch (random.nextInt(4)) {
      case 0 -> object.put("additionalProperties", false);
      case 1 -> object.set("additionalProperties", schema(random, depth + 1));
      default -> {}
    }
    return object;
  }

  private static ObjectNode typed(String type) {
    return JSON.objectNode().put("type", type);
  }

  private static ObjectNode limited(ObjectNode schema, Random random, String least, String most) {
    if (random.nextInt(3) == 0) schema.put(least, random.nextInt(3));
    if (random.nextInt(3) == 0) schema.put(most, 1 + random.nextInt(4));
    return schema;
  }

  /** The same, but for something here and there. */
  private static JsonNode changed(JsonNode schema, Random random) {
    if (!(schema instanceof ObjectNode object)) return schema;
    if (random.nextInt(25) == 0) return schema(random, 2);
    ObjectNode changed = JSON.objectNode();
    for (Map.Entry<String, JsonNode> each : object.properties()) {
      String keyword = each.getKey();
      JsonNode value = each.getValue();
      boolean isType = keyword.equals("type");
      if (!isType && !keyword.equals("anyOf") && random.nextInt(15) == 0) continue;
      switch (keyword) {
        case "properties" -> {
          ObjectNode properties = changed.putObject(keyword);
          for (String name : NAMES) {
            if (value.has(name)) {
              if (random.nextInt(10) > 0) properties.set(name, changed(value.get(name), random));
            } else if (random.nextInt(10) == 0) {
              properties.set(name, schema(random, 2));
            }
          }
        }
        case "items" -> changed.set(keyword, changed(value, random));
        case "additionalProperties" -> changed.set(keyword, changed(value, random));
        case "anyOf" -> {
          ArrayNode branches = changed.putArray(keyword);
          for (JsonNode branch : value) branches.add(changed(branch, random));
          if (random.nextInt(5) == 0) branches.add(schema(random, 2));
        }
        default -> {
          boolean isLimit = value.isInt() && random.nextInt(6) == 0;
          changed.set(keyword, isLimit ? JSON.numberNode(random.nextInt(5)) : value);
        }
      }
    }
    return added(changed, random);
  }

  /** With a rule more, now and then. */
  private static ObjectNode added(ObjectNode schema, Random random) {
    if (random.nextInt(6) > 0) return schema;
    switch (schema.path("type").asText()) {
      case "string" -> schema.put("maxLength", random.nextInt(4));
      case "integer", "number" -> schema.put("minimum", random.nextInt(4));
      case "array" -> {
        if (random.nextBoolean()) schema.set("items", schema(random, 3));
        else schema.put("minItems", random.nextInt(3));
      }
      case "object" -> {
        switch (random.nextInt(4)) {
          case 0 -> schema.put("additionalProperties", false);
          case 1 -> schema.set("additionalProperties", schema(random, 3));
          case 2 -> {
            // A name without a property isn't judged, neither here nor by Confluent's registry.
            ArrayNode required = schema.putArray("required");
            schema.path("properties").fieldNames().forEachRemaining(required::add);
          }
          default -> schema.put("minProperties", 1 + random.nextInt(3));
        }
      }
      default -> {}
    }
    return schema;
  }

  // --- values

  /** A value that may well be allowed. */
  private static JsonNode value(JsonNode schema, Random random, int depth) {
    if (depth > 6 || random.nextInt(20) == 0) return anything(random);
    if (schema.has("enum"))
      return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
    if (schema.has("anyOf")) {
      JsonNode branches = schema.get("anyOf");
      return value(branches.get(random.nextInt(branches.size())), random, depth + 1);
    }
    return switch (schema.path("type").asText()) {
      case "string" -> JSON.textNode("e" + "x".repeat(random.nextInt(4)));
      case "integer" -> JSON.numberNode(random.nextInt(5));
      case "number" -> JSON.numberNode(random.nextInt(10) / 2.0);
      case "boolean" -> JSON.booleanNode(random.nextBoolean());
      case "null" -> JSON.nullNode();
      case "array" -> {
        ArrayNode array = JSON.arrayNode();
        int length = random.nextInt(4);
        for (int i = 0; i < length; i++) {
          array.add(value(schema.path("items"), random, depth + 1));
        }
        yield array;
      }
      case "object" -> {
        ObjectNode object = JSON.objectNode();
        for (String name : NAMES) {
          if (random.nextInt(3) == 0) continue;
          JsonNode property = schema.path("properties").path(name);
          boolean isListed = !property.isMissingNode();
          JsonNode rule = isListed ? property : schema.path("additionalProperties");
          object.set(name, value(rule, random, depth + 1));
        }
        if (random.nextInt(4) == 0) object.set("other", anything(random));
        yield object;
      }
      default -> anything(random);
    };
  }

  private static JsonNode anything(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> JSON.textNode("e" + random.nextInt(3));
      case 1 -> JSON.numberNode(random.nextInt(5));
      case 2 -> JSON.numberNode(random.nextInt(5) + 0.5);
      case 3 -> JSON.nullNode();
      case 4 -> JSON.arrayNode().add(1);
      default -> JSON.objectNode().put("a", "x");
    };
  }

  // --- the naive validator

  private static boolean isValid(JsonNode schema, JsonNode value) {
    if (schema.isBoolean()) return schema.asBoolean();
    if (schema.has("enum") && !contains(schema.get("enum"), value)) return false;
    if (schema.has("anyOf")) {
      boolean isAny = false;
      for (JsonNode branch : schema.get("anyOf")) isAny |= isValid(branch, value);
      if (!isAny) return false;
    }
    return switch (schema.path("type").asText()) {
      case "string" ->
          value.isTextual() && isWithin(schema, "minLength", "maxLength", value.asText().length());
      case "integer" ->
          value.isNumber()
              && value.asDouble() == Math.rint(value.asDouble())
              && isWithin(schema, "minimum", "maximum", value.asDouble());
      case "number" -> value.isNumber() && isWithin(schema, "minimum", "maximum", value.asDouble());
      case "boolean" -> value.isBoolean();
      case "null" -> value.isNull();
      case "array" -> {
        if (!value.isArray() || !isWithin(schema, "minItems", "maxItems", value.size())) {
          yield false;
        }
        boolean isEach = true;
        for (JsonNode each : value) isEach &= isValid(schema.path("items"), each);
        yield isEach;
      }
      case "object" -> value.isObject() && isValidObject(schema, value);
      default -> true;
    };
  }

  private static boolean isValidObject(JsonNode schema, JsonNode value) {
    if (!isWithin(schema, "minProperties", "maxProperties", value.size())) return false;
    for (JsonNode name : schema.path("required")) {
      if (!value.has(name.asText())) return false;
    }
    for (Map.Entry<String, JsonNode> each : value.properties()) {
      JsonNode rule = schema.path("properties").path(each.getKey());
      if (rule.isMissingNode()) rule = schema.path("additionalProperties");
      if (!isValid(rule, each.getValue())) return false;
    }
    return true;
  }

  private static boolean isWithin(JsonNode schema, String least, String most, double number) {
    return (!schema.has(least) || number >= schema.get(least).asDouble())
        && (!schema.has(most) || number <= schema.get(most).asDouble());
  }

  private static boolean contains(JsonNode values, JsonNode value) {
    for (JsonNode each : values) {
      if (each.equals(value)) return true;
    }
    return false;
  }
}
