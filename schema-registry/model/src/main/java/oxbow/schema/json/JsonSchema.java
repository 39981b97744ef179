package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import oxbow.schema.CompatibilityPolicy;
import oxbow.schema.Incompatibility;
import oxbow.schema.JsonText;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.SchemaPart;
import oxbow.schema.SchemaType;
import oxbow.schema.Tags;
import oxbow.schema.TextSchema;
import oxbow.schema.UndecodableException;
import oxbow.schema.layout.Shape;

/** A schema in JSON Schema. */
public final class JsonSchema extends TextSchema {
  private final JsonNode root;
  private final Documents documents;

  JsonSchema(JsonNode root, References references, Documents documents) {
    super(SchemaType.JSON, root.toString(), references); // as it came, without white space
    this.root = root;
    this.documents = documents;
  }

  Documents documents() {
    return documents;
  }

  @Override
  public JsonSchema normalized() {
    return new JsonFormat().parse(sorted(root).toString(), references().normalized());
  }

  /** The form {@code resolved} has all it refers to among its definitions. */
  @Override
  public String formatted(String form) {
    boolean isResolved = form.toLowerCase(Locale.ROOT).equals("resolved");
    if (!isResolved || references().texts().isEmpty()) return canonicalText();
    return root instanceof ObjectNode object ? inlined(object).toString() : canonicalText();
  }

  private ObjectNode inlined(ObjectNode object) {
    ObjectNode inlined = object.deepCopy();
    ObjectNode definitions =
        inlined.path("definitions") instanceof ObjectNode there
            ? there
            : inlined.putObject("definitions");
    references()
        .texts()
        .forEach((name, text) -> {
          // It is referred to by the name given here, and by the address it gives itself.
          if (!(JsonText.parse(text) instanceof ObjectNode document)) return;
          String keyword = Draft.of(document).idKeyword();
          definitions.set(name, document.deepCopy().put(keyword, name));
          String address = document.path(keyword).asText();
          if (!address.isEmpty() && !address.equals(name)) definitions.set(address, document);
        });
    return inlined;
  }

  @Override
  public List<Incompatibility> whyCannotRead(ParsedSchema writer) {
    return whyCannotRead(writer, CompatibilityPolicy.STRICT);
  }

  @Override
  public List<Incompatibility> whyCannotRead(ParsedSchema writer, CompatibilityPolicy policy) {
    if (writer instanceof JsonSchema other) {
      return JsonCompatibility.check(documents, other.documents, policy);
    }
    return List.of(Incompatibility.ofOtherType());
  }

  /** Its title, as clients take it for the name. */
  @Override
  public Optional<String> recordName() {
    JsonNode title = root.path("title");
    return title.isTextual() ? Optional.of(title.asText()) : Optional.empty();
  }

  @Override
  public String json(ByteBuffer data, ParsedSchema reader) {
    if (!(reader instanceof JsonSchema other)) {
      throw new UndecodableException("the reader's schema is not JSON Schema");
    }
    return JsonValues.json(data, other.equals(this) ? null : other.documents);
  }

  @Override
  public SortedMap<SchemaPart, SortedSet<String>> tags() {
    return Tags.read(JsonTags.parts(root));
  }

  @Override
  public JsonSchema withTags(
      Map<SchemaPart, Set<String>> added, Map<SchemaPart, Set<String>> removed) {
    JsonNode changed = root.deepCopy();
    Tags.change(JsonTags.parts(changed), added, removed);
    return new JsonFormat().parse(changed.toString(), references());
  }

  @Override
  public Shape shape() {
    return JsonShapes.of(documents);
  }

  private static JsonNode sorted(JsonNode json) {
    return switch (json) {
      case ObjectNode object -> {
        var members = new TreeMap<String, JsonNode>();
        for (Map.Entry<String, JsonNode> each : object.properties()) {
          members.put(each.getKey(), sorted(each.getValue()));
        }
        ObjectNode sorted = JsonNodeFactory.instance.objectNode();
        members.forEach(sorted::set);
        yield sorted;
      }
      case ArrayNode array -> {
        ArrayNode sorted = JsonNodeFactory.instance.arrayNode();
        array.forEach(each -> sorted.add(sorted(each)));
        yield sorted;
      }
      default -> json;
    };
  }
}
