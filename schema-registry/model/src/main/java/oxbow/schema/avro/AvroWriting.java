package oxbow.schema.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import oxbow.schema.JsonText;
import oxbow.schema.UndecodableException;

/**
 * Writes what {@link AvroValues} shows. Dates and times may be texts in ISO 8601 or the numbers
 * that Avro has for them; a union takes its first branch that fits; a member that the schema
 * doesn't have is refused, since it would be lost.
 */
final class AvroWriting {
  private AvroWriting() {}

  static byte[] bytes(String json, Schema schema) {
    var out = new ByteArrayOutputStream();
    try {
      Object value = value(JsonText.MAPPER.readTree(json), schema, "");
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new GenericDatumWriter<>(schema).write(value, encoder);
      encoder.flush();
    } catch (JsonProcessingException e) {
      throw new UndecodableException("this is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException | AvroRuntimeException | ClassCastException e) {
      throw new UndecodableException("no value of the schema: " + e.getMessage(), e);
    }
    return out.toByteArray();
  }

  private static @Nullable Object value(JsonNode json, Schema schema, String path) {
    return switch (schema.getType()) {
      case NULL -> {
        if (!json.isNull()) throw bad(path, "null");
        yield null;
      }
      case BOOLEAN -> {
        if (!json.isBoolean()) throw bad(path, "true or false");
        yield json.booleanValue();
      }
      case INT -> intValue(json, schema.getLogicalType(), path);
      case LONG -> longValue(json, schema.getLogicalType(), path);
      case FLOAT -> {
        if (!json.isNumber()) throw bad(path, "a number");
        yield json.floatValue();
      }
      case DOUBLE -> {
        if (!json.isNumber()) throw bad(path, "a number");
        yield json.doubleValue();
      }
      case STRING -> {
        if (!json.isTextual()) throw bad(path, "a text");
        yield json.textValue();
      }
      case ENUM -> {
        if (!json.isTextual() || !schema.hasEnumSymbol(json.textValue())) {
          throw bad(path, "one of " + schema.getEnumSymbols());
        }
        yield new GenericData.EnumSymbol(schema, json.textValue());
      }
      case BYTES -> ByteBuffer.wrap(bytesValue(json, schema.getLogicalType(), path));
      case FIXED -> {
        byte[] bytes = bytesValue(json, schema.getLogicalType(), path);
        yield new GenericData.Fixed(schema, sized(bytes, schema, path));
      }
      case UNION -> union(json, schema, path);
      case ARRAY -> {
        if (!json.isArray()) throw bad(path, "a list");
        List<@Nullable Object> list = new ArrayList<>(json.size());
        for (JsonNode each : json) {
          list.add(value(each, schema.getElementType(), path + "[" + list.size() + "]"));
        }
        yield list;
      }
      case MAP -> {
        if (!json.isObject()) throw bad(path, "an object");
        Map<String, @Nullable Object> map = new HashMap<>();
        json.properties()
            .forEach(each ->
                map.put(
                    each.getKey(),
                    value(each.getValue(), schema.getValueType(), path + "." + each.getKey())));
        yield map;
      }
      case RECORD -> record(json, schema, path);
    };
  }

  private static Object record(JsonNode json, Schema schema, String path) {
    if (!json.isObject()) throw bad(path, "an object");
    var record = new GenericData.Record(schema);
    Set<String> known = new HashSet<>();
    for (Schema.Field field : schema.getFields()) {
      known.add(field.name());
      String at = path + "." + field.name();
      JsonNode member = json.get(field.name());
      if (member != null) {
        record.put(field.pos(), value(member, field.schema(), at));
      } else if (field.hasDefaultValue()) {
        record.put(field.pos(), GenericData.get().getDefaultValue(field));
      } else {
        throw new UndecodableException(at.substring(1) + " is missing, and has no default");
      }
    }
    json.fieldNames()
        .forEachRemaining(name -> {
          if (known.contains(name)) return;
          throw new UndecodableException("the schema has no " + (path + "." + name).substring(1));
        });
    return record;
  }

  private static @Nullable Object union(JsonNode json, Schema schema, String path) {
    UndecodableException first = null;
    for (Schema branch : schema.getTypes()) {
      try {
        return value(json, branch, path);
      } catch (UndecodableException e) {
        if (first == null || branch.getType() != Schema.Type.NULL) first = e;
      }
    }
    throw first == null ? new UndecodableException("the union is empty") : first;
  }

  private static int intValue(JsonNode json, @Nullable LogicalType logical, String path) {
    if (json.isTextual()) {
      try {
        if (logical instanceof LogicalTypes.Date) {
          return Math.toIntExact(LocalDate.parse(json.textValue()).toEpochDay());
        }
        if (logical instanceof LogicalTypes.TimeMillis) {
          return (int) (LocalTime.parse(json.textValue()).toNanoOfDay() / 1_000_000);
        }
      } catch (DateTimeException | ArithmeticException e) {
        throw new UndecodableException(at(path) + "is no date or time: " + e.getMessage(), e);
      }
    }
    if (!json.isIntegralNumber() || !json.canConvertToInt()) throw bad(path, "a 32-bit number");
    return json.intValue();
  }

  private static long longValue(JsonNode json, @Nullable LogicalType logical, String path) {
    if (json.isTextual()) {
      try {
        return time(json.textValue(), logical, path);
      } catch (DateTimeException | ArithmeticException e) {
        throw new UndecodableException(at(path) + "is no time: " + e.getMessage(), e);
      }
    }
    if (!json.isIntegralNumber() || !json.canConvertToLong()) throw bad(path, "a 64-bit number");
    return json.longValue();
  }

  private static long time(String text, @Nullable LogicalType logical, String path) {
    return switch (logical) {
      case LogicalTypes.TimeMicros _ -> LocalTime.parse(text).toNanoOfDay() / 1_000;
      case LogicalTypes.TimestampMillis _ -> since(Instant.parse(text), TimeUnit.MILLISECONDS);
      case LogicalTypes.TimestampMicros _ -> since(Instant.parse(text), TimeUnit.MICROSECONDS);
      case LogicalTypes.TimestampNanos _ -> since(Instant.parse(text), TimeUnit.NANOSECONDS);
      case LogicalTypes.LocalTimestampMillis _ -> since(local(text), TimeUnit.MILLISECONDS);
      case LogicalTypes.LocalTimestampMicros _ -> since(local(text), TimeUnit.MICROSECONDS);
      case LogicalTypes.LocalTimestampNanos _ -> since(local(text), TimeUnit.NANOSECONDS);
      case null, default -> throw bad(path, "a 64-bit number");
    };
  }

  private static Instant local(String text) {
    return LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
  }

  private static long since(Instant time, TimeUnit unit) {
    long perSecond = unit.convert(1, TimeUnit.SECONDS);
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), perSecond),
        unit.convert(time.getNano(), TimeUnit.NANOSECONDS));
  }

  private static byte[] bytesValue(JsonNode json, @Nullable LogicalType logical, String path) {
    try {
      if (logical instanceof LogicalTypes.Decimal decimal && json.isNumber()) {
        BigDecimal number = json.decimalValue().setScale(decimal.getScale());
        if (number.precision() > decimal.getPrecision()) throw bad(path, logicalText(decimal));
        return number.unscaledValue().toByteArray();
      }
      if (json.isTextual()) return json.binaryValue();
    } catch (ArithmeticException | IOException e) {
      throw new UndecodableException(at(path) + "doesn't fit: " + e.getMessage(), e);
    }
    throw bad(path, "a text in base64");
  }

  private static String logicalText(LogicalTypes.Decimal decimal) {
    return "a number of " + decimal.getPrecision() + " digits, " + decimal.getScale() + " behind";
  }

  /** A decimal that is fixed is filled up with its sign. */
  private static byte[] sized(byte[] bytes, Schema schema, String path) {
    int size = schema.getFixedSize();
    if (bytes.length == size) return bytes;
    boolean isDecimal = schema.getLogicalType() instanceof LogicalTypes.Decimal;
    if (!isDecimal || bytes.length > size) throw bad(path, size + " bytes");
    byte[] filled = new byte[size];
    if (bytes[0] < 0) java.util.Arrays.fill(filled, (byte) -1);
    System.arraycopy(bytes, 0, filled, size - bytes.length, bytes.length);
    return filled;
  }

  private static UndecodableException bad(String path, String wanted) {
    return new UndecodableException(at(path) + "has to be " + wanted);
  }

  private static String at(String path) {
    return path.isEmpty() ? "it " : path.substring(path.startsWith(".") ? 1 : 0) + " ";
  }
}
