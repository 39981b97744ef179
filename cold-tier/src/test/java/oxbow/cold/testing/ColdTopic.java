package oxbow.cold.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import oxbow.cold.ColdConfig;
import oxbow.cold.ColdTier;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.upkeep.UpkeepConfig;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.FileSlice;
import oxbow.log.LogRead;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;
import oxbow.log.batch.BatchView;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.LogConfigs;
import oxbow.schema.Schemas;

/**
 * A topic of one partition with its log and its cold tier, both at work with all their threads, as
 * a server has them. Nobody waits for a lag of ten seconds: the cold tier's clock runs faster.
 */
public final class ColdTopic implements AutoCloseable {
  public static final TopicIdPartition ORDERS_0 =
      new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ"), 0, "orders");

  public static final Map<String, String> SETTINGS =
      Map.of(
          "remote.storage.enable", "true",
          "oxbow.cold.max.lag.ms", "10000",
          "oxbow.cold.file.bytes", "1048576",
          "retention.ms", "-1",
          "local.retention.ms", "1");

  private static final int HASTE = 200;

  public final Logs logs;
  public final PartitionLog log;
  private final Path directory;
  private final ObjectStore store;
  private ColdTier tier;

  /**
   * @param store closed with the topic
   */
  public ColdTopic(Path directory, ObjectStore store) {
    this(directory, store, SETTINGS);
  }

  public ColdTopic(Path directory, ObjectStore store, Map<String, String> settings) {
    this(directory, store, settings, Logs.open(LogsConfig.of(directory.resolve("log"))));
  }

  /**
   * @param logs closed with the topic
   */
  public ColdTopic(Path directory, ObjectStore store, Map<String, String> settings, Logs logs) {
    this.directory = directory;
    this.store = store;
    this.logs = logs;
    log = logs.open(ORDERS_0, LogConfigs.small(64 << 10, 4096, settings));
    tier = open("one cluster");
  }

  /** The usual settings with some others. */
  public static Map<String, String> settings(Map<String, String> others) {
    Map<String, String> settings = new HashMap<>(SETTINGS);
    settings.putAll(others);
    return settings;
  }

  private ColdTier open(String clusterId) {
    var config =
        new ColdConfig(
            directory.resolve("cold"),
            "topics",
            1,
            Duration.ofMillis(10),
            1L << 33,
            new FetchBounds(2, 16, 64 << 10, 1 << 20, 1 << 20, 1 << 20, 8, 2, Duration.ofHours(9)),
            new UpkeepConfig(
                Duration.ofMillis(50),
                Duration.ofHours(1),
                Duration.ofHours(1),
                10,
                Duration.ofHours(1),
                1 << 20));
    ColdTier opened =
        ColdTier.open(
            config,
            logs,
            Schemas.NONE,
            store,
            () -> HASTE * System.nanoTime(),
            InstantSource.system());
    opened.begin(clusterId);
    return opened;
  }

  public ColdTier tier() {
    return tier;
  }

  /** The partition is led here from now on. */
  public void lead() {
    tier.led(ORDERS_0, 0, SETTINGS);
  }

  /** Stops the cold tier and opens it anew. */
  public void restartTier(String clusterId) {
    tier.close();
    tier = open(clusterId);
  }

  /** Batches of a few records, so large together that files fill at once. */
  public void append(Random random, int batches) {
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

  public void append(BatchBuilder batch) {
    log.append(batch.build(), 0, AppendOrigin.CLIENT);
    log.advanceHighWatermark(log.offsets().logEnd());
  }

  public void awaitOffload() {
    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
  }

  /** What the log itself has from its local start on. */
  public ByteBuffer local() {
    ByteBuffer all = ByteBuffer.allocate(64 << 20);
    try {
      for (long offset = log.offsets().localStart(); offset < log.offsets().logEnd(); ) {
        LogRead read = log.read(offset, 1 << 20, ReadLimit.LOG_END, true);
        FileSlice slice = Objects.requireNonNull(read.slice());
        ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
        int _ = slice.channel().read(bytes, slice.position());
        slice.release();
        all.put(bytes.flip());
        offset = end(bytes.flip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all.flip();
  }

  /** What the cold tier serves to a consumer that reads from the log's start on. */
  public ByteBuffer cold() throws Exception {
    ByteBuffer cold = ByteBuffer.allocate(64 << 20);
    for (long offset = log.offsets().logStart(); offset < log.offsets().coldEnd(); ) {
      var found =
          tier.reads()
              .read(ORDERS_0, offset, 20_000, ReadLimit.HIGH_WATERMARK)
              .get(10, TimeUnit.SECONDS);
      if (found.isEmpty()) break; // the rest was compacted away
      ColdBatches batches = found.get();
      cold.put(batches.bytes().duplicate());
      offset = end(batches.bytes());
      batches.release();
    }
    return cold.flip();
  }

  private static long end(ByteBuffer batches) {
    long end = -1;
    for (int at = batches.position(); at < batches.limit(); ) {
      end = BatchView.lastOffset(batches, at) + 1;
      at += BatchView.sizeBytes(batches, at);
    }
    return end;
  }

  /** Returns as soon as a condition holds; half a minute is too long. */
  public static void await(BooleanSupplier condition) {
    var never = new CountDownLatch(1);
    try {
      for (int i = 0; i < 6_000 && !condition.getAsBoolean(); i++) {
        if (never.await(5, TimeUnit.MILLISECONDS)) break;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    if (!condition.getAsBoolean()) throw new AssertionError("what was waited for did not happen");
  }

  @Override
  public void close() {
    tier.close();
    logs.close();
  }
}
