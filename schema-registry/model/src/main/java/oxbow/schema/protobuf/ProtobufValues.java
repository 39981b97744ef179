package oxbow.schema.protobuf;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.schema.BoundedText;
import oxbow.schema.JsonText;
import oxbow.schema.UndecodableException;

/**
 * The messages of one file: out of bytes, and as JSON for people.
 *
 * <p>The JSON is Protobuf's own mapping, with every field that has no presence, set or not: 64-bit
 * numbers are strings, bytes base64, times ISO 8601, an Any holds its message where the file or its
 * imports declare it. Extensions stand in brackets; what nobody declares is left out.
 */
final class ProtobufValues {
  /** Messages within each other, also by Any, which a parser doesn't look into. */
  private static final int DEPTH_MAX = 100;

  private final Map<String, FileDescriptor> files = new HashMap<>();
  private final ExtensionRegistry extensions = ExtensionRegistry.newInstance();

  ProtobufValues(FileDescriptor file) {
    add(file);
  }

  private void add(FileDescriptor file) {
    if (files.putIfAbsent(file.getName(), file) != null) {
      return;
    }
    file.getExtensions().forEach(this::add);
    file.getMessageTypes().forEach(this::addExtensions);
    file.getDependencies().forEach(this::add);
  }

  private void addExtensions(Descriptor message) {
    message.getExtensions().forEach(this::add);
    message.getNestedTypes().forEach(this::addExtensions);
  }

  private void add(FieldDescriptor extension) {
    if (isMessage(extension)) {
      extensions.add(extension, DynamicMessage.getDefaultInstance(extension.getMessageType()));
    } else {
      extensions.add(extension);
    }
  }

  /**
   * A message of this type, even if a required field is missing; what the type doesn't declare is
   * kept as unknown.
   */
  DynamicMessage read(ByteBuffer data, Descriptor type) {
    return read(ByteString.copyFrom(data.duplicate()), type);
  }

  private DynamicMessage read(ByteString data, Descriptor type) {
    try {
      return DynamicMessage.newBuilder(type).mergeFrom(data, extensions).buildPartial();
    } catch (InvalidProtocolBufferException e) {
      throw new UndecodableException(
          "the bytes are no " + type.getFullName() + ": " + e.getMessage(), e);
    }
  }

  String json(Message message) {
    var text = new BoundedText();
    try (JsonGenerator json = JsonText.MAPPER.createGenerator(text)) {
      write(json, message, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private void write(JsonGenerator json, Message message, int depth) throws IOException {
    if (depth > DEPTH_MAX) {
      throw new UndecodableException("the message is nested too deeply");
    }
    switch (message.getDescriptorForType().getFullName()) {
      case "google.protobuf.Any" -> writeAny(json, message, depth);
      case "google.protobuf.Timestamp" -> writeTimestamp(json, message, depth);
      case "google.protobuf.Duration" -> writeDuration(json, message, depth);
      case "google.protobuf.FieldMask" -> writeFieldMask(json, message);
      case "google.protobuf.Struct" ->
          write(json, field(message, 1), message.getField(field(message, 1)), depth);
      case "google.protobuf.ListValue" ->
          write(json, field(message, 1), message.getField(field(message, 1)), depth);
      case "google.protobuf.Value" -> writeValue(json, message, depth);
      case "google.protobuf.DoubleValue",
          "google.protobuf.FloatValue",
          "google.protobuf.Int64Value",
          "google.protobuf.UInt64Value",
          "google.protobuf.Int32Value",
          "google.protobuf.UInt32Value",
          "google.protobuf.BoolValue",
          "google.protobuf.StringValue",
          "google.protobuf.BytesValue" ->
          write(json, field(message, 1), message.getField(field(message, 1)), depth);
      default -> {
        json.writeStartObject();
        writeFields(json, message, depth);
        json.writeEndObject();
      }
    }
  }

  private void writeFields(JsonGenerator json, Message message, int depth) throws IOException {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (!field.hasPresence() || message.hasField(field)) {
        json.writeFieldName(field.getJsonName());
        write(json, field, message.getField(field), depth);
      }
    }
    for (Map.Entry<FieldDescriptor, Object> each : message.getAllFields().entrySet()) {
      if (each.getKey().isExtension()) {
        json.writeFieldName("[" + each.getKey().getFullName() + "]");
        write(json, each.getKey(), each.getValue(), depth);
      }
    }
  }

  private void write(JsonGenerator json, FieldDescriptor field, Object value, int depth)
      throws IOException {
    if (field.isMapField()) {
      writeMap(json, field, (List<?>) value, depth);
    } else if (field.isRepeated()) {
      json.writeStartArray();
      for (Object each : (List<?>) value) {
        writeSingle(json, field, each, depth);
      }
      json.writeEndArray();
    } else {
      writeSingle(json, field, value, depth);
    }
  }

  private void writeMap(JsonGenerator json, FieldDescriptor field, List<?> entries, int depth)
      throws IOException {
    FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
    // Sorted, since equal maps lie in the bytes in any order; of a key given twice the last counts.
    Map<String, Object> values = new TreeMap<>();
    for (Object each : entries) {
      Message entry = (Message) each;
      values.put(keyText(key, entry.getField(key)), entry.getField(value));
    }
    json.writeStartObject();
    for (Map.Entry<String, Object> each : values.entrySet()) {
      json.writeFieldName(each.getKey());
      writeSingle(json, value, each.getValue(), depth);
    }
    json.writeEndObject();
  }

  private static String keyText(FieldDescriptor key, Object value) {
    return switch (key.getType()) {
      case UINT32, FIXED32 -> Integer.toUnsignedString((Integer) value);
      case UINT64, FIXED64 -> Long.toUnsignedString((Long) value);
      default -> value.toString();
    };
  }

  private void writeSingle(JsonGenerator json, FieldDescriptor field, Object value, int depth)
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
      case ENUM -> writeEnum(json, (EnumValueDescriptor) value);
      case MESSAGE, GROUP -> write(json, (Message) value, depth + 1);
    }
  }

