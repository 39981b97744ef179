package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.References;

/**
 * Files against what protoc 36.2 makes of them: {@code protoc -o out x.proto; base64 out}. Between
 * them they have every construct of the language.
 */
class LinkerTest {
  private final ProtobufFormat format = new ProtobufFormat();

  @ParameterizedTest
  @ValueSource(strings = {"everything2", "everything3", "everything2023"})
  void theDescriptorIsProtocs(String name) throws IOException {
    FileDescriptorProto expected = expected(name);

    ProtobufSchema schema = format.parseNew(resource(name + ".proto"), References.NONE);

    assertThat(facts(schema.descriptor().toProto())).isEqualTo(facts(expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"everything2", "everything3", "everything2023"})
  void canonicalAndNormalizedTextsMeanTheSame(String name) throws IOException {
    FileDescriptorProto expected = expected(name);
    ProtobufSchema schema = format.parseNew(resource(name + ".proto"), References.NONE);

    ProtobufSchema canonical = format.parseNew(schema.canonicalText(), References.NONE);
    ProtobufSchema normalized =
        format.parseNew(schema.normalized().canonicalText(), References.NONE);

    assertThat(facts(canonical.descriptor().toProto())).isEqualTo(facts(expected));
    assertThat(facts(normalized.descriptor().toProto())).isEqualTo(facts(expected));
    assertThat(canonical.canonicalText()).isEqualTo(schema.canonicalText());
    assertThat(schema.normalized().normalized()).isEqualTo(schema.normalized());
    assertThat(normalized.normalized()).isEqualTo(schema.normalized());
  }

  @ParameterizedTest
  @ValueSource(strings = {"everything2", "everything3", "everything2023"})
  void aDescriptorInBase64MeansTheSame(String name) throws IOException {
    FileDescriptorProto expected = expected(name);

    ProtobufSchema schema =
        format.parseNew(
            Base64.getEncoder().encodeToString(expected.toByteArray()), References.NONE);

    assertThat(withoutCustomOptions(facts(schema.descriptor().toProto())))
        .isEqualTo(withoutCustomOptions(facts(expected)));
    assertThat(schema.whyCannotRead(format.parse(resource(name + ".proto"), References.NONE)))
        .isEmpty();
  }

  private static FileDescriptorProto expected(String name) throws IOException {
    byte[] bytes = Base64.getMimeDecoder().decode(resource(name + ".descriptor"));
    return FileDescriptorSet.parseFrom(bytes).getFile(0);
  }

  static String resource(String name) {
    try (InputStream in = LinkerTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What a descriptor says, as sorted lines: whatever the order of siblings, without what only
   * protoc writes out, custom options by their bytes.
   */
  private static List<String> facts(FileDescriptorProto file) throws IOException {
    List<String> facts = new ArrayList<>();
    // Options set on one side are unknown fields on the other.
    facts(FileDescriptorProto.parseFrom(file.toByteArray()), "", file, facts);
    facts.remove("/syntax = proto2");
    facts.removeIf(fact -> fact.startsWith("/name = "));
    return facts.stream().sorted().toList();
  }

  private static List<String> withoutCustomOptions(List<String> facts) {
    return facts.stream()
        .filter(fact -> !fact.contains(" unknown ") && !fact.endsWith("/options[]"))
        .toList();
  }

  private static void facts(Message message, String path, Message parent, List<String> facts) {
    facts.add(path);
    for (var field : message.getAllFields().entrySet()) {
      String name = field.getKey().getName();
      Object value = field.getValue();
      List<?> values = value instanceof List<?> list ? list : List.of(value);
      for (Object each : values) {
        String at = path + "/" + name;
        switch (each) {
          case Message part -> facts(part, at + "[" + key(part) + "]", message, facts);
          case Integer index when name.equals("oneof_index") ->
              facts.add(at + " = " + ((DescriptorProto) parent).getOneofDecl(index).getName());
          case Integer index when name.equals("public_dependency") ->
              facts.add(at + " = " + ((FileDescriptorProto) message).getDependency(index));
          case String text when name.equals("json_name") && !text.equals("remark") -> {}
          default -> facts.add(at + " = " + each);
        }
      }
    }
    message
        .getUnknownFields()
        .asMap()
        .forEach((number, each) -> facts.add(path + " unknown " + number + " " + bytes(each)));
  }

  /** Bytes of an option, its parts sorted: nothing says in which order they are written. */
  private static String bytes(UnknownFieldSet.Field field) {
    List<String> parts = new ArrayList<>();
    field.getVarintList().forEach(each -> parts.add("v" + each));
    field.getFixed64List().forEach(each -> parts.add("f" + each));
    for (ByteString each : field.getLengthDelimitedList()) {
      try {
        Map<Integer, String> inner = new TreeMap<>();
        UnknownFieldSet.parseFrom(each).asMap().forEach((n, f) -> inner.put(n, bytes(f)));
        parts.add(inner.toString());
      } catch (InvalidProtocolBufferException e) {
        parts.add(each.toStringUtf8());
      }
    }
    return parts.toString();
  }

  /** What tells a part from its siblings. */
  private static String key(Message part) {
    for (String name : List.of("name", "start")) {
      var field = part.getDescriptorForType().findFieldByName(name);
      if (field != null) {
        return part.getField(field).toString();
      }
    }
    return "";
  }
}
