package oxbow.schema.protobuf;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import oxbow.schema.InvalidSchemaException;
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
import oxbow.schema.protobuf.ProtoLexer.Kind;

/**
 * Reads a file's text: proto2, proto3 and editions. Takes time and memory in proportion to the
 * text, and refuses to nest deeper than {@link #DEPTH_MAX}. Looks up no name.
 */
final class ProtoParser {
  /** A little more than protoc allows for messages. */
  static final int DEPTH_MAX = 40;

  /** Twice what a record of {@code _schemas} holds by default. */
  static final int CHARS_MAX = 2 << 20;

  /** Names are looked up in every scope around them, so long ones in deep scopes would cost. */
  private static final int NAME_CHARS_MAX = 300;

  private static final int FULL_NAME_CHARS_MAX = 1_000;

  private final ProtoLexer in;
  private int depth;

  private ProtoParser(String text) {
    in = new ProtoLexer(text);
  }

  /**
   * Reads a whole file.
   *
   * @throws InvalidSchemaException where it is no Protobuf and what was expected there
   */
  static ProtoFile parse(String text) {
    if (text.length() > CHARS_MAX) {
      throw new InvalidSchemaException(
          "the schema has " + text.length() + " characters; split it, " + CHARS_MAX + " may be");
    }
    return new ProtoParser(text).file();
  }

  private ProtoFile file() {
    @Nullable String syntax = null;
    @Nullable String edition = null;
    @Nullable String packageName = null;
    List<Import> imports = new ArrayList<>();
    List<Option> options = new ArrayList<>();
    List<Declared> types = new ArrayList<>();
    List<Extend> extensions = new ArrayList<>();
    List<Service> services = new ArrayList<>();
    boolean isFirst = true;
    while (in.kind() != Kind.END) {
      if (skip(";")) {
        continue;
      }
      if (in.is("syntax") || in.is("edition")) {
        if (!isFirst) {
          throw in.error("move " + in.text() + " to the top of the file, where it stands once");
        }
        if (skip("syntax")) {
          syntax = version();
          if (!syntax.equals("proto2") && !syntax.equals("proto3")) {
            throw in.error("the syntax is proto2 or proto3, not " + syntax);
          }
        } else {
          in.advance();
          edition = version();
        }
      } else if (in.is("package")) {
        if (packageName != null) {
          throw in.error("a file has one package; remove this one");
        }
        in.advance();
        packageName = fullName();
        expect(";");
      } else if (in.is("import")) {
        imports.add(importOf());
      } else if (in.is("option")) {
        options.add(option());
      } else if (in.is("extend")) {
        extensions.add(extend());
      } else if (in.is("service")) {
        services.add(service());
      } else if (!type(types)) {
        throw unexpected("message, enum, service, extend, import, option or package");
      }
      isFirst = false;
    }
    return new ProtoFile(
        syntax,
        edition,
        packageName,
        List.copyOf(imports),
        List.copyOf(options),
        List.copyOf(types),
        List.copyOf(extensions),
        List.copyOf(services));
  }

  /** Reads what follows {@code syntax} or {@code edition}. */
  private String version() {
    expect("=");
    String given = string().toStringUtf8();
    expect(";");
    return given;
  }

  private Import importOf() {
    int line = in.line();
    in.advance();
    ImportKind kind = ImportKind.PLAIN;
    for (ImportKind other : ImportKind.values()) {
      if (other != ImportKind.PLAIN && skip(other.text.strip())) {
        kind = other;
        break;
      }
    }
    String name = string().toStringUtf8();
    expect(";");
    return new Import(line, kind, name);
  }

  /** Reads a message or an enum, if one comes next. */
  private boolean type(List<Declared> types) {
    String visibility = "";
    if (in.is("export") || in.is("local")) {
      visibility = in.text() + " ";
      in.advance();
      if (!in.is("message") && !in.is("enum")) {
        throw unexpected("message or enum");
      }
    }
    int line = in.line();
    if (skip("message")) {
      types.add(message(line, name("the message's name"), visibility));
      return true;
    }
    if (skip("enum")) {
      types.add(enumType(line, visibility));
      return true;
    }
    return false;
  }

