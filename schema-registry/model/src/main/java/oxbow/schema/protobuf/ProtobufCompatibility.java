package oxbow.schema.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Incompatibility;
import oxbow.schema.SchemaReference;

/**
 * Confluent's rules for what may read what. They judge the wire format and a little more: a package
 * or a message that is gone counts although no record names it. Fields are compared by number, in
 * oneofs or not; messages by name within their package. Serves one comparison.
 */
final class ProtobufCompatibility {
  private final Map<String, SchemaReference> writerReferences;
  private final Map<String, SchemaReference> readerReferences;
  private final FileDescriptor writerFile;
  private final FileDescriptor readerFile;
  private final List<Incompatibility> found = new ArrayList<>();

  /** Pairs of messages compared already or under way, and whether they fit. */
  private final Map<List<String>, Boolean> compared = new HashMap<>();

  private ProtobufCompatibility(ProtobufSchema writer, ProtobufSchema reader) {
    writerFile = writer.descriptor();
    readerFile = reader.descriptor();
    writerReferences = byName(writer.references().declared());
    readerReferences = byName(reader.references().declared());
  }

  private static Map<String, SchemaReference> byName(List<SchemaReference> references) {
    Map<String, SchemaReference> byName = new HashMap<>();
    references.forEach(each -> byName.put(each.name(), each));
    return byName;
  }

  /** What breaks where data of {@code writer} is read with {@code reader}. */
  static List<Incompatibility> check(ProtobufSchema writer, ProtobufSchema reader) {
    ProtobufCompatibility comparison = new ProtobufCompatibility(writer, reader);
    comparison.files();
    return List.copyOf(comparison.found);
  }

  private void files() {
    if (!writerFile.getPackage().equals(readerFile.getPackage())) {
      add(
          "PACKAGE_CHANGED",
          "#/",
          "The package at '#/' is "
              + named(readerFile.getPackage())
              + " in the {reader} schema and "
              + named(writerFile.getPackage())
              + " in the {writer} schema; keep it, or register under another subject");
    }
    messages(writerFile.getMessageTypes(), readerFile.getMessageTypes(), "#");
  }

  private static String named(String packageName) {
    return packageName.isEmpty() ? "absent" : packageName;
  }

  private void messages(List<Descriptor> writers, List<Descriptor> readers, String path) {
    Map<String, Descriptor> byName = new HashMap<>();
    withoutBodies(readers).forEach(reader -> byName.put(reader.getName(), reader));
    for (Descriptor writer : withoutBodies(writers)) {
      String at = path + "/" + writer.getName();
      Descriptor reader = byName.get(writer.getName());
      if (reader == null) {
        add(
            "MESSAGE_REMOVED",
            at,
            "The {reader} schema is missing a MESSAGE type at path '"
                + at
                + "' in the {writer} schema; keep the message, even if nothing uses it");
      } else {
        message(writer, reader, at);
      }
    }
  }

  /** Siblings but the bodies of map fields and groups: their fields are compared instead. */
  private static List<Descriptor> withoutBodies(List<Descriptor> siblings) {
    if (siblings.isEmpty()) {
      return siblings;
    }
    Descriptor outer = siblings.getFirst().getContainingType();
    Set<Descriptor> bodies = new HashSet<>();
    if (outer != null) {
      for (FieldDescriptor field : outer.getFields()) {
        if (field.getType() == FieldDescriptor.Type.GROUP
            && field.getName().equalsIgnoreCase(field.getMessageType().getName())) {
          bodies.add(field.getMessageType());
        }
      }
    }
    return siblings.stream()
        .filter(message -> !message.getOptions().getMapEntry() && !bodies.contains(message))
        .toList();
  }

  /** Whether the messages fit; a pair that is under way does so far. */
  private boolean message(Descriptor writer, Descriptor reader, String at) {
    List<String> pair = List.of(writer.getFullName(), reader.getFullName());
    Boolean known = compared.putIfAbsent(pair, true);
    if (known != null) {
      return known;
    }
    int before = found.size();
    Map<Integer, FieldDescriptor> writers = byNumber(writer);
    Map<Integer, FieldDescriptor> readers = byNumber(reader);
    oneOfs(writers, reader, at);
    Set<OneofDescriptor> gone = goneWithAllFields(writer, reader, readers);
    Set<Integer> numbers = new TreeSet<>(writers.keySet());
    numbers.addAll(readers.keySet());
    for (int number : numbers) {
      FieldDescriptor written = writers.get(number);
      FieldDescriptor read = readers.get(number);
      if (written == null) {
        added(Objects.requireNonNull(read), at);
      } else if (read == null) {
        removed(written, gone, at);
      } else {
        field(written, read, at(at, read));
      }
    }
    messages(writer.getNestedTypes(), reader.getNestedTypes(), at);
    boolean fits = found.size() == before;
    compared.put(pair, fits);
    return fits;
  }

