package oxbow.bench.lake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.json.JsonFormat;
import oxbow.schema.protobuf.ProtobufFormat;

/** How records are encoded: the same records in Avro, JSON or Protobuf, and back. */
abstract sealed class Encoding {
  /** As the registry knows it. */
  abstract ParsedSchema schema();

  /** Name of the message whose fields are columns. */
  Optional<String> topMessage() {
    return Optional.empty();
  }

  /** Bytes between schema id and value. */
  byte[] prefix() {
    return new byte[0];
  }

  abstract byte[] encode(GenericRecord record) throws IOException;

  abstract GenericRecord decode(byte[] bytes, int from, int length) throws IOException;

  static Encoding of(String name, Schema schema) {
    return switch (name) {
      case "Avro" -> new Avro(schema);
      case "JSON" -> new Json(schema);
      case "Protobuf" -> new Protobuf(schema);
      default -> throw new IllegalArgumentException("no encoding " + name);
    };
  }

  /** The one type of a union with null. */
  private static Schema bare(Schema schema) {
    if (schema.getType() != Schema.Type.UNION) return schema;
    return schema.getTypes().getLast();
  }

  private static final class Avro extends Encoding {
    private final Schema schema;
    private final GenericDatumWriter<GenericRecord> writer;
    private final GenericDatumReader<GenericRecord> reader;
    private @Nullable BinaryEncoder encoder;
    private @Nullable BinaryDecoder decoder;

    Avro(Schema schema) {
      this.schema = schema;
      this.writer = new GenericDatumWriter<>(schema);
      this.reader = new GenericDatumReader<>(schema);
    }

    @Override
    ParsedSchema schema() {
      return new AvroFormat().parse(schema.toString(), References.NONE);
    }

    @Override
    byte[] encode(GenericRecord record) throws IOException {
      var out = new ByteArrayOutputStream();
      encoder = EncoderFactory.get().binaryEncoder(out, encoder);
      writer.write(record, encoder);
      encoder.flush();
      return out.toByteArray();
    }

    @Override
    GenericRecord decode(byte[] bytes, int from, int length) throws IOException {
      decoder = DecoderFactory.get().binaryDecoder(bytes, from, length, decoder);
      return reader.read(null, decoder);
    }
  }

  private static final class Json extends Encoding {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Schema schema;

    Json(Schema schema) {
      this.schema = schema;
    }

    @Override
    ParsedSchema schema() {
      return new JsonFormat().parse(text(schema), References.NONE);
    }

    private static String text(Schema schema) {
      return switch (bare(schema).getType()) {
        case RECORD -> {
          var members = new StringBuilder();
          for (Schema.Field field : schema.getFields()) {
            if (!members.isEmpty()) members.append(',');
            members.append('"').append(field.name()).append("\":").append(text(field.schema()));
          }
          yield "{\"type\":\"object\",\"properties\":{" + members + "}}";
        }
        case ARRAY -> "{\"type\":\"array\",\"items\":" + text(schema.getElementType()) + "}";
        case INT, LONG -> "{\"type\":\"integer\"}";
        case DOUBLE -> "{\"type\":\"number\"}";
        default -> "{\"type\":\"string\"}";
      };
    }

    @Override
    byte[] encode(GenericRecord record) {
      var text = new StringBuilder();
      write(text, record);
      return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(StringBuilder text, Object value) {
      switch (value) {
        case GenericRecord record -> {
          text.append('{');
          for (Schema.Field field : record.getSchema().getFields()) {
            Object part = record.get(field.pos());
            if (part == null) continue;
            if (text.charAt(text.length() - 1) != '{') text.append(',');
            text.append('"').append(field.name()).append("\":");
            write(text, part);
          }
          text.append('}');
        }
        case List<?> list -> {
          text.append('[');
          for (Object each : list) {
            if (text.charAt(text.length() - 1) != '[') text.append(',');
            write(text, each);
          }
          text.append(']');
        }
        case Number number -> text.append(number);
        default -> text.append('"').append(value).append('"'); // nothing in it needs escapes
      }
    }

    @Override
    GenericRecord decode(byte[] bytes, int from, int length) throws IOException {
      return record(schema, MAPPER.readTree(bytes, from, length));
    }

    private static GenericRecord record(Schema schema, JsonNode node) {
      GenericRecord record = new GenericData.Record(schema);
      for (Schema.Field field : schema.getFields()) {
        record.put(field.pos(), read(field.schema(), node.path(field.name())));
      }
      return record;
    }

    private static @Nullable Object read(Schema schema, JsonNode node) {
      if (node.isMissingNode()) return null;
      Schema type = bare(schema);
      return switch (type.getType()) {
        case RECORD -> record(type, node);
        case ARRAY -> {
          var list = new GenericData.Array<GenericRecord>(node.size(), type);
          for (JsonNode each : node) list.add(record(type.getElementType(), each));
          yield list;
        }
        case INT -> node.intValue();
        case LONG -> node.longValue();
        case DOUBLE -> node.doubleValue();
        default -> node.textValue();
      };
    }
  }

