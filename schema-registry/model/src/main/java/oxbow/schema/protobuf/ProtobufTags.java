package oxbow.schema.protobuf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.SchemaPart;
import oxbow.schema.protobuf.ProtoFile.Block;
import oxbow.schema.protobuf.ProtoFile.Declared;
import oxbow.schema.protobuf.ProtoFile.EnumType;
import oxbow.schema.protobuf.ProtoFile.Field;
import oxbow.schema.protobuf.ProtoFile.Message;
import oxbow.schema.protobuf.ProtoFile.NamePart;
import oxbow.schema.protobuf.ProtoFile.OneOf;
import oxbow.schema.protobuf.ProtoFile.Option;
import oxbow.schema.protobuf.ProtoFile.Text;
import oxbow.schema.protobuf.ProtoFile.Value;
import oxbow.schema.protobuf.ProtoFile.Values;

/**
 * Tags on messages and fields: what Confluent's meta options hold under {@code tags}. A part's path
 * leaves the package out; it may name the oneof that a field is in.
 */
final class ProtobufTags {
  private static final String MESSAGE_META = "confluent.message_meta";
  private static final String FIELD_META = "confluent.field_meta";
  private static final String TAGS = "tags";

  private final Map<SchemaPart, Set<String>> added;
  private final Map<SchemaPart, Set<String>> removed;
  private final Set<SchemaPart> found = new HashSet<>();

  private ProtobufTags(Map<SchemaPart, Set<String>> added, Map<SchemaPart, Set<String>> removed) {
    this.added = rooted(added);
    this.removed = rooted(removed);
  }

  /** Paths may begin with a dot or not. */
  private static Map<SchemaPart, Set<String>> rooted(Map<SchemaPart, Set<String>> tags) {
    Map<SchemaPart, Set<String>> rooted = new HashMap<>();
    tags.forEach((part, names) -> {
      String path = part.path().startsWith(".") ? part.path().substring(1) : part.path();
      rooted
          .computeIfAbsent(new SchemaPart(path, part.isRecord()), _ -> new TreeSet<>())
          .addAll(names);
    });
    return rooted;
  }

  /** The tags of those parts that have any. */
  static SortedMap<SchemaPart, SortedSet<String>> read(ProtoFile file) {
    SortedMap<SchemaPart, SortedSet<String>> tags = new TreeMap<>();
    file.messages().forEach(message -> read(message, "", tags));
    return tags;
  }

  private static void read(
      Message message, String outer, SortedMap<SchemaPart, SortedSet<String>> tags) {
    String path = Names.in(outer, message.name());
    put(tags, new SchemaPart(path, /* isRecord= */ true), message.options(), MESSAGE_META);
    List<Field> fields = new ArrayList<>(message.fields());
    message.oneOfs().forEach(oneOf -> fields.addAll(oneOf.fields()));
    for (Field field : fields) {
      SchemaPart part = new SchemaPart(Names.in(path, field.name()), /* isRecord= */ false);
      put(tags, part, field.options(), FIELD_META);
    }
    ProtoFile.messages(message.types()).forEach(nested -> read(nested, path, tags));
  }

  private static void put(
      SortedMap<SchemaPart, SortedSet<String>> tags,
      SchemaPart part,
      List<Option> options,
      String meta) {
    Set<String> names = names(meta(options, meta));
    if (!names.isEmpty()) {
      tags.put(part, new TreeSet<>(names));
    }
  }

  /**
   * Puts tags on parts, then takes others off.
   *
   * @throws InvalidSchemaException a part isn't there
   */
  static ProtoFile change(
      ProtoFile file, Map<SchemaPart, Set<String>> added, Map<SchemaPart, Set<String>> removed) {
    ProtobufTags tags = new ProtobufTags(added, removed);
    ProtoFile changed =
        new ProtoFile(
            file.syntax(),
            file.edition(),
            file.packageName(),
            file.imports(),
            file.options(),
            tags.types(file.types(), ""),
            file.extensions(),
            file.services());
    Set<SchemaPart> missing = new TreeSet<>(tags.added.keySet());
    missing.addAll(tags.removed.keySet());
    missing.removeAll(tags.found);
    for (SchemaPart part : missing) {
      throw new InvalidSchemaException(
          "No matching path '" + part.path() + "' found in the schema");
    }
    return changed;
  }

  private List<Declared> types(List<Declared> types, String outer) {
    return types.stream()
        .map(type ->
            switch (type) {
              case Message message -> message(message, outer);
              case EnumType enumType -> enumType;
            })
        .map(Declared.class::cast)
        .toList();
  }

