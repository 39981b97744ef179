package oxbow.cold.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.parquet.Parquet;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.testing.RandomAvro;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.file.testing.TestBatch.TestHeader;
import oxbow.cold.file.testing.TestBatch.TestRecord;
import oxbow.cold.offload.FileWriters;
import oxbow.cold.offload.TopicColumns;
import oxbow.cold.state.BucketRestore;
import oxbow.cold.state.Owner;
import oxbow.cold.state.Owners;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreListener;
import oxbow.cold.testing.FakeSchemas;
import oxbow.log.ColdStart;
import oxbow.log.EpochStart;
import oxbow.log.TimestampedOffset;
import oxbow.schema.Framing;

/**
 * Another engine writes a topic's table anew, with Iceberg's and Parquet's own code: consumers get
 * the records they would have got.
 */
class ForeignReplayTest {
  private static final Uuid TOPIC = new Uuid(1, 1);
  private static final TopicIdPartition PARTITION = new TopicIdPartition(TOPIC, 0, "orders");
  private static final TableIdentifier ID = TableIdentifier.of("kafka", "orders");

  @TempDir Path directory;

  private final FakeSchemas schemas = new FakeSchemas();
  private LocalObjectStore store;
  private IcebergCatalog catalog;
  private ColdTable table;
  private Optional<String> whyKept = Optional.empty();
  private Map<String, String> engineSettings = new HashMap<>();
  private final List<TestBatch> written = new ArrayList<>();
  private long end;
  private long producerId = -1;
  private int names;

  @BeforeEach
  void open() {
    store =
        LocalObjectStore.open(directory.resolve("bucket"), StoreListener.NONE, System::nanoTime);
    catalog = IcebergCatalog.open(store, InstantSource.system(), _ -> whyKept);
    table = catalog.findOrCreate("kafka", "orders", TOPIC, TableColumns.EMPTY, Partitioning.NONE);
    table.allow(ForeignCommits.REPLACE);
  }

  @AfterEach
  void close() {
    store.close();
  }

  /** What a consumer gets of one record. */
  private record Got(
      long offset,
      long timestampMs,
      boolean isAppendTime,
      @Nullable String key,
      @Nullable String value,
      List<String> headers) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void recordsComeBackFromFilesThatAnotherEngineWrote(long seed) throws IOException {
    var random = new Random(seed * 0x9E3779B97F4A7C15L);
    var avro = new RandomAvro(random);
    Schema value = avro.record();
    Schema key = avro.record();
    schemas.register("orders-value", 1, value.toString());
    schemas.register("orders-key", 2, key.toString());
    for (int file = 0; file < 4; file++) {
      List<TestBatch> batches = new ArrayList<>();
      for (int i = 0; i < 1 + random.nextInt(4); i++) batches.add(batch(random, avro, value, key));
      append(batches);
    }
    engineSettings = settings(random);

    rewrite(random, 1 + random.nextInt(3), random.nextInt(3));

    assertThat(table.files(0)).isEmpty();
    assertThat(table.replayed(0)).allMatch(file -> file.format() == ColdFormat.FOREIGN);
    List<Got> expected = expected();
    assertThat(replayed(0, 1 + random.nextInt(20_000))).as("seed %d", seed).isEqualTo(expected);
    Got some = expected.get(random.nextInt(expected.size()));
    assertThat(replayed(some.offset, 1 << 20).getFirst()).isEqualTo(some);
    findsTimes(expected, random);
  }

  /** Pages, codecs and versions as engines may choose them. */
  private static Map<String, String> settings(Random random) {
    Map<String, String> settings = new HashMap<>();
    settings.put("write.parquet.row-group-size-bytes", String.valueOf(1 << 13));
    settings.put("write.parquet.row-group-check-min-record-count", "20");
    settings.put("write.parquet.page-row-limit", String.valueOf(5 + random.nextInt(100)));
    settings.put("write.parquet.page-size-bytes", String.valueOf(500 + random.nextInt(5000)));
    List<String> codecs = List.of("zstd", "snappy", "gzip", "uncompressed");
    settings.put("write.parquet.compression-codec", codecs.get(random.nextInt(codecs.size())));
    if (random.nextBoolean()) settings.put("write.parquet.page-version", "v2");
    return settings;
  }

