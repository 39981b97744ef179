package oxbow.schema.avro;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.jspecify.annotations.Nullable;
import oxbow.schema.BoundedText;
import oxbow.schema.JsonText;
import oxbow.schema.UndecodableException;

/** Reads Avro's binary form, and shows it to people. */
final class AvroValues {
  private AvroValues() {}

  /**
   * Reads one value, all of the bytes.
   *
   * @throws UndecodableException the bytes are something else, or the reader can't have them
   */
  static @Nullable Object read(ByteBuffer data, Schema writer, Schema reader) {
    byte[] bytes = bytes(data);
    BinaryDecoder whole = DecoderFactory.get().binaryDecoder(bytes, null);
    Object written = decode(writer, writer, whole);
    requireEnd(whole);
    if (reader.equals(writer)) return written;
    // Avro measures collections against what is left of the bytes, and takes the size of the
    // reader's elements for it, though the writer's may be smaller: fields with defaults would
    // make it refuse good data. A direct decoder doesn't know what is left; the sizes were
    // measured rightly just above.
    InputStream in = new ByteArrayInputStream(bytes);
    return decode(writer, reader, DecoderFactory.get().directBinaryDecoder(in, null));
  }

  private static @Nullable Object decode(Schema writer, Schema reader, BinaryDecoder decoder) {
    try {
      return new GenericDatumReader<>(writer, reader).read(null, decoder);
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // On hostile bytes Avro fails in many ways besides its own errors.
      throw new UndecodableException("no value of the schema: " + e.getMessage(), e);
    }
  }

  private static void requireEnd(BinaryDecoder decoder) {
    try {
      if (!decoder.isEnd()) throw new UndecodableException("bytes are left behind the value");
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it reads an array
    }
  }

  private static byte[] bytes(ByteBuffer data) {
    byte[] bytes = new byte[data.remaining()];
    data.duplicate().get(bytes);
    return bytes;
  }

