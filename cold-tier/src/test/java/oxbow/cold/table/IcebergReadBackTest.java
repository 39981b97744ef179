package oxbow.cold.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileSpec;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.file.WriterSchemas;
import oxbow.cold.file.avro.AvroOptions;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.store.StoreListener;
import oxbow.schema.References;
import oxbow.schema.SchemaType;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;

/** Real cold files in a table, as Iceberg's own readers see them; also across versions. */
class IcebergReadBackTest {
  private static final Uuid TOPIC = new Uuid(1, 1);
  private static final int ROWS = 1000;

  private static final Schema FIRST =
      schema("{\"name\":\"number\",\"type\":\"int\"},{\"name\":\"text\",\"type\":\"string\"}");
  private static final Schema SECOND =
      schema(
          "{\"name\":\"number\",\"type\":\"long\"},"
              + "{\"name\":\"more\",\"type\":[\"null\",\"double\"],\"default\":null}");

  @TempDir Path directory;

  private LocalObjectStore store;
  private IcebergCatalog catalog;
  private ColdTable table;

  private static Schema schema(String fields) {
    return new Schema.Parser()
        .parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + fields + "]}");
  }

  @BeforeEach
  void open() {
    store =
        LocalObjectStore.open(directory.resolve("bucket"), StoreListener.NONE, System::nanoTime);
    catalog = IcebergCatalog.open(store, InstantSource.system());
    table =
        catalog.findOrCreate(
            "kafka",
            "orders",
            TOPIC,
            TableColumns.EMPTY,
            Partitioning.parse("day(kafka_timestamp)"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void rowsOfEveryVersionAreReadWithTheColumnsOfTheNewest() throws IOException {
    append(0, 1, FIRST, ColdFormat.PARQUET);
    append(ROWS, 2, SECOND, ColdFormat.PARQUET);

    List<Record> rows = read(Expressions.alwaysTrue());

    assertThat(rows).hasSize(2 * ROWS);
    for (Record row : rows) {
      long offset = (long) row.getField("kafka_offset");
      assertThat(row.getField("kafka_partition")).isEqualTo(0);
      assertThat(row.getField("number")).isEqualTo(offset * 3);
      boolean isFirst = offset < ROWS;
      assertThat(row.getField("text")).isEqualTo(isFirst ? "text " + offset : null);
      assertThat(row.getField("more")).isEqualTo(isFirst ? null : offset / 2.0);
    }
  }

  @Test
  void boundsOfRealFilesLeaveOutWhatCannotMatch() throws IOException {
    append(0, 1, FIRST, ColdFormat.PARQUET);
    append(ROWS, 1, FIRST, ColdFormat.PARQUET);
    append(2 * ROWS, 1, FIRST, ColdFormat.PARQUET);

    assertThat(plan(Expressions.equal("kafka_offset", 1500L))).isEqualTo(1);
    assertThat(plan(Expressions.lessThan("number", 3 * ROWS))).isEqualTo(1);
    assertThat(plan(Expressions.startsWith("text", "text"))).isEqualTo(3);
    assertThat(plan(Expressions.startsWith("text", "zzz"))).isZero();
    assertThat(plan(Expressions.equal("kafka_partition", 1))).isZero();
    List<Record> rows =
        read(
            Expressions.and(
                Expressions.greaterThanOrEqual("kafka_offset", 1500L),
                Expressions.equal("number", 4500)));
    assertThat(rows).hasSize(1);
    assertThat(rows.getFirst().getField("text")).isEqualTo("text 1500");
  }

  @Test
  void rowsOfAvroFilesAreReadOnceHoweverTheyAreSplit() throws IOException {
    append(0, 1, FIRST, ColdFormat.AVRO);
    append(ROWS, 1, FIRST, ColdFormat.AVRO);

    for (String splitBytes : List.of("1000", "4096", "100000000")) {
      engine().updateProperties().set(TableProperties.SPLIT_SIZE, splitBytes).commit();
      assertThat(
              read(Expressions.alwaysTrue()).stream()
                  .map(row -> (long) row.getField("kafka_offset")))
          .as("splits of %s bytes", splitBytes)
          .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 2 * ROWS).boxed().toList());
    }
  }

  private Table engine() {
    return catalog.loadTable(TableIdentifier.of("kafka", "orders"));
  }

  private List<Record> read(Expression filter) throws IOException {
    List<Record> rows = new ArrayList<>();
    try (CloseableIterable<Record> records = IcebergGenerics.read(engine()).where(filter).build()) {
      records.forEach(rows::add);
    }
    return rows;
  }

  private int plan(Expression filter) throws IOException {
    int files = 0;
    try (CloseableIterable<FileScanTask> tasks = engine().newScan().filter(filter).planFiles()) {
      for (FileScanTask _ : tasks) files++;
    }
    return files;
  }

  private void append(long from, int schemaId, Schema avro, ColdFormat format) throws IOException {
    var merged =
        (Merge.Placed)
            LayoutMerger.merge(
                table.layout(), new AvroFormat().parse(avro.toString(), References.NONE));
    table.evolve(merged.layout());
    var schema = new WriterSchema(schemaId, SchemaType.AVRO, avro.toString(), merged.placement());
    var spec = new ColdFileSpec("orders", TOPIC, 0, table.columns(), true);
    Path path = directory.resolve("file");
    try (ColdFileWriter writer = writer(path, spec, schema, format)) {
      writer.add(ByteBuffer.wrap(batch(from, schemaId, avro)), from, List.of());
      assertThat(writer.raw().records()).isEmpty();
      ColdFile unnamed = writer.finish("", from + ROWS);
      ColdFile file = unnamed.named(table.name(unnamed, "1-a"));
      store.put(file.name(), writer.path());
      table.append(
          List.of(new NewFile(file, writer.metrics())), from == 0 ? Map.of() : Map.of(0, from));
      assertThat(table.files(0)).contains(file);
    }
  }

  private static ColdFileWriter writer(
      Path path, ColdFileSpec spec, WriterSchema schema, ColdFormat format) throws IOException {
    return switch (format) {
      case PARQUET ->
          ColdFiles.writeParquet(
              path,
              spec,
              new ParquetOptions(300, 1 << 20, 700, 1 << 20, 1, false),
              new OneSchema(schema));
      case AVRO -> ColdFiles.writeAvro(path, spec, new AvroOptions(300, 1 << 20, 1));
      case FOREIGN -> throw new IllegalArgumentException("nobody writes these here");
    };
  }

  private static byte[] batch(long from, int schemaId, Schema avro) throws IOException {
    var batch = new TestBatch();
    batch.baseOffset = from;
    for (int i = 0; i < ROWS; i++) {
      long offset = from + i;
      GenericRecord value = new GenericData.Record(avro);
      if (avro.equals(FIRST)) {
        value.put("number", (int) offset * 3);
        value.put("text", "text " + offset);
      } else {
        value.put("number", offset * 3);
        value.put("more", offset / 2.0);
      }
      batch.records.add(
          new TestBatch.TestRecord(
              0, i, i, ("k" + offset).getBytes(UTF_8), framed(value, schemaId), List.of()));
    }
    return batch.toBytes();
  }

  private static byte[] framed(GenericRecord value, int schemaId) throws IOException {
    var out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(schemaId).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(value.getSchema()).write(value, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private record OneSchema(WriterSchema schema) implements WriterSchemas {
    @Override
    public Answer value(int schemaId) {
      return schemaId == schema.id() ? new Answer.Known(schema) : new Answer.Unknown();
    }

    @Override
    public Answer key(int schemaId) {
      return new Answer.Unknown();
    }
  }
}
