package oxbow.schema.protobuf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.protobuf.ProtoFile.Constant;
import oxbow.schema.protobuf.ProtoFile.Declared;
import oxbow.schema.protobuf.ProtoFile.EnumType;
import oxbow.schema.protobuf.ProtoFile.Extend;
import oxbow.schema.protobuf.ProtoFile.ExtensionRange;
import oxbow.schema.protobuf.ProtoFile.Field;
import oxbow.schema.protobuf.ProtoFile.Group;
import oxbow.schema.protobuf.ProtoFile.Label;
import oxbow.schema.protobuf.ProtoFile.Message;
import oxbow.schema.protobuf.ProtoFile.Numbers;
import oxbow.schema.protobuf.ProtoFile.OneOf;
import oxbow.schema.protobuf.ProtoFile.Reserved;
import oxbow.schema.protobuf.ProtoFile.ReservedName;
import oxbow.schema.protobuf.ProtoFile.Span;

/**
 * What protoc refuses although it can be read: a file that comes new must be one that clients can
 * generate code from. Each refusal names the line and the way out.
 */
final class Rules {
  private static final Set<String> KEYS =
      Set.of(
          "int32",
          "int64",
          "uint32",
          "uint64",
          "sint32",
          "sint64",
          "fixed32",
          "fixed64",
          "sfixed32",
          "sfixed64",
          "bool",
          "string");

  private final ProtoFile file;

  private Rules(ProtoFile file) {
    this.file = file;
  }

  /**
   * Checks a file.
   *
   * @throws InvalidSchemaException the first thing that is wrong
   */
  static void check(ProtoFile file) {
    Rules rules = new Rules(file);
    Map<String, Integer> siblings = new HashMap<>();
    rules.types(file.types(), siblings);
    file.services().forEach(s -> declare(siblings, s.name(), s.line()));
    file.extensions().forEach(e -> rules.extend(e, siblings));
  }

  private void types(List<Declared> types, Map<String, Integer> siblings) {
    for (Declared type : types) {
      declare(siblings, type.name(), type.line());
      switch (type) {
        case Message message -> message(message);
        case EnumType enumType -> enumType(enumType, siblings);
      }
    }
  }

  private static void declare(Map<String, Integer> siblings, String name, int line) {
    Integer before = siblings.putIfAbsent(name, line);
    if (before != null) {
      throw bad(line, name + " is declared twice, first on line " + before + "; rename one");
    }
  }

  private void message(Message message) {
    Map<String, Integer> siblings = new HashMap<>();
    Map<Integer, String> numbers = new HashMap<>();
    Set<String> reservedNames = new HashSet<>();
    List<Used> taken = new ArrayList<>();
    for (Reserved reserved : message.reserved()) {
      for (Span span : reserved.spans()) {
        switch (span) {
          case ReservedName(String name) -> reservedNames.add(name);
          case Numbers each -> taken.add(new Used(each, reserved.line(), "reserved"));
        }
      }
    }
    for (ExtensionRange range : message.extensionRanges()) {
      if (file.isProto3()) {
        throw bad(range.line(), "proto3 has no extension ranges; remove this one, or use proto2");
      }
      range
          .numbers()
          .forEach(n -> taken.add(new Used(n, range.line(), "set aside for extensions")));
    }
    Members members = new Members(siblings, numbers, reservedNames, byStart(taken));
    for (Field field : message.fields()) {
      field(field, true);
      members.add(field.name(), field.number(), field.line());
    }
    for (OneOf oneOf : message.oneOfs()) {
      if (oneOf.fields().isEmpty() && oneOf.groups().isEmpty()) {
        throw bad(oneOf.line(), "oneof " + oneOf.name() + " is empty; give it a field");
      }
      declare(siblings, oneOf.name(), oneOf.line());
      for (Field field : oneOf.fields()) {
        if (field.type().isMap()) {
          throw bad(field.line(), "field " + field.name() + " is a map; move it out of the oneof");
        }
        field(field, false);
        members.add(field.name(), field.number(), field.line());
      }
      oneOf.groups().forEach(g -> group(g, false, siblings, members));
    }
    message.groups().forEach(g -> group(g, true, siblings, members));
    types(message.types(), siblings);
    message.extensions().forEach(e -> extend(e, siblings));
  }

  /** Numbers that no field may have. */
  private record Used(Numbers numbers, int line, String why) {}

  /** Ranges by their first number; none overlaps another. */
  private static NavigableMap<Integer, Used> byStart(List<Used> taken) {
    NavigableMap<Integer, Used> byStart = new TreeMap<>();
    for (Used used : taken) {
      Numbers each = used.numbers();
      if (each.first() < 1 || each.last() < each.first()) {
        throw bad(used.line(), "the range begins below 1 or ends before it begins; correct it");
      }
      Used before = at(byStart, each.last());
      if (before != null && before.numbers().last() >= each.first()) {
        int number = Math.max(before.numbers().first(), each.first());
        throw bad(
            used.line(), "number " + number + " is " + before.why() + " already; shorten one");
      }
      byStart.put(each.first(), used);
    }
    return byStart;
  }

  /** The range that begins at a number or last before it. */
  private static @Nullable Used at(NavigableMap<Integer, Used> byStart, int number) {
    Map.Entry<Integer, Used> entry = byStart.floorEntry(number);
    return entry == null ? null : entry.getValue();
  }

