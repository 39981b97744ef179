package oxbow.schema.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Shape;
import oxbow.schema.layout.Type;

/**
 * The columns of messages, in the order of their fields' numbers, which they are known by.
 *
 * <pre>
 *   int32 sint32 sfixed32           INT
 *   uint32 fixed32, 64 bits signed  LONG
 *   uint64 fixed64                  DECIMAL(20, 0)
 *   enum                            STRING, the constant's name
 *   google.protobuf.Timestamp       TIMESTAMP_NANOS_UTC
 *   google.protobuf.StringValue ... the value's own type, optional
 *   google.type.Date, .TimeOfDay    DATE, TIME
 *   confluent.type.Decimal          DECIMAL, if the field's meta says precision and scale
 *   any other message, a group      a struct
 * </pre>
 *
 * The members of a oneof are columns beside the others, each optional. A field is optional where
 * its absence shows: a message, a member of a oneof, one that says {@code optional}. A message
 * within itself, an empty one, and what is too large are opaque, as in Avro.
 */
final class ProtobufShapes {
  private static final int PARTS_MAX = 2_000;
  private static final int DEPTH_MAX = 50;
  private static final int COLUMNS_MAX = 10_000;
  private static final int DECIMAL_DIGITS_MAX = 38;

  private static final Type UNSIGNED_LONG = new Type.Decimal(20, 0);

  private static final Set<String> WRAPPERS =
      Set.of(
          "google.protobuf.DoubleValue",
          "google.protobuf.FloatValue",
          "google.protobuf.Int64Value",
          "google.protobuf.UInt64Value",
          "google.protobuf.Int32Value",
          "google.protobuf.UInt32Value",
          "google.protobuf.BoolValue",
          "google.protobuf.StringValue",
          "google.protobuf.BytesValue");

  /** The messages around the one that is looked at. */
  private final Set<Descriptor> within = new HashSet<>();

  /** Parts made for the column that is looked at. */
  private int parts;

  private ProtobufShapes() {}

  static Shape of(Descriptor message) {
    return new ProtobufShapes().shape(message);
  }

  private Shape shape(Descriptor message) {
    within.add(message);
    List<Column> columns = new ArrayList<>();
    int total = 0;
    for (FieldDescriptor field : byNumber(message)) {
      Type type = boundedType(field);
      total += 1 + parts;
      if (total > COLUMNS_MAX) {
        columns.clear();
        break;
      }
      columns.add(column(field, type));
    }
    return new Shape(columns.isEmpty() ? List.of(opaque()) : columns);
  }

  /** In one order, however the file is written. */
  private static List<FieldDescriptor> byNumber(Descriptor message) {
    return message.getFields().stream()
        .sorted(Comparator.comparingInt(FieldDescriptor::getNumber))
        .toList();
  }

  /** The one column of a message that can't be taken apart. */
  private static Column opaque() {
    return new Column(Column.UNASSIGNED, "value", Set.of(), Type.Plain.OPAQUE, true, null);
  }

  private Type boundedType(FieldDescriptor field) {
    parts = 0;
    try {
      return type(field);
    } catch (TooManyPartsException e) {
      parts = 0;
      return Type.Plain.OPAQUE;
    }
  }

  private static Column column(FieldDescriptor field, Type type) {
    boolean isOptional = !field.isRepeated() && !field.isRequired() && field.hasPresence();
    return new Column(
        Column.UNASSIGNED,
        field.getName(),
        Set.of(),
        type,
        isOptional,
        doc(field),
        field.getNumber());
  }

  private Type type(FieldDescriptor field) {
    if (field.isMapField()) {
      List<FieldDescriptor> entry = field.getMessageType().getFields();
      return new Type.MapOf(part("key", entry.getFirst()), part("value", entry.getLast()));
    }
    return field.isRepeated() ? new Type.ListOf(part("element", field)) : single(field);
  }

