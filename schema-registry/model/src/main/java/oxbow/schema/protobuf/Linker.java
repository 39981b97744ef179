package oxbow.schema.protobuf;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.Edition;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumOptions;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueOptions;
import com.google.protobuf.DescriptorProtos.ExtensionRangeOptions;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileOptions;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofOptions;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceOptions;
import com.google.protobuf.DescriptorProtos.SymbolVisibility;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.References;
import oxbow.schema.protobuf.ProtoFile.Declared;
import oxbow.schema.protobuf.ProtoFile.EnumType;
import oxbow.schema.protobuf.ProtoFile.Extend;
import oxbow.schema.protobuf.ProtoFile.ExtensionRange;
import oxbow.schema.protobuf.ProtoFile.Field;
import oxbow.schema.protobuf.ProtoFile.Group;
import oxbow.schema.protobuf.ProtoFile.Import;
import oxbow.schema.protobuf.ProtoFile.ImportKind;
import oxbow.schema.protobuf.ProtoFile.Label;
import oxbow.schema.protobuf.ProtoFile.Message;
import oxbow.schema.protobuf.ProtoFile.Numbers;
import oxbow.schema.protobuf.ProtoFile.Numeral;
import oxbow.schema.protobuf.ProtoFile.OneOf;
import oxbow.schema.protobuf.ProtoFile.Reserved;
import oxbow.schema.protobuf.ProtoFile.ReservedName;
import oxbow.schema.protobuf.ProtoFile.Rpc;
import oxbow.schema.protobuf.ProtoFile.Service;
import oxbow.schema.protobuf.ProtoFile.Text;
import oxbow.schema.protobuf.ProtoFile.Value;
import oxbow.schema.protobuf.ProtoFile.Word;

/**
 * Makes descriptors of files: reads what they import out of the references and the known files, and
 * looks every name up. An import that is in neither is passed over, and missed only where a type of
 * it is used. Serves one schema, then is thrown away; confined to the caller.
 */
final class Linker {
  /** How long a chain of imports may be. */
  private static final int CHAIN_MAX = 100;

  private final KnownFiles known;
  private final References references;
  private final Map<String, FileDescriptor> linked = new LinkedHashMap<>();
  private final Set<String> underWay = new HashSet<>();

  Linker(KnownFiles known, References references) {
    this.known = known;
    this.references = references;
  }

  /**
   * Links a file and all that it needs.
   *
   * @throws InvalidSchemaException a name stands for nothing, or the file contradicts itself
   */
  FileDescriptor link(String name, ProtoFile file) {
    return link(new File(name, file));
  }

  /**
   * Links a file that comes new: its options' values have to fit.
   *
   * @throws InvalidSchemaException that, or what {@link #link} finds
   */
  FileDescriptor linkNew(String name, ProtoFile file) {
    File linking = new File(name, file);
    FileDescriptor made = link(linking);
    if (linking.problem != null) {
      throw linking.problem;
    }
    return made;
  }

  private static FileDescriptor link(File linking) {
    FileDescriptor plain = linking.build();
    if (!linking.hasCustomOptions) {
      return plain;
    }
    // The extensions that its options set may be the file's own, so they had to be there first.
    linking.itself = plain;
    return linking.build();
  }

  /** What the names in a file stand for. */
  Names names(ProtoFile file) {
    return new Names(file, imported(file).values());
  }

  private Map<String, FileDescriptor> imported(ProtoFile file) {
    Map<String, FileDescriptor> found = new LinkedHashMap<>();
    for (Import each : file.imports()) {
      find(each).ifPresent(f -> found.put(each.name(), f));
    }
    return found;
  }

  private Optional<FileDescriptor> find(Import each) {
    String name = each.name();
    FileDescriptor before = linked.get(name);
    if (before != null) {
      return Optional.of(before);
    }
    String text = references.texts().get(name);
    if (text == null || name.equals(KnownFiles.DESCRIPTOR)) {
      return known.find(name);
    }
    if (!underWay.add(name)) {
      throw new InvalidSchemaException(
          "line "
              + each.line()
              + ": the import of "
              + name
              + " leads back to itself; break the circle");
    }
    if (underWay.size() > CHAIN_MAX) {
      throw new InvalidSchemaException(
          "imports follow each other more than " + CHAIN_MAX + " deep; import files more directly");
    }
    try {
      FileDescriptor file = link(name, new Sources(known).parse(text));
      linked.put(name, file);
      return Optional.of(file);
    } catch (InvalidSchemaException e) {
      throw new InvalidSchemaException("in the reference " + name + ": " + e.getMessage(), e);
    } finally {
      underWay.remove(name);
    }
  }

