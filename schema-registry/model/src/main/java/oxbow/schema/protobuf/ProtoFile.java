package oxbow.schema.protobuf;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * A file as it was written, names not looked up, comments left out. Within a message the kinds of
 * members lie apart, each kind in the order of the text: that is the order of the canonical form.
 *
 * @param syntax {@code proto2} or {@code proto3}; null: not said, which means proto2
 * @param edition instead of a syntax, such as {@code 2023}
 */
record ProtoFile(
    @Nullable String syntax,
    @Nullable String edition,
    @Nullable String packageName,
    List<Import> imports,
    List<Option> options,
    List<Declared> types,
    List<Extend> extensions,
    List<Service> services) {

  boolean isProto3() {
    return "proto3".equals(syntax);
  }

  boolean isProto2() {
    return edition == null && !isProto3();
  }

  List<Message> messages() {
    return messages(types);
  }

  static List<Message> messages(List<Declared> types) {
    return types.stream().filter(Message.class::isInstance).map(Message.class::cast).toList();
  }

  static List<EnumType> enums(List<Declared> types) {
    return types.stream().filter(EnumType.class::isInstance).map(EnumType.class::cast).toList();
  }

  /** How a file uses another one. */
  enum ImportKind {
    PLAIN(""),
    PUBLIC("public "),
    WEAK("weak "),
    OPTION("option ");

    final String text;

    ImportKind(String text) {
      this.text = text;
    }
  }

  record Import(int line, ImportKind kind, String name) {}

  /** A message or an enum. */
  sealed interface Declared {
    int line();

    String name();
  }

  record Message(
      int line,
      String name,
      String visibility,
      List<Reserved> reserved,
      List<Option> options,
      List<Field> fields,
      List<OneOf> oneOfs,
      List<Group> groups,
      List<ExtensionRange> extensionRanges,
      List<Extend> extensions,
      List<Declared> types)
      implements Declared {

    /** Whether it is what a map field means, written out: descriptors have it so. */
    boolean isMapEntry() {
      return options.stream().anyMatch(o -> o.isNamed("map_entry") && o.value().isWord("true"));
    }

    Message withTypes(List<Declared> others) {
      return new Message(
          line,
          name,
          visibility,
          reserved,
          options,
          fields,
          oneOfs,
          groups,
          extensionRanges,
          extensions,
          others);
    }
  }

  record EnumType(
      int line,
      String name,
      String visibility,
      List<Reserved> reserved,
      List<Option> options,
      List<Constant> constants)
      implements Declared {}

  record Constant(int line, String name, int number, List<Option> options) {}

  enum Label {
    OPTIONAL("optional "),
    REQUIRED("required "),
    REPEATED("repeated ");

    final String text;

    Label(String text) {
      this.text = text;
    }
  }

  /**
   * The type that a field names.
   *
   * @param key of a map; null: it is no map
   * @param name a scalar's, or a message's or an enum's as written; of a map that of its values
   */
  record TypeName(@Nullable String key, String name) {
    boolean isMap() {
      return key != null;
    }

    @Override
    public String toString() {
      return key == null ? name : "map<" + key + ", " + name + ">";
    }
  }

  /**
   * A field.
   *
   * @param label null: none written
   * @param options without the two that follow
   */
  record Field(
      int line,
      @Nullable Label label,
      TypeName type,
      String name,
      int number,
      List<Option> options,
      @Nullable Value defaultValue,
      @Nullable String jsonName) {}

  record OneOf(
      int line, String name, List<Option> options, List<Field> fields, List<Group> groups) {}

  /** A field whose message type stands where it is used. */
  record Group(int line, @Nullable Label label, int number, List<Option> options, Message body) {}

  /** One {@code reserved} statement. */
  record Reserved(int line, List<Span> spans) {}

  /** What may not be used: numbers, or a name. */
  sealed interface Span {}

  /**
   * Numbers, both ends inclusive.
   *
   * @param isRange written as {@code a to b}
   */
  record Numbers(int first, int last, boolean isRange) implements Span {
    /** What {@code max} stands for. */
    static final int MAX = 536_870_911;
  }

  record ReservedName(String name) implements Span {}

  record ExtensionRange(int line, List<Numbers> numbers, List<Option> options) {}

  record Extend(int line, String extendee, List<Field> fields, List<Group> groups) {}

  record Service(int line, String name, List<Option> options, List<Rpc> rpcs) {}

  record Rpc(
      int line,
      String name,
      boolean isRequestStreamed,
      String request,
      boolean isResponseStreamed,
      String response,
      List<Option> options) {}

  /** A part of an option's name; one of an extension stands in parentheses. */
  record NamePart(String name, boolean isExtension) {
    @Override
    public String toString() {
      return isExtension ? "(" + name + ")" : name;
    }
  }

  record Option(int line, List<NamePart> name, Value value) {
    static Option of(String name, Value value) {
      return new Option(0, List.of(new NamePart(name, false)), value);
    }

    boolean isNamed(String plain) {
      return name.size() == 1
          && !name.getFirst().isExtension()
          && name.getFirst().name().equals(plain);
    }

    boolean isCustom() {
      return name.getFirst().isExtension();
    }

    String fullName() {
      return String.join(".", name.stream().map(NamePart::toString).toList());
    }
  }

  /** What an option or a default is set to. */
  sealed interface Value {
    default boolean isWord(String text) {
      return this instanceof Word(String word) && word.equals(text);
    }
  }

  /** In quotes; bytes, since an escape may stand for any. */
  record Text(ByteString bytes) implements Value {
    static Text of(String text) {
      return new Text(ByteString.copyFromUtf8(text));
    }
  }

  /** {@code true}, a constant of an enum, {@code inf}. */
  record Word(String text) implements Value {}

  /** As written. */
  record Numeral(String text) implements Value {}

  /** Braces; a name given twice has a list. */
  record Block(SequencedMap<String, Value> entries) implements Value {}

  record Values(List<Value> values) implements Value {}
}
