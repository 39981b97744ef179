package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import oxbow.schema.json.Documents.Place;

/**
 * What a JSON Schema says at one place, as one kind of rule. Where a text has several kinds of
 * keywords side by side, they all hold: that is a {@link Combined} of them, as if under {@code
 * allOf}. {@link Nodes} makes them, and the parts of those that have any.
 */
sealed interface Node {
  Place place();

  default JsonNode json() {
    return place().json();
  }

  /** A schema that hasn't been read yet: it may contain the one that names it. */
  record Unread(Place place) implements Node {}

  /** Everything is allowed. */
  record Any(Place place) implements Node {}

  /** Nothing is allowed. */
  record Never(Place place) implements Node {}

  record Text(Place place) implements Node {}

  record Num(Place place, boolean isInteger) implements Node {}

  record Bool(Place place) implements Node {}

  record Null(Place place) implements Node {}

  record Obj(Place place) implements Node {}

  record Arr(Place place) implements Node {}

  /** One of some values, by {@code enum} or {@code const}. */
  record Values(Place place, String keyword, List<JsonNode> values) implements Node {}

  record Not(Place place) implements Node {}

  /** If, then, else. */
  record Conditional(Place place) implements Node {}

  record Combined(Place place, Criterion criterion, List<Node> nodes) implements Node {}

  /** How many of several schemas must hold. */
  enum Criterion {
    ALL("allOf"),
    ANY("anyOf"),
    ONE("oneOf");

    final String keyword;

    Criterion(String keyword) {
      this.keyword = keyword;
    }
  }
}
