package oxbow.cold.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.TestBatch;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.json.JsonFormat;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;
import oxbow.schema.protobuf.ProtobufFormat;

/** Values in JSON and Protobuf come back byte for byte, the usual ones out of columns alone. */
class OtherLanguagesTest {
  private static final int SCHEMA_ID = 77;

  private static final String JSON_SCHEMA =
      """
      {"type":"object","properties":{
        "id":{"type":"integer"},
        "price":{"type":"number"},
        "name":{"type":"string"},
        "open":{"type":"boolean"},
        "day":{"type":"string","format":"date"},
        "uid":{"type":"string","format":"uuid"},
        "tags":{"type":"array","items":{"type":["string","null"]}},
        "sizes":{"type":"object","additionalProperties":{"type":"integer"}},
        "inner":{"type":"object","properties":{"x":{"type":"integer"},"y":{"type":"string"}}},
        "any":{}}}
      """;

  private static final String PROTO =
      """
      syntax = "proto3";
      import "google/protobuf/timestamp.proto";
      import "google/protobuf/wrappers.proto";
      message Order {
        int32 a = 1; int64 b = 2; uint32 c = 3; uint64 d = 4; sint32 e = 5; sint64 f = 6;
        fixed32 g = 7; fixed64 h = 8; sfixed32 i = 9; sfixed64 j = 10;
        float k = 11; double l = 12; bool m = 13; string n = 14; bytes o = 15;
        Color color = 16; optional int32 maybe = 17;
        repeated int32 numbers = 18; repeated string words = 19;
        map<string, int64> counts = 20;
        Inner inner = 21; repeated Inner inners = 22;
        oneof choice { string left = 23; int64 right = 24; }
        google.protobuf.Timestamp at = 25;
        google.protobuf.StringValue wrapped = 26;
        Tree tree = 200;
      }
      message Inner { int32 x = 1; string y = 2; repeated double z = 3; }
      message Tree { string label = 1; repeated Tree children = 2; }
      enum Color { RED = 0; GREEN = 1; BLUE = -2; }
      """;

  @TempDir Path directory;

  @Test
  void jsonInTheUsualWaysComesOutOfColumnsAlone() throws IOException, SQLException {
    List<String> compact =
        List.of(
            "{}",
            "{\"id\":1}",
            "{\"id\":-9223372036854775808,\"price\":1.5,\"name\":\"a\\\"b\\\\c\\n\\u0001\"}",
            "{\"price\":1.0E10,\"open\":false,\"day\":\"2026-11-20\"}",
            "{\"uid\":\"0f8fad5b-d9cb-469f-a165-70867728950e\",\"tags\":[\"x\",null,\"ü\"]}",
            "{\"tags\":[],\"sizes\":{},\"inner\":{}}",
            "{\"sizes\":{\"s\":1,\"m\":20},\"inner\":{\"x\":5},\"any\":[1, {\"k\" : null}]}");
    String nulls =
        "{\"id\":1,\"price\":null,\"name\":null,\"open\":true,\"day\":null,\"uid\":null,"
            + "\"tags\":null,\"sizes\":null,\"inner\":{\"x\":1,\"y\":null},\"any\":null}";
    String spaced = "{\"id\": 1, \"price\": 2.5, \"tags\": [\"a\", \"b\"], \"inner\": {\"x\": 1}}";
    List<byte[]> values = new ArrayList<>();
    for (String text : compact) values.add(text.getBytes(UTF_8));
    values.add(nulls.getBytes(UTF_8));
    values.add(spaced.getBytes(UTF_8));
    RawCounts raw = roundTrip(json(), values);
    assertThat(raw.records()).isEmpty();
    assertThat(query("select list(price) filter (price is not null) from FILE"))
        .isEqualTo("[1.5, 1.0E10, 2.5]");
    assertThat(query("select sizes['m'] from FILE where cardinality(sizes) > 1")).isEqualTo("20");
    assertThat(query("select \"any\" from FILE where \"any\" is not null"))
        .isEqualTo("[1, {\"k\" : null}]");
  }

