package oxbow.cold.file.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * Random schemas, later versions of them, and random values in bytes. The encoder is its own: it
 * shares nothing with what it tests.
 */
public final class RandomAvro {
  /** How values are written. */
  public enum Style {
    /** As Java's encoder does. */
    CANONICAL,
    /** Lists in blocks with sizes, as Go's does. */
    BLOCKED,
    /** In every way that a decoder has to accept, and some that it must not. */
    HOSTILE
  }

  private static final String[] WORDS = {
    "",
    "a",
    "alpha",
    "beta gamma",
    "straße",
    "日本語",
    "🦊 fox",
    "a rather longer text than sixteen bytes"
  };

  private final Random random;
  private int names;

  public RandomAvro(Random random) {
    this.random = random;
  }

  public Schema record() {
    return record(0);
  }

  private Schema record(int depth) {
    List<Schema.Field> fields = new ArrayList<>();
    int count = 1 + random.nextInt(depth == 0 ? 8 : 4);
    for (int i = 0; i < count; i++) fields.add(new Schema.Field("f" + names++, type(depth + 1)));
    return Schema.createRecord("r" + names++, null, "test", false, fields);
  }

  /** Any type, a record or not. */
  public Schema type(int depth) {
    int choice = random.nextInt(depth >= 4 ? 17 : 25);
    return switch (choice) {
      case 0 -> Schema.create(Schema.Type.BOOLEAN);
      case 1 -> Schema.create(Schema.Type.INT);
      case 2 -> Schema.create(Schema.Type.LONG);
      case 3 -> Schema.create(Schema.Type.FLOAT);
      case 4 -> Schema.create(Schema.Type.DOUBLE);
      case 5, 6 -> Schema.create(Schema.Type.STRING);
      case 7 -> Schema.create(Schema.Type.BYTES);
      case 8 -> Schema.createFixed("x" + names++, null, "test", 1 + random.nextInt(20));
      case 9 -> Schema.createEnum("e" + names++, null, "test", symbols());
      case 10 -> logicalInt();
      case 11, 12 -> logicalLong();
      case 13 -> LogicalTypes.uuid().addToSchema(Schema.create(Schema.Type.STRING));
      case 14 -> {
        int precision = 1 + random.nextInt(38);
        yield LogicalTypes.decimal(precision, random.nextInt(precision + 1))
            .addToSchema(Schema.create(Schema.Type.BYTES));
      }
      case 15 -> {
        int bytes = 1 + random.nextInt(16);
        int precisionMax = (int) Math.floor(Math.log10(2) * (8 * bytes - 1));
        int precision = 1 + random.nextInt(Math.max(1, Math.min(38, precisionMax)));
        yield LogicalTypes.decimal(precision, 0)
            .addToSchema(Schema.createFixed("d" + names++, null, "test", bytes));
      }
      case 16 -> optional(Schema.create(Schema.Type.STRING));
      case 17, 18 -> optional(type(depth + 1));
      case 19 -> Schema.createArray(type(depth + 1));
      case 20 -> Schema.createMap(type(depth + 1));
      case 21 -> record(depth);
      case 22 -> union(depth);
      case 23 -> recursive();
      default -> Schema.create(Schema.Type.NULL);
    };
  }

  private List<String> symbols() {
    List<String> symbols = new ArrayList<>();
    for (int i = 1 + random.nextInt(20); i > 0; i--) symbols.add("S" + i);
    return symbols;
  }

  private Schema logicalInt() {
    var type = Schema.create(Schema.Type.INT);
    return random.nextBoolean()
        ? LogicalTypes.date().addToSchema(type)
        : LogicalTypes.timeMillis().addToSchema(type);
  }

  private Schema logicalLong() {
    var type = Schema.create(Schema.Type.LONG);
    return switch (random.nextInt(7)) {
      case 0 -> LogicalTypes.timestampMillis().addToSchema(type);
      case 1 -> LogicalTypes.timestampMicros().addToSchema(type);
      case 2 -> LogicalTypes.timestampNanos().addToSchema(type);
      case 3 -> LogicalTypes.localTimestampMillis().addToSchema(type);
      case 4 -> LogicalTypes.localTimestampMicros().addToSchema(type);
      case 5 -> LogicalTypes.localTimestampNanos().addToSchema(type);
      default -> LogicalTypes.timeMicros().addToSchema(type);
    };
  }

