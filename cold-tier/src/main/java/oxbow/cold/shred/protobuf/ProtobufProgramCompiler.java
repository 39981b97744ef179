package oxbow.cold.shred.protobuf;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.CompiledValue;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.ProgramCompiler.MessagesMet;
import oxbow.cold.shred.protobuf.ProtobufMessage.Member;
import oxbow.cold.shred.protobuf.ProtobufMessage.Presence;
import oxbow.schema.layout.Placement;
import oxbow.schema.layout.Type;

/** Makes the fields of a file's messages ready for their columns. */
public final class ProtobufProgramCompiler {
  /** Before the path of a message that is one column: no field's name begins so. */
  private static final String ONE_COLUMN = "#";

  private final ColumnTree tree;
  private final Placement placement;

  private ProtobufProgramCompiler(ColumnTree tree, Placement placement) {
    this.tree = tree;
    this.placement = placement;
  }

  /** Why a schema can't lie in these columns. */
  private static final class RefusedException extends RuntimeException {
    RefusedException(String message) {
      super(message, null, false, false);
    }
  }

  /** A file with all that it imports, as text: what {@link #value} takes. */
  public static String completeText(FileDescriptor file) {
    Map<String, FileDescriptorProto> files = new LinkedHashMap<>();
    collect(file, files);
    byte[] set = FileDescriptorSet.newBuilder().addAllFile(files.values()).build().toByteArray();
    return Base64.getEncoder().encodeToString(set);
  }

  /** What others need comes before them. */
  private static void collect(FileDescriptor file, Map<String, FileDescriptorProto> files) {
    if (files.containsKey(file.getFullName())) return;
    for (FileDescriptor imported : file.getDependencies()) collect(imported, files);
    files.put(file.getFullName(), file.toProto());
  }

  private static FileDescriptor parse(String text) {
    try {
      Map<String, FileDescriptor> files = new HashMap<>();
      FileDescriptor last = null;
      for (FileDescriptorProto file :
          FileDescriptorSet.parseFrom(Base64.getDecoder().decode(text)).getFileList()) {
        var imported = new ArrayList<FileDescriptor>();
        for (String name : file.getDependencyList()) {
          FileDescriptor known = files.get(name);
          if (known != null) imported.add(known);
        }
        last = FileDescriptor.buildFrom(file, imported.toArray(FileDescriptor[]::new), true);
        files.put(file.getName(), last);
      }
      if (last == null) throw new RefusedException("no file");
      return last;
    } catch (InvalidProtocolBufferException
        | DescriptorValidationException
        | IllegalArgumentException e) {
      throw new RefusedException("not a set of files: " + e.getMessage());
    }
  }

  /** Of values that say which message they are. */
  public static Optional<CompiledValue> value(
      ColumnTree tree, WriterSchema schema, MessagesMet met) {
    return typed(tree, schema)
        .map(typed ->
            new CompiledValue(
                new ProtobufRootStep(typed.messages(), schema.id(), met), typed.columns()));
  }

  /**
   * Of values that don't say it.
   *
   * @param path of the message, for writing; empty: for reading
   */
  public static Optional<CompiledValue> bareValue(
      ColumnTree tree, WriterSchema schema, List<Integer> path, MessagesMet met) {
    Optional<Typed> found = typed(tree, schema);
    if (found.isEmpty()) return Optional.empty();
    Typed typed = found.get();
    if (path.isEmpty() && typed.messages().isEmpty()) return Optional.empty();
    ProtobufTop written = typed.messages().isEmpty() ? null : typed.messages().getFirst();
    if (!path.isEmpty()) {
      written =
          typed.messages().stream().filter(one -> one.path().equals(path)).findAny().orElse(null);
    }
    if (written == null) {
      met.met(schema.id(), path);
      return Optional.empty();
    }
    return Optional.of(
        new CompiledValue(new ProtobufBareStep(typed.messages(), written), typed.columns()));
  }

  /** Of keys that say which message they are: the file's first one has columns. */
  public static Optional<CompiledValue> key(ColumnTree tree, ColumnNode node, WriterSchema schema) {
    return typedKey(tree, node, schema)
        .map(message ->
            new CompiledValue(
                new ProtobufRootStep(List.of(message), schema.id(), MessagesMet.NOBODY),
                Set.of(node)));
  }

