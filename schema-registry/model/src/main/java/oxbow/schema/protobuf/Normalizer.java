package oxbow.schema.protobuf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
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
import oxbow.schema.protobuf.ProtoFile.Message;
import oxbow.schema.protobuf.ProtoFile.NamePart;
import oxbow.schema.protobuf.ProtoFile.Numbers;
import oxbow.schema.protobuf.ProtoFile.Numeral;
import oxbow.schema.protobuf.ProtoFile.OneOf;
import oxbow.schema.protobuf.ProtoFile.Option;
import oxbow.schema.protobuf.ProtoFile.Reserved;
import oxbow.schema.protobuf.ProtoFile.ReservedName;
import oxbow.schema.protobuf.ProtoFile.Rpc;
import oxbow.schema.protobuf.ProtoFile.Service;
import oxbow.schema.protobuf.ProtoFile.Span;
import oxbow.schema.protobuf.ProtoFile.Text;
import oxbow.schema.protobuf.ProtoFile.TypeName;
import oxbow.schema.protobuf.ProtoFile.Value;
import oxbow.schema.protobuf.ProtoFile.Values;
import oxbow.schema.protobuf.ProtoFile.Word;

/**
 * Brings files that mean the same into one form: members by their numbers, names in full, options
 * sorted and joined. Messages stay in their order, which index paths in records count.
 */
final class Normalizer {
  private static final Comparator<Span> BY_START =
      Comparator.comparingInt(
              (Span span) -> span instanceof Numbers numbers ? numbers.first() : Integer.MAX_VALUE)
          .thenComparing(span -> span instanceof ReservedName(String name) ? name : "")
          .thenComparingInt(span -> span instanceof Numbers numbers ? numbers.last() : 0);

  private final Names names;

  Normalizer(Names names) {
    this.names = names;
  }

  ProtoFile normalize(ProtoFile file) {
    String scope = names.root();
    return new ProtoFile(
        file.isProto3() ? file.syntax() : null,
        file.edition(),
        file.packageName(),
        file.imports().stream()
            .map(each -> new Import(0, each.kind(), each.name()))
            .sorted(Comparator.comparing(Import::name))
            .distinct()
            .toList(),
        options(file.options(), scope),
        types(file.types(), scope),
        extensions(file.extensions(), scope),
        file.services().stream().map(service -> service(service, scope)).toList());
  }

  private List<Declared> types(List<Declared> types, String scope) {
    return types.stream()
        .filter(type -> !(type instanceof Message message && message.isMapEntry()))
        .<Declared>map(type ->
            switch (type) {
              case Message message -> message(message, scope);
              case EnumType enumType -> enumType(enumType, scope);
            })
        .toList();
  }

  private Message message(Message message, String outer) {
    String scope = Names.in(outer, message.name());
    return new Message(
        message.line(),
        message.name(),
        message.visibility(),
        reserved(message.reserved()),
        options(message.options(), scope),
        fields(message.fields(), scope),
        message.oneOfs().stream()
            .filter(oneOf -> !oneOf.fields().isEmpty() || !oneOf.groups().isEmpty())
            .map(oneOf -> oneOf(oneOf, scope))
            .sorted(Comparator.comparingInt(Normalizer::firstNumber))
            .toList(),
        groups(message.groups(), scope),
        ranges(message.extensionRanges(), scope),
        extensions(message.extensions(), scope),
        types(message.types(), scope));
  }

  private OneOf oneOf(OneOf oneOf, String scope) {
    return new OneOf(
        oneOf.line(),
        oneOf.name(),
        options(oneOf.options(), scope),
        fields(oneOf.fields(), scope),
        groups(oneOf.groups(), scope));
  }

  private static int firstNumber(OneOf oneOf) {
    return Stream.concat(
            oneOf.fields().stream().map(Field::number), oneOf.groups().stream().map(Group::number))
        .min(Comparator.naturalOrder())
        .orElse(0);
  }

  private List<Field> fields(List<Field> fields, String scope) {
    return fields.stream()
        .map(field -> field(field, scope))
        .sorted(Comparator.comparingInt(Field::number))
        .toList();
  }