  @Test
  void jsonInOtherWaysIsKeptBesideItsColumns() throws IOException, SQLException {
    List<byte[]> values = new ArrayList<>();
    for (String text :
        List.of(
            "{\"price\":1.50}",
            "{\"price\":3}",
            "{\"name\":\"\\u00fc\\/\"}",
            "{ \"id\" : 1 }",
            "{\"name\":\"b\",\"id\":7}",
            "{\"id\":1,\"more\":[1,2,{\"a\":\"}\"}]}",
            "{\"id\": 1,\"name\": null}",
            "{\"uid\":\"0F8FAD5B-d9cb-469f-a165-70867728950e\"}",
            "{\"\\u0069d\":8}")) {
      values.add(text.getBytes(UTF_8));
    }
    RawCounts raw = roundTrip(json(), values);
    assertThat(raw.records())
        .isEqualTo(Map.of(RawCounts.Reason.UNUSUAL_ENCODING, (long) values.size()));
    assertThat(query("select list(id) filter (id is not null) from FILE"))
        .isEqualTo("[1, 7, 1, 1, 8]");
  }

  @Test
  void whatIsNotTheSchemasJsonIsKeptAsItIs() throws IOException {
    List<byte[]> values = new ArrayList<>();
    for (String text :
        List.of(
            "",
            "{",
            "{\"id\"",
            "{\"id\":",
            "{\"id\":1.5}",
            "{\"id\":1,\"id\":2}",
            "[]",
            "nul",
            "{\"id\":99999999999999999999}",
            "{\"day\":\"2026-02-30\"}",
            "{\"tags\":[1]}",
            "{\"open\":tru}",
            "{\"name\":\"\\",
            "{\"any\":}",
            "{\"any\":[}")) {
      values.add(text.getBytes(UTF_8));
    }
    RawCounts raw = roundTrip(json(), values);
    assertThat(raw.records()).isEqualTo(Map.of(RawCounts.Reason.UNDECODABLE, (long) values.size()));
  }

  @Test
  void protobufAsItIsUsuallyWrittenComesOutOfColumnsAlone() throws IOException, SQLException {
    var schema = new ProtobufFormat().parse(PROTO, References.NONE);
    Descriptor order = schema.descriptor().findMessageTypeByName("Order");
    var random = new Random(7);
    List<byte[]> values = new ArrayList<>();
    long sum = 0;
    for (int i = 0; i < 500; i++) {
      DynamicMessage message = message(order, random, 0);
      sum += (int) message.getField(order.findFieldByName("a"));
      values.add(prefixed(message.toByteArray()));
    }
    RawCounts raw = roundTrip(schema, values);
    assertThat(raw.records()).isEmpty();
    assertThat(query("select sum(a) from FILE")).isEqualTo(Long.toString(sum));
    assertThat(query("select count(distinct color) from FILE")).isEqualTo("3");
  }

  @Test
  void protobufInOtherWaysComesBackAsWell() throws IOException {
    var schema = new ProtobufFormat().parse(PROTO, References.NONE);
    Descriptor order = schema.descriptor().findMessageTypeByName("Order");
    var random = new Random(8);
    List<byte[]> values = new ArrayList<>();
    values.add(new byte[] {0, 8, 0}); // a default, written
    values.add(new byte[] {0, 16, 1, 8, 1}); // out of order
    values.add(new byte[] {0, 8, (byte) 0x81, 0}); // an overlong number
    values.add(new byte[] {0, (byte) 0x90, 1, 5}); // numbers that aren't packed
    values.add(new byte[] {0, (byte) 0xc0, 62, 1}); // an unknown field
    values.add(new byte[] {2, 0, 8, 1}); // the path to the first message, the long way
    values.add(new byte[] {0, 8, 1, 8, 2}); // twice
    values.add(new byte[] {0});
    values.add(new byte[] {});
    for (int i = 0; i < 2_000; i++) {
      byte[] value = prefixed(message(order, random, 0).toByteArray());
      for (int flips = random.nextInt(3); flips >= 0; flips--) {
        value[random.nextInt(value.length)] ^= (byte) (1 << random.nextInt(8));
      }
      values.add(value);
    }
    RawCounts raw = roundTrip(schema, values);
    assertThat(raw.records().get(RawCounts.Reason.UNDECODABLE)).isPositive();
    assertThat(raw.records().get(RawCounts.Reason.UNUSUAL_ENCODING)).isPositive();
  }

