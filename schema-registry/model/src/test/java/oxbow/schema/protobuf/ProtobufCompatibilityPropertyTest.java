package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import oxbow.schema.References;

/**
 * Random versions of a message, against the rules in their plainest form, and against bytes: what
 * may be read is read, and every field that both versions have comes out as it went in.
 */
class ProtobufCompatibilityPropertyTest {
  private static final int PAIRS = 1_500;

  private static final List<Set<String>> GROUPS =
      List.of(
          Set.of("int32", "int64", "uint32", "uint64", "bool", "E"),
          Set.of("sint32", "sint64"),
          Set.of("fixed32", "sfixed32"),
          Set.of("fixed64", "sfixed64"),
          Set.of("string", "bytes"),
          Set.of("float"),
          Set.of("double"),
          Set.of("N"),
          Set.of("O"),
          Set.of("map<string, int64>", "map<string, uint32>"),
          Set.of("map<string, N>"));

  private static final List<String> TYPES = GROUPS.stream().flatMap(Set::stream).sorted().toList();

  private final ProtobufFormat format = new ProtobufFormat();

  /**
   * A field as the model knows it.
   *
   * @param label optional, repeated or required; empty in a oneof and of a map
   * @param oneOf empty: none
   */
  private record Field(String type, String label, String oneOf) {
    boolean isMap() {
      return type.startsWith("map");
    }

    boolean isNumber() {
      return group(type) < 4 || type.equals("float") || type.equals("double");
    }
  }

  private static int group(String type) {
    for (int i = 0; i < GROUPS.size(); i++) {
      if (GROUPS.get(i).contains(type)) {
        return i;
      }
    }
    throw new IllegalArgumentException(type);
  }

  @Test
  void theRulesAreTheModelsAndWhatTheyAllowIsRead() {
    int readable = 0;
    for (long seed = 0; seed < PAIRS; seed++) {
      Random random = new Random(seed);
      Map<Integer, Field> writer = version(random);
      Map<Integer, Field> reader = evolved(writer, random);
      ProtobufSchema written = schema(writer, random);
      ProtobufSchema read = schema(reader, random);
      try {
        boolean isReadable = read.whyCannotRead(written).isEmpty();
        assertThat(isReadable).isEqualTo(modelAllows(writer, reader));
        if (isReadable) {
          readable++;
          assertRead(written.message().orElseThrow(), read.message().orElseThrow(), random);
        }
      } catch (AssertionError | InvalidProtocolBufferException e) {
        throw new AssertionError(
            "seed " + seed + "\n" + written + "\nread as\n" + read + read.whyCannotRead(written),
            e);
      }
    }
    assertThat(readable).isBetween(PAIRS / 5, PAIRS * 4 / 5);
  }

  private static Map<Integer, Field> version(Random random) {
    Map<Integer, Field> fields = new TreeMap<>();
    for (int number = 1; number <= 6; number++) {
      if (random.nextInt(4) > 0) {
        fields.put(number, field(random));
      }
    }
    return fields;
  }

  private static Field field(Random random) {
    String type = TYPES.get(random.nextInt(TYPES.size()));
    if (type.startsWith("map")) {
      return new Field(type, "", "");
    }
    return switch (random.nextInt(6)) {
      case 0 -> new Field(type, "repeated", "");
      case 1 -> new Field(type, random.nextInt(3) == 0 ? "required" : "optional", "");
      case 2, 3 -> new Field(type, "", random.nextBoolean() ? "o1" : "o2");
      default -> new Field(type, "optional", "");
    };
  }

  private static Map<Integer, Field> evolved(Map<Integer, Field> before, Random random) {
    Map<Integer, Field> fields = new TreeMap<>(before);
    int changes = 1 + random.nextInt(2);
    for (int i = 0; i < changes; i++) {
      int number = 1 + random.nextInt(6);
      Field field = fields.get(number);
      if (field == null) {
        fields.put(number, field(random));
        continue;
      }
      switch (random.nextInt(5)) {
        case 0 -> fields.remove(number);
        case 1 -> fields.put(number, field(random));
        case 2, 3 -> {
          List<String> same = GROUPS.get(group(field.type())).stream().sorted().toList();
          String type = same.get(random.nextInt(same.size()));
          fields.put(number, new Field(type, field.label(), field.oneOf()));
        }
        default -> {
          if (!field.isMap()) {
            boolean moves = random.nextBoolean();
            String oneOf = moves ? "o" + (1 + random.nextInt(3)) : "";
            fields.put(number, new Field(field.type(), moves ? "" : "optional", oneOf));
          }
        }
      }
    }
    return fields;
  }