  private static void writeEnum(JsonGenerator json, EnumValueDescriptor constant)
      throws IOException {
    if (constant.getType().getFullName().equals("google.protobuf.NullValue")) {
      json.writeNull();
    } else if (constant.getType().findValueByNumber(constant.getNumber()) == null) {
      json.writeNumber(constant.getNumber()); // of a version that knows more constants
    } else {
      json.writeString(constant.getName());
    }
  }

  /** Whichever of its members is set, bare. */
  private void writeValue(JsonGenerator json, Message value, int depth) throws IOException {
    Optional<Map.Entry<FieldDescriptor, Object>> member =
        value.getAllFields().entrySet().stream().findFirst();
    if (member.isPresent()) {
      write(json, member.get().getKey(), member.get().getValue(), depth);
    } else {
      json.writeNull();
    }
  }

  private void writeAny(JsonGenerator json, Message any, int depth) throws IOException {
    String url = (String) any.getField(field(any, 1));
    ByteString bytes = (ByteString) any.getField(field(any, 2));
    @Nullable Message content = content(url.substring(url.lastIndexOf('/') + 1), bytes);
    json.writeStartObject();
    json.writeStringField("@type", url);
    if (content == null) {
      json.writeBinaryField("value", bytes.toByteArray());
    } else if (hasOwnForm(content.getDescriptorForType())) {
      json.writeFieldName("value");
      write(json, content, depth + 1);
    } else {
      if (depth >= DEPTH_MAX) {
        throw new UndecodableException("the message is nested too deeply");
      }
      writeFields(json, content, depth + 1);
    }
    json.writeEndObject();
  }

  /** The message of this name in the file or its imports; null: there is none. */
  @Nullable Descriptor type(String name) {
    return files.values().stream()
        .flatMap(file -> Names.find(file, name).stream())
        .filter(Descriptor.class::isInstance)
        .map(Descriptor.class::cast)
        .findFirst()
        .orElse(null);
  }

  /** The extension of this name that a message may have; null: there is none. */
  @Nullable FieldDescriptor extension(Descriptor type, String name) {
    ExtensionRegistry.ExtensionInfo found = extensions.findImmutableExtensionByName(name);
    return found == null || !found.descriptor.getContainingType().equals(type)
        ? null
        : found.descriptor;
  }

  private @Nullable Message content(String name, ByteString bytes) {
    Descriptor type = type(name);
    try {
      return type == null ? null : read(bytes, type);
    } catch (UndecodableException e) {
      // Nothing says that an Any is what it is called; it's shown as the bytes it is.
      return null;
    }
  }

  /** Whether the message's JSON is something else than its fields. */
  static boolean hasOwnForm(Descriptor type) {
    return type.getFile().getPackage().equals("google.protobuf") && !type.getName().equals("Empty");
  }

  private void writeTimestamp(JsonGenerator json, Message timestamp, int depth) throws IOException {
    long seconds = (Long) timestamp.getField(field(timestamp, 1));
    int nanos = (Integer) timestamp.getField(field(timestamp, 2));
    try {
      if (nanos >= 0 && nanos < 1_000_000_000) {
        json.writeString(Instant.ofEpochSecond(seconds, nanos).toString());
        return;
      }
    } catch (DateTimeException _) {
      // No calendar has it; the numbers are shown.
    }
    json.writeStartObject();
    writeFields(json, timestamp, depth);
    json.writeEndObject();
  }

  private void writeDuration(JsonGenerator json, Message duration, int depth) throws IOException {
    long seconds = (Long) duration.getField(field(duration, 1));
    int nanos = (Integer) duration.getField(field(duration, 2));
    boolean isNegative = seconds < 0 || nanos < 0;
    boolean isOne =
        Math.abs((long) nanos) < 1_000_000_000
            && (seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0));
    if (!isOne) {
      json.writeStartObject();
      writeFields(json, duration, depth);
      json.writeEndObject();
      return;
    }
    StringBuilder text = new StringBuilder();
    if (isNegative && seconds == 0) {
      text.append('-');
    }
    text.append(seconds);
    int left = Math.abs(nanos);
    if (left != 0) {
      String digits = String.format("%09d", left);
      int shown = left % 1_000_000 == 0 ? 3 : left % 1_000 == 0 ? 6 : 9;
      text.append('.').append(digits, 0, shown);
    }
    json.writeString(text.append('s').toString());
  }

  private static void writeFieldMask(JsonGenerator json, Message mask) throws IOException {
    List<?> paths = (List<?>) mask.getField(field(mask, 1));
    json.writeString(
        paths.stream().map(path -> camelCase(path.toString())).collect(Collectors.joining(",")));
  }

  private static String camelCase(String path) {
    return Arrays.stream(path.split("_", -1))
        .reduce((start, next) ->
            next.isEmpty()
                ? start
                : start + Character.toUpperCase(next.charAt(0)) + next.substring(1))
        .orElse("");
  }

  private static FieldDescriptor field(Message message, int number) {
    return message.getDescriptorForType().findFieldByNumber(number);
  }

  private static boolean isMessage(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
  }
}