  /** The fields of one message so far. */
  private record Members(
      Map<String, Integer> siblings,
      Map<Integer, String> numbers,
      Set<String> reservedNames,
      NavigableMap<Integer, Used> taken) {

    void add(String name, int number, int line) {
      declare(siblings, name, line);
      checkNumber(name, number, line);
      String before = numbers.putIfAbsent(number, name);
      if (before != null) {
        throw bad(line, name + " has the number " + number + " of " + before + "; take another");
      }
      if (reservedNames.contains(name)) {
        throw bad(line, "the name " + name + " is reserved; take another");
      }
      Used used = at(taken, number);
      if (used != null && number <= used.numbers().last()) {
        throw bad(
            line,
            name + " has the number " + number + ", which is " + used.why() + "; take another");
      }
    }
  }

  private static void checkNumber(String name, int number, int line) {
    if (number < 1 || number > Numbers.MAX) {
      throw bad(line, name + " has the number " + number + "; numbers are 1 to " + Numbers.MAX);
    }
    if (number >= 19_000 && number <= 19_999) {
      throw bad(
          line, name + " has the number " + number + "; 19000 to 19999 belong to Protobuf itself");
    }
  }

  private void field(Field field, boolean hasLabel) {
    if (field.type().isMap()) {
      if (field.label() != null) {
        throw bad(field.line(), "map " + field.name() + " has a label; remove it");
      }
      if (!KEYS.contains(String.valueOf(field.type().key()))) {
        throw bad(
            field.line(),
            "map "
                + field.name()
                + " has keys of type "
                + field.type().key()
                + "; they are whole numbers, bool or string");
      }
    } else if (hasLabel) {
      label(field.name(), field.label(), field.line());
    }
    if (field.defaultValue() != null && file.isProto3()) {
      throw bad(field.line(), "proto3 has no defaults; remove that of " + field.name());
    }
  }

  private void label(String name, @Nullable Label label, int line) {
    if (label == null && file.isProto2()) {
      throw bad(
          line,
          "field "
              + name
              + " has no label; put optional, required or repeated before it, or begin the file"
              + " with syntax = \"proto3\";");
    }
    if (label == Label.REQUIRED && !file.isProto2()) {
      throw bad(line, "field " + name + " is required, which only proto2 has; remove the word");
    }
    if (label == Label.OPTIONAL && file.edition() != null) {
      throw bad(
          line,
          "field "
              + name
              + " is optional, which editions say as features.field_presence; remove the word");
    }
  }

  private void group(
      Group group, boolean hasLabel, Map<String, Integer> siblings, Members members) {
    String name = group.body().name();
    if (!file.isProto2()) {
      throw bad(group.line(), "group " + name + " is a thing of proto2; use a message");
    }
    if (hasLabel) {
      label(name, group.label(), group.line());
    }
    declare(siblings, name, group.line());
    members.add(name.toLowerCase(Locale.ROOT), group.number(), group.line());
    message(group.body());
  }

  private void extend(Extend extend, Map<String, Integer> siblings) {
    for (Field field : extend.fields()) {
      if (field.type().isMap() || field.label() == Label.REQUIRED) {
        throw bad(field.line(), "extension " + field.name() + " can be neither map nor required");
      }
      if (!file.isProto3() || field.label() != null) {
        field(field, true);
      }
      declare(siblings, field.name(), field.line());
      checkNumber(field.name(), field.number(), field.line());
    }
    for (Group group : extend.groups()) {
      declare(siblings, group.body().name(), group.line());
      checkNumber(group.body().name(), group.number(), group.line());
      message(group.body());
    }
  }

  private void enumType(EnumType type, Map<String, Integer> siblings) {
    if (type.constants().isEmpty()) {
      throw bad(type.line(), "enum " + type.name() + " is empty; give it a constant");
    }
    boolean mayAlias =
        type.options().stream().anyMatch(o -> o.isNamed("allow_alias") && o.value().isWord("true"));
    Set<String> reservedNames = new HashSet<>();
    NavigableMap<Integer, Integer> reserved = new TreeMap<>();
    for (Reserved each : type.reserved()) {
      for (Span span : each.spans()) {
        switch (span) {
          case ReservedName(String name) -> reservedNames.add(name);
          case Numbers(int first, int last, _) -> reserved.merge(first, last, Math::max);
        }
      }
    }
    Map<Integer, String> numbers = new HashMap<>();
    for (Constant constant : type.constants()) {
      // Constants are siblings of their enum: two enums of a scope can't share a name.
      declare(siblings, constant.name(), constant.line());
      String before = numbers.putIfAbsent(constant.number(), constant.name());
      if (before != null && !mayAlias) {
        throw bad(
            constant.line(),
            constant.name()
                + " has the number of "
                + before
                + "; take another, or set option allow_alias = true;");
      }
      Integer last = last(reserved, constant.number());
      if (reservedNames.contains(constant.name()) || (last != null && constant.number() <= last)) {
        throw bad(constant.line(), constant.name() + " or its number is reserved; take another");
      }
    }
    if (file.isProto3() && type.constants().getFirst().number() != 0) {
      throw bad(
          type.constants().getFirst().line(),
          "the first constant of enum " + type.name() + " is what proto3 takes for 0; number it 0");
    }
  }

  /** Where the range ends that begins at a number or last before it. */
  private static @Nullable Integer last(NavigableMap<Integer, Integer> ranges, int number) {
    Map.Entry<Integer, Integer> entry = ranges.floorEntry(number);
    return entry == null ? null : entry.getValue();
  }

  private static InvalidSchemaException bad(int line, String message) {
    return new InvalidSchemaException("line " + line + ": " + message);
  }
}