  private Schema optional(Schema type) {
    if (type.getType() == Schema.Type.UNION || type.getType() == Schema.Type.NULL) return type;
    var none = Schema.create(Schema.Type.NULL);
    return random.nextBoolean() ? Schema.createUnion(none, type) : Schema.createUnion(type, none);
  }

  private Schema union(int depth) {
    List<Schema> branches = new ArrayList<>();
    if (random.nextBoolean()) branches.add(Schema.create(Schema.Type.NULL));
    branches.add(Schema.create(Schema.Type.STRING));
    if (random.nextBoolean()) branches.add(Schema.create(Schema.Type.LONG));
    if (random.nextBoolean()) branches.add(record(depth + 1));
    if (random.nextBoolean()) branches.add(Schema.createArray(type(depth + 2)));
    Collections.shuffle(branches, random);
    return Schema.createUnion(branches);
  }

  private Schema recursive() {
    Schema tree = Schema.createRecord("t" + names++, null, "test", false);
    tree.setFields(
        List.of(
            new Schema.Field("label", Schema.create(Schema.Type.STRING)),
            new Schema.Field("children", Schema.createArray(tree))));
    return tree;
  }

  /** A later version: fields added, dropped, moved, widened, made optional. */
  public Schema evolved(Schema record) {
    List<Schema.Field> fields = new ArrayList<>();
    for (Schema.Field field : record.getFields()) {
      if (random.nextInt(8) == 0) continue;
      Schema type = field.schema();
      switch (random.nextInt(8)) {
        case 0 -> {
          if (type.getType() == Schema.Type.INT && type.getLogicalType() == null) {
            type = Schema.create(Schema.Type.LONG);
          } else if (type.getType() == Schema.Type.FLOAT) {
            type = Schema.create(Schema.Type.DOUBLE);
          }
        }
        case 1 -> type = optional(type);
        case 2 -> {
          if (type.getType() == Schema.Type.RECORD && !type.getFullName().startsWith("test.t")) {
            type = evolved(type);
          }
        }
        case 3 -> {
          if (random.nextInt(4) == 0) type = type(2);
        }
        default -> {}
      }
      fields.add(new Schema.Field(field.name(), type));
    }
    if (random.nextBoolean()) fields.add(new Schema.Field("f" + names++, type(2)));
    if (fields.isEmpty()) fields.add(new Schema.Field("f" + names++, type(2)));
    Collections.shuffle(fields, random);
    return Schema.createRecord(record.getName(), null, "test", false, fields);
  }

  public byte[] value(Schema schema, Style style) {
    var out = new ByteArrayOutputStream();
    write(out, schema, style, 0);
    return out.toByteArray();
  }

  private boolean odd(Style style) {
    return style == Style.HOSTILE && random.nextInt(25) == 0;
  }

  private void write(ByteArrayOutputStream out, Schema schema, Style style, int depth) {
    switch (schema.getType()) {
      case NULL -> {}
      case BOOLEAN -> out.write(odd(style) ? random.nextInt(256) : random.nextInt(2));
      case INT -> number(out, intValue(schema, style), style);
      case LONG -> number(out, longValue(schema, style), style);
      case FLOAT -> little(out, floatBits(), Float.BYTES);
      case DOUBLE -> little(out, doubleBits(), Double.BYTES);
      case STRING -> bytes(out, text(schema, style), style);
      case BYTES -> bytes(out, blob(schema, style), style);
      case FIXED -> out.writeBytes(fixed(schema));
      case ENUM -> {
        int symbols = schema.getEnumSymbols().size();
        number(out, odd(style) ? symbols : random.nextInt(symbols), style);
      }
      case RECORD -> {
        for (Schema.Field field : schema.getFields()) write(out, field.schema(), style, depth + 1);
      }
      case UNION -> {
        int branches = schema.getTypes().size();
        if (odd(style)) {
          number(out, random.nextInt(branches + 2) - 1, style);
        } else {
          int branch = random.nextInt(branches);
          number(out, branch, style);
          write(out, schema.getTypes().get(branch), style, depth + 1);
        }
      }
      case ARRAY -> blocks(out, schema.getElementType(), false, style, depth);
      case MAP -> blocks(out, schema.getValueType(), true, style, depth);
    }
  }

