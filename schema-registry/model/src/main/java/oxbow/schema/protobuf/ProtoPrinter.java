package oxbow.schema.protobuf;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import oxbow.schema.protobuf.ProtoFile.Block;
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
import oxbow.schema.protobuf.ProtoFile.Option;
import oxbow.schema.protobuf.ProtoFile.Reserved;
import oxbow.schema.protobuf.ProtoFile.ReservedName;
import oxbow.schema.protobuf.ProtoFile.Rpc;
import oxbow.schema.protobuf.ProtoFile.Service;
import oxbow.schema.protobuf.ProtoFile.Text;
import oxbow.schema.protobuf.ProtoFile.Value;
import oxbow.schema.protobuf.ProtoFile.Values;
import oxbow.schema.protobuf.ProtoFile.Word;

/**
 * Writes a file in the form that Confluent's registry stores, to the byte: a schema's id hangs on
 * it. Members of a message come in groups, messages before enums; an empty line within a nested
 * message is indented.
 */
final class ProtoPrinter {
  private final StringBuilder out = new StringBuilder();
  private int depth;

  private ProtoPrinter() {}

  static String print(ProtoFile file) {
    ProtoPrinter printer = new ProtoPrinter();
    printer.file(file);
    return printer.out.toString();
  }

  private void file(ProtoFile file) {
    if (file.edition() != null) {
      line("edition = \"" + file.edition() + "\";");
    }
    if (file.syntax() != null) {
      line("syntax = \"" + file.syntax() + "\";");
    }
    if (file.packageName() != null) {
      line("package " + file.packageName() + ";");
    }
    if (!file.imports().isEmpty()) {
      section();
      for (ImportKind kind : ImportKind.values()) {
        for (Import each : file.imports()) {
          if (each.kind() == kind) {
            line("import " + kind.text + Literals.quoted(Text.of(each.name()).bytes()) + ";");
          }
        }
      }
    }
    if (!file.options().isEmpty()) {
      section();
      options(file.options());
    }
    types(file.types());
    if (!file.extensions().isEmpty()) {
      section();
      file.extensions().forEach(this::extend);
    }
    if (!file.services().isEmpty()) {
      section();
      file.services().forEach(this::service);
    }
  }

  private void types(List<Declared> types) {
    if (types.isEmpty()) {
      return;
    }
    section();
    for (Message message : ProtoFile.messages(types)) {
      indent();
      out.append(message.visibility()).append("message ").append(message.name());
      message(message);
    }
    ProtoFile.enums(types).forEach(this::enumType);
  }

  /** What follows a message's or a group's name. */
  private void message(Message message) {
    open();
    if (!message.reserved().isEmpty()) {
      section();
      message.reserved().forEach(this::reserved);
    }
    if (!message.options().isEmpty()) {
      section();
      options(message.options());
    }
    if (!message.fields().isEmpty()) {
      section();
      message.fields().forEach(this::field);
    }
    if (!message.oneOfs().isEmpty()) {
      section();
      message.oneOfs().forEach(this::oneOf);
    }
    if (!message.groups().isEmpty()) {
      section();
      message.groups().forEach(this::group);
    }
    if (!message.extensionRanges().isEmpty()) {
      section();
      message.extensionRanges().forEach(this::extensionRange);
    }
    if (!message.extensions().isEmpty()) {
      section();
      message.extensions().forEach(this::extend);
    }
    types(message.types());
    close("}");
  }

  private void enumType(EnumType type) {
    indent();
    out.append(type.visibility()).append("enum ").append(type.name());
    open();
    if (!type.reserved().isEmpty() || !type.options().isEmpty() || !type.constants().isEmpty()) {
      section();
    }
    type.reserved().forEach(this::reserved);
    options(type.options());
    type.constants()
        .forEach(constant -> {
          indent();
          out.append(constant.name()).append(" = ").append(constant.number());
          optionList(constant.options());
          out.append(";\n");
        });
    close("}");
  }

  private void oneOf(OneOf oneOf) {
    indent();
    out.append("oneof ").append(oneOf.name());
    open();
    if (!oneOf.options().isEmpty()) {
      section();
      options(oneOf.options());
    }
    if (!oneOf.fields().isEmpty()) {
      section();
      oneOf.fields().forEach(this::field);
    }
    if (!oneOf.groups().isEmpty()) {
      section();
      oneOf.groups().forEach(this::group);
    }
    close("}");
  }

  private void group(Group group) {
    indent();
    label(group.label());
    out.append("group ").append(group.body().name()).append(" = ").append(group.number());
    optionList(group.options());
    message(group.body());
  }

  private void extend(Extend extend) {
    indent();
    out.append("extend ").append(extend.extendee());
    open();
    if (!extend.fields().isEmpty()) {
      section();
      extend.fields().forEach(this::field);
    }
    if (!extend.groups().isEmpty()) {
      section();
      extend.groups().forEach(this::group);
    }
    close("}");
  }