  /** One file on its way to a descriptor. */
  private final class File {
    private final String name;
    private final ProtoFile file;
    private final Map<String, FileDescriptor> imported;
    private final Names names;

    /** The same file without custom options; null while that is being built. */
    private @Nullable FileDescriptor itself;

    private boolean hasCustomOptions;

    /** What is wrong with its options first; the descriptor goes without them. */
    private @Nullable InvalidSchemaException problem;

    File(String name, ProtoFile file) {
      this.name = name;
      this.file = file;
      this.imported = imported(file);
      this.names = new Names(file, imported.values());
    }

    FileDescriptor build() {
      FileDescriptorProto.Builder out = FileDescriptorProto.newBuilder().setName(name);
      if (file.edition() != null) {
        out.setSyntax("editions").setEdition(edition(file.edition()));
      } else if (file.syntax() != null) {
        out.setSyntax(file.syntax());
      }
      if (file.packageName() != null) {
        out.setPackage(file.packageName());
      }
      List<FileDescriptor> dependencies = new ArrayList<>();
      for (Map.Entry<String, FileDescriptor> each : imported.entrySet()) {
        int index = dependencies.size();
        Set<ImportKind> kinds =
            file.imports().stream()
                .filter(written -> written.name().equals(each.getKey()))
                .map(Import::kind)
                .collect(Collectors.toSet());
        if (kinds.equals(Set.of(ImportKind.OPTION))) {
          out.addOptionDependency(each.getKey());
          continue;
        }
        dependencies.add(each.getValue());
        out.addDependency(each.getKey());
        if (kinds.contains(ImportKind.PUBLIC)) {
          out.addPublicDependency(index);
        }
      }
      String scope = names.root();
      for (Declared type : file.types()) {
        switch (type) {
          case Message message -> out.addMessageType(message(message, scope));
          case EnumType enumType -> out.addEnumType(enumType(enumType, scope));
        }
      }
      for (Extend extend : file.extensions()) {
        extend.fields().forEach(f -> out.addExtension(extension(extend, f, scope)));
        for (Group group : extend.groups()) {
          out.addExtension(
              group(group, scope).setExtendee(extendee(extend, scope)).clearOneofIndex());
          out.addMessageType(message(group.body(), scope));
        }
      }
      file.services().forEach(service -> out.addService(service(service, scope)));
      if (!file.options().isEmpty()) {
        out.setOptions(options(scope).set(FileOptions.newBuilder(), file.options()));
      }
      try {
        return FileDescriptor.buildFrom(
            out.build(), dependencies.toArray(FileDescriptor[]::new), false);
      } catch (DescriptorValidationException e) {
        throw new InvalidSchemaException(
            e.getDescription() + " (" + e.getProblemSymbolName() + ")", e);
      } catch (IllegalArgumentException e) {
        // Of a file that says editions and features which this version doesn't know.
        throw new InvalidSchemaException("the file can't be used: " + e.getMessage(), e);
      }
    }

    private static Edition edition(String name) {
      try {
        return Edition.valueOf("EDITION_" + name);
      } catch (IllegalArgumentException e) {
        throw new InvalidSchemaException("line 1: edition " + name + " is not known; 2023 is", e);
      }
    }