  @Test
  void brokenJsonComesBackAsWell() throws IOException {
    String whole =
        "{\"id\":12,\"price\":1.5,\"name\":\"a\\\"b\",\"open\":true,\"day\":\"2026-11-20\","
            + "\"tags\":[\"x\",null],\"sizes\":{\"s\":1},\"inner\":{\"x\":5,\"y\":\"z\"},\"any\":[1]}";
    var random = new Random(9);
    List<byte[]> values = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      byte[] value = whole.getBytes(UTF_8);
      for (int flips = random.nextInt(3); flips >= 0; flips--) {
        value[random.nextInt(value.length)] =
            (byte) "{}[]\",:0123 nulltrue\\".charAt(random.nextInt(21));
      }
      values.add(value);
    }
    roundTrip(json(), values);
  }

  private static byte[] prefixed(byte[] message) {
    return ByteBuffer.allocate(1 + message.length).put((byte) 0).put(message).array();
  }

  private static ParsedSchema json() {
    return new JsonFormat().parse(JSON_SCHEMA, References.NONE);
  }

  /** A random message, by protobuf's own library. */
  private static DynamicMessage message(Descriptor type, Random random, int depth) {
    var message = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      if (field.isMapField()) {
        for (int i = random.nextInt(3); i > 0; i--) {
          Descriptor entry = field.getMessageType();
          message.addRepeatedField(
              field,
              DynamicMessage.newBuilder(entry)
                  .setField(entry.findFieldByNumber(1), "k" + i)
                  .setField(entry.findFieldByNumber(2), random.nextLong() >> 40)
                  .build());
        }
      } else if (field.isRepeated()) {
        for (int i = depth > 2 ? 0 : random.nextInt(4); i > 0; i--) {
          message.addRepeatedField(field, value(field, random, depth));
        }
      } else if (field.getContainingOneof() != null && random.nextInt(3) != 0) {
        message.setField(field, value(field, random, depth));
      } else if (random.nextInt(4) != 0) {
        message.setField(field, value(field, random, depth));
      }
    }
    return message.build();
  }

  private static Object value(FieldDescriptor field, Random random, int depth) {
    return switch (field.getJavaType()) {
      case INT ->
          field.getName().equals("nanos")
              ? (Object) random.nextInt(1_000_000_000)
              : random.nextInt() >> random.nextInt(32);
      case LONG ->
          random.nextLong() >> (field.getName().equals("seconds") ? 32 : random.nextInt(64));
      case FLOAT -> random.nextInt(100) / 4f;
      case DOUBLE -> random.nextInt(100) / -8.0;
      case BOOLEAN -> random.nextBoolean();
      case STRING -> random.nextInt(3) == 0 ? "" : "text " + random.nextInt(1000) + " ü";
      case BYTE_STRING -> ByteString.copyFromUtf8("bytes" + random.nextInt(300));
      case ENUM -> field.getEnumType().getValues().get(random.nextInt(3));
      case MESSAGE -> message(field.getMessageType(), random, depth + 1);
    };
  }

  private Path path() {
    return directory.resolve("other.parquet");
  }

  private RawCounts roundTrip(ParsedSchema schema, List<byte[]> values) throws IOException {
    var merged = (Merge.Placed) LayoutMerger.merge(Layout.EMPTY, schema);
    var known = new KnownSchema(WriterSchema.of(SCHEMA_ID, schema, merged.placement()));
    var columns = new TableColumns(SystemColumns.BINARY_KEY, Optional.empty(), merged.layout());
    var spec = new ColdFileSpec("other", new Uuid(1, 1), 0, columns, true);
    var options = new ParquetOptions(100, 1 << 20, 400, 1 << 20, 1, false);
    var batch = new TestBatch();
    for (byte[] value : values) {
      batch.add(
          batch.records.size(),
          null,
          ByteBuffer.allocate(5 + value.length).put((byte) 0).putInt(SCHEMA_ID).put(value).array());
    }
    try (ColdFileWriter writer = ColdFiles.writeParquet(path(), spec, options, known)) {
      writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
      RawCounts raw = writer.raw();
      ColdFile file = writer.finish("other", values.size());
      // Reads every batch back and compares its checksum with the one it had.
      ColdFiles.verify(file, path());
      return raw;
    }
  }

  private String query(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(sql.replace("FILE", "read_parquet('" + path() + "')"))) {
      assertThat(rows.next()).isTrue();
      Object value = rows.getObject(1);
      if (value instanceof byte[] || value instanceof java.sql.Blob) {
        return new String(rows.getBytes(1), UTF_8);
      }
      return String.valueOf(value);
    }
  }
}
