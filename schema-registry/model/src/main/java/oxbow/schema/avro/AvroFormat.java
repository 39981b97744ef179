package oxbow.schema.avro;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.JsonText;
import oxbow.schema.References;
import oxbow.schema.SchemaFormat;
import oxbow.schema.SchemaType;

/**
 * Reads Avro schemas. A text that comes new must have names that Avro allows and defaults that fit
 * their types; one that is registered already was taken by the rules of its time.
 */
public final class AvroFormat implements SchemaFormat {
  @Override
  public SchemaType type() {
    return SchemaType.AVRO;
  }

  @Override
  public AvroSchema parse(String text, References references) {
    return parse(text, references, NameValidator.NO_VALIDATION);
  }

  @Override
  public AvroSchema parseNew(String text, References references) {
    AvroSchema schema = parse(text, references, NameValidator.UTF_VALIDATOR);
    try {
      AvroRules.check(schema.avro());
    } catch (StackOverflowError e) {
      throw new InvalidSchemaException("the defaults are nested too deeply", e);
    }
    return schema;
  }

  private static AvroSchema parse(String text, References references, NameValidator names) {
    JsonText.check(text);
    references.texts().values().forEach(JsonText::check);
    try {
      var parser = new Schema.Parser(names);
      // Avro's own check takes exponential time where records repeat, and never ends where a
      // default contains itself.
      parser.setValidateDefaults(false);
      List<Schema> referenced = new ArrayList<>();
      for (String each : references.texts().values()) {
        referenced.add(parser.parse(each));
      }
      AvroSchema schema = new AvroSchema(parser.parse(text), references, referenced);
      // Types may be nested by name far deeper than the texts are.
      JsonText.check(schema.formatted("resolved"));
      return schema;
    } catch (InvalidSchemaException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      // Avro fails in many ways on a hostile text: casts and null pointers besides its own errors.
      throw new InvalidSchemaException(String.valueOf(e.getMessage()), e);
    }
  }
}
