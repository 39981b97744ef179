package oxbow.query.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.rest.RESTCatalog;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.ColdConfig;
import oxbow.cold.ColdTier;
import oxbow.cold.Retyping;
import oxbow.cold.Verification;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.upkeep.UpkeepConfig;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.LogConfigs;
import oxbow.schema.Schemas;

/** A log, its cold tier and a bucket in a directory, seen by Iceberg's own client over HTTP. */
class TopicTableTest {
  /** Nobody waits for a lag of ten seconds: the cold tier's clock runs faster than ours. */
  private static final int HASTE = 20;

  private static final TableIdentifier ORDERS = TableIdentifier.of("topics", "orders");
  private static final TopicIdPartition ORDERS_0 =
      new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ"), 0, "orders");
  private static final Map<String, String> SETTINGS =
      Map.of(
          "remote.storage.enable", "true",
          "oxbow.cold.max.lag.ms", "10000",
          "oxbow.cold.file.bytes", "1048576",
          "retention.ms", "-1",
          "local.retention.ms", "1");

  @TempDir Path directory;

  private Logs logs;
  private PartitionLog log;
  private ColdTier tier;
  private CatalogHttp http;
  private RESTCatalog engine;

  @BeforeEach
  void open() {
    logs = Logs.open(LogsConfig.of(directory.resolve("log")));
    log = logs.open(ORDERS_0, LogConfigs.small(64 << 10, 4096, SETTINGS));
    tier = tier();
    http = new CatalogHttp(tier::catalog, true, StorageAccess.LOCAL);
    engine = http.engine();
    append(new Random(1), 300);
    tier.led(ORDERS_0, 0, SETTINGS);
    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
  }

  private ColdTier tier() {
    var config =
        new ColdConfig(
            directory.resolve("cold"),
            "topics",
            1,
            Duration.ofMillis(10),
            1 << 30,
            new FetchBounds(2, 16, 64 << 10, 1 << 20, 1 << 20, 1 << 20, 8, 2, Duration.ofHours(1)),
            new UpkeepConfig(
                Duration.ofMillis(100),
                Duration.ofHours(1),
                Duration.ofHours(1),
                10,
                Duration.ofHours(1)));
    ColdTier opened =
        ColdTier.open(
            config,
            logs,
            Schemas.NONE,
            LocalObjectStore.open(
                directory.resolve("bucket"), (_, _, _, _) -> {}, System::nanoTime),
            () -> HASTE * System.nanoTime(),
            InstantSource.system());
    opened.begin("one cluster");
    return opened;
  }

  @AfterEach
  void close() throws IOException {
    engine.close();
    http.close();
    tier.close();
    logs.close();
  }

  @Test
  void whatAnEngineReadsIsWhatTheLogHas() throws Exception {
    assertThat(engine.listNamespaces()).containsExactly(Namespace.of("topics"));
    assertThat(engine.listTables(Namespace.of("topics"))).containsExactly(ORDERS);
    assertThat(engine.tableExists(ORDERS)).isTrue();
    assertThat(engine.listViews(Namespace.of("topics"))).isEmpty();

    List<String> files = files(engine.loadTable(ORDERS).newScan());

    assertThat(offsets(files)).isEqualTo(range(0, log.offsets().logEnd()));
  }

  @Test
  void aTableShowsTheNextCommitAtOnce() throws Exception {
    Table table = engine.loadTable(ORDERS);
    long before = table.currentSnapshot().snapshotId();
    long end = log.offsets().logEnd();

    append(new Random(2), 300);
    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
    table.refresh();

    assertThat(table.currentSnapshot().snapshotId()).isNotEqualTo(before);
    List<String> newFiles =
        files(table.newScan().filter(Expressions.greaterThanOrEqual("kafka_offset", end)));
    assertThat(offsets(newFiles)).isEqualTo(range(end, log.offsets().logEnd()));
  }

  @Test
  void writesToATopicsTableAreRefusedWithTheReason() {
    Table table = engine.loadTable(ORDERS);

    assertThatThrownBy(() -> table.newFastAppend().commit())
        .isInstanceOf(ForbiddenException.class)
        .hasMessageContaining("belongs to topics and is read-only");
    assertThatThrownBy(() -> table.updateSchema().addColumn("x", Types.LongType.get()).commit())
        .isInstanceOf(ForbiddenException.class);
    assertThatThrownBy(() -> engine.dropTable(ORDERS, true)).isInstanceOf(ForbiddenException.class);
    assertThatThrownBy(
            () -> engine.createTable(TableIdentifier.of("topics", "mine"), table.schema()))
        .isInstanceOf(ForbiddenException.class);
    assertThatThrownBy(() -> engine.dropNamespace(Namespace.of("topics")))
        .isInstanceOf(ForbiddenException.class);
    assertThat(tier.files(ORDERS_0)).isNotEmpty();
  }