  /** Of keys that don't. */
  public static Optional<CompiledValue> bareKey(
      ColumnTree tree, ColumnNode node, WriterSchema schema, List<Integer> path) {
    if (!path.isEmpty() && !path.equals(WriterSchema.FIRST_MESSAGE)) return Optional.empty();
    return typedKey(tree, node, schema)
        .map(message ->
            new CompiledValue(new ProtobufBareStep(List.of(message), message), Set.of(node)));
  }

  private static Optional<ProtobufTop> typedKey(
      ColumnTree tree, ColumnNode node, WriterSchema schema) {
    if (!(node.column.type() instanceof Type.Struct)) return Optional.empty();
    var compiler = new ProtobufProgramCompiler(tree, schema.placement());
    try {
      Descriptor message = message(parse(schema.text()), WriterSchema.FIRST_MESSAGE);
      ProtobufMessage fields = compiler.message(message, "", node.parts);
      return Optional.of(new ProtobufTop(WriterSchema.FIRST_MESSAGE, fields, null, new int[0]));
    } catch (RefusedException _) {
      return Optional.empty();
    }
  }

  /** The messages of a file that have columns, each at the top or as one column. */
  private record Typed(List<ProtobufTop> messages, Set<ColumnNode> columns) {}

  /** What a message's columns are before all of them are known. */
  private record Placed(
      List<Integer> path,
      ProtobufMessage message,
      @Nullable ColumnNode whole,
      Set<ColumnNode> columns) {}

  private static Optional<Typed> typed(ColumnTree tree, WriterSchema schema) {
    var compiler = new ProtobufProgramCompiler(tree, schema.placement());
    FileDescriptor file;
    try {
      file = parse(schema.text());
    } catch (RefusedException _) {
      return Optional.empty();
    }
    List<Placed> placed = new ArrayList<>();
    boolean isAnyRefused = false;
    for (List<Integer> path : paths(schema)) {
      try {
        Descriptor message = message(file, path);
        placed.add(
            path.equals(schema.topMessage())
                ? compiler.atTop(message, path)
                : compiler.asOneColumn(message, path));
      } catch (RefusedException _) {
        isAnyRefused = true;
      }
    }
    if (placed.isEmpty() && isAnyRefused) return Optional.empty();
    Set<ColumnNode> columns = new HashSet<>();
    for (Placed one : placed) columns.addAll(one.columns);
    List<ProtobufTop> messages = new ArrayList<>();
    for (Placed one : placed) {
      int[] others =
          columns.stream()
              .filter(node -> !one.columns.contains(node))
              .flatMapToInt(node -> IntStream.range(node.leafStart, node.leafEnd))
              .sorted()
              .toArray();
      messages.add(new ProtobufTop(one.path, one.message, one.whole, others));
    }
    return Optional.of(new Typed(messages, columns));
  }

  /** The message at the top first: it is the one that most records are. */
  private static List<List<Integer>> paths(WriterSchema schema) {
    Set<List<Integer>> paths = new LinkedHashSet<>();
    if (!schema.topMessage().isEmpty()) paths.add(schema.topMessage());
    schema.placement().ids().keySet().stream()
        .filter(path -> path.startsWith(ONE_COLUMN) && path.indexOf('/') < 0)
        .sorted()
        .map(path ->
            Stream.of(path.substring(ONE_COLUMN.length()).split("\\."))
                .map(Integer::valueOf)
                .toList())
        .forEach(paths::add);
    return List.copyOf(paths);
  }

  /** The path of a message that is one column, in a placement. */
  public static String columnPath(List<Integer> message) {
    return message.stream().map(String::valueOf).collect(Collectors.joining(".", ONE_COLUMN, ""));
  }

  private static Descriptor message(FileDescriptor file, List<Integer> path) {
    List<Descriptor> siblings = file.getMessageTypes();
    Descriptor message = null;
    for (int index : path) {
      if (index >= siblings.size()) throw new RefusedException("no message " + path);
      message = siblings.get(index);
      siblings = message.getNestedTypes();
    }
    if (message == null || message.getFields().isEmpty()) {
      throw new RefusedException("no fields in message " + path);
    }
    return message;
  }

