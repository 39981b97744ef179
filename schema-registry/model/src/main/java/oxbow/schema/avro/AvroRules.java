package oxbow.schema.avro;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.util.internal.Accessor;
import org.jspecify.annotations.Nullable;
import oxbow.schema.InvalidSchemaException;

/**
 * What a new schema must keep to beyond what Avro's parser asks. Each default fits its field's
 * type: the rules of Avro's own check, with each field looked at once, so that the time is linear
 * in the schema's text. And a fixed type isn't larger than any record: whoever reads one makes room
 * first.
 */
final class AvroRules {
  private enum Verdict {
    /** Being looked at: whoever needs it now contains itself. */
    OPEN,
    FITS,
    MISSING_OR_WRONG
  }

  private static final int FIXED_BYTES_MAX = 64 << 20;

  private final IdentityHashMap<Schema.Field, Verdict> fields = new IdentityHashMap<>();

  private AvroRules() {}

  /**
   * @throws InvalidSchemaException naming the first field or type that breaks a rule
   */
  static void check(Schema schema) {
    new AvroRules().checkAll(schema);
  }

  private void checkAll(Schema root) {
    Set<Schema> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Schema> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      Schema schema = open.pop();
      switch (schema.getType()) {
        case UNION -> schema.getTypes().forEach(open::push);
        case ARRAY -> open.push(schema.getElementType());
        case MAP -> open.push(schema.getValueType());
        case RECORD -> {
          if (!seen.add(schema)) continue;
          for (Schema.Field field : schema.getFields()) {
            JsonNode value = Accessor.defaultValue(field);
            if (value != null && !hasFittingDefault(field)) {
              throw new InvalidSchemaException(
                  "Invalid default for field "
                      + field.name()
                      + ": "
                      + value
                      + " not a "
                      + field.schema());
            }
            open.push(field.schema());
          }
        }
        case FIXED -> {
          if (schema.getFixedSize() > FIXED_BYTES_MAX) {
            throw new InvalidSchemaException(
                "fixed " + schema.getFullName() + " has more than " + FIXED_BYTES_MAX + " bytes");
          }
        }
        default -> {}
      }
    }
  }

  private boolean hasFittingDefault(Schema.Field field) {
    Verdict known = fields.putIfAbsent(field, Verdict.OPEN);
    if (known != null) return known == Verdict.FITS;
    boolean fits = fits(field.schema(), Accessor.defaultValue(field));
    fields.put(field, fits ? Verdict.FITS : Verdict.MISSING_OR_WRONG);
    return fits;
  }

  private boolean fits(Schema schema, @Nullable JsonNode value) {
    if (value == null) return false;
    return switch (schema.getType()) {
      case STRING, BYTES, ENUM, FIXED -> value.isTextual();
      case INT -> value.isIntegralNumber() && value.canConvertToInt();
      case LONG -> value.isIntegralNumber() && value.canConvertToLong();
      case FLOAT, DOUBLE -> value.isNumber();
      case BOOLEAN -> value.isBoolean();
      case NULL -> value.isNull();
      case ARRAY -> value.isArray() && allFit(schema.getElementType(), value);
      case MAP -> value.isObject() && allFit(schema.getValueType(), value);
      case UNION -> schema.getTypes().stream().anyMatch(branch -> fits(branch, value));
      case RECORD -> value.isObject() && fieldsFit(schema, value);
    };
  }

  private boolean allFit(Schema schema, JsonNode values) {
    for (JsonNode value : values) if (!fits(schema, value)) return false;
    return true;
  }

  private boolean fieldsFit(Schema record, JsonNode values) {
    for (Schema.Field field : record.getFields()) {
      JsonNode given = values.get(field.name());
      boolean fits = given == null ? hasFittingDefault(field) : fits(field.schema(), given);
      if (!fits) return false;
    }
    return true;
  }
}
