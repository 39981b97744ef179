package oxbow.query.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.rest.RESTCatalog;
import org.apache.iceberg.types.Types;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.ColdConfig;
import oxbow.cold.ColdTier;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.upkeep.UpkeepConfig;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.PartitionLog;
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