  private static Map<Integer, FieldDescriptor> byNumber(Descriptor message) {
    Map<Integer, FieldDescriptor> byNumber = new TreeMap<>();
    message.getFields().forEach(field -> byNumber.put(field.getNumber(), field));
    return byNumber;
  }

  private static String at(String message, FieldDescriptor field) {
    OneofDescriptor oneOf = field.getRealContainingOneof();
    return message + (oneOf == null ? "" : "/" + oneOf.getName()) + "/" + field.getNumber();
  }

  /** Fields that could be set together must not come to exclude each other. */
  private void oneOfs(Map<Integer, FieldDescriptor> writers, Descriptor reader, String path) {
    for (OneofDescriptor oneOf : reader.getRealOneofs()) {
      String at = path + "/" + oneOf.getName();
      Set<Object> origins = new HashSet<>();
      int single = 0;
      for (FieldDescriptor field : oneOf.getFields()) {
        FieldDescriptor written = writers.get(field.getNumber());
        if (written == null) {
          continue;
        }
        OneofDescriptor origin = written.getRealContainingOneof();
        if (origin == null) {
          single++;
          origins.add(written.getNumber());
        } else {
          origins.add(origin.getName());
        }
      }
      if (origins.size() > 1 && single > 1) {
        add(
            "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
            at,
            "Multiple fields in the oneof at path '"
                + at
                + "' in the {reader} schema are outside a oneof in the {writer} schema; move one at"
                + " most, since data may have several of them set");
      } else if (origins.size() > 1) {
        add(
            "FIELD_MOVED_TO_EXISTING_ONEOF",
            at,
            "A field in the oneof at path '"
                + at
                + "' in the {reader} schema is outside that oneof in the {writer} schema; leave it"
                + " there, since data may have it set beside the others");
      }
    }
  }

  /** Oneofs of the writer that the reader has dropped whole. */
  private static Set<OneofDescriptor> goneWithAllFields(
      Descriptor writer, Descriptor reader, Map<Integer, FieldDescriptor> readers) {
    Set<String> names = new HashSet<>();
    reader.getRealOneofs().forEach(oneOf -> names.add(oneOf.getName()));
    Set<OneofDescriptor> gone = new HashSet<>();
    for (OneofDescriptor oneOf : writer.getRealOneofs()) {
      if (!names.contains(oneOf.getName())
          && oneOf.getFields().stream().noneMatch(f -> readers.containsKey(f.getNumber()))) {
        gone.add(oneOf);
      }
    }
    return gone;
  }

  private void added(FieldDescriptor read, String message) {
    if (read.isRequired()) {
      String at = at(message, read);
      add(
          "REQUIRED_FIELD_ADDED",
          at,
          "A required field at path '"
              + at
              + "' in the {reader} schema is missing in the {writer} schema; make it optional");
    }
  }

  private void removed(FieldDescriptor written, Set<OneofDescriptor> gone, String message) {
    String at = at(message, written);
    OneofDescriptor oneOf = written.getRealContainingOneof();
    if (oneOf != null && !gone.contains(oneOf)) {
      add(
          "ONEOF_FIELD_REMOVED",
          at,
          "The {reader} schema is missing a oneof field at path '"
              + at
              + "' in the {writer} schema; keep it, and deprecate it");
    } else if (written.isRequired()) {
      add(
          "REQUIRED_FIELD_REMOVED",
          at,
          "The {reader} schema is missing a required field at path: '"
              + at
              + "' in the {writer} schema; keep it, or make it optional first");
    }
  }

  private void field(FieldDescriptor written, FieldDescriptor read, String at) {
    Kind writtenKind = Kind.of(written);
    Kind readKind = Kind.of(read);
    if (!writtenKind.shape.equals(readKind.shape)) {
      add(
          "FIELD_KIND_CHANGED",
          at,
          "The type of a field at path '"
              + at
              + "' is "
              + typeName(read)
              + " in the {reader} schema and "
              + typeName(written)
              + " in the {writer} schema; keep its type, or give the field a new number");
    } else if (writtenKind == Kind.MAP) {
      for (int part = 0; part < 2; part++) {
        // The label of a map's parts says nothing.
        field(
            written.getMessageType().getFields().get(part),
            read.getMessageType().getFields().get(part),
            at);
      }
    } else if (writtenKind == Kind.MESSAGE || writtenKind == Kind.GROUP) {
      messageField(written, read, at);
    } else if (writtenKind != readKind) {
      add(
          "FIELD_SCALAR_KIND_CHANGED",
          at,
          "The kind of a SCALAR field at path '"
              + at
              + "' is "
              + typeName(read)
              + " in the {reader} schema and "
              + typeName(written)
              + " in the {writer} schema; keep its type, or give the field a new number");
    } else if (writtenKind != Kind.STRING_OR_BYTES && labelDiffers(written, read)) {
      add(
          "FIELD_NUMERIC_LABEL_CHANGED",
          at,
          "The label for a NUMERIC field at path '"
              + at
              + "' in the {reader} schema does not match its label in the {writer} schema; keep it");
    }
  }