  private void field(Field field) {
    indent();
    label(field.label());
    out.append(field.type()).append(' ').append(field.name()).append(" = ").append(field.number());
    List<Option> options = new ArrayList<>(field.options());
    if (field.defaultValue() != null) {
      options.add(Option.of("default", field.defaultValue()));
    }
    if (field.jsonName() != null) {
      options.add(Option.of("json_name", Text.of(field.jsonName())));
    }
    optionList(options);
    out.append(";\n");
  }

  private void label(@Nullable Label label) {
    if (label != null) {
      out.append(label.text);
    }
  }

  private void reserved(Reserved reserved) {
    List<String> spans =
        reserved.spans().stream()
            .map(span ->
                switch (span) {
                  case ReservedName(String name) -> Literals.quoted(Text.of(name).bytes());
                  case Numbers numbers -> numbers(numbers);
                })
            .toList();
    line("reserved " + String.join(", ", spans) + ";");
  }

  private void extensionRange(ExtensionRange range) {
    indent();
    out.append("extensions ")
        .append(String.join(", ", range.numbers().stream().map(ProtoPrinter::numbers).toList()));
    optionList(range.options());
    out.append(";\n");
  }

  private static String numbers(Numbers numbers) {
    if (!numbers.isRange()) {
      return String.valueOf(numbers.first());
    }
    String last = numbers.last() < Numbers.MAX ? String.valueOf(numbers.last()) : "max";
    return numbers.first() + " to " + last;
  }

  private void service(Service service) {
    indent();
    out.append("service ").append(service.name());
    open();
    if (!service.options().isEmpty()) {
      section();
      options(service.options());
    }
    if (!service.rpcs().isEmpty()) {
      section();
      service.rpcs().forEach(this::rpc);
    }
    close("}");
  }

  private void rpc(Rpc rpc) {
    indent();
    out.append("rpc ").append(rpc.name()).append(" (");
    out.append(rpc.isRequestStreamed() ? "stream " : "").append(rpc.request());
    out.append(") returns (");
    out.append(rpc.isResponseStreamed() ? "stream " : "").append(rpc.response()).append(')');
    if (rpc.options().isEmpty()) {
      out.append(";\n");
      return;
    }
    open();
    section();
    options(rpc.options());
    close("};");
  }

  /** Options as statements. */
  private void options(List<Option> options) {
    for (Option option : options) {
      indent();
      out.append("option ");
      assignment(option);
      out.append(";\n");
    }
  }

  /** Options in brackets. */
  private void optionList(List<Option> options) {
    if (options.isEmpty()) {
      return;
    }
    out.append(" [");
    if (options.size() == 1) {
      assignment(options.getFirst());
    } else {
      out.append('\n');
      depth++;
      int left = options.size();
      for (Option option : options) {
        indent();
        assignment(option);
        out.append(--left == 0 ? "\n" : ",\n");
      }
      depth--;
      indent();
    }
    out.append(']');
  }

  private void assignment(Option option) {
    out.append(option.fullName()).append(" = ");
    if (option.value() instanceof Values(List<Value> values) && values.size() == 1) {
      out.append('[');
      value(values.getFirst());
      out.append(']');
    } else {
      value(option.value());
    }
  }

  private void value(Value value) {
    switch (value) {
      case Text text -> out.append(Literals.quoted(text.bytes()));
      case Word(String text) -> out.append(text);
      case Numeral(String text) -> out.append(text);
      case Block block -> {
        out.append("{\n");
        depth++;
        int left = block.entries().size();
        for (var entry : block.entries().entrySet()) {
          indent();
          out.append(entry.getKey()).append(": ");
          value(entry.getValue());
          out.append(--left == 0 ? "\n" : ",\n");
        }
        depth--;
        indent();
        out.append('}');
      }
      case Values(List<Value> values) -> {
        out.append("[\n");
        depth++;
        int left = values.size();
        for (Value each : values) {
          indent();
          value(each);
          out.append(--left == 0 ? "\n" : ",\n");
        }
        depth--;
        indent();
        out.append(']');
      }
    }
  }

  private void open() {
    out.append(" {");
    depth++;
  }

  private void close(String sign) {
    depth--;
    if (out.charAt(out.length() - 1) == '\n') {
      indent();
    }
    out.append(sign).append('\n');
  }

  /** Begins a part of a block: ends the line that opens it, or leaves an empty one. */
  private void section() {
    if (out.isEmpty() || out.charAt(out.length() - 1) == '\n') {
      out.repeat("  ", Math.max(depth - 1, 0));
    }
    out.append('\n');
  }

  private void line(String text) {
    indent();
    out.append(text).append('\n');
  }

  private void indent() {
    out.repeat("  ", depth);
  }
}
