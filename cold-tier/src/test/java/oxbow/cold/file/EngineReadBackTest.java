package oxbow.cold.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
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
import java.util.TreeMap;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.Uuid;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.io.LocalInputFile;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.TestBatch;
import oxbow.schema.References;
import oxbow.schema.SchemaType;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;

/** Readers that nobody here wrote see the values that were produced, of every type. */
class EngineReadBackTest {
  private static final int RECORDS = 2_000;
  private static final int SCHEMA_ID = 5;

  private static final Schema SCHEMA =
      new Schema.Parser()
          .parse(
              """
              {"type":"record","name":"All","fields":[
                {"name":"flag","type":"boolean"},
                {"name":"number","type":"int"},
                {"name":"big","type":"long"},
                {"name":"single","type":"float"},
                {"name":"real","type":"double"},
                {"name":"text","type":"string"},
                {"name":"blob","type":"bytes"},
                {"name":"day","type":{"type":"int","logicalType":"date"}},
                {"name":"noon","type":{"type":"int","logicalType":"time-millis"}},
                {"name":"noon_micros","type":{"type":"long","logicalType":"time-micros"}},
                {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
                {"name":"at_micros","type":{"type":"long","logicalType":"timestamp-micros"}},
                {"name":"at_local","type":{"type":"long","logicalType":"local-timestamp-millis"}},
                {"name":"cents","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
                {"name":"euros","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":4}},
                {"name":"wealth","type":{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}},
                {"name":"uid","type":{"type":"string","logicalType":"uuid"}},
                {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["RED","GREEN","BLUE"]}},
                {"name":"hash","type":{"type":"fixed","name":"Hash","size":4}},
                {"name":"maybe","type":["null","string"]},
                {"name":"inner","type":{"type":"record","name":"Inner","fields":[
                  {"name":"x","type":"int"},{"name":"y","type":["null","double"]}]}},
                {"name":"words","type":{"type":"array","items":["null","string"]}},
                {"name":"matrix","type":{"type":"array","items":{"type":"array","items":"int"}}},
                {"name":"scores","type":{"type":"map","values":"double"}},
                {"name":"either","type":["null","long","string"]}]}
              """);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void parquetJavaReadsEveryTypeAsItWasProduced(boolean isDelta) throws IOException {
    Path path = write(isDelta);
    int row = 0;
    try (ParquetReader<GenericRecord> reader =
        AvroParquetReader.<GenericRecord>builder(
                new LocalInputFile(path), new PlainParquetConfiguration())
            .withDataModel(new GenericData())
            .build()) {
      for (GenericRecord got; (got = reader.read()) != null; row++) {
        GenericRecord wanted = value(row);
        assertThat(got.get("kafka_offset")).isEqualTo((long) row);
        assertThat(got.get("kafka_partition")).isEqualTo(7);
        assertThat(got.get("kafka_schema_id")).isEqualTo(SCHEMA_ID);
        assertThat(got.get("kafka_raw")).isNull();
        for (String name : List.of("flag", "number", "big", "single", "real", "day")) {
          assertThat(got.get(name)).as(name).isEqualTo(wanted.get(name));
        }
        assertThat(got.get("text")).hasToString((String) wanted.get("text"));
        assertThat(got.get("kind")).hasToString(wanted.get("kind").toString());
        assertThat(got.get("blob")).isEqualTo(wanted.get("blob"));
        assertThat(got.get("hash"))
            .isEqualTo(
                new GenericData.Fixed(
                    ((GenericData.Fixed) got.get("hash")).getSchema(), hash(row)));
        assertThat(got.get("at")).isEqualTo((long) wanted.get("at") * 1000);
        assertThat(got.get("noon")).isEqualTo((int) wanted.get("noon") * 1000L);
        assertThat(got.get("words")).hasToString(listed(wanted.get("words")));
        assertThat(got.get("matrix")).hasToString(listedTwice(wanted.get("matrix")));
      }
    }
    assertThat(row).isEqualTo(RECORDS);
  }

  private static String listed(Object list) {
    List<String> elements = new ArrayList<>();
    for (Object each : (List<?>) list) {
      elements.add("{\"element\": " + (each == null ? "null" : "\"" + each + "\"") + "}");
    }
    return elements.toString();
  }

