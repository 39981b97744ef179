package oxbow.schema.protobuf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.DynamicMessage;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import oxbow.schema.JsonText;
import oxbow.schema.UndecodableException;

/**
 * Writes what {@link ProtobufValues} shows, and everything else that Protobuf's JSON mapping lets
 * stand for a message: fields by either name, numbers as texts, constants as numbers, base64 of
 * both alphabets. A field that the message doesn't have is refused, since it would be lost.
 */
final class ProtobufWriting {
  private static final int DEPTH_MAX = 100;
  private static final BigInteger UINT32_MAX =
      BigInteger.ONE.shiftLeft(32).subtract(BigInteger.ONE);
  private static final BigInteger UINT64_MAX =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  /** Digits before and behind the point; more is no number that a field holds. */
  private static final int DIGITS_MAX = 400;

  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE][+-]?\\d{1,3})?");
  private static final Pattern DURATION = Pattern.compile("(-?)(\\d{1,12})(?:\\.(\\d{1,9}))?s");
  private static final long DURATION_SECONDS_MAX = 315_576_000_000L;
  private static final Instant TIME_MIN = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant TIME_MAX = Instant.parse("9999-12-31T23:59:59.999999999Z");

  private final ProtobufValues known;

  /**
   * @param known whose types an Any may hold, and whose extensions a message may have
   */
  ProtobufWriting(ProtobufValues known) {
    this.known = known;
  }

  byte[] bytes(String json, Descriptor type) {
    try {
      JsonNode tree = JsonText.MAPPER.readTree(json);
      DynamicMessage message = message(tree, type, "", 0);
      if (!message.isInitialized()) {
        throw new UndecodableException(
            "required fields are missing: " + message.getInitializationErrorString());
      }
      return message.toByteArray();
    } catch (JsonProcessingException e) {
      throw new UndecodableException("this is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private DynamicMessage message(JsonNode json, Descriptor type, String path, int depth) {
    if (depth > DEPTH_MAX) throw new UndecodableException("the message is nested too deeply");
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    switch (type.getFullName()) {
      case "google.protobuf.Any" -> any(message, json, path, depth);
      case "google.protobuf.Timestamp" -> timestamp(message, json, path, depth);
      case "google.protobuf.Duration" -> duration(message, json, path, depth);
      case "google.protobuf.FieldMask" -> fieldMask(message, json, path);
      case "google.protobuf.Struct" -> {
        if (!json.isObject()) throw bad(path, "an object");
        set(message, field(type, 1), json, path, depth);
      }
      case "google.protobuf.ListValue" -> {
        if (!json.isArray()) throw bad(path, "a list");
        set(message, field(type, 1), json, path, depth);
      }
      case "google.protobuf.Value" -> value(message, json, path, depth);
      case "google.protobuf.DoubleValue",
          "google.protobuf.FloatValue",
          "google.protobuf.Int64Value",
          "google.protobuf.UInt64Value",
          "google.protobuf.Int32Value",
          "google.protobuf.UInt32Value",
          "google.protobuf.BoolValue",
          "google.protobuf.StringValue",
          "google.protobuf.BytesValue" -> {
        FieldDescriptor only = field(type, 1);
        message.setField(only, single(json, only, path, depth));
      }
      default -> fields(message, json, path, depth, Set.of());
    }
    return message.buildPartial();
  }

  private void fields(
      DynamicMessage.Builder message,
      JsonNode json,
      String path,
      int depth,
      Set<String> passedOver) {
    if (!json.isObject()) throw bad(path, "an object");
    Descriptor type = message.getDescriptorForType();
    Map<String, FieldDescriptor> byName = new HashMap<>();
    for (FieldDescriptor field : type.getFields()) byName.put(field.getName(), field);
    for (FieldDescriptor field : type.getFields()) byName.put(field.getJsonName(), field);
    Set<FieldDescriptor> given = new HashSet<>();
    for (Map.Entry<String, JsonNode> member : json.properties()) {
      String name = member.getKey();
      if (passedOver.contains(name)) continue;
      String at = path.isEmpty() ? name : path + "." + name;
      FieldDescriptor field = byName.get(name);
      if (field == null && name.startsWith("[") && name.endsWith("]")) {
        field = known.extension(type, name.substring(1, name.length() - 1));
      }
      if (field == null) {
        throw new UndecodableException(at + ": " + type.getFullName() + " has no such field");
      }
      if (!given.add(field)) throw new UndecodableException(at + ": the field is given twice");
      if (member.getValue().isNull() && !takesNull(field)) continue;
      OneofDescriptor oneof = field.getContainingOneof();
      if (oneof != null && message.hasOneof(oneof)) {
        throw new UndecodableException(at + ": only one of " + oneof.getName() + " can be set");
      }
      set(message, field, member.getValue(), at, depth);
    }
  }

  /** For everything else null stands for a field that is not set. */
  private static boolean takesNull(FieldDescriptor field) {
    if (field.isRepeated()) return false;
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getFullName().equals("google.protobuf.Value");
      case ENUM -> isNullValue(field.getEnumType());
      default -> false;
    };
  }

  private static boolean isNullValue(EnumDescriptor type) {
    return type.getFullName().equals("google.protobuf.NullValue");
  }

  private void set(
      DynamicMessage.Builder message,
      FieldDescriptor field,
      JsonNode json,
      String path,
      int depth) {
    if (field.isMapField()) {
      if (!json.isObject()) throw bad(path, "an object");
      FieldDescriptor key = field(field.getMessageType(), 1);
      FieldDescriptor value = field(field.getMessageType(), 2);
      for (Map.Entry<String, JsonNode> entry : json.properties()) {
        String at = path + "[" + entry.getKey() + "]";
        message.addRepeatedField(
            field,
            DynamicMessage.newBuilder(field.getMessageType())
                .setField(key, key(entry.getKey(), key, at))
                .setField(value, element(entry.getValue(), value, at, depth))
                .build());
      }
    } else if (field.isRepeated()) {
      if (!json.isArray()) throw bad(path, "a list");
      int index = 0;
      for (JsonNode each : json) {
        String at = path + "[" + index++ + "]";
        message.addRepeatedField(field, element(each, field, at, depth));
      }
    } else {
      message.setField(field, single(json, field, path, depth));
    }
  }

  private Object element(JsonNode json, FieldDescriptor field, String path, int depth) {
    boolean isNullable =
        switch (field.getJavaType()) {
          case MESSAGE -> field.getMessageType().getFullName().equals("google.protobuf.Value");
          case ENUM -> isNullValue(field.getEnumType());
          default -> false;
        };
    if (json.isNull() && !isNullable) throw bad(path, "a value, not null");
    return single(json, field, path, depth);
  }

  private static Object key(String text, FieldDescriptor field, String path) {
    return switch (field.getType()) {
      case STRING -> text;
      case BOOL ->
          switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw bad(path, "true or false as the key");
          };
      default -> integer(number(text, path), field, path);
    };
  }

  private Object single(JsonNode json, FieldDescriptor field, String path, int depth) {
    return switch (field.getType()) {
      case BOOL -> {
        if (!json.isBoolean()) throw bad(path, "true or false");
        yield json.booleanValue();
      }
      case INT32, SINT32, SFIXED32, UINT32, FIXED32, INT64, SINT64, SFIXED64, UINT64, FIXED64 ->
          integer(number(json, path), field, path);
      case FLOAT -> floatValue(json, path);
      case DOUBLE -> doubleValue(json, path);
      case STRING -> {
        if (!json.isTextual()) throw bad(path, "a text");
        yield json.textValue();
      }
      case BYTES -> ByteString.copyFrom(base64(json, path));
      case ENUM -> constant(json, field.getEnumType(), path);
      case MESSAGE, GROUP -> message(json, field.getMessageType(), path, depth + 1);
    };
  }

  // ---- numbers

  private static BigDecimal number(JsonNode json, String path) {
    if (json.isNumber()) return bounded(json.decimalValue(), path);
    if (json.isTextual()) return number(json.textValue(), path);
    throw bad(path, "a number");
  }

  private static BigDecimal number(String text, String path) {
    if (text.length() > DIGITS_MAX || !NUMBER.matcher(text).matches()) throw bad(path, "a number");
    return bounded(new BigDecimal(text), path);
  }

  private static BigDecimal bounded(BigDecimal number, String path) {
    // Beyond any double; and 1e999999999 written out would fill the memory.
    if (Math.abs((long) number.precision() - number.scale()) > DIGITS_MAX
        || Math.abs((long) number.scale()) > 2 * DIGITS_MAX) {
      throw bad(path, "a number that fits");
    }
    return number;
  }

  private static Object integer(BigDecimal number, FieldDescriptor field, String path) {
    BigInteger whole;
    try {
      whole = number.toBigIntegerExact();
    } catch (ArithmeticException _) {
      throw bad(path, "a whole number");
    }
    return switch (field.getType()) {
      case UINT32, FIXED32 -> {
        if (whole.signum() < 0 || whole.compareTo(UINT32_MAX) > 0) {
          throw bad(path, "a number from 0 to 4294967295");
        }
        yield whole.intValue();
      }
      case UINT64, FIXED64 -> {
        if (whole.signum() < 0 || whole.compareTo(UINT64_MAX) > 0) {
          throw bad(path, "a number from 0 to 18446744073709551615");
        }
        yield whole.longValue();
      }
      case INT64, SINT64, SFIXED64 -> {
        if (whole.bitLength() >= Long.SIZE) throw bad(path, "a number of 64 bits");
        yield whole.longValue();
      }
      default -> {
        if (whole.bitLength() >= Integer.SIZE) throw bad(path, "a number of 32 bits");
        yield whole.intValue();
      }
    };
  }

  private static Object doubleValue(JsonNode json, String path) {
    Double named = named(json);
    if (named != null) return named;
    double value = number(json, path).doubleValue();
    if (Double.isInfinite(value)) throw bad(path, "a number that a double holds");
    return value;
  }

  private static Object floatValue(JsonNode json, String path) {
    Double named = named(json);
    if (named != null) return named.floatValue();
    float value = number(json, path).floatValue();
    if (Float.isInfinite(value)) throw bad(path, "a number that a float holds");
    return value;
  }

  private static @Nullable Double named(JsonNode json) {
    if (!json.isTextual()) return null;
    return switch (json.textValue()) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  // ---- texts

  private static byte[] base64(JsonNode json, String path) {
    if (!json.isTextual()) throw bad(path, "bytes in base64");
    String text = json.textValue().replace('-', '+').replace('_', '/');
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw bad(path, "bytes in base64");
    }
  }

  private static EnumValueDescriptor constant(JsonNode json, EnumDescriptor type, String path) {
    EnumValueDescriptor found = null;
    if (json.isNull() && isNullValue(type)) {
      found = type.findValueByNumber(0);
    } else if (json.isTextual()) {
      found = type.findValueByName(json.textValue());
    } else if (json.isNumber()) {
      Object number = integer32(json, path);
      found =
          type.isClosed()
              ? type.findValueByNumber((Integer) number)
              : type.findValueByNumberCreatingIfUnknown((Integer) number);
    }
    if (found == null) throw bad(path, "a constant of " + type.getFullName());
    return found;
  }

  private static Object integer32(JsonNode json, String path) {
    try {
      return number(json, path).intValueExact();
    } catch (ArithmeticException _) {
      throw bad(path, "a constant's number");
    }
  }

  // ---- types with a form of their own

  private void timestamp(DynamicMessage.Builder message, JsonNode json, String path, int depth) {
    if (json.isObject()) { // as times are shown that no calendar has
      fields(message, json, path, depth, Set.of());
      return;
    }
    try {
      if (!json.isTextual()) throw bad(path, "a time such as 2026-01-01T00:00:00Z");
      Instant time = OffsetDateTime.parse(json.textValue()).toInstant();
      if (time.isBefore(TIME_MIN) || time.isAfter(TIME_MAX)) {
        throw bad(path, "a time of the years 1 to 9999");
      }
      secondsAndNanos(message, time.getEpochSecond(), time.getNano());
    } catch (DateTimeException e) {
      throw bad(path, "a time such as 2026-01-01T00:00:00Z");
    }
  }

  private void duration(DynamicMessage.Builder message, JsonNode json, String path, int depth) {
    if (json.isObject()) { // as is shown what no duration is
      fields(message, json, path, depth, Set.of());
      return;
    }
    Matcher parts = DURATION.matcher(json.isTextual() ? json.textValue() : "");
    if (!parts.matches()) throw bad(path, "seconds such as 1.5s");
    int sign = parts.group(1).isEmpty() ? 1 : -1;
    long seconds = Long.parseLong(parts.group(2));
    if (seconds > DURATION_SECONDS_MAX) throw bad(path, "at most 10000 years");
    String fraction = parts.group(3) == null ? "" : parts.group(3);
    int nanos = Integer.parseInt((fraction + "000000000").substring(0, 9));
    secondsAndNanos(message, sign * seconds, sign * nanos);
  }

  private static void secondsAndNanos(DynamicMessage.Builder message, long seconds, int nanos) {
    Descriptor type = message.getDescriptorForType();
    message.setField(field(type, 1), seconds).setField(field(type, 2), nanos);
  }

  private static void fieldMask(DynamicMessage.Builder message, JsonNode json, String path) {
    if (!json.isTextual()) throw bad(path, "paths such as a.fooBar,b");
    if (json.textValue().isEmpty()) return;
    FieldDescriptor paths = field(message.getDescriptorForType(), 1);
    for (String each : json.textValue().split(",", -1)) {
      if (each.isEmpty() || each.indexOf('_') >= 0) throw bad(path, "paths such as a.fooBar,b");
      var snake = new StringBuilder();
      for (int i = 0; i < each.length(); i++) {
        char c = each.charAt(i);
        if (c >= 'A' && c <= 'Z') snake.append('_').append((char) (c - 'A' + 'a'));
        else snake.append(c);
      }
      message.addRepeatedField(paths, snake.toString());
    }
  }

  private void value(DynamicMessage.Builder message, JsonNode json, String path, int depth) {
    int number =
        switch (json.getNodeType()) {
          case NULL -> 1;
          case NUMBER -> 2;
          case STRING -> 3;
          case BOOLEAN -> 4;
          case OBJECT -> 5;
          case ARRAY -> 6;
          default -> throw bad(path, "a value");
        };
    FieldDescriptor member = field(message.getDescriptorForType(), number);
    message.setField(member, single(json, member, path, depth));
  }

  private void any(DynamicMessage.Builder message, JsonNode json, String path, int depth) {
    if (!json.isObject()) throw bad(path, "an object with an @type");
    if (json.isEmpty()) return;
    JsonNode url = json.get("@type");
    if (url == null || !url.isTextual()) throw bad(path, "an object with an @type");
    String name = url.textValue().substring(url.textValue().lastIndexOf('/') + 1);
    Descriptor content = known.type(name);
    ByteString bytes;
    JsonNode value = json.get("value");
    if (content == null) {
      // As is shown what nobody here declares.
      if (json.size() != 2 || value == null) {
        throw new UndecodableException(path + ": nobody here declares " + name);
      }
      bytes = ByteString.copyFrom(base64(value, path + ".value"));
    } else if (ProtobufValues.hasOwnForm(content)) {
      if (json.size() != 2 || value == null) throw bad(path, "an @type and a value");
      bytes = message(value, content, path + ".value", depth + 1).toByteString();
    } else {
      DynamicMessage.Builder held = DynamicMessage.newBuilder(content);
      fields(held, json, path, depth + 1, Set.of("@type"));
      bytes = held.buildPartial().toByteString();
    }
    Descriptor type = message.getDescriptorForType();
    message.setField(field(type, 1), url.textValue()).setField(field(type, 2), bytes);
  }

  private static FieldDescriptor field(Descriptor type, int number) {
    return type.findFieldByNumber(number);
  }

  private static UndecodableException bad(String path, String wanted) {
    return new UndecodableException((path.isEmpty() ? "the value" : path) + " has to be " + wanted);
  }
}
