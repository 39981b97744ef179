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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.CompiledValue;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.protobuf.ProtobufMessage.Member;
import oxbow.cold.shred.protobuf.ProtobufMessage.Presence;
import oxbow.schema.layout.Placement;
import oxbow.schema.layout.Type;

/** Makes the fields of a schema's first message ready for their columns. */
public final class ProtobufProgramCompiler {
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

  /**
   * @param text what {@link #completeText} gave
   * @return empty: the message can't lie in these columns
   */
  public static Optional<CompiledValue> value(ColumnTree tree, String text, Placement placement) {
    var compiler = new ProtobufProgramCompiler(tree, placement);
    try {
      List<Descriptor> messages = parse(text).getMessageTypes();
      if (messages.isEmpty()) return Optional.empty();
      Descriptor message = messages.getFirst();
      Set<ColumnNode> columns = new HashSet<>();
      for (FieldDescriptor field : message.getFields()) {
        columns.add(compiler.node(Placement.path("", field.getName())));
      }
      if (columns.isEmpty()) return Optional.empty();
      ProtobufMessage fields = compiler.message(message, "", List.of());
      return Optional.of(new CompiledValue(new ProtobufRootStep(fields), columns));
    } catch (RefusedException _) {
      return Optional.empty();
    }
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