  @Test
  void anEngineMayWriteFilesAnewAndConsumersGetTheSameRecords() throws Exception {
    append(new Random(2), 300);
    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
    List<String> before = consumed();
    Table table = engine.loadTable(ORDERS);
    List<DataFile> old = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      for (FileScanTask task : tasks) old.add(task.file());
    }
    assertThat(old).hasSizeGreaterThan(1);
    DataFile fewer = writtenByDuckDb(table, "where kafka_offset > 0");
    DataFile compacted = writtenByDuckDb(table, "");

    assertThatThrownBy(() -> replace(table, old, fewer))
        .hasMessageContaining("the old ones " + before.size());
    replace(table, old, compacted);

    assertThat(tier.files(ORDERS_0))
        .singleElement()
        .satisfies(file -> assertThat(file.format()).isEqualTo(ColdFormat.FOREIGN));
    tier.resigned(ORDERS_0); // forgets what it has brought back
    tier.led(ORDERS_0, 1, SETTINGS);
    assertThat(consumed()).isEqualTo(before);
    Verification verification = tier.verify(List.of(ORDERS_0));
    await(() -> verification.report().state() != Verification.State.RUNNING);
    assertThat(verification.report().problems()).isEmpty();

    // And back again, into files of ours.
    Retyping retyping = tier.retype(List.of(ORDERS_0), true);
    await(() -> retyping.report().state() != Retyping.State.RUNNING);
    assertThat(retyping.report().problems()).isEmpty();
    assertThat(tier.files(ORDERS_0)).allMatch(file -> file.format() == ColdFormat.PARQUET);
    assertThat(consumed()).isEqualTo(before);
  }

  private static void replace(Table table, List<DataFile> old, DataFile now) {
    RewriteFiles rewrite = table.newRewrite();
    old.forEach(rewrite::deleteFile);
    rewrite.addFile(now).commit();
  }

  /** The table's rows in one file, the last first. */
  private DataFile writtenByDuckDb(Table table, String where) throws Exception {
    String name = table.location() + "/data/duck-" + where.length() + ".parquet";
    Path path = Path.of(URI.create(name));
    String names =
        files(table.newScan()).stream()
            .map(file -> "'" + file.replace("'", "''") + "'")
            .collect(Collectors.joining(",", "[", "]"));
    String rows = " from read_parquet(" + names + ") " + where;
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement()) {
      statement.execute(
          "copy (select *"
              + rows
              + " order by kafka_offset desc) to '"
              + path
              + "' (format parquet, row_group_size 2048, field_ids {kafka_partition: 1,"
              + " kafka_offset: 2, kafka_timestamp: 3, kafka_timestamp_type: 4, kafka_key: 5,"
              + " kafka_headers: {__duckdb_field_id: 6, element: {__duckdb_field_id: 7, key: 8,"
              + " value: 9}}, kafka_schema_id: 10, kafka_key_schema_id: 11, kafka_form: 12,"
              + " kafka_raw: 13, value: 14})");
      try (ResultSet facts =
          statement.executeQuery("select count(*), min(kafka_offset), max(kafka_offset)" + rows)) {
        assertThat(facts.next()).isTrue();
        var lower = Map.of(1, number(0), 2, number(facts.getLong(2)));
        var upper = Map.of(1, number(0), 2, number(facts.getLong(3)));
        var metrics =
            new Metrics(facts.getLong(1), Map.of(), Map.of(), Map.of(), Map.of(), lower, upper);
        return DataFiles.builder(table.spec())
            .withPath(name)
            .withFileSizeInBytes(Files.size(path))
            .withPartitionValues(List.of("0"))
            .withMetrics(metrics)
            .build();
      }
    }
  }

  private static ByteBuffer number(int value) {
    return Conversions.toByteBuffer(Types.IntegerType.get(), value);
  }

  private static ByteBuffer number(long value) {
    return Conversions.toByteBuffer(Types.LongType.get(), value);
  }

  /** Every record that a consumer gets who begins at the start. */
  private List<String> consumed() throws Exception {
    List<String> records = new ArrayList<>();
    for (long offset = 0; offset < log.offsets().logEnd(); ) {
      ColdBatches batches =
          tier.reads()
              .read(ORDERS_0, offset, 20_000, ReadLimit.HIGH_WATERMARK)
              .get(10, TimeUnit.SECONDS)
              .orElseThrow();
      for (var record : MemoryRecords.readableRecords(batches.bytes()).records()) {
        records.add(
            record.offset()
                + " "
                + record.timestamp()
                + " "
                + Arrays.toString(Utils.toNullableArray(record.key()))
                + Arrays.hashCode(Utils.toNullableArray(record.value())));
        offset = record.offset() + 1;
      }
      batches.release();
    }
    return records;
  }

  /** Dropping it with its files would take the topic's along. */
  @Test
  void aTableOfAnEngineDoesNotLieWhereATopicsDoes() {
    Table topics = engine.loadTable(ORDERS);
    engine.createNamespace(Namespace.of("mine"));

    assertThatThrownBy(() ->
            engine
                .buildTable(TableIdentifier.of("mine", "orders"), topics.schema())
                .withLocation(topics.location())
                .create())
        .hasMessageContaining("a table lies where the catalog puts it");
    assertThat(engine.tableExists(TableIdentifier.of("mine", "orders"))).isFalse();
  }

  /** As Trino does it for CREATE TABLE AS, which refuses a place where anything lies. */
  @Test
  void aTableIsMadeTogetherWithItsRowsInAnEmptyPlace() {
    var mine = Namespace.of("mine");
    engine.createNamespace(mine);
    var copy = TableIdentifier.of(mine, "copy");
    String location =
        engine.loadNamespaceMetadata(mine).get("location")
            + "/copy-"
            + UUID.randomUUID().toString().replace("-", "");

    Transaction making =
        engine
            .buildTable(copy, engine.loadTable(ORDERS).schema())
            .withLocation(location)
            .createTransaction();
    assertThat(Path.of(URI.create(location))).doesNotExist();
    making
        .newFastAppend()
        .appendFile(
            DataFiles.builder(PartitionSpec.unpartitioned())
                .withPath(location + "/data/rows.parquet")
                .withFileSizeInBytes(10)
                .withRecordCount(7)
                .build())
        .commit();
    making.commitTransaction();

    Table made = engine.loadTable(copy);
    assertThat(made.location()).isEqualTo(location);
    assertThat(made.currentSnapshot().summary()).containsEntry("total-records", "7");
    assertThat(engine.loadNamespaceMetadata(Namespace.of("topics")))
        .as("nobody makes tables there")
        .doesNotContainKey("location");
  }

  private static List<String> files(TableScan scan) throws IOException {
    List<String> files = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = scan.planFiles()) {
      for (FileScanTask task : tasks) files.add(task.file().location());
    }
    return files;
  }

  /** As another engine reads them: DuckDB. */
  private static List<Long> offsets(List<String> files) throws SQLException {
    String names =
        files.stream()
            .map(file -> "'" + file.replace("'", "''") + "'")
            .collect(Collectors.joining(",", "[", "]"));
    List<Long> offsets = new ArrayList<>();
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT kafka_offset FROM read_parquet(" + names + ") ORDER BY 1")) {
      while (rows.next()) offsets.add(rows.getLong(1));
    }
    return offsets;
  }

  private static List<Long> range(long from, long to) {
    List<Long> range = new ArrayList<>();
    for (long offset = from; offset < to; offset++) range.add(offset);
    return range;
  }

  private void append(Random random, int batches) {
    for (int i = 0; i < batches; i++) {
      BatchBuilder batch = BatchBuilder.at(1_700_000_000_000L + i);
      for (int j = 0; j <= random.nextInt(5); j++) {
        byte[] value = new byte[2_000];
        random.nextBytes(value);
        batch.add(1_700_000_000_000L + i + j, "key".getBytes(UTF_8), value);
      }
      log.append(batch.build(), 0, AppendOrigin.CLIENT);
    }
    log.advanceHighWatermark(log.offsets().logEnd());
  }

  private static void await(BooleanSupplier condition) {
    var never = new CountDownLatch(1);
    try {
      for (int i = 0; i < 3_000 && !condition.getAsBoolean(); i++) {
        if (never.await(10, TimeUnit.MILLISECONDS)) break;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    assertThat(condition.getAsBoolean()).as("what was waited for").isTrue();
  }
}