  private ProtobufSchema schema(Map<Integer, Field> fields, Random random) {
    StringBuilder text = new StringBuilder("syntax = \"proto2\"; message M {");
    Map<String, StringBuilder> oneOfs = new TreeMap<>();
    fields.forEach((number, field) -> {
      StringBuilder to =
          field.oneOf().isEmpty()
              ? text
              : oneOfs.computeIfAbsent(field.oneOf(), _ -> new StringBuilder());
      to.append(field.label()).append(' ').append(field.type());
      to.append(random.nextBoolean() ? " f" : " g").append(number);
      to.append(" = ").append(number).append(';');
    });
    oneOfs.forEach((name, members) ->
        text.append("oneof ").append(name).append('{').append(members).append('}'));
    text.append("} enum E { ZERO = 0; ONE = 1; }");
    text.append("message N { optional int32 n = 1; } message O { optional int32 n = 1; }");
    return format.parseNew(text.toString(), References.NONE);
  }

  /** The rules, each on its own. */
  private static boolean modelAllows(Map<Integer, Field> writer, Map<Integer, Field> reader) {
    return onlyOptionalFieldsComeAndGo(writer, reader)
        && oneOfsLoseNoMember(writer, reader)
        && typesShareAGroup(writer, reader)
        && numbersKeepTheirLabels(writer, reader)
        && noNewExclusion(writer, reader);
  }

  private static boolean onlyOptionalFieldsComeAndGo(
      Map<Integer, Field> writer, Map<Integer, Field> reader) {
    return without(reader, writer).stream().noneMatch(f -> f.label().equals("required"))
        && without(writer, reader).stream().noneMatch(f -> f.label().equals("required"));
  }

  private static Collection<Field> without(Map<Integer, Field> some, Map<Integer, Field> others) {
    Map<Integer, Field> left = new HashMap<>(some);
    left.keySet().removeAll(others.keySet());
    return left.values();
  }

  private static boolean oneOfsLoseNoMember(
      Map<Integer, Field> writer, Map<Integer, Field> reader) {
    for (Field gone : without(writer, reader)) {
      if (gone.oneOf().isEmpty()) {
        continue;
      }
      boolean isNamed = reader.values().stream().anyMatch(f -> f.oneOf().equals(gone.oneOf()));
      boolean isAnyLeft =
          writer.entrySet().stream()
              .anyMatch(
                  e -> e.getValue().oneOf().equals(gone.oneOf()) && reader.containsKey(e.getKey()));
      if (isNamed || isAnyLeft) {
        return false;
      }
    }
    return true;
  }

  private static boolean typesShareAGroup(Map<Integer, Field> writer, Map<Integer, Field> reader) {
    return writer.entrySet().stream()
        .allMatch(each -> {
          Field read = reader.getOrDefault(each.getKey(), each.getValue());
          return group(each.getValue().type()) == group(read.type());
        });
  }

  private static boolean numbersKeepTheirLabels(
      Map<Integer, Field> writer, Map<Integer, Field> reader) {
    for (Map.Entry<Integer, Field> each : writer.entrySet()) {
      Field read = reader.get(each.getKey());
      if (read != null
          && each.getValue().isNumber()
          && !each.getValue().label().isEmpty()
          && !read.label().isEmpty()
          && !read.label().equals(each.getValue().label())) {
        return false;
      }
    }
    return true;
  }

  private static boolean noNewExclusion(Map<Integer, Field> writer, Map<Integer, Field> reader) {
    Map<String, Set<String>> origins = new HashMap<>();
    reader.forEach((number, field) -> {
      Field before = writer.get(number);
      if (before != null && !field.oneOf().isEmpty()) {
        origins
            .computeIfAbsent(field.oneOf(), _ -> new HashSet<>())
            .add(before.oneOf().isEmpty() ? "alone " + number : before.oneOf());
      }
    });
    return origins.values().stream().allMatch(each -> each.size() == 1);
  }

