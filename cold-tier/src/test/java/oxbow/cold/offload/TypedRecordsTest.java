package oxbow.cold.offload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.RawCounts;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.file.testing.TestBatch.TestHeader;
import oxbow.cold.file.testing.TestBatch.TestRecord;
import oxbow.cold.table.ColdTable;
import oxbow.cold.testing.ColdFiles;
import oxbow.cold.testing.FakeSchemas;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.schema.Framing;
import oxbow.schema.SchemaType;
import oxbow.schema.layout.Column;
import oxbow.schema.protobuf.ProtobufSchema;

/** Keys and values lie in columns of their schemas, however they name them, and come back exact. */
class TypedRecordsTest {
  private static final String PLACE =
      """
      {"type": "record", "name": "Place", "fields": [
        {"name": "region", "type": "string"}, {"name": "shop", "type": "long"}]}
      """;

  private static final String PROTO =
      """
      syntax = "proto3";
      package shop;
      message Unused { string nothing = 1; }
      message Order { int64 id = 1; string name = 2; repeated int32 sizes = 3;
        message Line { int64 id = 1; repeated string tags = 2; } }
      message Refund { string name = 1; map<string, int64> sums = 2; }
      """;

  @TempDir Path directory;

  private OneTopic topic;
  private ColdTable table;
  private Map<String, String> settings;
  private final TestBatch batch = new TestBatch();

  @BeforeEach
  void open() {
    topic = new OneTopic(directory);
    table = topic.table(new MemoryObjectStore(topic.clock));
    settings = new HashMap<>(OneTopic.SETTINGS);
  }

  @AfterEach
  void close() {
    topic.close();
  }

  @Test
  void keysThatAreRecordsHaveAColumnOfTheirFields() throws IOException, SQLException {
    topic.schemas.register("orders-key", 7, PLACE);
    add(framed(7, place("north", 3)), null);
    add(framed(7, place("south", 1L << 40)), null);
    add(null, null);
    add("unframed".getBytes(UTF_8), null);

    write();

    assertThat(query("list(kafka_key.region)")).isEqualTo("[north, south, null, null]");
    assertThat(query("sum(kafka_key.shop)")).isEqualTo(String.valueOf(3 + (1L << 40)));
    assertThat(query("list(kafka_key_schema_id)")).isEqualTo("[7, 7, null, null]");
    assertThat(query("list(decode(kafka_key_raw))")).isEqualTo("[null, null, null, unframed]");
    assertThat(query("count(kafka_raw)")).isEqualTo("0");
  }

  @Test
  void keysOfOneTypeAreAColumnOfThatType() throws IOException, SQLException {
    topic.schemas.register("orders-key", 7, "\"int\"");
    topic.schemas.register("orders-key", 8, "\"long\"");
    topic.schemas.register("orders-key", 9, "\"string\"");
    add(framed(7, avro("\"int\"", 5)), null);
    add(framed(8, avro("\"long\"", 1L << 33)), null);
    add(framed(9, avro("\"string\"", "no number")), null);

    write();

    assertThat(query("list(kafka_key)")).isEqualTo("[5, 8589934592, null]");
    assertThat(query("count(kafka_key_raw)")).isEqualTo("1");
  }

  @Test
  void keysInJsonAndProtobufAreTypedInTheWayTheyAreWritten() throws IOException, SQLException {
    topic.schemas.register(
        "orders-key",
        7,
        SchemaType.JSON,
        """
        {"type": "object", "properties": {
          "region": {"type": "string"}, "shop": {"type": "integer"}}}
        """);
    for (String text :
        List.of(
            "{\"region\":\"a\",\"shop\":1}",
            "{\"region\": \"b\", \"shop\": 2}",
            "{\"region\":null,\"shop\":3}",
            "{\"region\": null, \"shop\": 4}",
            "{ \"shop\" :5 }",
            "no JSON")) {
      add(framed(7, text.getBytes(UTF_8)), null);
    }

    write();

    assertThat(query("list(kafka_key.shop)")).isEqualTo("[1, 2, 3, 4, 5, null]");
    assertThat(query("list(kafka_key.region)")).isEqualTo("[a, b, null, null, null, null]");
    assertThat(query("count(kafka_raw)")).isEqualTo("1");
    assertThat(query("count(kafka_key_raw)")).isEqualTo("1");
  }