  private Message message(int line, String name, String visibility) {
    List<Reserved> reserved = new ArrayList<>();
    List<Option> options = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    List<OneOf> oneOfs = new ArrayList<>();
    List<Group> groups = new ArrayList<>();
    List<ExtensionRange> ranges = new ArrayList<>();
    List<Extend> extensions = new ArrayList<>();
    List<Declared> types = new ArrayList<>();
    open("{");
    while (!close("}", "message " + name)) {
      if (in.is("reserved")) {
        reserved.add(reserved());
      } else if (in.is("option")) {
        options.add(option());
      } else if (in.is("oneof")) {
        oneOfs.add(oneOf());
      } else if (in.is("extensions")) {
        ranges.add(extensionRange());
      } else if (in.is("extend")) {
        extensions.add(extend());
      } else if (!type(types)) {
        field(true, fields::add, groups::add);
      }
    }
    return new Message(
        line,
        name,
        visibility,
        List.copyOf(reserved),
        List.copyOf(options),
        List.copyOf(fields),
        List.copyOf(oneOfs),
        List.copyOf(groups),
        List.copyOf(ranges),
        List.copyOf(extensions),
        List.copyOf(types));
  }

  private OneOf oneOf() {
    int line = in.line();
    in.advance();
    String name = name("the oneof's name");
    List<Option> options = new ArrayList<>();
    List<Field> fields = new ArrayList<>();
    List<Group> groups = new ArrayList<>();
    open("{");
    while (!close("}", "oneof " + name)) {
      if (in.is("option")) {
        options.add(option());
      } else {
        field(false, fields::add, groups::add);
      }
    }
    return new OneOf(line, name, List.copyOf(options), List.copyOf(fields), List.copyOf(groups));
  }

  private Extend extend() {
    int line = in.line();
    in.advance();
    String extendee = fullName();
    List<Field> fields = new ArrayList<>();
    List<Group> groups = new ArrayList<>();
    open("{");
    while (!close("}", "extend " + extendee)) {
      field(true, fields::add, groups::add);
    }
    return new Extend(line, extendee, List.copyOf(fields), List.copyOf(groups));
  }

  private void field(boolean mayHaveLabel, Consumer<Field> fields, Consumer<Group> groups) {
    int line = in.line();
    @Nullable Label label = null;
    for (Label other : Label.values()) {
      if (in.is(other.text.strip())) {
        if (!mayHaveLabel) {
          throw in.error("a field of a oneof has no label; remove " + in.text());
        }
        in.advance();
        label = other;
        break;
      }
    }
    if (in.kind() != Kind.WORD && !in.is(".")) {
      throw unexpected("a field, which begins with its type, or }");
    }
    if (skip("group")) {
      String name = name("the group's name");
      int number = fieldNumber(name);
      List<Option> options = optionList();
      groups.accept(new Group(line, label, number, options, message(line, name, "")));
      return;
    }
    TypeName type = typeName();
    String name = name("the field's name");
    int number = fieldNumber(name);
    List<Option> options = new ArrayList<>();
    @Nullable Value defaultValue = null;
    @Nullable String jsonName = null;
    for (Option option : optionList()) {
      if (option.isNamed("default")) {
        defaultValue = option.value();
      } else if (option.isNamed("json_name") && option.value() instanceof Text(ByteString bytes)) {
        jsonName = bytes.toStringUtf8();
      } else {
        options.add(option);
      }
    }
    expect(";");
    fields.accept(
        new Field(line, label, type, name, number, List.copyOf(options), defaultValue, jsonName));
  }

  private TypeName typeName() {
    String name = fullName();
    if (!name.equals("map") || !skip("<")) {
      return new TypeName(null, name);
    }
    String key = fullName();
    expect(",");
    String value = fullName();
    expect(">");
    return new TypeName(key, value);
  }

  private int fieldNumber(String name) {
    if (!skip("=")) {
      throw unexpected("= and the number of field " + name);
    }
    return integer(false);
  }

  private EnumType enumType(int line, String visibility) {
    String name = name("the enum's name");
    List<Reserved> reserved = new ArrayList<>();
    List<Option> options = new ArrayList<>();
    List<Constant> constants = new ArrayList<>();
    open("{");
    while (!close("}", "enum " + name)) {
      if (in.is("reserved")) {
        reserved.add(reserved());
      } else if (in.is("option")) {
        options.add(option());
      } else {
        int constantLine = in.line();
        String constant = name("a constant, as in NAME = 1;");
        expect("=");
        int number = integer(true);
        constants.add(new Constant(constantLine, constant, number, optionList()));
        expect(";");
      }
    }
    return new EnumType(
        line,
        name,
        visibility,
        List.copyOf(reserved),
        List.copyOf(options),
        List.copyOf(constants));
  }