  private Message message(Message message, String outer) {
    String path = Names.in(outer, message.name());
    List<OneOf> oneOfs = new ArrayList<>();
    for (OneOf each : message.oneOfs()) {
      List<Field> fields =
          each.fields().stream().map(f -> field(f, path, Names.in(path, each.name()))).toList();
      oneOfs.add(new OneOf(each.line(), each.name(), each.options(), fields, each.groups()));
    }
    return new Message(
        message.line(),
        message.name(),
        message.visibility(),
        message.reserved(),
        changed(message.options(), MESSAGE_META, List.of(new SchemaPart(path, true))),
        message.fields().stream().map(f -> field(f, path, path)).toList(),
        oneOfs,
        message.groups(),
        message.extensionRanges(),
        message.extensions(),
        types(message.types(), path));
  }

  private Field field(Field field, String message, String oneOf) {
    Set<SchemaPart> parts = new LinkedHashSet<>();
    parts.add(new SchemaPart(Names.in(message, field.name()), /* isRecord= */ false));
    parts.add(new SchemaPart(Names.in(oneOf, field.name()), /* isRecord= */ false));
    return new Field(
        field.line(),
        field.label(),
        field.type(),
        field.name(),
        field.number(),
        changed(field.options(), FIELD_META, List.copyOf(parts)),
        field.defaultValue(),
        field.jsonName());
  }

  private List<Option> changed(List<Option> options, String meta, List<SchemaPart> parts) {
    Set<String> more = new LinkedHashSet<>();
    Set<String> less = new HashSet<>();
    boolean isMeant = false;
    for (SchemaPart part : parts) {
      if (added.containsKey(part) || removed.containsKey(part)) {
        isMeant = true;
        found.add(part);
        more.addAll(added.getOrDefault(part, Set.of()));
        less.addAll(removed.getOrDefault(part, Set.of()));
      }
    }
    if (!isMeant) {
      return options;
    }
    SequencedMap<String, Value> entries = meta(options, meta);
    Set<String> names = names(entries);
    names.addAll(more);
    names.removeAll(less);
    if (names.isEmpty()) {
      entries.remove(TAGS);
    } else {
      entries.put(TAGS, new Values(names.stream().<Value>map(Text::of).toList()));
    }
    return replaced(options, meta, entries);
  }

  /** The options with one for the meta, where its first one stood or at the end. */
  private static List<Option> replaced(
      List<Option> options, String meta, SequencedMap<String, Value> entries) {
    Option whole = new Option(0, List.of(new NamePart(meta, true)), new Block(entries));
    List<Option> replaced = new ArrayList<>();
    boolean isPlaced = entries.isEmpty();
    for (Option option : options) {
      if (!isMeta(option, meta)) {
        replaced.add(option);
      } else if (!isPlaced) {
        replaced.add(whole);
        isPlaced = true;
      }
    }
    if (!isPlaced) {
      replaced.add(whole);
    }
    return List.copyOf(replaced);
  }

  private static boolean isMeta(Option option, String meta) {
    String name = option.name().getFirst().name();
    return option.isCustom() && (name.equals(meta) || name.equals("." + meta));
  }

  /** What a meta option holds, however many times it is written. */
  private static SequencedMap<String, Value> meta(List<Option> options, String meta) {
    SequencedMap<String, Value> entries = new LinkedHashMap<>();
    for (Option option : options) {
      if (!isMeta(option, meta)) {
        continue;
      }
      if (option.name().size() == 2) {
        entries.merge(option.name().getLast().name(), option.value(), ProtobufTags::both);
      } else if (option.name().size() == 1 && option.value() instanceof Block block) {
        block.entries().forEach((name, value) -> entries.merge(name, value, ProtobufTags::both));
      }
    }
    return entries;
  }

  private static Value both(Value before, Value after) {
    LinkedHashSet<Value> all = new LinkedHashSet<>(values(before));
    all.addAll(values(after));
    return new Values(List.copyOf(all));
  }

  private static List<Value> values(Value value) {
    return value instanceof Values(List<Value> values) ? values : List.of(value);
  }

  private static Set<String> names(Map<String, Value> meta) {
    Set<String> names = new LinkedHashSet<>();
    for (Value value : values(meta.getOrDefault(TAGS, new Values(List.of())))) {
      if (value instanceof Text text) {
        names.add(text.bytes().toStringUtf8());
      }
    }
    return names;
  }
}
