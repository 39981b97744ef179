package oxbow.schema.protobuf;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.protobuf.ProtoFile.Block;
import oxbow.schema.protobuf.ProtoFile.NamePart;
import oxbow.schema.protobuf.ProtoFile.Numeral;
import oxbow.schema.protobuf.ProtoFile.Option;
import oxbow.schema.protobuf.ProtoFile.Text;
import oxbow.schema.protobuf.ProtoFile.Value;
import oxbow.schema.protobuf.ProtoFile.Values;
import oxbow.schema.protobuf.ProtoFile.Word;

/**
 * Sets options as a descriptor holds them. One that nobody declares is left out, as is one whose
 * declaring file isn't registered, or whose value doesn't fit: it stays in the text.
 */
final class Options {
  private final Function<String, Optional<FieldDescriptor>> extensions;
  private final Consumer<InvalidSchemaException> problems;

  /**
   * For one scope of a file.
   *
   * @param extensions finds what a name in parentheses stands for
   * @param problems gets what is left out because its value doesn't fit
   */
  Options(
      Function<String, Optional<FieldDescriptor>> extensions,
      Consumer<InvalidSchemaException> problems) {
    this.extensions = extensions;
    this.problems = problems;
  }

  /** Sets what is given in an options message and returns it. */
  <B extends Message.Builder> B set(B builder, List<Option> options) {
    for (Option option : options) {
      try {
        set(builder, option.name(), option.value());
      } catch (IllegalArgumentException e) {
        problems.accept(
            new InvalidSchemaException(
                "line "
                    + option.line()
                    + ": option "
                    + option.fullName()
                    + " has a value that does not fit it: "
                    + e.getMessage(),
                e));
      }
    }
    return builder;
  }

  private void set(Message.Builder builder, List<NamePart> path, Value value) {
    NamePart first = path.getFirst();
    Optional<FieldDescriptor> field =
        first.isExtension()
            ? extensions.apply(first.name())
            : Optional.ofNullable(builder.getDescriptorForType().findFieldByName(first.name()));
    if (field.isPresent()
        && field.get().getContainingType().equals(builder.getDescriptorForType())) {
      set(builder, field.get(), path.subList(1, path.size()), value);
    }
  }

  private void set(
      Message.Builder builder, FieldDescriptor field, List<NamePart> path, Value value) {
    if (!path.isEmpty()) {
      if (!isMessage(field) || field.isRepeated()) {
        throw new IllegalArgumentException(field.getName() + " has no parts");
      }
      Message.Builder part = builder.newBuilderForField(field);
      if (builder.hasField(field)) {
        part.mergeFrom((Message) builder.getField(field));
      }
      set(part, path, value);
      builder.setField(field, part.buildPartial());
    } else if (!field.isRepeated()) {
      builder.setField(field, value(builder, field, value));
    } else if (value instanceof Values(List<Value> values)) {
      values.forEach(each -> builder.addRepeatedField(field, value(builder, field, each)));
    } else {
      builder.addRepeatedField(field, value(builder, field, value));
    }
  }

  private Object value(Message.Builder builder, FieldDescriptor field, Value value) {
    return switch (field.getJavaType()) {
      case STRING -> text(value).toStringUtf8();
      case BYTE_STRING -> text(value);
      case BOOLEAN -> bool(value);
      case ENUM -> constant(field, value);
      case INT -> integer(field, value).intValue();
      case LONG -> integer(field, value).longValue();
      case FLOAT -> (float) Literals.real(number(value));
      case DOUBLE -> Literals.real(number(value));
      case MESSAGE -> {
        Message.Builder part = builder.newBuilderForField(field);
        if (!(value instanceof Block block)) {
          throw new IllegalArgumentException("write it in braces");
        }
        for (Map.Entry<String, Value> entry : block.entries().entrySet()) {
          String key = entry.getKey();
          boolean isExtension = key.startsWith("[");
          String name = isExtension ? key.substring(1, key.length() - 1) : key;
          set(part, List.of(new NamePart(name, isExtension)), entry.getValue());
        }
        yield part.buildPartial();
      }
    };
  }

  private static boolean isMessage(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
  }

  private static ByteString text(Value value) {
    if (value instanceof Text(ByteString bytes)) {
      return bytes;
    }
    throw new IllegalArgumentException("write it in quotes");
  }

  private static Boolean bool(Value value) {
    if (value.isWord("true") || value.isWord("false")) {
      return value.isWord("true");
    }
    throw new IllegalArgumentException("it is true or false");
  }

  private static EnumValueDescriptor constant(FieldDescriptor field, Value value) {
    @Nullable EnumValueDescriptor found =
        switch (value) {
          case Word(String text) -> field.getEnumType().findValueByName(text);
          case Numeral(String text) ->
              field.getEnumType().findValueByNumber(Literals.integer(text).intValue());
          case Text _, Block _, Values _ -> null;
        };
    if (found == null) {
      throw new IllegalArgumentException(
          "it is one of the constants of " + field.getEnumType().getFullName());
    }
    return found;
  }

  private static String number(Value value) {
    return switch (value) {
      case Numeral(String text) -> text;
      case Word(String text) -> text;
      case Text _, Block _, Values _ -> throw new IllegalArgumentException("it is a number");
    };
  }

  private static BigInteger integer(FieldDescriptor field, Value value) {
    BigInteger number = Literals.integer(number(value));
    Integers range = Integers.of(field.getType());
    if (!range.has(number)) {
      throw new IllegalArgumentException("it lies between " + range.min() + " and " + range.max());
    }
    return number;
  }
}
