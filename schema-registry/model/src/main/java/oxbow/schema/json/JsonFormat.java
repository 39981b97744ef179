package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.JsonText;
import oxbow.schema.References;
import oxbow.schema.SchemaFormat;
import oxbow.schema.SchemaType;

/**
 * Reads JSON Schemas. A text that comes new may use known keywords only as its draft has them, and
 * refer only to what it declares; of one that is registered already, what makes no sense is taken
 * as if it weren't there.
 */
public final class JsonFormat implements SchemaFormat {
  @Override
  public SchemaType type() {
    return SchemaType.JSON;
  }

  @Override
  public JsonSchema parse(String text, References references) {
    JsonNode root = JsonText.parse(text);
    if (!root.isObject() && !root.isBoolean()) {
      throw new InvalidSchemaException("a JSON Schema is an object or a boolean");
    }
    Map<String, JsonNode> referenced = new LinkedHashMap<>();
    references.texts().forEach((name, each) -> referenced.put(name, JsonText.parse(each)));
    return new JsonSchema(root, references, new Documents(root, referenced));
  }

  @Override
  public JsonSchema parseNew(String text, References references) {
    JsonSchema schema = parse(text, references);
    JsonSyntax.check(schema.documents());
    return schema;
  }
}
