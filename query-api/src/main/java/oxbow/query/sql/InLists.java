package oxbow.query.sql;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * Lists of whole numbers behind IN, in the tree of a statement. DuckDB's plan doesn't print them,
 * so for planning each gets its smallest and largest number as conditions beside it, which change
 * nothing.
 */
final class InLists {
  private InLists() {}

  /** A tree with such conditions; empty: it has no such lists. */
  static Optional<JsonNode> bounded(JsonNode tree) {
    JsonNode copy = tree.deepCopy();
    return bound(copy) ? Optional.of(copy) : Optional.empty();
  }

  /** Only where rows are left out: elsewhere null and false differ. */
  private static boolean bound(JsonNode node) {
    boolean isAny = false;
    if (node instanceof ObjectNode object && object.path("where_clause").isObject()) {
      Optional<JsonNode> condition = conjunct(object.path("where_clause"));
      condition.ifPresent(better -> object.set("where_clause", better));
      isAny = condition.isPresent();
    }
    for (JsonNode child : node) isAny |= bound(child);
    return isAny;
  }

  private static Optional<JsonNode> conjunct(JsonNode condition) {
    return switch (condition.path("type").asText()) {
      case "COMPARE_IN" -> list(condition);
      case "CONJUNCTION_AND" -> {
        var children = (ArrayNode) condition.path("children");
        boolean isAny = false;
        for (int i = 0; i < children.size(); i++) {
          Optional<JsonNode> better = conjunct(children.get(i));
          if (better.isEmpty()) continue;
          children.set(i, better.get());
          isAny = true;
        }
        yield isAny ? Optional.of(condition) : Optional.empty();
      }
      default -> Optional.empty();
    };
  }

  private static Optional<JsonNode> list(JsonNode in) {
    JsonNode children = in.path("children");
    if (children.size() < 2) return Optional.empty();
    JsonNode least = children.get(1);
    JsonNode largest = least;
    for (int i = 1; i < children.size(); i++) {
      Optional<Long> number = number(children.get(i));
      if (number.isEmpty()) return Optional.empty();
      if (number.get() < number(least).orElseThrow()) least = children.get(i);
      if (number.get() > number(largest).orElseThrow()) largest = children.get(i);
    }
    ObjectNode all = ((ObjectNode) in).objectNode();
    all.put("class", "CONJUNCTION").put("type", "CONJUNCTION_AND").put("alias", "");
    ArrayNode conditions = all.putArray("children");
    conditions.add(in);
    conditions.add(comparison(all, "COMPARE_GREATERTHANOREQUALTO", children.get(0), least));
    conditions.add(comparison(all, "COMPARE_LESSTHANOREQUALTO", children.get(0), largest));
    return Optional.of(all);
  }

  private static Optional<Long> number(JsonNode node) {
    boolean isWhole = node.path("literal").path("kind").asText().equals("INTEGER");
    String text = node.path("literal").path("text").asText();
    return isWhole && text.matches("\\d{1,18}")
        ? Optional.of(Long.valueOf(text))
        : Optional.empty();
  }

  private static ObjectNode comparison(
      ObjectNode factory, String type, JsonNode left, JsonNode right) {
    ObjectNode comparison = factory.objectNode();
    comparison.put("class", "COMPARISON").put("type", type).put("alias", "");
    comparison.set("left", left.deepCopy());
    comparison.set("right", right.deepCopy());
    return comparison;
  }
}
