package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.schema.Decoder;
import oxbow.schema.Framing;
import oxbow.schema.References;
import oxbow.schema.UndecodableException;
import oxbow.schema.avro.AvroFormat;

class ProtobufValuesTest {
  private static final String HEAD =
      "syntax = \"proto3\"; package p; import \"google/protobuf/timestamp.proto\";"
          + " import \"google/protobuf/duration.proto\"; import \"google/protobuf/wrappers.proto\";"
          + " import \"google/protobuf/struct.proto\"; import \"google/protobuf/any.proto\";"
          + " import \"google/protobuf/field_mask.proto\"; import \"google/protobuf/empty.proto\";";

  private final ProtobufFormat format = new ProtobufFormat();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "int32 an_int = 1; | an_int: -5 | {\"anInt\":-5}",
        "int32 a = 1; | | {\"a\":0}",
        "optional int32 a = 1; | | {}",
        "uint32 a = 1; | a: 4294967295 | {\"a\":4294967295}",
        "int64 a = 1; | a: -9223372036854775808 | {\"a\":\"-9223372036854775808\"}",
        "fixed64 a = 1; | a: 18446744073709551615 | {\"a\":\"18446744073709551615\"}",
        "float a = 1; | a: 1.5 | {\"a\":1.5}",
        "double a = 1; | a: inf | {\"a\":\"Infinity\"}",
        "bool a = 1; | a: true | {\"a\":true}",
        "string a = 1; | a: \"x\\\"\\303\\244\" | {\"a\":\"x\\\"ä\"}",
        "bytes a = 1; | a: \"\\377\\000\" | {\"a\":\"/wA=\"}",
        "E a = 1; enum E { Z = 0; ONE = 1; } | a: ONE | {\"a\":\"ONE\"}",
        "E a = 1; enum E { Z = 0; ONE = 1; } | a: 7 | {\"a\":7}",
        "string a = 1 [json_name = \"remark\"]; | a: \"x\" | {\"remark\":\"x\"}",
        "repeated int32 a = 1; | a: 1 a: 2 | {\"a\":[1,2]}",
        "map<string, int32> a = 1; | a { key: \"y\" value: 2 } a { key: \"x\" value: 1 } |"
            + " {\"a\":{\"x\":1,\"y\":2}}",
        "map<uint64, bool> a = 1; | a { key: 18446744073709551615 value: true } |"
            + " {\"a\":{\"18446744073709551615\":true}}",
        "oneof o { int32 a = 1; string b = 2; } | b: \"\" | {\"b\":\"\"}",
        "M a = 1; | a { a { } } | {\"a\":{\"a\":{}}}",
        "google.protobuf.Timestamp a = 1; | a { seconds: 0 nanos: 500000000 } |"
            + " {\"a\":\"1970-01-01T00:00:00.500Z\"}",
        "google.protobuf.Timestamp a = 1; | a { seconds: 9223372036854775807 nanos: -1 } |"
            + " {\"a\":{\"seconds\":\"9223372036854775807\",\"nanos\":-1}}",
        "google.protobuf.Duration a = 1; | a { seconds: 3 } | {\"a\":\"3s\"}",
        "google.protobuf.Duration a = 1; | a { nanos: -1500 } | {\"a\":\"-0.000001500s\"}",
        "google.protobuf.Duration a = 1; | a { seconds: 1 nanos: -1 } |"
            + " {\"a\":{\"seconds\":\"1\",\"nanos\":-1}}",
        "google.protobuf.Int64Value a = 1; | a { value: 4 } | {\"a\":\"4\"}",
        "google.protobuf.FieldMask a = 1; | a { paths: \"x.foo_bar\" paths: \"y\" } |"
            + " {\"a\":\"x.fooBar,y\"}",
        "google.protobuf.Struct a = 1; | a { fields { key: \"k\" value { list_value { values {"
            + " null_value: NULL_VALUE } values { number_value: 1.5 } } } } } |"
            + " {\"a\":{\"k\":[null,1.5]}}",
        "google.protobuf.Empty a = 1; | a { } | {\"a\":{}}",
        "google.protobuf.Any a = 1; int32 x = 2; | a { type_url: \"t/p.M\" value: \"\\020\\003\" } |"
            + " {\"a\":{\"@type\":\"t/p.M\",\"x\":3},\"x\":0}",
        "google.protobuf.Any a = 1; | a { type_url: \"t/google.protobuf.Duration\" value: \"\\010\\003\" }"
            + " | {\"a\":{\"@type\":\"t/google.protobuf.Duration\",\"value\":\"3s\"}}",
        "google.protobuf.Any a = 1; | a { type_url: \"t/unknown.Type\" value: \"\\010\\003\" } |"
            + " {\"a\":{\"@type\":\"t/unknown.Type\",\"value\":\"CAM=\"}}",
      })
  void valuesAreProtobufsJson(String members, String text, String json)
      throws TextFormat.ParseException {
    ProtobufSchema schema =
        format.parseNew(HEAD + "message M { " + members + " }", References.NONE);
    DynamicMessage.Builder message = DynamicMessage.newBuilder(schema.message().orElseThrow());
    TextFormat.merge(text == null ? "" : text, message);

    String shown = Decoder.bare(ByteBuffer.wrap(message.build().toByteArray()), schema, schema);

    assertThat(shown).isEqualTo(json);
    assertThat(schema.json(ByteBuffer.wrap(schema.bytes(json)), schema)).isEqualTo(json);
  }

  @Test
  void extensionsStandInBrackets() {
    ProtobufSchema schema =
        format.parseNew(
            "package p; message M { extensions 100 to 200; }"
                + " extend M { optional int32 more = 100; }",
            References.NONE);

    assertThat(Decoder.bare(bytes(0xa0, 0x06, 0x05), schema, schema)).isEqualTo("{\"[p.more]\":5}");
  }

  @Test
  void aMissingRequiredFieldIsNotShown() {
    ProtobufSchema schema = format.parseNew("message M { required int32 a = 1; }", References.NONE);

    assertThat(Decoder.bare(bytes(), schema, schema)).isEqualTo("{}");
  }

  @Test
  void thePathChoosesTheMessage() {
    ProtobufSchema schema =
        format.parseNew(
            "syntax = \"proto3\"; message A { int32 a = 1; message B { int32 b = 1; } }",
            References.NONE);
    byte[] mark = Framing.write(new Framing.Mark.Id(7));

    assertThat(Decoder.framed(joined(mark, new byte[] {0, 8, 3}), schema)).isEqualTo("{\"a\":3}");
    assertThat(Decoder.framed(joined(mark, new byte[] {4, 0, 0, 8, 3}), schema))
        .isEqualTo("{\"b\":3}");
    assertThatThrownBy(() -> Decoder.framed(joined(mark, new byte[] {2, 8, 8, 3}), schema))
        .isInstanceOf(UndecodableException.class)
        .hasMessageContaining("no message at the path [4]");
  }

  @Test
  void anotherVersionSeesTheBytesItsOwnWay() {
    ProtobufSchema writer =
        format.parseNew(
            "syntax = \"proto3\"; package old; message X {} message M { int32 a = 1; string b = 2; }",
            References.NONE);
    ProtobufSchema reader =
        format.parseNew(
            "syntax = \"proto3\"; package new; message M { int64 total = 1; string c = 3; }",
            References.NONE);
    ByteBuffer data = bytes(2, 2, 8, 3, 18, 1, 'x');

    assertThat(writer.json(data, reader)).isEqualTo("{\"total\":\"3\",\"c\":\"\"}");
    assertThat(writer.json(data, writer)).isEqualTo("{\"a\":3,\"b\":\"x\"}");
    assertThat(data.position()).isZero();
    assertThatThrownBy(() -> writer.json(bytes(0), reader))
        .isInstanceOf(UndecodableException.class)
        .hasMessageContaining("no message new.X");
  }

  @Test
  void bytesThatAreSomethingElseAreRefused() {
    ProtobufSchema schema =
        format.parseNew("syntax = \"proto3\"; message M { string a = 1; }", References.NONE);
    ProtobufSchema broken = format.parse("message M { optional X x = 1; }", References.NONE);

    for (ByteBuffer bad :
        new ByteBuffer[] {bytes(0, 10, 5, 'x'), bytes(0, 10, 1, 0xff), bytes(0, 7)}) {
      assertThatThrownBy(() -> schema.json(bad, schema)).isInstanceOf(UndecodableException.class);
    }
    assertThatThrownBy(() -> schema.json(bytes(), schema)).isInstanceOf(UndecodableException.class);
    assertThatThrownBy(() -> broken.json(bytes(0), broken))
        .isInstanceOf(UndecodableException.class);
    assertThatThrownBy(
            () -> schema.json(bytes(0), new AvroFormat().parse("\"int\"", References.NONE)))
        .isInstanceOf(UndecodableException.class);
  }

  @Test
  void messagesWithinAnyWithoutEndAreRefused() {
    ProtobufSchema schema =
        format.parseNew(HEAD + "message M { google.protobuf.Any a = 1; }", References.NONE);
    ByteString value = ByteString.EMPTY;
    for (int i = 0; i < 3_000; i++) {
      var any = Any.newBuilder().setTypeUrl("t/p.M").setValue(value);
      value = ByteString.copyFrom(new byte[] {10}).concat(lengthOf(any.build().toByteString()));
    }
    ByteBuffer data = ByteString.copyFrom(new byte[1]).concat(value).asReadOnlyByteBuffer();

    assertThatThrownBy(() -> schema.json(data, schema))
        .isInstanceOf(UndecodableException.class)
        .hasMessageContaining("too deeply");
  }

  /** The bytes with their length before them. */
  private static ByteString lengthOf(ByteString bytes) {
    ByteString.Output out = ByteString.newOutput();
    for (int left = bytes.size(); ; left >>>= 7) {
      if (left < 128) {
        out.write(left);
        break;
      }
      out.write((left & 127) | 128);
    }
    return out.toByteString().concat(bytes);
  }

  private static ByteBuffer bytes(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length);
    for (int value : values) {
      bytes.put((byte) value);
    }
    return bytes.flip();
  }

  private static ByteBuffer joined(byte[] start, byte[] end) {
    return ByteBuffer.allocate(start.length + end.length).put(start).put(end).flip();
  }
}
