package oxbow.schema.protobuf;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.protobuf.ProtoFile.Block;
import oxbow.schema.protobuf.ProtoFile.Constant;
import oxbow.schema.protobuf.ProtoFile.Declared;
import oxbow.schema.protobuf.ProtoFile.EnumType;
import oxbow.schema.protobuf.ProtoFile.Extend;
import oxbow.schema.protobuf.ProtoFile.ExtensionRange;
import oxbow.schema.protobuf.ProtoFile.Field;
import oxbow.schema.protobuf.ProtoFile.Group;
import oxbow.schema.protobuf.ProtoFile.Import;
import oxbow.schema.protobuf.ProtoFile.ImportKind;
import oxbow.schema.protobuf.ProtoFile.Label;
import oxbow.schema.protobuf.ProtoFile.NamePart;
import oxbow.schema.protobuf.ProtoFile.Numbers;
import oxbow.schema.protobuf.ProtoFile.Numeral;
import oxbow.schema.protobuf.ProtoFile.OneOf;
import oxbow.schema.protobuf.ProtoFile.Option;
import oxbow.schema.protobuf.ProtoFile.Reserved;
import oxbow.schema.protobuf.ProtoFile.ReservedName;
import oxbow.schema.protobuf.ProtoFile.Rpc;
import oxbow.schema.protobuf.ProtoFile.Service;
import oxbow.schema.protobuf.ProtoFile.Text;
import oxbow.schema.protobuf.ProtoFile.TypeName;
import oxbow.schema.protobuf.ProtoFile.Value;
import oxbow.schema.protobuf.ProtoFile.Values;
import oxbow.schema.protobuf.ProtoFile.Word;

/**
 * Writes a descriptor down as a file, the way Confluent's registry does: types by their full names,
 * a map as the repeated message that it is, options in their order and only those that it knows.
 */
final class DescriptorReader {
  /** Options that stand before others of a smaller number. */
  private static final Map<String, List<Integer>> ORDER =
      Map.of(
          "google.protobuf.FileOptions",
          List.of(1, 8, 10, 20, 27, 9),
          "google.protobuf.FieldOptions",
          List.of(1, 2, 6),
          "google.protobuf.EnumValueOptions",
          List.of(1, 3));

  private final FileDescriptorProto in;

  DescriptorReader(FileDescriptorProto in) {
    this.in = in;
  }

  ProtoFile file() {
    List<Import> imports = new ArrayList<>();
    for (int i = 0; i < in.getDependencyCount(); i++) {
      ImportKind kind =
          in.getPublicDependencyList().contains(i)
              ? ImportKind.PUBLIC
              : in.getWeakDependencyList().contains(i) ? ImportKind.WEAK : ImportKind.PLAIN;
      imports.add(new Import(0, kind, in.getDependency(i)));
    }
    for (String name : in.getOptionDependencyList()) {
      imports.add(new Import(0, ImportKind.OPTION, name));
    }
    Set<String> groups = groups(in.getExtensionList());
    List<Declared> types = new ArrayList<>();
    for (DescriptorProto message : in.getMessageTypeList()) {
      if (!groups.contains(message.getName())) {
        types.add(message(message));
      }
    }
    in.getEnumTypeList().forEach(type -> types.add(enumType(type)));
    String syntax = in.getSyntax();
    boolean hasEdition = syntax.equals("editions");
    return new ProtoFile(
        syntax.equals("proto2") || syntax.equals("proto3") ? syntax : null,
        hasEdition ? in.getEdition().name().replace("EDITION_", "") : null,
        in.getPackage().isEmpty() ? null : in.getPackage(),
        imports,
        options(in.getOptions()),
        types,
        extensions(in.getExtensionList(), in.getMessageTypeList()),
        in.getServiceList().stream().map(DescriptorReader::service).toList());
  }

  /** The messages that are written where they are used. */
  private Set<String> groups(List<FieldDescriptorProto> fields) {
    Set<String> names = new HashSet<>();
    for (FieldDescriptorProto field : fields) {
      if (field.getType() == FieldDescriptorProto.Type.TYPE_GROUP) {
        names.add(simpleName(field.getTypeName()));
      }
    }
    return names;
  }

  private static String simpleName(String typeName) {
    return typeName.substring(typeName.lastIndexOf('.') + 1);
  }

