package oxbow.schema.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.schema.BoundedText;
import oxbow.schema.UndecodableException;

/** Values in JSON, as people see them. */
final class JsonValues {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(1_000)
                          .maxStringLength(BoundedText.CHARS_MAX)
                          .maxNumberLength(10_000)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** References that lead to references within one value. */
  private static final int HOPS_MAX = 100;

  private JsonValues() {}

  /**
   * A value without white space; through a reader, with its defaults for what is missing.
   *
   * @throws UndecodableException the bytes aren't JSON
   */
  static String json(ByteBuffer data, @Nullable Documents reader) {
    byte[] bytes = new byte[data.remaining()];
    data.duplicate().get(bytes);
    try {
      JsonNode value = MAPPER.readTree(bytes);
      if (value.isMissingNode()) throw new UndecodableException("no bytes are no JSON");
      if (reader != null) {
        var nodes = new Nodes(reader);
        fill(value, nodes, nodes.root(), 0);
      }
      return value.toString();
    } catch (IOException e) {
      throw new UndecodableException("the bytes are no JSON: " + e.getMessage(), e);
    }
  }

  private static void fill(JsonNode value, Nodes nodes, Node unread, int hops) {
    if (!value.isContainerNode() || hops > HOPS_MAX) return;
    switch (nodes.read(unread)) {
      case Node.Obj object when value instanceof ObjectNode members -> {
        for (Map.Entry<String, Node> each : nodes.named(object, "properties").entrySet()) {
          JsonNode member = members.get(each.getKey());
          JsonNode otherwise = each.getValue().json().get("default");
          if (member != null) {
            fill(member, nodes, each.getValue(), 0);
          } else if (otherwise != null) {
            members.set(each.getKey(), otherwise.deepCopy());
          }
        }
      }
      case Node.Arr array -> {
        Node item = nodes.eachItem(array);
        if (item != null && value.isArray()) value.forEach(each -> fill(each, nodes, item, 0));
      }
      case Node.Combined all when all.criterion() == Node.Criterion.ALL ->
          all.nodes().forEach(each -> fill(value, nodes, each, hops + 1));
      default -> {} // which of several schemas it is only a validator would know
    }
  }
}