  private void blocks(
      ByteArrayOutputStream out, Schema element, boolean isMap, Style style, int depth) {
    int count = depth > 4 ? 0 : random.nextInt(4);
    if (depth < 3 && random.nextInt(60) == 0) count = 90 + random.nextInt(230);
    boolean isBlocked = style == Style.BLOCKED || odd(style);
    while (count > 0) {
      int some = isBlocked ? Math.min(count, odd(style) ? 7 : 100) : count;
      if (odd(style)) some = 1;
      var block = new ByteArrayOutputStream();
      for (int i = 0; i < some; i++) {
        if (isMap) bytes(block, word(), style);
        write(block, element, style, depth + 1);
      }
      if (isBlocked) {
        number(out, -some, style);
        number(out, block.size() + (odd(style) ? 1 : 0), style);
      } else {
        number(out, some, style);
      }
      out.writeBytes(block.toByteArray());
      count -= some;
    }
    number(out, 0, style);
  }

  private int intValue(Schema schema, Style style) {
    if (schema.getLogicalType() instanceof LogicalTypes.TimeMillis && !odd(style)) {
      return random.nextInt(86_400_000);
    }
    return random.nextInt() >> random.nextInt(32);
  }

  private long longValue(Schema schema, Style style) {
    if (odd(style)) return random.nextLong();
    if (schema.getLogicalType() instanceof LogicalTypes.TimeMicros) {
      return random.nextLong(86_400_000_000L);
    }
    if (schema.getLogicalType() != null) return random.nextLong() >> 14;
    return random.nextLong() >> random.nextInt(64);
  }

  private long floatBits() {
    return switch (random.nextInt(6)) {
      case 0 -> random.nextInt();
      case 1 -> Float.floatToRawIntBits(-0.0f);
      default -> Float.floatToRawIntBits(random.nextInt(1000) / 4f);
    };
  }

  private long doubleBits() {
    return switch (random.nextInt(6)) {
      case 0 -> random.nextLong();
      case 1 -> 0x7ff8000000000123L;
      default -> Double.doubleToRawLongBits(random.nextInt(100_000) / 100.0);
    };
  }

  private byte[] word() {
    return WORDS[random.nextInt(WORDS.length)].getBytes(StandardCharsets.UTF_8);
  }

  private byte[] text(Schema schema, Style style) {
    if (schema.getLogicalType() instanceof LogicalTypes.Uuid) {
      String uuid = new java.util.UUID(random.nextLong(), random.nextLong()).toString();
      if (odd(style)) uuid = uuid.toUpperCase(java.util.Locale.ROOT);
      if (odd(style)) uuid = uuid.substring(1) + "g";
      return uuid.getBytes(StandardCharsets.UTF_8);
    }
    if (odd(style)) {
      var bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      return bytes;
    }
    return random.nextInt(3) == 0
        ? ("n" + random.nextInt(100_000)).getBytes(StandardCharsets.UTF_8)
        : word();
  }

  private byte[] blob(Schema schema, Style style) {
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      byte[] number = decimal(decimal.getPrecision());
      if (!odd(style)) return number;
      var longer = new byte[number.length + 1];
      longer[0] = (byte) (number[0] < 0 ? -1 : random.nextInt(2));
      System.arraycopy(number, 0, longer, 1, number.length);
      return longer;
    }
    var bytes = new byte[random.nextInt(30)];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[] decimal(int precision) {
    var limit = java.math.BigInteger.TEN.pow(precision);
    var number = new java.math.BigInteger(limit.bitLength() + 1, random).mod(limit);
    return (random.nextBoolean() ? number : number.negate()).toByteArray();
  }

  private byte[] fixed(Schema schema) {
    var bytes = new byte[schema.getFixedSize()];
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
      byte[] number = decimal(decimal.getPrecision());
      java.util.Arrays.fill(bytes, (byte) (number[0] < 0 ? -1 : 0));
      int length = Math.min(number.length, bytes.length);
      System.arraycopy(number, number.length - length, bytes, bytes.length - length, length);
    } else {
      random.nextBytes(bytes);
    }
    return bytes;
  }

  private void bytes(ByteArrayOutputStream out, byte[] bytes, Style style) {
    number(out, bytes.length, style);
    out.writeBytes(bytes);
  }

  private static void little(ByteArrayOutputStream out, long bits, int length) {
    byte[] all =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(bits).array();
    out.write(all, 0, length);
  }

  private void number(ByteArrayOutputStream out, long value, Style style) {
    long bits = (value << 1) ^ (value >> 63);
    while ((bits & ~0x7fL) != 0) {
      out.write((int) (bits & 0x7f) | 0x80);
      bits >>>= 7;
    }
    if (odd(style) && random.nextInt(4) == 0) {
      out.write((int) bits | 0x80);
      bits = 0;
    }
    out.write((int) bits);
  }
}