  @Test
  void keysInProtobufAreTheFirstMessageOfTheirFile() throws IOException, SQLException {
    topic.schemas.register("orders-key", 7, SchemaType.PROTOBUF, PROTO);
    ProtobufSchema schema = (ProtobufSchema) topic.schemas.byId(7).orElseThrow();
    byte[] first = message(schema, Map.of("nothing", "x"), 0);
    byte[] other = message(schema, Map.of("id", 9L), 1);
    add(framed(7, path(0), first), null);
    add(framed(7, path(1), other), null);
    add(mark(Framing.KEY_HEADER, 7, path(0)), first, null);

    write();

    assertThat(query("list(kafka_key.nothing)")).isEqualTo("[x, null, x]");
    assertThat(query("count(kafka_key_raw)")).isEqualTo("1");
  }

  @Test
  void aKeySchemaThatComesLaterLeavesTheColumnOfBytesBeside() throws IOException, SQLException {
    add(new byte[] {1, 2}, null);
    write();
    assertThat(names()).contains("kafka_key").doesNotContain("kafka_key_raw");
    topic.schemas.register("orders-key", 7, PLACE);
    add(framed(7, place("north", 3)), null);

    write();

    assertThat(names()).contains("kafka_key", "kafka_key_raw");
    assertThat(query("list(kafka_key.region)")).isEqualTo("[null, north]");
    assertThat(query("count(kafka_key_raw)")).isEqualTo("1");
  }

  @Test
  void keysThatOnlyLookLikeAnIdOfAnyTopicAreBytesUnlessTheTopicSaysMore()
      throws IOException, SQLException {
    topic.schemas.register("elsewhere-value", 1, "\"long\"");
    add(ByteBuffer.allocate(8).putLong((1L << 24) + 4).array(), null); // what looks like id 1
    add(framed(1, avro("\"long\"", 12)), null);
    write();
    assertThat(names()).doesNotContain("kafka_key_raw");
    settings.put("oxbow.key.format", "avro");

    write();

    assertThat(query("list(kafka_key)")).isEqualTo("[0, 12]");
  }

  @Test
  void keysOfATopicWhoseKeysAreTextAreNotTyped() throws IOException, SQLException {
    topic.schemas.register("orders-key", 7, PLACE);
    settings.put("oxbow.key.format", "bytes");
    add(framed(7, place("north", 3)), null);

    write();

    assertThat(query("count(kafka_key_raw)")).isEqualTo("1");
    assertThat(query("count(kafka_key_schema_id)")).isEqualTo("0");
  }

  @Test
  void aHeaderNamesTheSchemaOfAValueWithNothingBeforeIt() throws IOException, SQLException {
    topic.schemas.register("orders-value", 7, PLACE);
    topic.schemas.register("orders-key", 8, "\"string\"");
    add(mark(Framing.VALUE_HEADER, 7), null, place("north", 3));
    add(mark(Framing.VALUE_HEADER, 99), null, place("nobody knows", 3));
    add(mark(Framing.VALUE_HEADER, 7), null, new byte[] {1});
    add(new TestHeader("other".getBytes(UTF_8), new byte[17]), null, framed(7, place("south", 4)));
    add(mark(Framing.KEY_HEADER, 8), avro("\"string\"", "k"), framed(7, place("east", 5)));
    add(mark(Framing.VALUE_HEADER, 7), null, null);

    RawCounts raw = write();

    assertThat(query("list(region)")).isEqualTo("[north, null, null, south, east, null]");
    assertThat(query("list(kafka_key)")).isEqualTo("[null, null, null, null, k, null]");
    assertThat(query("list(kafka_schema_id)")).isEqualTo("[7, null, null, 7, 7, null]");
    assertThat(raw.records()).isEmpty(); // those that don't decode lie in the column for bytes
    assertThat(query("list(hex(value))")).contains("01");
  }

  @Test
  void theMessageThatRecordsAreIsAtTheTopAndOthersAreAColumnEach()
      throws IOException, SQLException {
    topic.schemas.register("orders-value", 7, SchemaType.PROTOBUF, PROTO);
    ProtobufSchema schema = (ProtobufSchema) topic.schemas.byId(7).orElseThrow();
    byte[] order = message(schema, Map.of("id", 5L, "name", "five", "sizes", List.of(1, 2)), 1);
    byte[] line = message(schema, Map.of("id", 6L, "tags", List.of("a", "b")), 1, 0);
    byte[] refund = message(schema, Map.of("name", "back"), 2);
    for (int i = 0; i < 3; i++) {
      add(null, framed(7, path(1), order));
      add(null, framed(7, path(1, 0), line));
      add(null, framed(7, path(2), refund));
      add(null, framed(7, path(1, 0), new byte[0]));
      add(mark(Framing.VALUE_HEADER, 7, path(1, 0)), null, line);
      add(mark(Framing.VALUE_HEADER, 7, path(1)), null, order);
    }
    add(null, framed(7, path(9), new byte[0]));

    RawCounts raw = write();

    assertThat(names()).contains("id", "name", "sizes", "Order_Line", "Refund");
    assertThat(names()).doesNotContain("nothing", "Unused");
    assertThat(query("sum(id)")).isEqualTo("30");
    assertThat(query("sum(Order_Line.id)")).isEqualTo("36");
    assertThat(query("list(Refund.name) filter (Refund is not null)"))
        .isEqualTo("[back, back, back]");
    assertThat(query("count(kafka_raw)")).isEqualTo("1");
    assertThat(raw.records()).containsOnly(Map.entry(RawCounts.Reason.UNDECODABLE, 1L));
  }