  private static String listedTwice(Object lists) {
    List<String> elements = new ArrayList<>();
    for (Object each : (List<?>) lists) {
      List<String> numbers =
          ((List<?>) each).stream().map(n -> "{\"element\": " + n + "}").toList();
      elements.add("{\"element\": " + numbers + "}");
    }
    return elements.toString();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void duckDbSeesTheTypesAndValuesThatWereProduced(boolean isDelta)
      throws IOException, SQLException {
    Path path = write(isDelta);
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("set timezone = 'UTC'");
      String from = " from read_parquet('" + path + "') ";
      assertThat(types(statement, from))
          .containsEntry("kafka_timestamp", "TIMESTAMP WITH TIME ZONE")
          .containsEntry("kafka_headers", "STRUCT(\"key\" VARCHAR, \"value\" BLOB)[]")
          .containsEntry("flag", "BOOLEAN")
          .containsEntry("number", "INTEGER")
          .containsEntry("big", "BIGINT")
          .containsEntry("single", "FLOAT")
          .containsEntry("real", "DOUBLE")
          .containsEntry("text", "VARCHAR")
          .containsEntry("blob", "BLOB")
          .containsEntry("day", "DATE")
          .containsEntry("noon", "TIME")
          .containsEntry("at", "TIMESTAMP WITH TIME ZONE")
          .containsEntry("at_local", "TIMESTAMP")
          .containsEntry("cents", "DECIMAL(9,2)")
          .containsEntry("euros", "DECIMAL(18,4)")
          .containsEntry("wealth", "DECIMAL(38,10)")
          .containsEntry("uid", "UUID")
          .containsEntry("kind", "VARCHAR")
          .containsEntry("inner", "STRUCT(x INTEGER, y DOUBLE)")
          .containsEntry("words", "VARCHAR[]")
          .containsEntry("matrix", "INTEGER[][]")
          .containsEntry("scores", "MAP(VARCHAR, DOUBLE)")
          .containsEntry("either", "STRUCT(long BIGINT, string VARCHAR)");

      int row = 0;
      try (ResultSet rows = statement.executeQuery("select *" + from + "order by kafka_offset")) {
        for (; rows.next(); row++) assertRow(rows, row);
      }
      assertThat(row).isEqualTo(RECORDS);
      // Pages and row groups are skipped by their bounds: the answer has to be the same.
      try (ResultSet one =
          statement.executeQuery("select text" + from + "where kafka_offset = 1234")) {
        assertThat(one.next()).isTrue();
        assertThat(one.getString(1)).isEqualTo(value(1234).get("text"));
        assertThat(one.next()).isFalse();
      }
      try (ResultSet count =
          statement.executeQuery(
              "select count(*), sum(number), count(maybe)" + from + "where text >= 'text 5'")) {
        assertThat(count.next()).isTrue();
        long rows = 0;
        long sum = 0;
        for (int i = 0; i < RECORDS; i++) {
          if (((String) value(i).get("text")).compareTo("text 5") < 0) continue;
          rows++;
          sum += (int) value(i).get("number");
        }
        assertThat(count.getLong(1)).isEqualTo(rows);
        assertThat(count.getLong(2)).isEqualTo(sum);
      }
    }
  }

  private static Map<String, String> types(Statement statement, String from) throws SQLException {
    var types = new TreeMap<String, String>();
    try (ResultSet columns = statement.executeQuery("describe select *" + from)) {
      while (columns.next()) types.put(columns.getString(1), columns.getString(2));
    }
    return types;
  }

  private static void assertRow(ResultSet got, int row) throws SQLException {
    GenericRecord wanted = value(row);
    assertThat(got.getLong("kafka_offset")).isEqualTo(row);
    assertThat(got.getBoolean("flag")).isEqualTo(wanted.get("flag"));
    assertThat(got.getInt("number")).isEqualTo(wanted.get("number"));
    assertThat(got.getLong("big")).isEqualTo(wanted.get("big"));
    assertThat(got.getFloat("single")).isEqualTo(wanted.get("single"));
    assertThat(got.getDouble("real")).isEqualTo(wanted.get("real"));
    assertThat(got.getString("text")).isEqualTo(wanted.get("text"));
    assertThat(got.getObject("day").toString())
        .isEqualTo(java.time.LocalDate.ofEpochDay((int) wanted.get("day")).toString());
    assertThat(got.getBigDecimal("cents")).isEqualByComparingTo(decimal(row, 2));
    assertThat(got.getBigDecimal("euros")).isEqualByComparingTo(decimal(row, 4));
    assertThat(got.getBigDecimal("wealth")).isEqualByComparingTo(decimal(row, 10));
    assertThat(got.getObject("uid")).hasToString(uuid(row).toString());
    assertThat(got.getString("kind")).isEqualTo(wanted.get("kind").toString());
    assertThat(got.getString("maybe")).isEqualTo(wanted.get("maybe"));
  }

