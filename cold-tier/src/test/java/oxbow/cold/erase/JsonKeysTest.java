package oxbow.cold.erase;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import oxbow.cold.testing.FakeSchemas;
import oxbow.schema.Framing;
import oxbow.schema.SchemaType;

/** Keys named as JSON are found in whatever bytes stand for them. */
class JsonKeysTest {
  private static final int AVRO_1 = 1;
  private static final int AVRO_2 = 2;
  private static final int PROTOBUF = 3;
  private static final int JSON = 4;
  private static final int OTHER = 5;

  private final FakeSchemas schemas = new FakeSchemas();

  @BeforeEach
  void register() {
    schemas.register("people-key", AVRO_1, avro("{\"name\":\"id\",\"type\":\"long\"}"));
    schemas.register(
        "people-key",
        AVRO_2,
        avro(
            "{\"name\":\"region\",\"type\":\"string\",\"default\":\"eu\"},"
                + "{\"name\":\"id\",\"type\":\"long\"}"));
    schemas.register(
        "people-key",
        PROTOBUF,
        SchemaType.PROTOBUF,
        "syntax = \"proto3\"; message Other { int32 x = 1; }"
            + " message Person { int64 id = 1; string region = 2; }");
    schemas.register("people-key", JSON, SchemaType.JSON, "{\"type\": \"object\"}");
    schemas.register("elsewhere-key", OTHER, "\"string\"");
  }

  private static String avro(String fields) {
    return "{\"type\":\"record\",\"name\":\"Person\",\"fields\":[" + fields + "]}";
  }

  private ErasedKeys keys(String... texts) {
    return new ErasedKeys(List.of(), List.of(texts)).of("people", schemas);
  }

  private static ByteBuffer framed(int id, int... bytes) {
    ByteBuffer framed = ByteBuffer.allocate(Framing.ID_BYTES + bytes.length);
    framed.put(Framing.write(new Framing.Mark.Id(id)));
    for (int each : bytes) framed.put((byte) each);
    return framed.flip();
  }

  private static ByteBuffer framed(int id, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return ByteBuffer.allocate(Framing.ID_BYTES + bytes.length)
        .put(Framing.write(new Framing.Mark.Id(id)))
        .put(bytes)
        .flip();
  }

  @Test
  void everyVersionOfTheSchemaIsMeant() {
    ErasedKeys keys = keys("{\"id\": 7, \"region\": \"eu\"}", "{\"id\": 7}");

    assertThat(keys.contains(framed(AVRO_1, 14))).isTrue();
    assertThat(keys.contains(framed(AVRO_2, 4, 'e', 'u', 14))).isTrue();
    assertThat(keys.contains(framed(AVRO_2, 4, 'u', 's', 14))).isFalse();
    assertThat(keys.contains(framed(AVRO_1, 16))).isFalse();
    assertThat(keys.readBy()).containsExactly("id 1", "id 2");
    assertThat(keys.unknownSchemas()).isEmpty();
  }

  @Test
  void bytesThatNoEncoderOfOursWritesAreFoundAsWell() {
    ErasedKeys keys = keys("{\"id\":7}");

    assertThat(keys.contains(framed(AVRO_1, 0x8e, 0x80, 0x00))).as("a long varint").isTrue();
    assertThat(keys.contains(framed(AVRO_1))).as("cut off").isFalse();
  }

  @Test
  void aMarkInAHeaderLeavesTheBareBytes() {
    ErasedKeys keys = keys("{\"id\":7}");

    assertThat(keys.contains(ByteBuffer.wrap(new byte[] {14}))).isTrue();
    assertThat(keys.contains(ByteBuffer.wrap(new byte[] {16}))).isFalse();
  }

  @Test
  void guidsAreReadToo() {
    byte[] mark = Framing.write(new Framing.Mark.Guid(FakeSchemas.guid(AVRO_1)));
    ByteBuffer key = ByteBuffer.allocate(mark.length + 1).put(mark).put((byte) 14).flip();

    assertThat(keys("{\"id\":7}").contains(key)).isTrue();
    assertThat(keys("{\"id\":8}").contains(key)).isFalse();
  }

  @Test
  void protobufIsSeenThroughEachOfItsMessages() {
    ByteBuffer person = framed(PROTOBUF, 2, 2, 8, 7, 18, 2, 'e', 'u');
    ByteBuffer turned = framed(PROTOBUF, 2, 2, 18, 2, 'e', 'u', 8, 7);

    ErasedKeys keys = keys("{\"id\":\"7\",\"region\":\"eu\"}");

    assertThat(keys.contains(person)).isTrue();
    assertThat(keys.contains(turned)).as("fields in another order").isTrue();
    assertThat(keys.contains(framed(PROTOBUF, 2, 2, 8, 8))).isFalse();
  }

  @Test
  void jsonIsComparedByItsValues() {
    ErasedKeys keys = keys("{\"id\":7,\"tags\":[1, 2.50]}", "\"anna\"");

    assertThat(keys.contains(framed(JSON, "{ \"tags\" : [1.0, 2.5], \"id\" : 7e0 }"))).isTrue();
    assertThat(keys.contains(framed(JSON, "{\"id\":7,\"tags\":[2.5,1]}"))).isFalse();
    assertThat(keys.contains(ByteBuffer.wrap("{\"tags\":[1,2.5],\"id\":7}".getBytes(UTF_8))))
        .as("without a schema")
        .isTrue();
    assertThat(keys.contains(ByteBuffer.wrap("\"anna\"".getBytes(UTF_8)))).isTrue();
    assertThat(keys.contains(ByteBuffer.wrap("anna".getBytes(UTF_8)))).isFalse();
    assertThat(keys.contains(framed(OTHER, 8, 'a', 'n', 'n', 'a'))).isTrue();
    assertThat(keys.contains(ByteBuffer.allocate(0))).isFalse();
    assertThat(keys.contains(ByteBuffer.wrap(new byte[] {(byte) 0xff, 3}))).isFalse();
  }

  @Test
  void whatNobodyCanReadIsTold() {
    ErasedKeys keys = keys("{\"id\":7}");

    assertThat(keys.contains(framed(99, 14))).isFalse();

    assertThat(keys.unknownSchemas()).containsExactly("id 99");
    Erasure order = new Erasure("1", "people", keys, java.time.Instant.EPOCH);
    order.proved(new EraseReport.Proof(1, 1, 1, 1, 0, List.of()), java.time.Instant.EPOCH);
    assertThat(order.report().state()).isEqualTo(EraseReport.State.INCOMPLETE);
    assertThat(order.report().problems())
        .containsExactly(
            "some keys are marked with the schema id 99, which is not registered: whether they are"
                + " meant can't be told");
  }

  @Test
  void textsThatAreNoJsonAreRefused() {
    assertThatThrownBy(() -> keys("{\"id\":"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a key is no JSON");
    assertThatThrownBy(() -> keys("7 8")).isInstanceOf(IllegalArgumentException.class);
    assertThat(keys("7").digests()).hasSize(1);
  }
}