  private Field field(Field field, String scope) {
    TypeName type = type(field.type(), scope);
    List<Option> all = new ArrayList<>(field.options());
    if (field.defaultValue() != null) {
      all.add(Option.of("default", field.defaultValue()));
    }
    if (field.jsonName() != null) {
      all.add(Option.of("json_name", Text.of(field.jsonName())));
    }
    return new Field(
        field.line(),
        type.isMap() ? null : field.label(),
        type,
        field.name(),
        field.number(),
        options(all, scope),
        null,
        null);
  }

  private TypeName type(TypeName type, String scope) {
    if (type.isMap()) {
      return new TypeName(type.key(), qualified(type.name(), scope));
    }
    String name = qualified(type.name(), scope);
    Optional<Message> entry =
        name.startsWith(".")
            ? names.ownMessage(name.substring(1)).filter(Message::isMapEntry)
            : Optional.empty();
    return entry.map(e -> map(e, name.substring(1))).orElseGet(() -> new TypeName(null, name));
  }

  /** The map that a message written out stands for. */
  private TypeName map(Message entry, String scope) {
    @Nullable String key = null;
    String value = "";
    for (Field field : entry.fields()) {
      if (field.number() == 1) {
        key = field.type().name();
      } else {
        value = qualified(field.type().name(), scope);
      }
    }
    return new TypeName(key == null ? "string" : key, value);
  }

  /** With its full name and a leading dot; a scalar, or what is not found, as it is. */
  private String qualified(String name, String scope) {
    if (Scalars.has(name)) {
      return name;
    }
    return names.type(name, scope).map(known -> "." + known.fullName()).orElse(name);
  }

  private List<Group> groups(List<Group> groups, String scope) {
    return groups.stream()
        .map(group ->
            new Group(
                group.line(),
                group.label(),
                group.number(),
                options(group.options(), scope),
                message(group.body(), scope)))
        .sorted(Comparator.comparingInt(Group::number))
        .toList();
  }

  private static List<Reserved> reserved(List<Reserved> reserved) {
    return reserved.stream()
        .flatMap(each -> each.spans().stream())
        .map(span -> span instanceof Numbers numbers ? single(numbers) : span)
        .sorted(BY_START)
        .map(span -> new Reserved(0, List.of(span)))
        .toList();
  }

  private static Numbers single(Numbers numbers) {
    return new Numbers(numbers.first(), numbers.last(), numbers.first() != numbers.last());
  }

  private List<ExtensionRange> ranges(List<ExtensionRange> ranges, String scope) {
    return ranges.stream()
        .flatMap(range ->
            range.numbers().stream()
                .map(numbers ->
                    new ExtensionRange(
                        0, List.of(single(numbers)), options(range.options(), scope))))
        .sorted(
            Comparator.comparing((ExtensionRange range) -> range.numbers().getFirst(), BY_START))
        .toList();
  }

  private List<Extend> extensions(List<Extend> extensions, String scope) {
    Map<String, Extend> byExtendee = new LinkedHashMap<>();
    for (Extend each : extensions) {
      Extend all =
          byExtendee.computeIfAbsent(
              qualified(each.extendee(), scope),
              name -> new Extend(each.line(), name, new ArrayList<>(), new ArrayList<>()));
      all.fields().addAll(each.fields());
      all.groups().addAll(each.groups());
    }
    return byExtendee.values().stream()
        .map(all ->
            new Extend(
                all.line(),
                all.extendee(),
                fields(all.fields(), scope),
                groups(all.groups(), scope)))
        .toList();
  }

  private EnumType enumType(EnumType type, String outer) {
    String scope = Names.in(outer, type.name());
    return new EnumType(
        type.line(),
        type.name(),
        type.visibility(),
        reserved(type.reserved()),
        options(type.options(), scope),
        type.constants().stream()
            .map(c -> new Constant(c.line(), c.name(), c.number(), options(c.options(), scope)))
            .sorted(Comparator.comparingInt(Constant::number).thenComparing(Constant::name))
            .toList());
  }

  private Service service(Service service, String outer) {
    String scope = Names.in(outer, service.name());
    return new Service(
        service.line(),
        service.name(),
        options(service.options(), scope),
        service.rpcs().stream()
            .map(rpc ->
                new Rpc(
                    rpc.line(),
                    rpc.name(),
                    rpc.isRequestStreamed(),
                    qualified(rpc.request(), scope),
                    rpc.isResponseStreamed(),
                    qualified(rpc.response(), scope),
                    options(rpc.options(), scope)))
            .toList());
  }