  private Placed atTop(Descriptor message, List<Integer> path) {
    Set<ColumnNode> columns = new HashSet<>();
    for (FieldDescriptor field : message.getFields()) {
      columns.add(node(Placement.path("", field.getName())));
    }
    return new Placed(path, message(message, "", List.of()), null, columns);
  }

  private Placed asOneColumn(Descriptor message, List<Integer> path) {
    String columnPath = columnPath(path);
    ColumnNode whole = node(columnPath);
    if (!(whole.column.type() instanceof Type.Struct)) {
      throw new RefusedException("the column of message " + path + " has no parts");
    }
    return new Placed(path, message(message, columnPath, whole.parts), whole, Set.of(whole));
  }

  private ColumnNode node(String path) {
    Integer id = placement.ids().get(path);
    ColumnNode node = id == null ? null : tree.find(id);
    if (node == null) throw new RefusedException("no column for " + path);
    return node;
  }

  /**
   * @param parts columns that are the message's alone, some of which it may not have
   */
  private ProtobufMessage message(Descriptor message, String path, List<ColumnNode> parts) {
    List<Member> members = new ArrayList<>();
    List<ColumnNode> absent = new ArrayList<>(parts);
    for (FieldDescriptor field : message.getFields()) {
      String fieldPath = Placement.path(path, field.getName());
      ColumnNode node = node(fieldPath);
      absent.remove(node);
      members.add(member(field, node, fieldPath));
    }
    for (ColumnNode node : absent) requireOptional(node);
    members.sort(Comparator.comparingInt(Member::number));
    return new ProtobufMessage(members.toArray(Member[]::new), absent.toArray(ColumnNode[]::new));
  }

  private Member member(FieldDescriptor field, ColumnNode node, String path) {
    int number = field.getNumber();
    if (field.isMapField()) {
      if (!(node.column.type() instanceof Type.MapOf)) throw refused(field, node);
      return new Member(number, Presence.REPEATED, node, entry(field, node, path));
    }
    if (field.isRepeated()) {
      if (!(node.column.type() instanceof Type.ListOf)) throw refused(field, node);
      ColumnNode element = node.parts.getFirst();
      ProtobufField value = single(field, element, Placement.path(path, "element"));
      boolean isPacked = field.isPacked() && value.wireType() != ProtobufField.BYTES;
      return new Member(number, isPacked ? Presence.PACKED : Presence.REPEATED, node, value);
    }
    ProtobufField value = single(field, node, path);
    if (field.isRequired()) return new Member(number, Presence.REQUIRED, node, value);
    if (!field.hasPresence()) return new Member(number, Presence.IMPLICIT, node, value);
    requireOptional(node);
    return new Member(number, Presence.EXPLICIT, node, value);
  }

  /** Entries of maps are messages whose two fields are always written. */
  private ProtobufField entry(FieldDescriptor field, ColumnNode node, String path) {
    List<FieldDescriptor> parts = field.getMessageType().getFields();
    ColumnNode key = node.parts.get(0);
    ColumnNode value = node.parts.get(1);
    var members = new Member[2];
    members[0] =
        new Member(
            1, Presence.REQUIRED, key, single(parts.getFirst(), key, Placement.path(path, "key")));
    members[1] =
        new Member(
            2,
            Presence.REQUIRED,
            value,
            single(parts.getLast(), value, Placement.path(path, "value")));
    return new ProtobufMessage(members, new ColumnNode[0]);
  }

  private ProtobufField single(FieldDescriptor field, ColumnNode node, String path) {
    if (field.getType() == FieldDescriptor.Type.GROUP) throw refused(field, node);
    if (field.getType() == FieldDescriptor.Type.MESSAGE) return message(field, node, path);
    Leaf leaf = node.leaf;
    if (leaf == null) throw refused(field, node);
    Type type = node.column.type();
    boolean fits =
        switch (field.getType()) {
          case INT32, SINT32, SFIXED32 -> type == Type.Plain.INT || type == Type.Plain.LONG;
          case UINT32, FIXED32, INT64, SINT64, SFIXED64 -> type == Type.Plain.LONG;
          case UINT64, FIXED64 ->
              type instanceof Type.Decimal(int precision, int scale)
                  && scale == 0
                  && precision >= 20
                  && leaf.fixedBytes() == ProtobufNumber.UNSIGNED_LONG_BYTES;
          case FLOAT -> type == Type.Plain.FLOAT;
          case DOUBLE -> type == Type.Plain.DOUBLE;
          case BOOL -> type == Type.Plain.BOOLEAN;
          case STRING, ENUM -> type == Type.Plain.STRING;
          case BYTES -> type == Type.Plain.BINARY;
          case MESSAGE, GROUP -> false;
        };
    if (!fits) throw refused(field, node);
    return switch (field.getType()) {
      case STRING -> new ProtobufBytes.Text(leaf.index());
      case BYTES -> new ProtobufBytes.Plain(leaf.index());
      case ENUM -> ofEnum(field, leaf);
      default -> new ProtobufNumber(leaf.index(), leaf.type(), coding(field));
    };
  }