  private static GenericRecord value(int i) {
    GenericRecord record = new GenericData.Record(SCHEMA);
    record.put("flag", i % 3 == 0);
    record.put("number", i * 7919 - 1_000_000);
    record.put("big", i * 1_000_000_007L * (i % 2 == 0 ? 1 : -1));
    record.put("single", i / 4f);
    record.put("real", -i / 100.0);
    record.put("text", "text " + i % 900 + (i % 50 == 0 ? " with ünïcödé and a long tail" : ""));
    record.put("blob", ByteBuffer.wrap(("blob" + i).getBytes(UTF_8)));
    record.put("day", i * 11 - 3000);
    record.put("noon", i * 40_000);
    record.put("noon_micros", i * 40_000_000L);
    record.put("at", 1_600_000_000_000L + i * 1001L);
    record.put("at_micros", 1_600_000_000_000_000L + i);
    record.put("at_local", 1_600_000_000_000L - i * 1001L);
    for (var one : Map.of("cents", 2, "euros", 4, "wealth", 10).entrySet()) {
      record.put(
          one.getKey(), ByteBuffer.wrap(decimal(i, one.getValue()).unscaledValue().toByteArray()));
    }
    record.put("uid", uuid(i).toString());
    record.put(
        "kind",
        new GenericData.EnumSymbol(
            SCHEMA.getField("kind").schema(), List.of("RED", "GREEN", "BLUE").get(i % 3)));
    record.put("hash", new GenericData.Fixed(SCHEMA.getField("hash").schema(), hash(i)));
    record.put("maybe", i % 4 == 0 ? null : "maybe" + i % 10);
    GenericRecord inner = new GenericData.Record(SCHEMA.getField("inner").schema());
    inner.put("x", i);
    inner.put("y", i % 5 == 0 ? null : i * 0.5);
    record.put("inner", inner);
    List<String> words = new ArrayList<>();
    for (int w = 0; w < i % 4; w++) words.add(w == 1 ? null : "w" + w);
    record.put("words", words);
    List<List<Integer>> matrix = new ArrayList<>();
    for (int m = 0; m < i % 3; m++) matrix.add(m == 0 ? List.of() : List.of(i, m));
    record.put("matrix", matrix);
    record.put("scores", i % 6 == 0 ? Map.of() : Map.of("a" + i % 5, i * 1.5));
    record.put("either", i % 3 == 0 ? null : i % 3 == 1 ? (Object) (long) i : "s" + i);
    return record;
  }

  private static byte[] hash(int i) {
    return ByteBuffer.allocate(4).putInt(i).array();
  }

  private static BigDecimal decimal(int i, int scale) {
    return BigDecimal.valueOf((i - 1000L) * 1237, scale);
  }

  private static UUID uuid(int i) {
    return new UUID(i * 0x9E3779B97F4A7C15L, i);
  }

  private Path write(boolean isDelta) throws IOException {
    var merged =
        (Merge.Placed)
            LayoutMerger.merge(
                Layout.EMPTY, new AvroFormat().parse(SCHEMA.toString(), References.NONE));
    var schema =
        new WriterSchema(SCHEMA_ID, SchemaType.AVRO, SCHEMA.toString(), merged.placement());
    var columns = new TableColumns(SystemColumns.BINARY_KEY, Optional.empty(), merged.layout());
    var spec = new ColdFileSpec("all", new Uuid(1, 1), 7, columns, true);
    var options = new ParquetOptions(300, 1 << 20, 700, 1 << 20, 1, isDelta);
    Path path = directory.resolve("all.parquet");
    try (ColdFileWriter writer =
        ColdFiles.writeParquet(path, spec, options, new KnownSchema(schema))) {
      for (int from = 0; from < RECORDS; from += 100) {
        var batch = new TestBatch();
        batch.baseOffset = from;
        for (int i = from; i < from + 100; i++) {
          batch.records.add(
              new TestBatch.TestRecord(
                  0,
                  i % 100,
                  i - from,
                  ("k" + i).getBytes(UTF_8),
                  framed(value(i)),
                  List.of(new TestBatch.TestHeader("h".getBytes(UTF_8), null))));
        }
        writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
      }
      assertThat(writer.raw().records()).isEmpty();
      ColdFile file = writer.finish("all", RECORDS);
      ColdFiles.verify(file, path);
      assertThat(Files.size(path)).isEqualTo(file.bytes());
    }
    return path;
  }

  private static byte[] framed(GenericRecord value) throws IOException {
    var out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(SCHEMA_ID).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(SCHEMA).write(value, encoder);
    encoder.flush();
    return out.toByteArray();
  }
}