  @Test
  void messagesHaveTheSameColumnsAfterARestartAndInLaterVersions()
      throws IOException, SQLException {
    topic.schemas.register("orders-value", 7, SchemaType.PROTOBUF, PROTO);
    ProtobufSchema schema = (ProtobufSchema) topic.schemas.byId(7).orElseThrow();
    byte[] refund = message(schema, Map.of("name", "back"), 2);
    byte[] order = message(schema, Map.of("id", 5L), 1);
    add(null, framed(7, path(2), refund));
    add(null, framed(7, path(1), order));
    write();
    List<String> before = names();
    topic.schemas.register(
        "orders-value", 8, SchemaType.PROTOBUF, PROTO.replace("string name = 2;", ""));
    // What was written in a way that nobody needs to is kept beside its columns.
    add(null, framed(7, new byte[] {2, (byte) 0x84, 0}, refund));
    add(null, framed(8, path(1), order));

    RawCounts raw = write();

    assertThat(names()).isEqualTo(before);
    assertThat(table.columns().topMessage()).contains("shop.Refund");
    assertThat(query("list(\"Order\".id)")).isEqualTo("[null, 5, null, 5]");
    assertThat(query("list(name)")).isEqualTo("[back, null, back, null]");
    assertThat(raw.records()).containsOnly(Map.entry(RawCounts.Reason.UNUSUAL_ENCODING, 1L));
  }

  private void add(byte @Nullable [] key, byte @Nullable [] value) {
    batch.add(0, key, value);
  }

  private void add(TestHeader header, byte @Nullable [] key, byte @Nullable [] value) {
    batch.records.add(new TestRecord(0, 0, batch.records.size(), key, value, List.of(header)));
  }

  private static byte[] framed(int id, byte[]... parts) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(Framing.write(new Framing.Mark.Id(id)));
    for (byte[] part : parts) bytes.writeBytes(part);
    return bytes.toByteArray();
  }

  private static byte[] path(int... indexes) {
    return Framing.writeMessagePath(indexes);
  }

  private static TestHeader mark(String header, int id, byte[]... parts) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(Framing.write(new Framing.Mark.Guid(FakeSchemas.guid(id))));
    for (byte[] part : parts) bytes.writeBytes(part);
    return new TestHeader(header.getBytes(UTF_8), bytes.toByteArray());
  }

  private static byte[] place(String region, long shop) {
    var record = new GenericData.Record(new Schema.Parser().parse(PLACE));
    record.put("region", region);
    record.put("shop", shop);
    return avro(PLACE, record);
  }

  private static byte[] avro(String schema, Object value) {
    var bytes = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    try {
      new GenericDatumWriter<>(new Schema.Parser().parse(schema)).write(value, encoder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] message(ProtobufSchema schema, Map<String, Object> fields, int... path) {
    Descriptor type = schema.message(path).orElseThrow();
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    fields.forEach((name, value) -> message.setField(type.findFieldByName(name), value));
    return message.build().toByteArray();
  }

  private List<String> names() {
    return table.columns().all().stream().map(Column::name).toList();
  }

  /** Writes the batch as a pass does that has just started; reads it back, too. */
  private RawCounts write() throws IOException {
    var columns = new TopicColumns("orders", table, topic.schemas);
    var writers = new FileWriters(directory, "writer", TopicTiering.of(settings), columns);
    for (int attempt = 0; attempt < 3; attempt++) {
      try (ColdFileWriter writer = writers.open(ColdFiles.ORDERS_0)) {
        writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
        RawCounts raw = writer.raw();
        ColdFile file = writer.finish("file", batch.records.size());
        if (writers.hasLearned()) continue;
        writers.verify(file, writer.path()); // each batch has the checksum it came with
        Files.move(writer.path(), written(), StandardCopyOption.REPLACE_EXISTING);
        return raw;
      }
    }
    throw new AssertionError("always something new to learn");
  }

  private Path written() {
    return directory.resolve("written.parquet");
  }

  private String query(String expression) throws SQLException {
    List<String> answers = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select " + expression + " from read_parquet('" + written() + "')")) {
      while (rows.next()) answers.add(String.valueOf(rows.getObject(1)));
    }
    return String.join("\n", answers);
  }
}