  private Reserved reserved() {
    int line = in.line();
    in.advance();
    List<Span> spans = new ArrayList<>();
    do {
      if (in.kind() == Kind.STRING) {
        spans.add(new ReservedName(string().toStringUtf8()));
      } else if (in.kind() == Kind.WORD) {
        spans.add(new ReservedName(name("a name")));
      } else {
        spans.add(numbers());
      }
    } while (skip(","));
    expect(";");
    return new Reserved(line, List.copyOf(spans));
  }

  private ExtensionRange extensionRange() {
    int line = in.line();
    in.advance();
    List<Numbers> numbers = new ArrayList<>();
    do {
      numbers.add(numbers());
    } while (skip(","));
    List<Option> options = optionList();
    expect(";");
    return new ExtensionRange(line, List.copyOf(numbers), options);
  }

  private Numbers numbers() {
    int first = integer(true);
    if (!skip("to")) {
      return new Numbers(first, first, false);
    }
    return new Numbers(first, skip("max") ? Numbers.MAX : integer(true), true);
  }

  private Service service() {
    int line = in.line();
    in.advance();
    String name = name("the service's name");
    List<Option> options = new ArrayList<>();
    List<Rpc> rpcs = new ArrayList<>();
    open("{");
    while (!close("}", "service " + name)) {
      if (in.is("option")) {
        options.add(option());
      } else if (in.is("rpc")) {
        rpcs.add(rpc());
      } else {
        throw unexpected("rpc, option or }");
      }
    }
    return new Service(line, name, List.copyOf(options), List.copyOf(rpcs));
  }

  private Rpc rpc() {
    int line = in.line();
    in.advance();
    String name = name("the call's name");
    expect("(");
    boolean isRequestStreamed = skip("stream");
    String request = isRequestStreamed && in.is(")") ? "stream" : fullName();
    isRequestStreamed &= !request.equals("stream");
    expect(")");
    expect("returns");
    expect("(");
    boolean isResponseStreamed = skip("stream");
    String response = isResponseStreamed && in.is(")") ? "stream" : fullName();
    isResponseStreamed &= !response.equals("stream");
    expect(")");
    List<Option> options = new ArrayList<>();
    if (in.is("{")) {
      open("{");
      while (!close("}", "rpc " + name)) {
        if (!in.is("option")) {
          throw unexpected("option or }");
        }
        options.add(option());
      }
    } else {
      expect(";");
    }
    return new Rpc(
        line, name, isRequestStreamed, request, isResponseStreamed, response, List.copyOf(options));
  }

  /** Reads an {@code option} statement. */
  private Option option() {
    in.advance();
    Option option = assignment();
    expect(";");
    return option;
  }

  /** Reads options in brackets, if there are any. */
  private List<Option> optionList() {
    if (!skip("[")) {
      return List.of();
    }
    List<Option> options = new ArrayList<>();
    do {
      options.add(assignment());
    } while (skip(","));
    expect("]");
    return List.copyOf(options);
  }

  private Option assignment() {
    int line = in.line();
    List<NamePart> name = new ArrayList<>();
    do {
      if (skip("(")) {
        name.add(new NamePart(fullName(), true));
        expect(")");
      } else {
        name.add(new NamePart(name("an option's name"), false));
      }
    } while (skip("."));
    expect("=");
    return new Option(line, List.copyOf(name), value());
  }

  private Value value() {
    if (in.is("{")) {
      return block("{", "}");
    }
    if (in.is("<")) {
      return block("<", ">");
    }
    if (in.is("[")) {
      open("[");
      List<Value> values = new ArrayList<>();
      while (!in.is("]")) {
        values.add(value());
        if (!skip(",")) {
          break;
        }
      }
      if (!close("]", "list")) {
        throw unexpected("] or ,");
      }
      return new Values(List.copyOf(values));
    }
    if (in.kind() == Kind.STRING) {
      return new Text(string());
    }
    String sign = skip("-") ? "-" : skip("+") ? "" : null;
    String text = (sign == null ? "" : sign) + in.text();
    if (in.kind() == Kind.NUMBER) {
      in.advance();
      return new Numeral(text);
    }
    if (in.kind() == Kind.WORD) {
      in.advance();
      return sign == null ? new Word(text) : new Numeral(text);
    }
    throw unexpected("a value");
  }

