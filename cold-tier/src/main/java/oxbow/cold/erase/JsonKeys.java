package oxbow.cold.erase;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import oxbow.schema.Decoder;
import oxbow.schema.Framing;
import oxbow.schema.Framing.Mark;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.SchemaType;
import oxbow.schema.Schemas;
import oxbow.schema.UndecodableException;

/**
 * Keys by what they mean. One key may be written in many ways: by each version of its schema,
 * marked with an id or a GUID, with its fields in another order, or in bytes that no encoder of
 * ours would choose. So each record's key is read by the schema it is marked with, and compared as
 * JSON.
 *
 * <p>Used by the thread that erases; what it has met anybody may ask.
 */
final class JsonKeys {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Schemas schemas;
  private final Map<String, JsonNode> wanted = new HashMap<>();

  /**
   * As the topic's own schemas write them; the mark then lies in a header, which nobody sees here.
   */
  private final Set<ByteBuffer> unmarked = new HashSet<>();

  /** What the keys look like, read by a schema. */
  private final Map<Mark, Set<JsonNode>> bySchema = new HashMap<>();

  private final Set<String> readBy = new ConcurrentSkipListSet<>();
  private final Set<String> unknownSchemas = new ConcurrentSkipListSet<>();

  /**
   * @throws IllegalArgumentException a text is no JSON
   */
  JsonKeys(Collection<String> texts, Schemas schemas, String topic) {
    this.schemas = schemas;
    for (String text : texts) {
      try {
        wanted.put(text, comparable(MAPPER.readTree(text)));
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException("a key is no JSON: " + e.getOriginalMessage(), e);
      }
    }
    if (texts.isEmpty()) return;
    for (RegisteredSchema version : schemas.versions(topic + "-key")) {
      schemas.byId(version.id()).ifPresent(this::addUnmarked);
    }
  }

  private void addUnmarked(ParsedSchema schema) {
    if (schema.type() == SchemaType.JSON) return; // compared as text
    for (String text : wanted.keySet()) {
      try {
        ByteBuffer bytes = ByteBuffer.wrap(schema.bytes(text));
        if (schema.type() == SchemaType.PROTOBUF) {
          int[] _ = Framing.readMessagePath(bytes);
        }
        if (bytes.hasRemaining()) unmarked.add(bytes);
      } catch (UndecodableException _) {
        // No key of this schema.
      }
    }
  }

  /** The buffer is borrowed and stays as it is. */
  boolean contains(ByteBuffer key) {
    if (unmarked.contains(key)) return true;
    Optional<Mark> mark = Framing.read(key.duplicate());
    if (mark.isEmpty()) return isWantedText(key);
    Optional<ParsedSchema> schema = schema(mark.get());
    if (schema.isEmpty()) {
      unknownSchemas.add(name(mark.get()));
      return false;
    }
    readBy.add(name(mark.get()));
    Set<JsonNode> like = bySchema.computeIfAbsent(mark.get(), _ -> seenBy(schema.get()));
    try {
      return like.contains(tree(Decoder.framed(key, schema.get())));
    } catch (UndecodableException | JsonProcessingException _) {
      return false; // what a schema can't read has no meaning that could be the same
    }
  }

  private Optional<ParsedSchema> schema(Mark mark) {
    return switch (mark) {
      case Mark.Id(int id) -> schemas.byId(id);
      case Mark.Guid(var guid) -> schemas.byGuid(guid);
    };
  }

  private static String name(Mark mark) {
    return switch (mark) {
      case Mark.Id(int id) -> "id " + id;
      case Mark.Guid(var guid) -> "guid " + guid;
    };
  }

  /** As they were given, and as the schema shows them: with defaults, in its own names. */
  private Set<JsonNode> seenBy(ParsedSchema schema) {
    Set<JsonNode> seen = new HashSet<>(wanted.values());
    if (schema.type() == SchemaType.JSON) return seen;
    for (String text : wanted.keySet()) {
      try {
        seen.add(tree(schema.json(ByteBuffer.wrap(schema.bytes(text)), schema)));
      } catch (UndecodableException | JsonProcessingException _) {
        // No key of this schema.
      }
    }
    return seen;
  }

  private boolean isWantedText(ByteBuffer key) {
    try {
      return wanted.containsValue(tree(UTF_8.decode(key.duplicate()).toString()));
    } catch (JsonProcessingException _) {
      return false;
    }
  }

  private static JsonNode tree(String text) throws JsonProcessingException {
    return comparable(MAPPER.readTree(text));
  }

  /** Numbers are equal if they are the same number, however they are written. */
  private static JsonNode comparable(JsonNode node) {
    if (node.isNumber()) {
      BigDecimal number = node.decimalValue();
      return DecimalNode.valueOf(
          number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros());
    }
    if (node.isArray()) {
      ArrayNode array = NODES.arrayNode();
      for (JsonNode each : node) array.add(comparable(each));
      return array;
    }
    if (node.isObject()) {
      ObjectNode object = NODES.objectNode();
      node.properties().forEach(each -> object.set(each.getKey(), comparable(each.getValue())));
      return object;
    }
    return node;
  }

  List<String> readBy() {
    return List.copyOf(readBy);
  }

  List<String> unknownSchemas() {
    return List.copyOf(unknownSchemas);
  }
}
