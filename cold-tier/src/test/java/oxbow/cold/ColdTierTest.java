package oxbow.cold;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.store.StoreException;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.upkeep.UpkeepConfig;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.FileSlice;
import oxbow.log.LogConfig;
import oxbow.log.LogRead;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;
import oxbow.log.batch.BatchView;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.LogConfigs;
import oxbow.schema.Schemas;

/** A log, its cold tier and a bucket: what the log had is what the cold tier gives back. */
class ColdTierTest {
  /** Nobody waits for a lag of ten seconds: the cold tier's clock runs faster than ours. */
  private static final int HASTE = 20;

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

  private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
  private Logs logs;
  private PartitionLog log;
  private ColdTier tier;

  @BeforeEach
  void open() {
    logs = Logs.open(LogsConfig.of(directory.resolve("log")));
    LogConfig config = LogConfigs.small(64 << 10, 4096, SETTINGS);
    log = logs.open(ORDERS_0, config);
    tier = tier();
  }

  private ColdTier tier() {
    return tier("one cluster");
  }

  private ColdTier tier(String clusterId) {
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
            store,
            () -> HASTE * System.nanoTime(),
            InstantSource.system());
    opened.begin(clusterId);
    return opened;
  }

  @AfterEach
  void close() {
    tier.close();
    logs.close();
  }

  @Test
  void whatTheLogHadIsWhatTheColdTierGivesBack() throws Exception {
    append(new Random(1), 800);
    ByteBuffer all = local(0);
    tier.led(ORDERS_0, 0, SETTINGS);

    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());

    ByteBuffer cold = ByteBuffer.allocate(all.remaining());
    for (long offset = 0; offset < log.offsets().logEnd(); ) {
      ColdBatches batches =
          tier.reads()
              .read(ORDERS_0, offset, 20_000, ReadLimit.HIGH_WATERMARK)
              .get(10, TimeUnit.SECONDS)
              .orElseThrow();
      cold.put(batches.bytes().duplicate());
      offset = end(batches.bytes());
      batches.release();
    }
    assertThat(cold.flip()).isEqualTo(all);
  }

  @Test
  void whatWasCommittedBeforeAStopIsNotOfferedTwice() throws Exception {
    append(new Random(2), 500);
    tier.led(ORDERS_0, 0, SETTINGS);
    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
    tier.close();
    tier = tier();
    tier.led(ORDERS_0, 1, SETTINGS);
    append(new Random(3), 500);

    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());

    assertThat(tier.files(ORDERS_0).stream().mapToLong(file -> file.records()).sum())
        .isEqualTo(log.offsets().logEnd());
  }

  @Test
  void whatIsPastRetentionLeavesTheLogAndThenTheTable() throws Exception {
    Map<String, String> brief = new HashMap<>(SETTINGS);
    brief.put("retention.ms", "1000");
    append(new Random(4), 500);
    tier.led(ORDERS_0, 0, brief);

    await(() -> log.offsets().logStart() == log.offsets().logEnd());
    await(() -> tier.files(ORDERS_0).isEmpty());

    assertThat(log.offsets().coldEnd()).isEqualTo(log.offsets().logEnd());
  }

  @Test
  void aBucketOfAnotherClusterIsRefused() throws Exception {
    append(new Random(5), 10);
    tier.led(ORDERS_0, 0, SETTINGS);
    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
    tier.close();
    tier = tier("another cluster");

    assertThatThrownBy(() -> tier.files(ORDERS_0))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("belongs to cluster one cluster, this is cluster another cluster");
  }

  @Test
  void aDeletedTopicsTableIsDroppedAlsoIfTheProcessEndsBefore() throws Exception {
    append(new Random(6), 10);
    tier.led(ORDERS_0, 0, SETTINGS);
    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
    store.goAway();
    tier.deleted(ORDERS_0);
    tier.close();
    store.heal();
    tier = tier();

    await(() -> store.names().stream().noneMatch(name -> name.endsWith(".parquet")));
  }

  @Test
  void smallFilesAreMergedWhenSomebodyAsksAndStayWhatTheyWere() throws Exception {
    tier.led(ORDERS_0, 0, SETTINGS);
    for (int i = 0; i < 3; i++) {
      append(new Random(i), 5);
      await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
    }
    long records = records();
    assertThat(tier.files(ORDERS_0)).hasSizeGreaterThan(1);

    tier.mergeSoon(List.of(ORDERS_0));

    await(() -> tier.files(ORDERS_0).size() == 1);
    assertThat(records()).isEqualTo(records);
    Verification verification = tier.verify(List.of(ORDERS_0));
    await(() -> verification.report().state() != Verification.State.RUNNING);
    assertThat(verification.report().state()).isEqualTo(Verification.State.GOOD);
    assertThat(verification.report().records()).isEqualTo(records);
  }

  private long records() {
    return tier.files(ORDERS_0).stream().mapToLong(file -> file.records()).sum();
  }

  /** Batches of a few records, so large together that files fill at once. */
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

  private ByteBuffer local(long from) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(64 << 20);
    for (long offset = from; offset < log.offsets().logEnd(); ) {
      LogRead read = log.read(offset, 1 << 20, ReadLimit.LOG_END, true);
      FileSlice slice = Objects.requireNonNull(read.slice());
      ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
      slice.channel().read(bytes, slice.position());
      slice.release();
      all.put(bytes.flip());
      offset = end(bytes.flip());
    }
    return all.flip();
  }

  private static long end(ByteBuffer batches) {
    long end = -1;
    for (int at = batches.position(); at < batches.limit(); ) {
      end = BatchView.lastOffset(batches, at) + 1;
      at += BatchView.sizeBytes(batches, at);
    }
    return end;
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    var never = new CountDownLatch(1);
    for (int i = 0; i < 3_000 && !condition.getAsBoolean(); i++) {
      if (never.await(10, TimeUnit.MILLISECONDS)) break;
    }
    assertThat(condition.getAsBoolean()).as("what was waited for").isTrue();
  }
}