  private void messageField(FieldDescriptor written, FieldDescriptor read, String at) {
    Descriptor writer = written.getMessageType();
    Descriptor reader = read.getMessageType();
    String name = localName(writer);
    boolean fits = name.equals(localName(reader));
    if (fits && !isComparedElsewhere(written, read)) {
      fits = message(writer, reader, "#/" + name.replace('.', '/'));
    }
    if (!fits) {
      add(
          "FIELD_NAMED_TYPE_CHANGED",
          at,
          "The type of a MESSAGE field at path '"
              + at
              + "' in the {reader} schema does not match its type in the {writer} schema; keep "
              + writer.getFullName()
              + " as it is there, or give the field a new number");
    }
  }

  private static String localName(Descriptor message) {
    String packageName = message.getFile().getPackage();
    return packageName.isEmpty()
        ? message.getFullName()
        : message.getFullName().substring(packageName.length() + 1);
  }

  /** Whether both are of the schemas' own files, or of one and the same registered version. */
  private boolean isComparedElsewhere(FieldDescriptor written, FieldDescriptor read) {
    Descriptor writer = written.getMessageType();
    Descriptor reader = read.getMessageType();
    if (writer.equals(reader)) {
      return true;
    }
    boolean isWriterOwn = writer.getFile().equals(writerFile);
    boolean isReaderOwn = reader.getFile().equals(readerFile);
    if (isWriterOwn || isReaderOwn) {
      // A group's body may be a type of its field alone.
      return isWriterOwn && isReaderOwn && written.getType() != FieldDescriptor.Type.GROUP;
    }
    SchemaReference one = writerReferences.get(writer.getFile().getName());
    SchemaReference other = readerReferences.get(reader.getFile().getName());
    return one != null
        && other != null
        && one.subject().equals(other.subject())
        && one.version() == other.version();
  }

  private static boolean labelDiffers(FieldDescriptor written, FieldDescriptor read) {
    String one = label(written);
    String other = label(read);
    return one != null && other != null && !one.equals(other);
  }

  /** The label that is written before the field; null: none. */
  private static @Nullable String label(FieldDescriptor field) {
    Descriptor message = field.getContainingType();
    if (message.getOptions().getMapEntry()) {
      return null;
    }
    if (field.isRepeated()) {
      return "repeated";
    }
    if (field.isRequired()) {
      return "required";
    }
    String syntax = field.getFile().toProto().getSyntax();
    boolean isProto2 = syntax.isEmpty() || syntax.equals("proto2");
    boolean isSaid =
        field.toProto().getProto3Optional() || (isProto2 && field.getRealContainingOneof() == null);
    return isSaid ? "optional" : null;
  }

  private static String typeName(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE ->
          field.isMapField() ? "a map" : "the message " + field.getMessageType().getFullName();
      case ENUM -> "the enum " + field.getEnumType().getFullName();
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTE_STRING ->
          field.getType().name().toLowerCase(Locale.ROOT);
    };
  }

  private void add(String rule, String path, String description) {
    found.add(incompatibility(rule, path, description));
  }

  static Incompatibility incompatibility(String rule, String path, String description) {
    return new Incompatibility(
        rule, path, "{errorType:\"" + rule + "\", description:\"" + description + "\"}");
  }

  /** Types that share a form on the wire, or count as if they did. */
  private enum Kind {
    GENERAL_NUMBER("scalar"),
    SIGNED_NUMBER("scalar"),
    FIXED32("scalar"),
    FIXED64("scalar"),
    FLOAT("scalar"),
    DOUBLE("scalar"),
    STRING_OR_BYTES("scalar"),
    MAP("map"),
    MESSAGE("message"),
    GROUP("group");

    final String shape;

    Kind(String shape) {
      this.shape = shape;
    }

    static Kind of(FieldDescriptor field) {
      return switch (field.getType()) {
        case INT32, INT64, UINT32, UINT64, BOOL, ENUM -> GENERAL_NUMBER;
        case SINT32, SINT64 -> SIGNED_NUMBER;
        case FIXED32, SFIXED32 -> FIXED32;
        case FIXED64, SFIXED64 -> FIXED64;
        case FLOAT -> FLOAT;
        case DOUBLE -> DOUBLE;
        case STRING, BYTES -> STRING_OR_BYTES;
        case GROUP -> GROUP;
        case MESSAGE -> field.isMapField() ? MAP : MESSAGE;
      };
    }
  }
}