  private List<Option> options(List<Option> options, String scope) {
    Map<String, List<Option>> byName = new TreeMap<>();
    for (Option option : options) {
      Option full = qualified(option, scope);
      byName
          .computeIfAbsent(full.name().getFirst().name(), _ -> new ArrayList<>())
          .add(new Option(full.line(), full.name(), topValue(full.value(), scope)));
    }
    return byName.values().stream().flatMap(same -> joined(same).stream()).toList();
  }

  /** An extension by its full name, its parts in braces; any other option stays. */
  private Option qualified(Option option, String scope) {
    NamePart first = option.name().getFirst();
    if (!first.isExtension()) {
      return option;
    }
    Optional<String> fullName = names.extension(first.name(), scope);
    if (fullName.isEmpty()) {
      return option;
    }
    Value value = option.value();
    for (NamePart part : option.name().subList(1, option.name().size()).reversed()) {
      LinkedHashMap<String, Value> entry = new LinkedHashMap<>();
      entry.put(part.isExtension() ? "[" + part.name() + "]" : part.name(), value);
      value = new Block(entry);
    }
    return new Option(option.line(), List.of(new NamePart(fullName.get(), true)), value);
  }

  /** Makes one of the options of one name, where it is an extension that holds one value. */
  private List<Option> joined(List<Option> same) {
    NamePart name = same.getFirst().name().getFirst();
    Optional<Names.Member> member =
        name.isExtension() ? names.extensionMember(name.name()) : Optional.empty();
    if (member.isEmpty() || member.get().isRepeated()) {
      return same;
    }
    Value value = same.getFirst().value();
    for (Option next : same.subList(1, same.size())) {
      value =
          value instanceof Block before && next.value() instanceof Block after
              ? joined(before, after, member.get().type())
              : next.value();
    }
    return List.of(new Option(same.getFirst().line(), same.getFirst().name(), value));
  }

  private Block joined(Block before, Block after, Optional<String> type) {
    TreeMap<String, Value> entries = new TreeMap<>(before.entries());
    after
        .entries()
        .forEach((key, value) -> entries.merge(key, value, (a, b) -> both(key, a, b, type)));
    return new Block(new LinkedHashMap<>(entries));
  }

  private Value both(String key, Value before, Value after, Optional<String> type) {
    Optional<Names.Member> member =
        key.startsWith("[")
            ? names.extensionMember(key.substring(1, key.length() - 1))
            : type.flatMap(t -> names.member(t, key));
    if (member.isPresent() && !member.get().isRepeated()) {
      return before instanceof Block some && after instanceof Block others
          ? joined(some, others, member.get().type())
          : after;
    }
    LinkedHashSet<Value> all = new LinkedHashSet<>();
    for (Value value : List.of(before, after)) {
      if (value instanceof Values(List<Value> values)) {
        all.addAll(values);
      } else {
        all.add(value);
      }
    }
    return all.size() == 1 ? all.getFirst() : new Values(List.copyOf(all));
  }

  private Value topValue(Value value, String scope) {
    return value instanceof Values(List<Value> values)
        ? new Values(values.stream().map(each -> value(each, scope)).toList())
        : value(value, scope);
  }

  /** A value within another one, where a list of one means the same as what it holds. */
  private Value value(Value value, String scope) {
    return switch (value) {
      case Text text -> text;
      case Word word -> word;
      case Numeral(String text) -> new Numeral(Literals.normalized(text));
      case Values(List<Value> values) when values.size() == 1 -> value(values.getFirst(), scope);
      case Values(List<Value> values) ->
          new Values(values.stream().map(each -> value(each, scope)).toList());
      case Block block -> {
        TreeMap<String, Value> entries = new TreeMap<>();
        block
            .entries()
            .forEach((key, each) -> {
              if (!(each instanceof Values(List<Value> values) && values.isEmpty())) {
                entries.putIfAbsent(key(key, scope), value(each, scope));
              }
            });
        yield new Block(new LinkedHashMap<>(entries));
      }
    };
  }

  private String key(String key, String scope) {
    if (!key.startsWith("[")) {
      return key;
    }
    return names
        .extension(key.substring(1, key.length() - 1), scope)
        .map(fullName -> "[" + fullName + "]")
        .orElse(key);
  }
}