  private static final class Protobuf extends Encoding {
    private final Schema avro;
    private final Descriptor message;

    Protobuf(Schema avro) {
      this.avro = avro;
      this.message =
          new ProtobufFormat()
              .parse(text(avro), References.NONE)
              .descriptor()
              .getMessageTypes()
              .getFirst();
    }

    @Override
    ParsedSchema schema() {
      return new ProtobufFormat().parse(text(avro), References.NONE);
    }

    @Override
    Optional<String> topMessage() {
      return Optional.of(message.getFullName());
    }

    /** The path to the first message of the file. */
    @Override
    byte[] prefix() {
      return new byte[1];
    }

    private static String text(Schema schema) {
      return "syntax = \"proto3\";\npackage shop;\n" + message(schema);
    }

    private static String message(Schema record) {
      var text = new StringBuilder("message ").append(record.getName()).append(" {\n");
      for (Schema.Field field : record.getFields()) {
        Schema type = bare(field.schema());
        String label = field.schema().isUnion() ? "optional " : "";
        if (type.getType() == Schema.Type.ARRAY) {
          label = "repeated ";
          type = type.getElementType();
        }
        if (type.getType() == Schema.Type.RECORD) text.append(message(type));
        text.append(label).append(name(type)).append(' ').append(field.name());
        text.append(" = ").append(field.pos() + 1).append(";\n");
      }
      return text.append("}\n").toString();
    }

    private static String name(Schema type) {
      return switch (type.getType()) {
        case RECORD -> type.getName();
        case INT -> "int32";
        case LONG -> "int64";
        case DOUBLE -> "double";
        default -> "string";
      };
    }

    @Override
    byte[] encode(GenericRecord record) {
      return build(message, record).toByteArray();
    }

    private static DynamicMessage build(Descriptor message, GenericRecord record) {
      DynamicMessage.Builder builder = DynamicMessage.newBuilder(message);
      for (FieldDescriptor field : message.getFields()) {
        Object value = record.get(field.getName());
        if (value == null) continue;
        if (field.isRepeated()) {
          for (Object each : (List<?>) value) builder.addRepeatedField(field, single(field, each));
        } else {
          builder.setField(field, single(field, value));
        }
      }
      return builder.build();
    }

    private static Object single(FieldDescriptor field, Object value) {
      return value instanceof GenericRecord record ? build(field.getMessageType(), record) : value;
    }

    @Override
    GenericRecord decode(byte[] bytes, int from, int length) throws IOException {
      var in = CodedInputStream.newInstance(bytes, from, length);
      return record(avro, DynamicMessage.parseFrom(message, in));
    }

    private static GenericRecord record(Schema schema, DynamicMessage message) {
      GenericRecord record = new GenericData.Record(schema);
      List<FieldDescriptor> fields = message.getDescriptorForType().getFields();
      for (FieldDescriptor field : fields) {
        Schema type = schema.getFields().get(field.getIndex()).schema();
        if (type.isUnion() && !message.hasField(field)) continue;
        Object value = message.getField(field);
        record.put(field.getIndex(), read(bare(type), value));
      }
      return record;
    }

    private static Object read(Schema type, Object value) {
      return switch (value) {
        case DynamicMessage part -> record(type, part);
        case List<?> parts -> {
          var list = new GenericData.Array<Object>(parts.size(), type);
          for (Object part : parts) list.add(read(type.getElementType(), part));
          yield list;
        }
        default -> value;
      };
    }
  }
}