  private ProtoFile.Message message(DescriptorProto in) {
    Map<String, DescriptorProto> nested = new HashMap<>();
    in.getNestedTypeList().forEach(type -> nested.put(type.getName(), type));
    List<Field> fields = new ArrayList<>();
    List<Group> groups = new ArrayList<>();
    List<OneOf> oneOfs = new ArrayList<>();
    for (var oneOf : in.getOneofDeclList()) {
      oneOfs.add(
          new OneOf(
              0,
              oneOf.getName(),
              options(oneOf.getOptions()),
              new ArrayList<>(),
              new ArrayList<>()));
    }
    for (FieldDescriptorProto each : in.getFieldList()) {
      boolean isMember =
          each.hasOneofIndex() && !each.getProto3Optional() && each.getOneofIndex() < oneOfs.size();
      DescriptorProto body =
          each.getType() == FieldDescriptorProto.Type.TYPE_GROUP
              ? nested.get(simpleName(each.getTypeName()))
              : null;
      if (body != null) {
        Group group = group(each, body, !isMember);
        (isMember ? oneOfs.get(each.getOneofIndex()).groups() : groups).add(group);
      } else {
        Field field = field(each, !isMember);
        (isMember ? oneOfs.get(each.getOneofIndex()).fields() : fields).add(field);
      }
    }
    oneOfs.removeIf(oneOf -> oneOf.fields().isEmpty() && oneOf.groups().isEmpty());

    Set<String> inPlace = groups(in.getFieldList());
    inPlace.addAll(groups(in.getExtensionList()));
    List<Declared> types = new ArrayList<>();
    for (DescriptorProto type : in.getNestedTypeList()) {
      if (!inPlace.contains(type.getName())) {
        types.add(message(type));
      }
    }
    in.getEnumTypeList().forEach(type -> types.add(enumType(type)));
    List<Reserved> reserved = new ArrayList<>();
    for (var range : in.getReservedRangeList()) {
      reserved.add(new Reserved(0, List.of(numbers(range.getStart(), range.getEnd() - 1))));
    }
    for (String name : in.getReservedNameList()) {
      reserved.add(new Reserved(0, List.of(new ReservedName(name))));
    }
    List<ExtensionRange> ranges = new ArrayList<>();
    for (var range : in.getExtensionRangeList()) {
      ranges.add(
          new ExtensionRange(
              0,
              List.of(numbers(range.getStart(), range.getEnd() - 1)),
              options(range.getOptions())));
    }
    return new ProtoFile.Message(
        0,
        in.getName(),
        "",
        reserved,
        options(in.getOptions()),
        fields,
        oneOfs,
        groups,
        ranges,
        extensions(in.getExtensionList(), in.getNestedTypeList()),
        types);
  }

  private static Numbers numbers(int first, int last) {
    return new Numbers(first, last, first != last);
  }

  private List<Extend> extensions(
      List<FieldDescriptorProto> extensions, List<DescriptorProto> types) {
    Map<String, Extend> byExtendee = new LinkedHashMap<>();
    for (FieldDescriptorProto each : extensions) {
      Extend extend =
          byExtendee.computeIfAbsent(
              each.getExtendee(), e -> new Extend(0, e, new ArrayList<>(), new ArrayList<>()));
      DescriptorProto body =
          each.getType() != FieldDescriptorProto.Type.TYPE_GROUP
              ? null
              : types.stream()
                  .filter(type -> type.getName().equals(simpleName(each.getTypeName())))
                  .findFirst()
                  .orElse(null);
      if (body != null) {
        extend.groups().add(group(each, body, true));
      } else {
        extend.fields().add(field(each, true));
      }
    }
    return List.copyOf(byExtendee.values());
  }

  private Group group(FieldDescriptorProto field, DescriptorProto body, boolean mayHaveLabel) {
    return new Group(
        0,
        mayHaveLabel ? label(field) : null,
        field.getNumber(),
        options(field.getOptions()),
        message(body));
  }

  private Field field(FieldDescriptorProto field, boolean mayHaveLabel) {
    String type =
        field.hasTypeName()
            ? field.getTypeName()
            : field.getType().name().substring("TYPE_".length()).toLowerCase(Locale.ROOT);
    boolean hasDefault = field.hasDefaultValue() && !in.getSyntax().equals("proto3");
    return new Field(
        0,
        mayHaveLabel ? label(field) : null,
        new TypeName(null, type),
        field.getName(),
        field.getNumber(),
        options(field.getOptions()),
        hasDefault ? defaultValue(field) : null,
        field.hasJsonName() ? field.getJsonName() : null);
  }