  private Column part(String name, FieldDescriptor field) {
    count();
    return new Column(Column.UNASSIGNED, name, Set.of(), single(field), false, null);
  }

  private Type single(FieldDescriptor field) {
    return switch (field.getType()) {
      case INT32, SINT32, SFIXED32 -> Type.Plain.INT;
      case UINT32, FIXED32, INT64, SINT64, SFIXED64 -> Type.Plain.LONG;
      case UINT64, FIXED64 -> UNSIGNED_LONG;
      case FLOAT -> Type.Plain.FLOAT;
      case DOUBLE -> Type.Plain.DOUBLE;
      case BOOL -> Type.Plain.BOOLEAN;
      case STRING, ENUM -> Type.Plain.STRING;
      case BYTES -> Type.Plain.BINARY;
      case MESSAGE, GROUP -> message(field);
    };
  }

  private Type message(FieldDescriptor field) {
    Descriptor message = field.getMessageType();
    String name = message.getFullName();
    if (WRAPPERS.contains(name) && message.getFields().size() == 1) {
      return single(message.getFields().getFirst());
    }
    return switch (name) {
      case "google.protobuf.Timestamp" -> Type.Plain.TIMESTAMP_NANOS_UTC;
      case "google.type.Date" -> Type.Plain.DATE;
      case "google.type.TimeOfDay" -> Type.Plain.TIME;
      case "confluent.type.Decimal" -> decimal(field).orElseGet(() -> struct(message));
      default -> struct(message);
    };
  }

  private Type struct(Descriptor message) {
    if (message.getFields().isEmpty() || !within.add(message)) {
      return Type.Plain.OPAQUE;
    }
    try {
      if (within.size() > DEPTH_MAX) {
        throw new TooManyPartsException();
      }
      List<Column> columns = new ArrayList<>();
      for (FieldDescriptor each : byNumber(message)) {
        count();
        columns.add(column(each, type(each)));
      }
      return new Type.Struct(columns, /* isUnion= */ false);
    } finally {
      within.remove(message);
    }
  }

  private void count() {
    if (++parts > PARTS_MAX) {
      throw new TooManyPartsException();
    }
  }

  private static Optional<Type> decimal(FieldDescriptor field) {
    try {
      int precision = Integer.parseInt(param(field, "precision").orElse(""));
      int scale = Integer.parseInt(param(field, "scale").orElse("0"));
      return precision >= 1 && precision <= DECIMAL_DIGITS_MAX && scale >= 0 && scale <= precision
          ? Optional.of(new Type.Decimal(precision, scale))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** What Confluent's meta option says of a field under a key. */
  private static Optional<String> param(FieldDescriptor field, String key) {
    return meta(field)
        .flatMap(meta -> {
          FieldDescriptor params = meta.getDescriptorForType().findFieldByName("params");
          return ((List<?>) meta.getField(params))
              .stream()
                  .map(Message.class::cast)
                  .filter(entry -> key.equals(entryPart(entry, 1)))
                  .map(entry -> entryPart(entry, 2))
                  .findFirst();
        });
  }

  private static String entryPart(Message entry, int number) {
    return entry.getField(entry.getDescriptorForType().findFieldByNumber(number)).toString();
  }

  private static @Nullable String doc(FieldDescriptor field) {
    return meta(field)
        .map(meta -> meta.getField(meta.getDescriptorForType().findFieldByName("doc")).toString())
        .filter(doc -> !doc.isEmpty())
        .orElse(null);
  }

  private static Optional<Message> meta(FieldDescriptor field) {
    for (Map.Entry<FieldDescriptor, Object> option : field.getOptions().getAllFields().entrySet()) {
      if (option.getKey().getFullName().equals("confluent.field_meta")) {
        return Optional.of((Message) option.getValue());
      }
    }
    return Optional.empty();
  }

  private static final class TooManyPartsException extends RuntimeException {}
}