    private DescriptorProto.Builder message(Message message, String outer) {
      String scope = Names.in(outer, message.name());
      DescriptorProto.Builder out = DescriptorProto.newBuilder().setName(message.name());
      visibility(message.visibility()).ifPresent(out::setVisibility);
      for (Declared type : message.types()) {
        switch (type) {
          case Message nested -> out.addNestedType(message(nested, scope));
          case EnumType nested -> out.addEnumType(enumType(nested, scope));
        }
      }
      oneOfs(message, scope, out);
      Set<String> memberNames =
          message.fields().stream().map(Field::name).collect(Collectors.toCollection(HashSet::new));
      message.oneOfs().forEach(o -> memberNames.add(o.name()));
      for (Field field : message.fields()) {
        FieldDescriptorProto.Builder each = field(field, scope);
        if (field.label() == Label.OPTIONAL && file.isProto3()) {
          each.setProto3Optional(true).setOneofIndex(out.getOneofDeclCount());
          String synthetic = field.name().startsWith("_") ? field.name() : "_" + field.name();
          while (!memberNames.add(synthetic)) {
            synthetic = "X" + synthetic;
          }
          out.addOneofDecl(OneofDescriptorProto.newBuilder().setName(synthetic));
        }
        out.addField(each);
      }
      for (Group group : message.groups()) {
        out.addField(group(group, scope));
        out.addNestedType(message(group.body(), scope));
      }
      for (Extend extend : message.extensions()) {
        extend.fields().forEach(f -> out.addExtension(extension(extend, f, scope)));
        for (Group group : extend.groups()) {
          out.addExtension(group(group, scope).setExtendee(extendee(extend, scope)));
          out.addNestedType(message(group.body(), scope));
        }
      }
      // Last, so that an index path counts what is written: clients of Confluent's count so too.
      for (Field field : message.fields()) {
        if (field.type().isMap()) {
          out.addNestedType(entry(field, scope));
        }
      }
      reserved(message, out);
      ranges(message, scope, out);
      if (!message.options().isEmpty()) {
        out.setOptions(options(scope).set(MessageOptions.newBuilder(), message.options()));
      }
      return out;
    }

    private void oneOfs(Message message, String scope, DescriptorProto.Builder out) {
      for (OneOf oneOf : message.oneOfs()) {
        if (oneOf.fields().isEmpty() && oneOf.groups().isEmpty()) {
          continue;
        }
        int index = out.getOneofDeclCount();
        OneofDescriptorProto.Builder decl = OneofDescriptorProto.newBuilder().setName(oneOf.name());
        if (!oneOf.options().isEmpty()) {
          decl.setOptions(options(scope).set(OneofOptions.newBuilder(), oneOf.options()));
        }
        out.addOneofDecl(decl);
        oneOf.fields().forEach(f -> out.addField(field(f, scope).setOneofIndex(index)));
        for (Group group : oneOf.groups()) {
          out.addField(group(group, scope).setOneofIndex(index));
          out.addNestedType(message(group.body(), scope));
        }
      }
    }

    private static void reserved(Message message, DescriptorProto.Builder out) {
      for (Reserved reserved : message.reserved()) {
        for (ProtoFile.Span span : reserved.spans()) {
          switch (span) {
            case ReservedName(String name) -> out.addReservedName(name);
            case Numbers numbers ->
                out.addReservedRangeBuilder().setStart(numbers.first()).setEnd(end(numbers));
          }
        }
      }
    }

    private void ranges(Message message, String scope, DescriptorProto.Builder out) {
      boolean isMessageSet =
          message.options().stream()
              .anyMatch(o -> o.isNamed("message_set_wire_format") && o.value().isWord("true"));
      for (ExtensionRange range : message.extensionRanges()) {
        for (Numbers numbers : range.numbers()) {
          boolean isOpen = numbers.isRange() && numbers.last() == Numbers.MAX;
          DescriptorProto.ExtensionRange.Builder each =
              out.addExtensionRangeBuilder()
                  .setStart(numbers.first())
                  .setEnd(isMessageSet && isOpen ? Integer.MAX_VALUE : end(numbers));
          if (!range.options().isEmpty()) {
            each.setOptions(
                options(scope).set(ExtensionRangeOptions.newBuilder(), range.options()));
          }
        }
      }
    }

    /** In a descriptor the last of a message's ranges is exclusive. */
    private static int end(Numbers numbers) {
      return numbers.last() == Integer.MAX_VALUE ? Integer.MAX_VALUE : numbers.last() + 1;
    }

    private FieldDescriptorProto.Builder field(Field field, String scope) {
      FieldDescriptorProto.Builder out =
          FieldDescriptorProto.newBuilder()
              .setName(field.name())
              .setNumber(field.number())
              .setLabel(field.type().isMap() ? label(Label.REPEATED) : label(field.label()));
      if (field.type().isMap()) {
        out.setType(FieldDescriptorProto.Type.TYPE_MESSAGE);
        out.setTypeName("." + Names.in(scope, entryName(field.name())));
      } else {
        type(out, field.type().name(), field, scope);
      }
      if (field.jsonName() != null) {
        out.setJsonName(field.jsonName());
      }
      if (field.defaultValue() != null) {
        out.setDefaultValue(defaultValue(field, out.getType(), field.defaultValue()));
      }
      if (!field.options().isEmpty()) {
        out.setOptions(options(scope).set(FieldOptions.newBuilder(), field.options()));
      }
      return out;
    }

