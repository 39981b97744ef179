package oxbow.query.testing;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import oxbow.cold.ColdConfig;
import oxbow.cold.ColdTier;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.testing.FakeSchemas;
import oxbow.cold.upkeep.UpkeepConfig;
import oxbow.log.LocalRecords;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.PartitionLog;
import oxbow.log.testing.LogConfigs;
import oxbow.query.Topics;
import oxbow.query.Topics.Topic;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlLimits;
import oxbow.query.sql.SqlRequest;
import oxbow.query.sql.SqlSources;
import oxbow.query.sql.SystemTable;
import oxbow.query.sql.TopicSqlEngine;

/** Logs, their cold tier and SQL over both, in a directory. */
public final class TestLake implements AutoCloseable {
  /** Nobody waits for a lag of ten seconds: the cold tier's clock runs faster than ours. */
  private static final int HASTE = 40;

  private static final int RETENTION_CHECK_MS = 50;

  /** Of a topic with a cold tier. */
  public static final Map<String, String> COLD =
      Map.of(
          "remote.storage.enable", "true",
          "oxbow.cold.max.lag.ms", "10000",
          "oxbow.cold.file.bytes", "1048576",
          "retention.ms", "-1",
          "local.retention.ms", "1");

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  public final FakeTopics topics = new FakeTopics();
  public final FakeSchemas schemas = new FakeSchemas();
  public final TopicSqlEngine engine;
  public final Logs logs;
  public final ColdTier tier;
  private final Map<TopicIdPartition, PartitionLog> open = new HashMap<>();
  private final List<BooleanSupplier> arrivals = new CopyOnWriteArrayList<>();

  public TestLake(Path directory) {
    this(directory, limits(directory), List.of());
  }

  public TestLake(Path directory, SqlLimits limits, List<SystemTable> system) {
    this(
        directory,
        limits,
        system,
        LocalObjectStore.open(directory.resolve("bucket"), (_, _, _, _) -> {}, System::nanoTime));
  }

  public TestLake(Path directory, SqlLimits limits, List<SystemTable> system, ObjectStore store) {
    logs =
        Logs.open(
            new LogsConfig(
                directory.resolve("log"),
                2,
                RETENTION_CHECK_MS,
                60_000,
                3_000,
                1 << 20,
                Long.MAX_VALUE,
                86_400_000,
                64L << 20));
    tier =
        ColdTier.open(
            new ColdConfig(
                directory.resolve("cold"),
                "topics",
                1,
                Duration.ofMillis(10),
                1 << 30,
                new FetchBounds(
                    2, 16, 64 << 10, 1 << 20, 1 << 20, 1 << 20, 8, 2, Duration.ofHours(1)),
                new UpkeepConfig(
                    Duration.ofMillis(100),
                    Duration.ofHours(1),
                    Duration.ofHours(1),
                    10,
                    Duration.ofHours(1))),
            logs,
            schemas,
            store,
            () -> HASTE * System.nanoTime(),
            InstantSource.system());
    tier.begin("one cluster");
    engine =
        new TopicSqlEngine(
            limits,
            new SqlSources(awaited(), this::local, () -> Optional.of(tier), () -> schemas, system),
            InstantSource.system());
  }

  /** Small ones. The library is unpacked once for all tests. */
  public static SqlLimits limits(Path directory) {
    return new SqlLimits(
        directory.resolve("query"),
        Path.of(System.getProperty("java.io.tmpdir"), "oxbow-test-lib"),
        "topics",
        2,
        4,
        2,
        256L << 20,
        256L << 20,
        16L << 20,
        Duration.ofSeconds(60),
        1 << 20);
  }

  /** The topics, with records that come into the logs of this lake. */
  private Topics awaited() {
    return (Topics)
        Proxy.newProxyInstance(
            TestLake.class.getClassLoader(),
            new Class<?>[] {Topics.class},
            (_, method, arguments) -> {
              if (!method.getName().equals("await")) return method.invoke(topics, arguments);
              return arrival((TopicIdPartition) arguments[0], (Long) arguments[1]);
            });
  }

  private CompletableFuture<Void> arrival(TopicIdPartition partition, long offset) {
    var arrived = new CompletableFuture<Void>();
    arrivals.add(() -> {
      if (log(partition).lastStableOffset() > offset) arrived.complete(null);
      return arrived.isDone();
    });
    arrivals.removeIf(BooleanSupplier::getAsBoolean);
    return arrived;
  }

  private Optional<LocalRecords> local(TopicIdPartition partition) {
    return Optional.ofNullable(open.get(partition)).map(PartitionLog::local);
  }

  /** Makes a topic whose records stay on the disk until {@link #offload}. */
  public Topic topic(String name, int partitions, Map<String, String> settings) {
    Topic topic = topics.add(name, partitions, settings);
    for (int i = 0; i < partitions; i++) {
      TopicIdPartition partition = topic.partition(i);
      open.put(partition, logs.open(partition, LogConfigs.small(256 << 10, 4096, settings)));
    }
    return topic;
  }

  public PartitionLog log(TopicIdPartition partition) {
    return requireNonNull(open.get(partition));
  }

  /** Appends batches, which are acknowledged then. */
  public void append(TopicIdPartition partition, ByteBuffer... batches) {
    PartitionLog log = log(partition);
    for (ByteBuffer batch : batches) log.append(batch, 0, AppendOrigin.CLIENT);
    log.advanceHighWatermark(log.offsets().logEnd());
    arrivals.removeIf(BooleanSupplier::getAsBoolean);
  }

  /** Has all that is there taken to the bucket. */
  public void offload(Topic topic) {
    for (int i = 0; i < topic.partitions(); i++) {
      tier.led(topic.partition(i), 0, topic.settings());
    }
    for (int i = 0; i < topic.partitions(); i++) {
      PartitionLog log = log(topic.partition(i));
      await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
      tier.resigned(topic.partition(i));
    }
  }

  /** All rows of a statement, each value as Arrow shows it, null as NULL. */
  public List<List<String>> rows(String sql, Object... parameters) {
    return rows(
        new SqlRequest(
            sql,
            List.of(parameters),
            Optional.empty(),
            Optional.empty(),
            java.util.OptionalLong.empty(),
            java.time.ZoneOffset.UTC));
  }

  public List<List<String>> rows(SqlRequest request) {
    List<List<String>> rows = new ArrayList<>();
    try (RunningQuery query = engine.run(request)) {
      while (query.next(PATIENCE) == RunningQuery.Step.BATCH) add(query.batch(), rows);
    }
    return rows;
  }

  private static void add(VectorSchemaRoot batch, List<List<String>> rows) {
    for (int row = 0; row < batch.getRowCount(); row++) {
      List<String> values = new ArrayList<>();
      for (FieldVector vector : batch.getFieldVectors()) {
        values.add(text(vector.getObject(row)));
      }
      rows.add(values);
    }
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "NULL";
      case byte[] bytes -> java.util.HexFormat.of().formatHex(bytes);
      default -> value.toString();
    };
  }

  /** Waits for something that comes soon. */
  public static void await(BooleanSupplier condition) {
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

  @Override
  public void close() {
    engine.close();
    tier.close();
    logs.close();
  }
}
