package oxbow.schema.avro;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import oxbow.schema.Incompatibility;
import oxbow.schema.References;

/** Compatibility of random schemas against Avro's own check, and against reading random data. */
class AvroCompatibilityPropertyTest {
  private static final int PAIRS = 1_500;

  @Test
  void judgesAsAvroDoesAndTellsTheSame() {
    int compatible = 0;
    for (int seed = 0; seed < PAIRS; seed++) {
      var schemas = new RandomSchemas(new Random(seed));
      AvroSchema writer = schema(schemas.next());
      AvroSchema reader = schema(schemas.changed());

      List<Incompatibility> broken = reader.whyCannotRead(writer);

      var result =
          SchemaCompatibility.checkReaderWriterCompatibility(reader.avro(), writer.avro())
              .getResult();
      assertThat(broken.isEmpty())
          .as("seed %d: %s reads %s", seed, reader, writer)
          .isEqualTo(result.getCompatibility() == SchemaCompatibilityType.COMPATIBLE);
      assertThat(broken.stream().map(each -> each.rule() + " " + each.path()))
          .as("seed %d: %s reads %s", seed, reader, writer)
          .containsExactlyElementsOf(
              result.getIncompatibilities().stream()
                  .map(each -> each.getType() + " " + each.getLocation())
                  .distinct()
                  .toList());
      if (broken.isEmpty()) compatible++;
    }
    assertThat(compatible).isBetween(PAIRS / 10, PAIRS * 9 / 10);
  }

  @Test
  void whatIsCompatibleCanAlwaysBeRead() throws IOException {
    int read = 0;
    for (int seed = 0; seed < PAIRS; seed++) {
      var random = new Random(seed);
      var schemas = new RandomSchemas(random);
      AvroSchema writer = schema(schemas.next());
      AvroSchema reader = schema(schemas.changed());
      if (!reader.whyCannotRead(writer).isEmpty()) continue;
      for (int i = 0; i < 3; i++) {
        Object datum = schemas.datum(writer.avro(), 0);
        var bytes = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
        new GenericDatumWriter<>(writer.avro()).write(datum, encoder);
        try {
          writer.json(ByteBuffer.wrap(bytes.toByteArray()), reader);
          read++;
        } catch (RuntimeException e) {
          throw new AssertionError(
              "seed %d: %s can't read %s of %s".formatted(seed, reader, datum, writer), e);
        }
      }
    }
    assertThat(read).isGreaterThan(PAIRS / 4);
  }

  @Test
  void showsTheSameTextWhetherReadAsObjectsOrNot() throws IOException {
    for (int seed = 0; seed < PAIRS; seed++) {
      var schemas = new RandomSchemas(new Random(seed));
      AvroSchema schema = schema(schemas.next());
      var bytes = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      new GenericDatumWriter<>(schema.avro()).write(schemas.datum(schema.avro(), 0), encoder);
      ByteBuffer data = ByteBuffer.wrap(bytes.toByteArray());

      assertThat(schema.json(data, schema))
          .as("seed %d: %s", seed, schema)
          .isEqualTo(AvroValues.json(schema.read(data, schema), schema.avro()));
    }
  }

  private static AvroSchema schema(String text) {
    return new AvroFormat().parseNew(text, References.NONE);
  }

  /** Schemas of all types, and the same ones with some changes. */
  private static final class RandomSchemas {
    private static final String[] PRIMITIVES = {
      "null", "boolean", "int", "long", "float", "double", "string", "bytes"
    };
    private static final String[] FIELDS = {"a", "b", "c", "d"};

    private final Random random;
    private long shape;
    private int names;
    private double change;
    private Random decisions = new Random(0);

    RandomSchemas(Random random) {
      this.random = random;
    }

    String next() {
      shape = random.nextLong();
      change = 0;
      return written();
    }

    /** What {@link #next} gave, where now and then something is decided anew. */
    String changed() {
      change = random.nextBoolean() ? 0.02 : 0.1;
      return written();
    }

    private String written() {
      decisions = new Random(shape);
      names = 0;
      return type(0, null);
    }

    private int decide(int bound) {
      int usual = decisions.nextInt(bound);
      return change > 0 && random.nextDouble() < change ? random.nextInt(bound) : usual;
    }