    private void type(FieldDescriptorProto.Builder out, String written, Field field, String scope) {
      Optional<FieldDescriptorProto.Type> scalar = Scalars.find(written);
      if (scalar.isPresent()) {
        out.setType(scalar.get());
        return;
      }
      Names.Known type =
          type(written, scope, field.line(), "field " + field.name() + " has the type ");
      out.setTypeName("." + type.fullName());
      out.setType(
          type.isEnum()
              ? FieldDescriptorProto.Type.TYPE_ENUM
              : FieldDescriptorProto.Type.TYPE_MESSAGE);
    }

    private Names.Known type(String written, String scope, int line, String what) {
      Optional<Names.Known> found = names.type(written, scope);
      if (found.isPresent()) {
        return found.get();
      }
      StringBuilder message =
          new StringBuilder("line " + line + ": " + what + written + ", which is not declared");
      String plain = written.startsWith(".") ? written.substring(1) : written;
      List<String> missing =
          file.imports().stream()
              .map(Import::name)
              .filter(each -> !imported.containsKey(each))
              .toList();
      Optional<String> declaring = known.declaring(plain);
      if (declaring.isPresent()) {
        message.append("; add import \"").append(declaring.get()).append("\";");
      } else if (!missing.isEmpty()) {
        message
            .append("; if it is in an imported file, add a reference named ")
            .append(String.join(" or ", missing));
      } else {
        message.append("; declare it, or import its file and add a reference to it");
      }
      throw new InvalidSchemaException(message.toString());
    }

    private static String defaultValue(Field field, FieldDescriptorProto.Type type, Value value) {
      try {
        return switch (value) {
          case Text(ByteString bytes) ->
              type == FieldDescriptorProto.Type.TYPE_BYTES
                  ? Literals.escapedBytes(bytes)
                  : bytes.toStringUtf8();
          case Word(String text) -> text.equals("infinity") ? "inf" : text;
          case Numeral(String text) ->
              switch (type) {
                case TYPE_FLOAT, TYPE_DOUBLE -> real(text);
                default -> Literals.integer(text).toString();
              };
          case ProtoFile.Block _, ProtoFile.Values _ -> throw new NumberFormatException();
        };
      } catch (NumberFormatException e) {
        throw new InvalidSchemaException(
            "line "
                + field.line()
                + ": the default of field "
                + field.name()
                + " does not fit its type",
            e);
      }
    }

    /** As a descriptor writes it. */
    private static String real(String text) {
      double value = Literals.real(text);
      if (Double.isNaN(value)) {
        return "nan";
      }
      return Double.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : Literals.normalized(text);
    }

