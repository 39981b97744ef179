package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.schema.References;
import oxbow.schema.UndecodableException;

class ProtobufWritingTest {
  private static final String HEAD =
      "syntax = \"proto3\"; package p; import \"google/protobuf/timestamp.proto\";"
          + " import \"google/protobuf/duration.proto\"; import \"google/protobuf/wrappers.proto\";"
          + " import \"google/protobuf/struct.proto\"; import \"google/protobuf/any.proto\";"
          + " import \"google/protobuf/field_mask.proto\";";

  private final ProtobufFormat format = new ProtobufFormat();

  private ProtobufSchema schema(String members) {
    return format.parseNew(HEAD + "message M { " + members + " }", References.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "int32 an_int = 1; | {\"an_int\":\"-5\"} | {\"anInt\":-5}",
        "int32 a = 1; | {\"a\":1.0} | {\"a\":1}",
        "int64 a = 1; | {\"a\":1e3} | {\"a\":\"1000\"}",
        "int64 a = 1; | {\"a\":null} | {\"a\":\"0\"}",
        "double a = 1; | {\"a\":\"-Infinity\"} | {\"a\":\"-Infinity\"}",
        "double a = 1; | {\"a\":\"2.5\"} | {\"a\":2.5}",
        "bytes a = 1; | {\"a\":\"_wA\"} | {\"a\":\"/wA=\"}",
        "E a = 1; enum E { Z = 0; ONE = 1; } | {\"a\":1} | {\"a\":\"ONE\"}",
        "optional google.protobuf.Timestamp a = 1; | {\"a\":\"2026-01-01T01:00:00.25+01:00\"} |"
            + " {\"a\":\"2026-01-01T00:00:00.250Z\"}",
        "google.protobuf.Duration a = 1; | {\"a\":\"-1.5s\"} | {\"a\":\"-1.500s\"}",
        "google.protobuf.StringValue a = 1; google.protobuf.BoolValue b = 2; | {\"a\":\"\",\"b\":null}"
            + " | {\"a\":\"\"}",
        "google.protobuf.Value a = 1; | {\"a\":null} | {\"a\":null}",
        "google.protobuf.ListValue a = 1; | {\"a\":[1,\"x\",{\"y\":false}]} |"
            + " {\"a\":[1.0,\"x\",{\"y\":false}]}",
        "google.protobuf.FieldMask a = 1; | {\"a\":\"fooBar.baz\"} | {\"a\":\"fooBar.baz\"}",
        "google.protobuf.Any a = 1; M m = 2; int32 x = 3; |"
            + " {\"a\":{\"x\":4,\"@type\":\"t/p.M\",\"m\":{}}} |"
            + " {\"a\":{\"@type\":\"t/p.M\",\"m\":{\"x\":0},\"x\":4},\"x\":0}",
        "oneof o { int32 a = 1; string b = 2; } | {\"a\":null,\"b\":\"x\"} | {\"b\":\"x\"}",
      })
  void whatTheMappingLetsStandForAMessageIsTaken(String members, String given, String shown) {
    ProtobufSchema schema = schema(members);

    assertThat(schema.json(ByteBuffer.wrap(schema.bytes(given)), schema)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "int32 a = 1; | {\"b\":1} | b: p.M has no such field",
        "int32 a_b = 1; | {\"aB\":1,\"a_b\":2} | given twice",
        "int32 a = 1; | {\"a\":2147483648} | a has to be a number of 32 bits",
        "int32 a = 1; | {\"a\":1.5} | a has to be a whole number",
        "uint32 a = 1; | {\"a\":-1} | a number from 0",
        "double a = 1; | {\"a\":1e400} | a number",
        "int64 a = 1; | {\"a\":1e999999999} | a number that fits",
        "string a = 1; | {\"a\":1} | a has to be a text",
        "bytes a = 1; | {\"a\":\"%\"} | bytes in base64",
        "E a = 1; enum E { Z = 0; } | {\"a\":\"X\"} | a constant of p.M.E",
        "repeated int32 a = 1; | {\"a\":[1,null]} | a[1] has to be a value, not null",
        "oneof o { int32 a = 1; string b = 2; } | {\"a\":1,\"b\":\"x\"} | only one of o",
        "google.protobuf.Timestamp a = 1; | {\"a\":\"yesterday\"} | a time such as",
        "google.protobuf.Duration a = 1; | {\"a\":\"1h\"} | seconds such as",
        "google.protobuf.Any a = 1; | {\"a\":{\"@type\":\"t/none.Such\",\"x\":1}} | nobody here",
        "int32 a = 1; | [] | the value has to be an object",
        "int32 a = 1; | {\"a\": | no JSON",
      })
  void whatWouldBeLostOrBentIsRefused(String members, String given, String why) {
    ProtobufSchema schema = schema(members);

    assertThatThrownBy(() -> schema.bytes(given))
        .isInstanceOf(UndecodableException.class)
        .hasMessageContaining(why);
  }

  @Test
  void extensionsGroupsAndRequiredFieldsAreWritten() {
    ProtobufSchema schema =
        format.parseNew(
            "package p; message M { required int32 a = 1; extensions 100 to 200; }"
                + " extend M { optional int32 more = 100; }",
            References.NONE);
    String given = "{\"a\":1,\"[p.more]\":5}";

    assertThat(schema.json(ByteBuffer.wrap(schema.bytes(given)), schema)).isEqualTo(given);
    assertThatThrownBy(() -> schema.bytes("{\"[p.more]\":5}"))
        .isInstanceOf(UndecodableException.class)
        .hasMessageContaining("required fields are missing: a");
  }

  @Test
  void messagesWithoutEndAreRefused() {
    ProtobufSchema schema = schema("M m = 1;");
    String deep = "{\"m\":".repeat(200) + "{}" + "}".repeat(200);

    assertThatThrownBy(() -> schema.bytes(deep))
        .isInstanceOf(UndecodableException.class)
        .hasMessageContaining("too deeply");
  }
}