  private static ProtobufNumber.Coding coding(FieldDescriptor field) {
    return switch (field.getType()) {
      case INT32 -> ProtobufNumber.Coding.SIGNED_INT;
      case INT64 -> ProtobufNumber.Coding.SIGNED_LONG;
      case UINT32 -> ProtobufNumber.Coding.UNSIGNED_INT;
      case UINT64 -> ProtobufNumber.Coding.UNSIGNED_LONG;
      case SINT32 -> ProtobufNumber.Coding.ZIGZAG_INT;
      case SINT64 -> ProtobufNumber.Coding.ZIGZAG_LONG;
      case SFIXED32 -> ProtobufNumber.Coding.FIXED_INT;
      case FIXED32 -> ProtobufNumber.Coding.UNSIGNED_FIXED_INT;
      case SFIXED64 -> ProtobufNumber.Coding.FIXED_LONG;
      case FIXED64 -> ProtobufNumber.Coding.UNSIGNED_FIXED_LONG;
      case FLOAT -> ProtobufNumber.Coding.FLOAT;
      case DOUBLE -> ProtobufNumber.Coding.DOUBLE;
      case BOOL -> ProtobufNumber.Coding.BOOL;
      default -> throw new IllegalArgumentException("no number: " + field.getType());
    };
  }

  private static ProtobufField ofEnum(FieldDescriptor field, Leaf leaf) {
    Map<Integer, byte[]> names = new HashMap<>();
    for (EnumValueDescriptor constant : field.getEnumType().getValues()) {
      names.putIfAbsent(constant.getNumber(), constant.getName().getBytes(StandardCharsets.UTF_8));
    }
    return new ProtobufBytes.EnumValue(
        leaf.index(), names, field.getEnumType().getValues().getFirst().getNumber());
  }

  private ProtobufField message(FieldDescriptor field, ColumnNode node, String path) {
    Descriptor message = field.getMessageType();
    Type type = node.column.type();
    Leaf leaf = node.leaf;
    if (type instanceof Type.Struct(var _, boolean isUnion) && !isUnion) {
      return message(message, path, node.parts);
    }
    if (leaf == null) throw refused(field, node);
    if (type == Type.Plain.OPAQUE) return new ProtobufBytes.Plain(leaf.index());
    String name = message.getFullName();
    if (type == Type.Plain.TIMESTAMP_NANOS_UTC && name.equals("google.protobuf.Timestamp")) {
      return new ProtobufWellKnown.Timestamp(leaf.index());
    }
    if (type == Type.Plain.DATE && name.equals("google.type.Date")) {
      return new ProtobufWellKnown.Date(leaf.index());
    }
    if (type == Type.Plain.TIME && name.equals("google.type.TimeOfDay")) {
      return new ProtobufWellKnown.TimeOfDay(leaf.index());
    }
    boolean isWrapper = name.startsWith("google.protobuf.") && message.getFields().size() == 1;
    if (!isWrapper) throw refused(field, node);
    return new ProtobufWellKnown.Wrapper(single(message.getFields().getFirst(), node, path));
  }

  private static void requireOptional(ColumnNode node) {
    if (!node.column.isOptional()) {
      throw new RefusedException("column " + node.column.name() + " takes no null");
    }
  }

  private static RefusedException refused(FieldDescriptor field, ColumnNode node) {
    return new RefusedException(
        field.getType()
            + " does not fit column "
            + node.column.name()
            + " of "
            + node.column.type());
  }
}