    /** The message behind a map field. */
    private DescriptorProto.Builder entry(Field field, String scope) {
      String entryScope = Names.in(scope, entryName(field.name()));
      DescriptorProto.Builder out =
          DescriptorProto.newBuilder()
              .setName(entryName(field.name()))
              .setOptions(MessageOptions.newBuilder().setMapEntry(true));
      FieldDescriptorProto.Builder key =
          FieldDescriptorProto.newBuilder()
              .setName("key")
              .setNumber(1)
              .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL);
      type(key, String.valueOf(field.type().key()), field, entryScope);
      FieldDescriptorProto.Builder value =
          FieldDescriptorProto.newBuilder()
              .setName("value")
              .setNumber(2)
              .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL);
      type(value, field.type().name(), field, entryScope);
      return out.addField(key).addField(value);
    }

    private FieldDescriptorProto.Builder group(Group group, String scope) {
      FieldDescriptorProto.Builder out =
          FieldDescriptorProto.newBuilder()
              .setName(group.body().name().toLowerCase(Locale.ROOT))
              .setNumber(group.number())
              .setLabel(label(group.label()))
              .setType(FieldDescriptorProto.Type.TYPE_GROUP)
              .setTypeName("." + Names.in(scope, group.body().name()));
      if (!group.options().isEmpty()) {
        out.setOptions(options(scope).set(FieldOptions.newBuilder(), group.options()));
      }
      return out;
    }

    private FieldDescriptorProto.Builder extension(Extend extend, Field field, String scope) {
      return field(field, scope).setExtendee(extendee(extend, scope));
    }

    private String extendee(Extend extend, String scope) {
      return "." + type(extend.extendee(), scope, extend.line(), "extend names ").fullName();
    }

    private EnumDescriptorProto.Builder enumType(EnumType type, String scope) {
      EnumDescriptorProto.Builder out = EnumDescriptorProto.newBuilder().setName(type.name());
      visibility(type.visibility()).ifPresent(out::setVisibility);
      for (ProtoFile.Constant constant : type.constants()) {
        EnumValueDescriptorProto.Builder value =
            out.addValueBuilder().setName(constant.name()).setNumber(constant.number());
        if (!constant.options().isEmpty()) {
          value.setOptions(options(scope).set(EnumValueOptions.newBuilder(), constant.options()));
        }
      }
      for (Reserved reserved : type.reserved()) {
        for (ProtoFile.Span span : reserved.spans()) {
          switch (span) {
            case ReservedName(String name) -> out.addReservedName(name);
            case Numbers(int first, int last, boolean isRange) ->
                // Here the last is inclusive, and the largest is an enum's own.
                out.addReservedRangeBuilder()
                    .setStart(first)
                    .setEnd(isRange && last == Numbers.MAX ? Integer.MAX_VALUE : last);
          }
        }
      }
      if (!type.options().isEmpty()) {
        out.setOptions(options(scope).set(EnumOptions.newBuilder(), type.options()));
      }
      return out;
    }

    private ServiceDescriptorProto.Builder service(Service service, String outer) {
      ServiceDescriptorProto.Builder out =
          ServiceDescriptorProto.newBuilder().setName(service.name());
      String scope = Names.in(outer, service.name());
      for (Rpc rpc : service.rpcs()) {
        MethodDescriptorProto.Builder method =
            out.addMethodBuilder()
                .setName(rpc.name())
                .setInputType(message(rpc, rpc.request(), scope))
                .setOutputType(message(rpc, rpc.response(), scope));
        if (rpc.isRequestStreamed()) {
          method.setClientStreaming(true);
        }
        if (rpc.isResponseStreamed()) {
          method.setServerStreaming(true);
        }
        if (!rpc.options().isEmpty()) {
          method.setOptions(options(scope).set(MethodOptions.newBuilder(), rpc.options()));
        }
      }
      if (!service.options().isEmpty()) {
        out.setOptions(options(scope).set(ServiceOptions.newBuilder(), service.options()));
      }
      return out;
    }

    private String message(Rpc rpc, String written, String scope) {
      return "." + type(written, scope, rpc.line(), "rpc " + rpc.name() + " names ").fullName();
    }

    private Options options(String scope) {
      return new Options(
          written -> extension(written, scope), e -> problem = problem == null ? e : problem);
    }

    /** Confluent's options go without an import: tags are put on files that have none. */
    private Optional<FieldDescriptor> confluents(String written) {
      String fullName = written.startsWith(".") ? written.substring(1) : written;
      return fullName.startsWith("confluent.")
          ? known
              .find(KnownFiles.CONFLUENT_META)
              .flatMap(meta -> Names.findExtension(meta, fullName))
          : Optional.empty();
    }

    private Optional<FieldDescriptor> extension(String written, String scope) {
      hasCustomOptions = true;
      FileDescriptor own = itself;
      if (own == null) {
        return Optional.empty();
      }
      Optional<FieldDescriptor> found =
          names
              .extension(written, scope)
              .flatMap(fullName ->
                  Names.findExtension(own, fullName).or(() -> names.importedExtension(fullName)));
      return found.isPresent() ? found : confluents(written);
    }
  }

  private static FieldDescriptorProto.Label label(@Nullable Label label) {
    return switch (label) {
      case null -> FieldDescriptorProto.Label.LABEL_OPTIONAL;
      case OPTIONAL -> FieldDescriptorProto.Label.LABEL_OPTIONAL;
      case REQUIRED -> FieldDescriptorProto.Label.LABEL_REQUIRED;
      case REPEATED -> FieldDescriptorProto.Label.LABEL_REPEATED;
    };
  }

  private static Optional<SymbolVisibility> visibility(String written) {
    return switch (written.strip()) {
      case "export" -> Optional.of(SymbolVisibility.VISIBILITY_EXPORT);
      case "local" -> Optional.of(SymbolVisibility.VISIBILITY_LOCAL);
      default -> Optional.empty();
    };
  }

  /** What protoc calls the message behind a map field. */
  static String entryName(String field) {
    StringBuilder name = new StringBuilder();
    boolean isNextLarge = true;
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '_') {
        isNextLarge = true;
      } else {
        name.append(isNextLarge && c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c);
        isNextLarge = false;
      }
    }
    return name.append("Entry").toString();
  }
}