  private TestBatch batch(Random random, RandomAvro avro, Schema value, Schema key) {
    var batch = new TestBatch();
    batch.baseOffset = end + random.nextInt(3);
    batch.leaderEpoch = 3;
    boolean isAppendTime = random.nextInt(4) == 0;
    if (isAppendTime) batch.attributes = 8;
    if (isAppendTime) batch.maxTimestampMs = batch.baseTimestampMs + random.nextInt(1000);
    int offset = 0;
    for (int i = 0; i < 1 + random.nextInt(120); i++) {
      RandomAvro.Style style =
          random.nextBoolean() ? RandomAvro.Style.CANONICAL : RandomAvro.Style.BLOCKED;
      byte[] encoded = avro.value(value, style);
      int kind = random.nextInt(10);
      boolean isMarked = kind == 2; // its schema is in a header
      byte[] framed =
          switch (kind) {
            case 0 -> null;
            case 1 -> "no schema".getBytes(UTF_8);
            case 2 -> encoded;
            default -> framed(1, encoded);
          };
      List<TestHeader> headers = new ArrayList<>();
      if (isMarked) {
        headers.add(
            new TestHeader(
                Framing.VALUE_HEADER.getBytes(UTF_8),
                Framing.write(new Framing.Mark.Guid(FakeSchemas.guid(1)))));
      }
      for (int h = 0; h < random.nextInt(3); h++) {
        byte[] name = random.nextInt(9) == 0 ? new byte[] {(byte) 0xff} : new byte[] {'h'};
        headers.add(new TestHeader(name, random.nextBoolean() ? null : new byte[] {1, 2}));
      }
      byte[] keyBytes =
          switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> new byte[] {9, (byte) 200};
            default -> framed(2, avro.value(key, style));
          };
      long time = random.nextInt(50) == 0 ? Long.MAX_VALUE / 2 : random.nextInt(5000);
      offset += 1 + (random.nextInt(20) == 0 ? random.nextInt(4) : 0);
      batch.records.add(new TestRecord(0, time, offset, keyBytes, framed, headers));
    }
    end = batch.baseOffset + offset + 1;
    return batch;
  }

  private static byte[] framed(int id, byte[] bytes) {
    return ByteBuffer.allocate(5 + bytes.length).put((byte) 0).putInt(id).put(bytes).array();
  }

  private void append(List<TestBatch> batches) throws IOException {
    var tiering =
        TopicTiering.of(Map.of("remote.storage.enable", "true", "oxbow.value.format", "avro"));
    var writers =
        new FileWriters(directory, "test", tiering, new TopicColumns("orders", table, schemas));
    long from = table.ends().getOrDefault(0, 0L);
    long to = batches.getLast().baseOffset + batches.getLast().records.getLast().offsetDelta + 1;
    try (ColdFileWriter writer = writers.open(PARTITION)) {
      for (TestBatch batch : batches) {
        writer.add(ByteBuffer.wrap(batch.toBytes()), from, List.of());
      }
      ColdFile unnamed = writer.finish("", to);
      ColdFile file = unnamed.named(table.name(unnamed, writers.attempt(PARTITION)));
      store.put(file.name(), writer.path());
      table.append(
          List.of(new NewFile(file, writer.metrics())), from == 0 ? Map.of() : Map.of(0, from));
    }
    written.addAll(batches);
  }

  /**
   * As Spark's compaction does: all rows into new files, those in the place of the old ones.
   *
   * @param order of the rows: 0 as they were, 1 file by file in another order, 2 in none
   */
  private void rewrite(Random random, int files, int order) throws IOException {
    Table engine = catalog.loadTable(ID);
    List<DataFile> old = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = engine.newScan().planFiles()) {
      for (FileScanTask task : tasks) old.add(task.file());
    }
    List<Record> rows = rows(engine);
    rows.sort(Comparator.comparingLong(row -> (long) row.getField("kafka_offset")));
    if (order == 1) Collections.rotate(rows, random.nextInt(rows.size()));
    if (order == 2) Collections.shuffle(rows, random);
    RewriteFiles rewrite = engine.newRewrite();
    old.forEach(rewrite::deleteFile);
    int each = (rows.size() + files - 1) / files;
    for (int from = 0; from < rows.size(); from += each) {
      rewrite.addFile(write(engine, rows.subList(from, Math.min(rows.size(), from + each))));
    }
    rewrite.commit();
  }

  private static List<Record> rows(Table engine) throws IOException {
    List<Record> rows = new ArrayList<>();
    try (CloseableIterable<Record> all = IcebergGenerics.read(engine).build()) {
      all.forEach(rows::add);
    }
    return rows;
  }

  private DataFile write(Table engine, List<Record> rows) throws IOException {
    var partition = new PartitionKey(engine.spec(), engine.schema());
    partition.partition(rows.getFirst());
    String name = engine.location() + "/data/engine-" + names++ + ".parquet";
    DataWriter<Record> writer =
        Parquet.writeData(engine.io().newOutputFile(name))
            .forTable(engine)
            .setAll(engineSettings)
            .createWriterFunc(GenericParquetWriter::create)
            .withPartition(partition)
            .build();
    try (writer) {
      for (Record row : rows) writer.write(row);
    }
    return writer.toDataFile();
  }

  private List<Got> expected() {
    List<Got> expected = new ArrayList<>();
    for (TestBatch batch : written) addRecords(ByteBuffer.wrap(batch.toBytes()), expected);
    return expected;
  }

  private static void addRecords(ByteBuffer batches, List<Got> got) {
    for (MutableRecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
      batch.ensureValid();
      for (var record : batch) {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers()) {
          headers.add(header.key() + "=" + Arrays.toString(header.value()));
        }
        got.add(
            new Got(
                record.offset(),
                record.timestamp(),
                batch.timestampType().id == 1,
                text(record.key()),
                text(record.value()),
                headers));
      }
    }
  }

  private static @Nullable String text(@Nullable ByteBuffer bytes) {
    return bytes == null ? null : Arrays.toString(Utils.toArray(bytes));
  }

  private ColdFileReader reader(ColdFile file) {
    if (file.format() != ColdFormat.FOREIGN) {
      return ColdFiles.open(file, ColdFiles.source(store, file));
    }
    // As after a restart: nothing is known but what the table and the registry say.
    var placed = new TopicColumns("orders", table, schemas).placed();
    return ColdFiles.openForeign(
        file, ColdFiles.source(store, file), placed.columns(), placed.schemas());
  }

  private List<Got> replayed(long from, int bytesMax) {
    List<Got> got = new ArrayList<>();
    for (ColdFile file : table.replayed(0)) {
      if (file.endOffset() <= from) continue;
      try (ColdFileReader.Cursor cursor = reader(file).open(from)) {
        for (ByteBuffer some = cursor.next(bytesMax);
            some.hasRemaining();
            some = cursor.next(bytesMax)) {
          addRecords(some, got);
        }
      }
    }
    got.removeIf(record -> record.offset < from);
    return got;
  }

  private void findsTimes(List<Got> expected, Random random) {
    Got wanted = expected.get(random.nextInt(expected.size()));
    Optional<Long> first =
        expected.stream()
            .filter(record -> record.timestampMs >= wanted.timestampMs)
            .map(Got::offset)
            .findFirst();
    Optional<TimestampedOffset> found = Optional.empty();
    for (ColdFile file : table.replayed(0)) {
      if (found.isEmpty()) {
        found = reader(file).find(wanted.timestampMs, file.baseOffset(), file.endOffset());
      }
    }
    assertThat(found.map(TimestampedOffset::offset)).isEqualTo(first);
    ColdFile file = table.replayed(0).getFirst();
    long largest =
        expected.stream()
            .filter(record -> record.offset < file.endOffset())
            .mapToLong(Got::timestampMs)
            .max()
            .orElseThrow();
    assertThat(reader(file).findMaxTimestamp(0, file.endOffset()))
        .hasValueSatisfying(max -> assertThat(max.timestampMs()).isEqualTo(largest));
  }

  private void appendPlain(int records) throws IOException {
    var batch = new TestBatch();
    batch.baseOffset = end;
    batch.leaderEpoch = 3;
    if (producerId >= 0) {
      batch.producerId = producerId;
      batch.producerEpoch = 0;
      batch.baseSequence = (int) end;
    }
    for (int i = 0; i < records; i++) batch.add(i, null, ("value " + i).getBytes(UTF_8));
    end += records;
    append(List.of(batch));
  }

  @Test
  void columnsThatCameAfterwardsDoNotConcernWhatWasWrittenBefore() throws IOException {
    String inner = "{\"name\":\"i\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":[%s]}}";
    String first = inner.formatted("{\"name\":\"a\",\"type\":\"int\"}");
    schemas.register("orders-value", 1, record(first + ",{\"name\":\"n\",\"type\":\"int\"}"));
    var batch = new TestBatch();
    for (int i = 0; i < 50; i++) batch.add(i, null, framed(1, new byte[] {(byte) (2 * i), 6}));
    end = 50;
    append(List.of(batch));
    rewrite(new Random(1), 1, 0);
    String more =
        inner.formatted(
            "{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":\"string\"},"
                + "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"int\"}}");
    schemas.register("orders-value", 3, record(more + ",{\"name\":\"x\",\"type\":\"string\"}"));

    assertThat(replayed(0, 1 << 20)).isEqualTo(expected());
    assertThat(table.columns().values().columns()).hasSize(3);
  }

  private static String record(String fields) {
    return "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + fields + "]}";
  }

  @Test
  void ourFilesAndOthersFollowEachOther() throws IOException {
    for (int i = 0; i < 4; i++) appendPlain(30);
    Table engine = catalog.loadTable(ID);
    List<Record> rows = rows(engine);
    rows.removeIf(row -> (long) row.getField("kafka_offset") / 30 == 1);
    rows.removeIf(row -> (long) row.getField("kafka_offset") / 30 == 3);
    RewriteFiles rewrite = engine.newRewrite();
    try (CloseableIterable<FileScanTask> tasks = engine.newScan().planFiles()) {
      for (FileScanTask task : tasks) {
        boolean isGone =
            task.file().location().contains("/" + "0".repeat(20) + "_")
                || task.file().location().contains("/" + "0".repeat(18) + "60_");
        if (isGone) rewrite.deleteFile(task.file());
      }
    }
    rewrite.addFile(write(engine, rows)).commit();

    List<ColdFile> replayed = table.replayed(0);
    assertThat(replayed.stream().map(ColdFile::baseOffset)).containsExactly(0L, 30L, 60L, 90L);
    assertThat(replayed.stream().map(ColdFile::endOffset)).containsExactly(30L, 60L, 90L, 120L);
    assertThat(replayed(0, 500)).isEqualTo(expected());
    new Manifest(replayed);
    // Each of the two ranges is in the one new file: neither can be taken out of it.
    assertThatThrownBy(() -> table.replace(replayed.subList(0, 1), List.of()))
        .isInstanceOf(StoreException.class);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPartitionWhoseLastFileAnotherEngineWroteIsRestored(boolean isAllForeign)
      throws IOException {
    producerId = 9;
    appendPlain(30);
    appendPlain(30);
    Table engine = catalog.loadTable(ID);
    List<Record> rows = rows(engine);
    if (!isAllForeign) rows.removeIf(row -> (long) row.getField("kafka_offset") < 30);
    RewriteFiles rewrite = engine.newRewrite();
    try (CloseableIterable<FileScanTask> tasks = engine.newScan().planFiles()) {
      for (FileScanTask task : tasks) {
        boolean isFirst = task.file().location().contains("/" + "0".repeat(20) + "_");
        if (isAllForeign || !isFirst) rewrite.deleteFile(task.file());
      }
    }
    rewrite.addFile(write(engine, rows)).commit();
    Owner _ = new Owners(store, InstantSource.system()).claim("one-cluster", "token");

    var restore = new BucketRestore(store, "kafka", InstantSource.system());
    BucketRestore.Contents contents = restore.takeOver(true);

    BucketRestore.Topic topic = contents.topics().getFirst();
    ColdStart start = Objects.requireNonNull(topic.starts().get(0));
    assertThat(start.logStart()).isZero();
    assertThat(start.coldEnd()).isEqualTo(60);
    // What an older file tells of a producer would make its next batch one out of order.
    assertThat(start.batches()).isEmpty();
    assertThat(start.epochs()).containsExactly(new EpochStart(isAllForeign ? 0 : 3, 0));
    assertThat(contents.problems()).anyMatch(problem -> problem.contains("another engine wrote"));
    List<Got> got = new ArrayList<>();
    restore.batches(topic, 0, batches -> addRecords(batches, got));
    assertThat(got).isEqualTo(expected());
  }

  @Test
  void recordsThatAreInNoRowKeepTheirFileFromBeingReplaced() throws IOException {
    appendPlain(30);
    whyKept = Optional.of("a batch can't be taken apart");

    assertThatThrownBy(() -> rewrite(new Random(1), 1, 0))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("can't be taken apart");
    assertThat(table.files(0)).hasSize(1);
  }

  @Test
  void filesThatHoldFewerRecordsAreRefused() throws IOException {
    appendPlain(30);
    Table engine = catalog.loadTable(ID);
    List<Record> rows = rows(engine).subList(0, 29);
    DataFile old;
    try (CloseableIterable<FileScanTask> tasks = engine.newScan().planFiles()) {
      old = tasks.iterator().next().file();
    }
    DataFile fewer = write(engine, rows);

    assertThatThrownBy(() -> engine.newRewrite().deleteFile(old).addFile(fewer).commit())
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("29 records");
  }
}