  private static void assertRead(Descriptor writer, Descriptor reader, Random random)
      throws InvalidProtocolBufferException {
    DynamicMessage written = message(writer, random);
    DynamicMessage read = DynamicMessage.parseFrom(reader, written.toByteString());
    for (FieldDescriptor field : writer.getFields()) {
      FieldDescriptor other = reader.findFieldByNumber(field.getNumber());
      if (other == null) {
        assertThat(read.getUnknownFields().hasField(field.getNumber()))
            .isEqualTo(values(written, field).size() > 0);
      } else {
        List<Object> expected = values(written, field);
        // A single field keeps the last of several; nothing else is ever lost.
        if (!other.isRepeated() && expected.size() > 1) {
          expected = expected.subList(expected.size() - 1, expected.size());
        }
        if (!isLabelLost(field, other)) {
          assertThat(values(read, other)).as(field.getFullName()).isEqualTo(expected);
        }
      }
    }
  }

  /**
   * Confluent compares labels only where both are written: a repeated number may become a member of
   * a oneof, which reads a packed list as unknown. Messages that repeat are joined, not dropped.
   */
  private static boolean isLabelLost(FieldDescriptor written, FieldDescriptor read) {
    return written.isRepeated() && !read.isRepeated() && !isText(written);
  }

  private static boolean isText(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.STRING
        || field.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING;
  }

  private static DynamicMessage message(Descriptor type, Random random) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      if (field.isMapField()) {
        FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
        message.addRepeatedField(
            field,
            DynamicMessage.newBuilder(field.getMessageType())
                .setField(field.getMessageType().findFieldByNumber(1), "k")
                .setField(value, value(value, random))
                .build());
      } else if (field.isRepeated()) {
        for (int i = random.nextInt(3); i > 0; i--) {
          message.addRepeatedField(field, value(field, random));
        }
      } else if (field.isRequired() || random.nextInt(3) > 0) {
        message.setField(field, value(field, random));
      }
    }
    return message.build();
  }

  /** One that every type of its group can hold: the rules judge types, not values. */
  private static Object value(FieldDescriptor field, Random random) {
    return switch (field.getType()) {
      case BOOL -> random.nextBoolean();
      case ENUM -> field.getEnumType().findValueByNumber(random.nextInt(2));
      case INT32, UINT32 -> random.nextInt(2);
      case INT64, UINT64 -> (long) random.nextInt(2);
      case SINT32 -> random.nextInt();
      case SINT64 -> (long) random.nextInt();
      case FIXED32, SFIXED32 -> random.nextInt(Integer.MAX_VALUE);
      case FIXED64, SFIXED64 -> random.nextLong(Long.MAX_VALUE);
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextDouble();
      case STRING -> "s" + random.nextInt(9);
      case BYTES -> ByteString.copyFromUtf8("b" + random.nextInt(9));
      case MESSAGE, GROUP -> message(field.getMessageType(), random);
    };
  }

  /** What a field holds, in a form that all types of its group share. */
  private static List<Object> values(Message message, FieldDescriptor field) {
    List<Object> values = new ArrayList<>();
    if (field.isRepeated()) {
      ((List<?>) message.getField(field)).forEach(each -> values.add(plain(each)));
    } else if (message.hasField(field)) {
      values.add(plain(message.getField(field)));
    }
    return values;
  }

  private static Object plain(@Nullable Object value) {
    return switch (value) {
      case Boolean bool -> bool ? 1L : 0L;
      case EnumValueDescriptor constant -> (long) constant.getNumber();
      case Integer number -> (long) number;
      case ByteString bytes -> bytes.toStringUtf8();
      case Message part -> {
        Map<Integer, Object> fields = new TreeMap<>();
        part.getAllFields().forEach((f, v) -> fields.put(f.getNumber(), plain(v)));
        yield fields;
      }
      case null -> throw new IllegalArgumentException("no value");
      default -> value;
    };
  }
}