  /**
   * One value, all of the bytes, as JSON; the same text that {@link #json(Object, Schema)} gives,
   * without making objects of it.
   *
   * @throws UndecodableException the bytes are something else, or it would be too long a text
   */
  static String json(ByteBuffer data, Schema schema) {
    var text = new BoundedText();
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes(data), null);
    try (JsonGenerator json = generator(text)) {
      copy(decoder, json, schema);
      requireEnd(decoder);
    } catch (UndecodableException e) {
      throw e;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw new UndecodableException("no value of the schema: " + e.getMessage(), e);
    }
    return text.toString();
  }

  private static void copy(BinaryDecoder in, JsonGenerator json, Schema schema) throws IOException {
    switch (schema.getType()) {
      case NULL -> json.writeNull();
      case BOOLEAN -> json.writeBoolean(in.readBoolean());
      case INT -> writeInt(json, in.readInt(), schema.getLogicalType());
      case LONG -> writeLong(json, in.readLong(), schema.getLogicalType());
      case FLOAT -> json.writeNumber(in.readFloat());
      case DOUBLE -> json.writeNumber(in.readDouble());
      case STRING -> json.writeString(in.readString());
      case ENUM -> json.writeString(schema.getEnumSymbols().get(in.readEnum()));
      case BYTES -> writeBytes(json, bytes(in.readBytes(null)), schema);
      case FIXED -> {
        if (schema.getFixedSize() > in.remainingBytes())
          throw new EOFException("a fixed is cut off");
        byte[] bytes = new byte[schema.getFixedSize()];
        in.readFixed(bytes);
        writeBytes(json, bytes, schema);
      }
      case UNION -> copy(in, json, schema.getTypes().get(in.readIndex()));
      case ARRAY -> {
        json.writeStartArray();
        for (long left = in.readArrayStart(); left > 0; left = in.arrayNext()) {
          for (long i = 0; i < left; i++) copy(in, json, schema.getElementType());
        }
        json.writeEndArray();
      }
      case MAP -> {
        json.writeStartObject();
        for (long left = in.readMapStart(); left > 0; left = in.mapNext()) {
          for (long i = 0; i < left; i++) {
            json.writeFieldName(in.readString());
            copy(in, json, schema.getValueType());
          }
        }
        json.writeEndObject();
      }
      case RECORD -> {
        json.writeStartObject();
        for (Schema.Field field : schema.getFields()) {
          json.writeFieldName(field.name());
          copy(in, json, field.schema());
        }
        json.writeEndObject();
      }
    }
  }

  /**
   * A value as JSON: unions without their branch's name, times and dates as ISO 8601 has them,
   * decimals as numbers, bytes in base64.
   *
   * @throws UndecodableException it would be too long a text
   */
  static String json(@Nullable Object value, Schema schema) {
    var text = new BoundedText();
    try (JsonGenerator json = generator(text)) {
      write(json, value, schema);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (StackOverflowError e) {
      throw new UndecodableException("the value is nested too deeply", e);
    }
    return text.toString();
  }

  private static JsonGenerator generator(BoundedText text) throws IOException {
    JsonGenerator json = JsonText.MAPPER.createGenerator(text);
    return json.enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN.mappedFeature());
  }

  private static void write(JsonGenerator json, @Nullable Object value, Schema schema)
      throws IOException {
    if (value == null) {
      json.writeNull();
      return;
    }
    switch (schema.getType()) {
      case NULL -> json.writeNull();
      case BOOLEAN -> json.writeBoolean((Boolean) value);
      case INT -> writeInt(json, (Integer) value, schema.getLogicalType());
      case LONG -> writeLong(json, (Long) value, schema.getLogicalType());
      case FLOAT -> json.writeNumber((Float) value);
      case DOUBLE -> json.writeNumber((Double) value);
      case STRING, ENUM -> json.writeString(value.toString());
      case BYTES -> writeBytes(json, bytes((ByteBuffer) value), schema);
      case FIXED -> writeBytes(json, ((GenericFixed) value).bytes(), schema);
      case UNION -> {
        int branch = GenericData.get().resolveUnion(schema, value);
        write(json, value, schema.getTypes().get(branch));
      }
      case ARRAY -> {
        json.writeStartArray();
        for (Object each : (Iterable<?>) value) write(json, each, schema.getElementType());
        json.writeEndArray();
      }
      case MAP -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> each : ((Map<?, ?>) value).entrySet()) {
          json.writeFieldName(String.valueOf(each.getKey()));
          write(json, each.getValue(), schema.getValueType());
        }
        json.writeEndObject();
      }
      case RECORD -> {
        var record = (IndexedRecord) value;
        json.writeStartObject();
        for (Schema.Field field : schema.getFields()) {
          json.writeFieldName(field.name());
          write(json, record.get(field.pos()), field.schema());
        }
        json.writeEndObject();
      }
    }
  }

  private static void writeInt(JsonGenerator json, int value, @Nullable LogicalType logical)
      throws IOException {
    try {
      switch (logical) {
        case LogicalTypes.Date _ -> json.writeString(LocalDate.ofEpochDay(value).toString());
        case LogicalTypes.TimeMillis _ ->
            json.writeString(LocalTime.ofNanoOfDay(value * 1_000_000L).toString());
        case null, default -> json.writeNumber(value);
      }
    } catch (DateTimeException _) {
      json.writeNumber(value); // not a time of day
    }
  }

  private static void writeLong(JsonGenerator json, long value, @Nullable LogicalType logical)
      throws IOException {
    try {
      switch (logical) {
        case LogicalTypes.TimeMicros _ ->
            json.writeString(LocalTime.ofNanoOfDay(Math.multiplyExact(value, 1_000L)).toString());
        case LogicalTypes.TimestampMillis _ ->
            json.writeString(instant(value, TimeUnit.MILLISECONDS).toString());
        case LogicalTypes.TimestampMicros _ ->
            json.writeString(instant(value, TimeUnit.MICROSECONDS).toString());
        case LogicalTypes.TimestampNanos _ ->
            json.writeString(instant(value, TimeUnit.NANOSECONDS).toString());
        case LogicalTypes.LocalTimestampMillis _ ->
            json.writeString(local(value, TimeUnit.MILLISECONDS).toString());
        case LogicalTypes.LocalTimestampMicros _ ->
            json.writeString(local(value, TimeUnit.MICROSECONDS).toString());
        case LogicalTypes.LocalTimestampNanos _ ->
            json.writeString(local(value, TimeUnit.NANOSECONDS).toString());
        case null, default -> json.writeNumber(value);
      }
    } catch (DateTimeException | ArithmeticException _) {
      json.writeNumber(value); // no calendar has it
    }
  }

  private static Instant instant(long value, TimeUnit unit) {
    long perSecond = unit.convert(1, TimeUnit.SECONDS);
    long nanos = Math.floorMod(value, perSecond) * unit.toNanos(1);
    return Instant.ofEpochSecond(Math.floorDiv(value, perSecond), nanos);
  }

  private static LocalDateTime local(long value, TimeUnit unit) {
    return LocalDateTime.ofInstant(instant(value, unit), ZoneOffset.UTC);
  }

  private static void writeBytes(JsonGenerator json, byte[] bytes, Schema schema)
      throws IOException {
    if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal && bytes.length > 0) {
      json.writeNumber(new BigDecimal(new BigInteger(bytes), decimal.getScale()));
    } else {
      json.writeBinary(bytes);
    }
  }
}