  private static Value defaultValue(FieldDescriptorProto field) {
    String text = field.getDefaultValue();
    return switch (field.getType()) {
      case TYPE_STRING -> Text.of(text);
      // It is escaped already, as if it stood between quotes.
      case TYPE_BYTES -> new Text(new ProtoLexer('"' + text + '"').bytes());
      case TYPE_BOOL, TYPE_ENUM, TYPE_MESSAGE, TYPE_GROUP -> new Word(text);
      default -> new Numeral(text);
    };
  }

  private @Nullable Label label(FieldDescriptorProto field) {
    boolean isSaid = in.getSyntax().isEmpty() || in.getSyntax().equals("proto2");
    return switch (field.getLabel()) {
      case LABEL_REPEATED -> Label.REPEATED;
      case LABEL_REQUIRED -> isSaid ? Label.REQUIRED : null;
      case LABEL_OPTIONAL -> isSaid || field.getProto3Optional() ? Label.OPTIONAL : null;
    };
  }

  private static EnumType enumType(EnumDescriptorProto in) {
    List<Constant> constants = new ArrayList<>();
    for (var value : in.getValueList()) {
      constants.add(
          new Constant(0, value.getName(), value.getNumber(), options(value.getOptions())));
    }
    List<Reserved> reserved = new ArrayList<>();
    for (var range : in.getReservedRangeList()) {
      reserved.add(new Reserved(0, List.of(numbers(range.getStart(), range.getEnd()))));
    }
    for (String name : in.getReservedNameList()) {
      reserved.add(new Reserved(0, List.of(new ReservedName(name))));
    }
    return new EnumType(0, in.getName(), "", reserved, options(in.getOptions()), constants);
  }

  private static Service service(ServiceDescriptorProto in) {
    List<Rpc> rpcs = new ArrayList<>();
    for (MethodDescriptorProto method : in.getMethodList()) {
      rpcs.add(
          new Rpc(
              0,
              method.getName(),
              method.getClientStreaming(),
              method.getInputType(),
              method.getServerStreaming(),
              method.getOutputType(),
              options(method.getOptions())));
    }
    return new Service(0, in.getName(), options(in.getOptions()), rpcs);
  }

  private static List<Option> options(Message options) {
    List<Integer> first =
        ORDER.getOrDefault(options.getDescriptorForType().getFullName(), List.of());
    Comparator<FieldDescriptor> order =
        Comparator.comparingInt((FieldDescriptor f) ->
                first.contains(f.getNumber()) ? first.indexOf(f.getNumber()) : first.size())
            .thenComparingInt(FieldDescriptor::getNumber);
    List<Option> out = new ArrayList<>();
    options.getAllFields().entrySet().stream()
        .sorted(Map.Entry.comparingByKey(order))
        .filter(each -> !each.getKey().getName().equals("uninterpreted_option"))
        .forEach(each -> {
          FieldDescriptor field = each.getKey();
          NamePart name =
              new NamePart(
                  field.isExtension() ? field.getFullName() : field.getName(), field.isExtension());
          List<?> values =
              field.isRepeated() ? (List<?>) each.getValue() : List.of(each.getValue());
          values.forEach(v -> out.add(new Option(0, List.of(name), value(v))));
        });
    return List.copyOf(out);
  }

  private static Value value(Object value) {
    return switch (value) {
      case Boolean bool -> new Word(bool.toString());
      case EnumValueDescriptor constant -> new Word(constant.getName());
      case String text -> Text.of(text);
      case ByteString bytes -> new Text(bytes);
      case Message message -> {
        LinkedHashMap<String, Value> entries = new LinkedHashMap<>();
        if (message.getDescriptorForType().getOptions().getMapEntry()) {
          for (FieldDescriptor part : parts(message)) {
            entries.put(part.getName(), value(message.getField(part)));
          }
        } else {
          message.getAllFields().forEach((f, v) -> entries.put(f.getName(), value(v)));
        }
        yield new Block(entries);
      }
      case List<?> values -> new Values(values.stream().map(DescriptorReader::value).toList());
      default -> new Numeral(value.toString());
    };
  }

  /** Key and value; the other way round where Confluent's clients have always written it so. */
  private static List<FieldDescriptor> parts(Message entry) {
    List<FieldDescriptor> fields = entry.getDescriptorForType().getFields();
    Object key = entry.getField(fields.getFirst());
    return key.equals("precision") || key.equals("scale") ? fields.reversed() : fields;
  }
}