    private String type(int depth, @Nullable String enclosing) {
      int kind = decide(depth > 3 ? 10 : 20);
      if (depth == 0) kind = 14;
      return switch (kind) {
        case 8 -> {
          String name = name("E");
          boolean hasDefault = decide(3) == 0;
          yield "{\"type\":\"enum\",\"name\":\""
              + name
              + "\",\"symbols\":[\"A\""
              + (decide(2) == 0 ? ",\"B\"" : "")
              + (decide(3) == 0 ? ",\"C\"" : "")
              + "]"
              + (hasDefault ? ",\"default\":\"A\"" : "")
              + "}";
        }
        case 9 ->
            "{\"type\":\"fixed\",\"name\":\"" + name("F") + "\",\"size\":" + (1 + decide(2)) + "}";
        case 10, 11 -> "{\"type\":\"array\",\"items\":" + type(depth + 1, enclosing) + "}";
        case 12 -> "{\"type\":\"map\",\"values\":" + type(depth + 1, enclosing) + "}";
        case 13, 14, 15, 16 -> record(depth);
        case 17, 18 -> union(depth, enclosing);
        case 19 -> enclosing == null ? "\"int\"" : "[\"null\",\"" + enclosing + "\"]";
        default -> "\"" + PRIMITIVES[kind % PRIMITIVES.length] + "\"";
      };
    }

    private String record(int depth) {
      String name = name("R");
      StringBuilder text = new StringBuilder("{\"type\":\"record\",\"name\":\"" + name + "\"");
      if (decide(6) == 0) text.append(",\"aliases\":[\"X").append(names).append("\"]");
      text.append(",\"fields\":[");
      String comma = "";
      for (String field : FIELDS) {
        int kind = decide(8);
        String type = type(depth + 1, name);
        if (kind == 0) continue;
        text.append(comma).append("{\"name\":\"").append(field).append(kind == 1 ? "2" : "");
        text.append("\",\"type\":").append(type);
        if (kind == 1) text.append(",\"aliases\":[\"").append(field).append("\"]");
        if (kind > 4) text.append(defaultOf(type));
        text.append('}');
        comma = ",";
      }
      return text.append("]}").toString();
    }

    private static String defaultOf(String type) {
      if (type.startsWith("[")) {
        return type.startsWith("[\"null\"") ? ",\"default\":null" : "";
      }
      return switch (type) {
        case "\"null\"" -> ",\"default\":null";
        case "\"boolean\"" -> ",\"default\":true";
        case "\"int\"", "\"long\"", "\"float\"", "\"double\"" -> ",\"default\":1";
        case "\"string\"", "\"bytes\"" -> ",\"default\":\"x\"";
        default ->
            type.contains("\"type\":\"array\"") && type.startsWith("{\"type\":\"array\"")
                ? ",\"default\":[]"
                : type.startsWith("{\"type\":\"map\"") ? ",\"default\":{}" : "";
      };
    }

    private String union(int depth, @Nullable String enclosing) {
      Set<String> kinds = new HashSet<>();
      List<String> branches = new ArrayList<>();
      int count = 1 + decide(3);
      for (int i = 0; i < count; i++) {
        String branch = type(depth + 1, enclosing);
        if (branch.startsWith("[")) continue;
        Schema parsed =
            new Schema.Parser()
                .parse(branch.replace("[\"null\",\"" + enclosing + "\"]", "\"int\""));
        if (kinds.add(parsed.getFullName())) branches.add(branch);
      }
      return branches.isEmpty() ? "\"int\"" : "[" + String.join(",", branches) + "]";
    }

    /** Names in the order of their places, so that the same place has the same name. */
    private String name(String prefix) {
      names++;
      return decide(40) == 0 ? "X" + names + prefix : prefix + names;
    }

    @Nullable Object datum(Schema schema, int depth) {
      return switch (schema.getType()) {
        case NULL -> null;
        case BOOLEAN -> random.nextBoolean();
        case INT -> random.nextInt();
        case LONG -> random.nextLong();
        case FLOAT -> random.nextFloat();
        case DOUBLE -> random.nextDouble();
        case STRING -> "s" + random.nextInt(100);
        case BYTES -> ByteBuffer.wrap(new byte[] {(byte) random.nextInt()});
        case FIXED -> new GenericData.Fixed(schema, new byte[schema.getFixedSize()]);
        case ENUM ->
            new GenericData.EnumSymbol(
                schema,
                schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
        case ARRAY -> {
          List<Object> values = new ArrayList<>();
          while (random.nextInt(3) == 0) values.add(datum(schema.getElementType(), depth + 1));
          yield values;
        }
        case MAP -> {
          var values = new HashMap<String, Object>();
          while (random.nextInt(3) == 0) {
            values.put("k" + values.size(), datum(schema.getValueType(), depth + 1));
          }
          yield values;
        }
        case UNION -> {
          int branch = depth > 8 ? 0 : random.nextInt(schema.getTypes().size());
          yield datum(schema.getTypes().get(branch), depth + 1);
        }
        case RECORD -> {
          var record = new GenericData.Record(schema);
          for (Schema.Field field : schema.getFields()) {
            record.put(field.pos(), datum(field.schema(), depth + 1));
          }
          yield record;
        }
      };
    }
  }
}
