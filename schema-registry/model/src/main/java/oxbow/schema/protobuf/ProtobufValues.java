package oxbow.schema.protobuf;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import oxbow.schema.BoundedText;
import oxbow.schema.JsonText;
import oxbow.schema.UndecodableException;

/** Messages in bytes, and as JSON for people. */
final class ProtobufValues {
  private ProtobufValues() {}

  /** A message of this type; what it doesn't declare is kept as unknown. */
  static DynamicMessage read(ByteBuffer data, Descriptor type) {
    try {
      return DynamicMessage.newBuilder(type)
          .mergeFrom(ByteString.copyFrom(data.duplicate()))
          .buildPartial();
    } catch (InvalidProtocolBufferException e) {
      throw new UndecodableException(
          "the bytes are no " + type.getFullName() + ": " + e.getMessage(), e);
    }
  }

  static String json(Message message) {
    var text = new BoundedText();
    try (JsonGenerator json = JsonText.MAPPER.createGenerator(text)) {
      write(json, message);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, Message message) throws IOException {
    json.writeStartObject();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (field.hasPresence() && !message.hasField(field)) {
        continue;
      }
      json.writeFieldName(field.getJsonName());
      if (field.isMapField()) {
        writeMap(json, field, (List<?>) message.getField(field));
      } else if (field.isRepeated()) {
        json.writeStartArray();
        for (Object each : (List<?>) message.getField(field)) {
          write(json, field, each);
        }
        json.writeEndArray();
      } else {
        write(json, field, message.getField(field));
      }
    }
    json.writeEndObject();
  }

  private static void writeMap(JsonGenerator json, FieldDescriptor field, List<?> entries)
      throws IOException {
    FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
    json.writeStartObject();
    for (Object each : entries) {
      Message entry = (Message) each;
      json.writeFieldName(entry.getField(key).toString());
      write(json, value, entry.getField(value));
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, FieldDescriptor field, Object value)
      throws IOException {
    switch (field.getType()) {
      case BOOL -> json.writeBoolean((Boolean) value);
      case INT32, SINT32, SFIXED32 -> json.writeNumber((Integer) value);
      case UINT32, FIXED32 -> json.writeNumber(Integer.toUnsignedLong((Integer) value));
      case INT64, SINT64, SFIXED64 -> json.writeString(value.toString());
      case UINT64, FIXED64 -> json.writeString(Long.toUnsignedString((Long) value));
      case FLOAT -> json.writeNumber((Float) value);
      case DOUBLE -> json.writeNumber((Double) value);
      case STRING -> json.writeString((String) value);
      case BYTES -> json.writeBinary(((ByteString) value).toByteArray());
      case ENUM -> {
        EnumValueDescriptor constant = (EnumValueDescriptor) value;
        if (constant.getIndex() < 0) {
          json.writeNumber(constant.getNumber());
        } else {
          json.writeString(constant.getName());
        }
      }
      case MESSAGE, GROUP -> write(json, (Message) value);
    }
  }
}