  private Block block(String open, String close) {
    LinkedHashMap<String, Value> entries = new LinkedHashMap<>();
    open(open);
    while (!close(close, "value")) {
      String key;
      if (skip("[")) {
        key = fullName();
        if (skip("/")) {
          key += "/" + fullName();
        }
        expect("]");
        key = "[" + key + "]";
      } else {
        key = name("a field's name");
      }
      if (!skip(":") && !in.is("{") && !in.is("<")) {
        throw unexpected(": and the value of " + key);
      }
      entries.merge(key, value(), ProtoParser::both);
      if (!skip(",")) {
        skip(";");
      }
    }
    return new Block(entries);
  }

  /** What a name given twice in a block has. */
  private static Value both(Value some, Value others) {
    List<Value> all = new ArrayList<>();
    for (Value value : List.of(some, others)) {
      if (value instanceof Values(List<Value> values)) {
        all.addAll(values);
      } else {
        all.add(value);
      }
    }
    return new Values(all);
  }

  private String fullName() {
    StringBuilder full = new StringBuilder();
    if (skip(".")) {
      full.append('.');
    }
    full.append(name("a name"));
    while (skip(".")) {
      full.append('.').append(name("a name"));
      if (full.length() > FULL_NAME_CHARS_MAX) {
        throw in.error("a name has more than " + FULL_NAME_CHARS_MAX + " characters; shorten it");
      }
    }
    return full.toString();
  }

  private String name(String expected) {
    if (in.kind() != Kind.WORD) {
      throw unexpected(expected);
    }
    String name = in.text();
    if (name.length() > NAME_CHARS_MAX) {
      throw in.error("a name has more than " + NAME_CHARS_MAX + " characters; shorten it");
    }
    in.advance();
    return name;
  }

  private ByteString string() {
    if (in.kind() != Kind.STRING) {
      throw unexpected("a string in quotes");
    }
    ByteString.Output out = ByteString.newOutput();
    while (in.kind() == Kind.STRING) {
      byte[] bytes = in.bytes().toByteArray();
      out.write(bytes, 0, bytes.length);
      in.advance();
    }
    return out.toByteString();
  }

  private int integer(boolean mayBeNegative) {
    boolean isNegative = mayBeNegative && skip("-");
    if (in.kind() != Kind.NUMBER) {
      throw unexpected("a whole number");
    }
    try {
      long value = Literals.unsigned(in.text());
      value = isNegative ? -value : value;
      if (value != (int) value) {
        throw in.error("the number " + value + " is too large; it has to fit into 32 bits");
      }
      in.advance();
      return (int) value;
    } catch (NumberFormatException e) {
      throw unexpected("a whole number");
    }
  }

  private void open(String sign) {
    if (++depth > DEPTH_MAX) {
      throw in.error("this is nested more than " + DEPTH_MAX + " deep; nest less");
    }
    expect(sign);
  }

  /** Whether a block ends here; skips what stands for nothing. */
  private boolean close(String sign, String what) {
    while (!sign.equals("]") && skip(";")) {
      // an empty statement
    }
    if (in.kind() == Kind.END) {
      throw unexpected(sign + " at the end of " + what);
    }
    if (!skip(sign)) {
      return false;
    }
    depth--;
    return true;
  }

  private boolean skip(String text) {
    if (!in.is(text)) {
      return false;
    }
    in.advance();
    return true;
  }

  private void expect(String text) {
    if (!skip(text)) {
      throw unexpected(text);
    }
  }

  private InvalidSchemaException unexpected(String expected) {
    String found =
        switch (in.kind()) {
          case STRING -> "\"" + in.text() + "\"";
          case WORD, NUMBER, SIGN, END -> in.text();
        };
    if (found.length() > 60) {
      found = found.substring(0, 60) + "...";
    }
    return in.error("expected " + expected + ", but found " + found);
  }
}
