package oxbow.cold;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
import oxbow.cold.file.ColdFile;
import oxbow.cold.table.testing.EngineView;
import oxbow.cold.testing.FakeSchemas;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.StoreFault;
import oxbow.cold.upkeep.UpkeepConfig;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;
import oxbow.log.batch.BatchView;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.LogConfigs;

/** Records that were there before their schema get their columns, and stay what they were. */
class RetypingTest {
  private static final int HASTE = 20;
  private static final int BATCHES = 400;

  private static final String PLACE =
      """
      {"type": "record", "name": "Place", "fields": [
        {"name": "shop", "type": "int"}, {"name": "area", "type": "int"}]}
      """;

  private static final TopicIdPartition ORDERS_0 =
      new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ"), 0, "orders");

  @TempDir Path directory;

  private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
  private final FakeSchemas schemas = new FakeSchemas();
  private final Map<String, String> settings =
      new HashMap<>(
          Map.of(
              "remote.storage.enable", "true",
              "oxbow.cold.max.lag.ms", "10000",
              "oxbow.cold.file.bytes", "1048576",
              "retention.ms", "-1",
              "local.retention.ms", "1"));
  private Logs logs;
  private PartitionLog log;
  private ColdTier tier;

  @BeforeEach
  void open() {
    logs = Logs.open(LogsConfig.of(directory.resolve("log")));
    log = logs.open(ORDERS_0, LogConfigs.small(64 << 10, 4096, settings));
    tier = tier();
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
                Duration.ofHours(1),
                Duration.ofHours(1),
                Duration.ofHours(1),
                10,
                Duration.ofHours(1)));
    ColdTier opened =
        ColdTier.open(
            config, logs, schemas, store, () -> HASTE * System.nanoTime(), InstantSource.system());
    opened.begin("one cluster");
    return opened;
  }

  @AfterEach
  void close() {
    tier.close();
    logs.close();
  }

  @Test
  void recordsGetTheirColumnsAndStayWhatTheyWereByteForByte() throws Exception {
    offload(3);
    byte[] before = replay();
    assertThat(count("shop")).isZero();
    schemas.register("orders-value", 7, PLACE);
    schemas.register("orders-key", 8, "\"int\"");

    Retyping.Report report = retype(false);

    assertThat(report.state()).isEqualTo(Retyping.State.DONE);
    assertThat(report.filesDone()).isEqualTo(report.files()).isGreaterThan(1);
    assertThat(report.filesRetyped()).isEqualTo(report.files());
    assertThat(replay()).isEqualTo(before);
    assertThat(count("shop")).isEqualTo(log.offsets().logEnd());
    assertThat(count("kafka_key")).isEqualTo(log.offsets().logEnd());
    Verification verification = tier.verify(List.of(ORDERS_0));
    await(() -> verification.report().state() != Verification.State.RUNNING);
    assertThat(verification.report().problems()).isEmpty();
  }

  @Test
  void filesThatWouldGetNothingNewAreLeftAloneUnlessAllAreAskedFor() throws Exception {
    schemas.register("orders-value", 7, PLACE);
    offload(2);
    List<String> before = names();

    Retyping.Report nothing = retype(false);
    assertThat(nothing.filesRetyped()).isZero();
    assertThat(names()).isEqualTo(before);
    Retyping.Report all = retype(true);

    assertThat(all.filesRetyped()).isEqualTo(before.size());
    assertThat(names()).doesNotContainAnyElementsOf(before);
  }

  @Test
  void aTopicWhoseTieringComesLateIsTakenFromItsStart() throws Exception {
    schemas.register("orders-value", 7, PLACE);
    append(BATCHES);
    settings.put("remote.storage.enable", "false");
    tier.led(ORDERS_0, 0, settings);
    settings.put("remote.storage.enable", "true");

    tier.led(ORDERS_0, 0, settings);
    await(() -> log.offsets().coldEnd() == log.offsets().logEnd());

    assertThat(count("shop")).isEqualTo(log.offsets().logEnd());
  }

  @Test
  void readersNoticeNothingWhileFilesAreReplaced() throws Exception {
    offload(4);
    byte[] before = replay();
    schemas.register("orders-value", 7, PLACE);
    Retyping running = tier.retype(List.of(ORDERS_0), false);
    int reads = 0;
    while (running.report().state() == Retyping.State.RUNNING || reads < 3) {
      assertThat(replay()).isEqualTo(before);
      reads++;
    }
    assertThat(running.report().problems()).isEmpty();
  }

  @Test
  void faultsOfTheStoreAndStopsCostTimeOnly() throws Exception {
    long seed = 20261120;
    offload(4);
    byte[] before = replay();
    schemas.register("orders-value", 7, PLACE);
    var random = new Random(seed);
    for (int i = 0; i < 6; i++) {
      store.failByChance(random, Map.of(StoreFault.TIMED_OUT, 0.04, StoreFault.LOST_REPLY, 0.04));
      Retyping running = tier.retype(List.of(ORDERS_0), i == 3);
      if (i == 4) {
        tier.close();
        tier = tier();
        tier.led(ORDERS_0, 1, settings);
      } else {
        await(() -> running.report().state() != Retyping.State.RUNNING);
      }
      store.heal();
      assertThat(replay()).as("seed %d, round %d", seed, i).isEqualTo(before);
    }

    Retyping.Report last = retype(false);

    assertThat(last.state()).as(String.valueOf(last.problems())).isEqualTo(Retyping.State.DONE);
    assertThat(count("shop")).isEqualTo(log.offsets().logEnd());
    assertThat(replay()).isEqualTo(before);
  }

  private Retyping.Report retype(boolean isAll) throws InterruptedException {
    Retyping running = tier.retype(List.of(ORDERS_0), isAll);
    await(() -> running.report().state() != Retyping.State.RUNNING);
    assertThat(tier.retyping(running.report().id())).containsSame(running);
    return running.report();
  }

  private List<String> names() {
    return tier.files(ORDERS_0).stream().map(ColdFile::name).toList();
  }

  /** So many files of records that name schemas 7 and, by their keys, 8. */
  private void offload(int files) throws InterruptedException {
    tier.led(ORDERS_0, 0, settings);
    for (int i = 0; i < files; i++) {
      append(BATCHES);
      await(() -> log.offsets().coldEnd() == log.offsets().logEnd());
    }
  }

  private void append(int batches) {
    var random = new Random(log.offsets().logEnd());
    for (int i = 0; i < batches; i++) {
      BatchBuilder batch = BatchBuilder.at(1_700_000_000_000L + i);
      for (int j = 0; j <= random.nextInt(5); j++) {
        byte[] value = {0, 0, 0, 0, 7, (byte) random.nextInt(100), (byte) random.nextInt(100)};
        byte[] key = {0, 0, 0, 0, 8, (byte) random.nextInt(100)};
        batch.add(1_700_000_000_000L + i + j, key, value);
      }
      log.append(batch.build(), 0, AppendOrigin.CLIENT);
    }
    log.advanceHighWatermark(log.offsets().logEnd());
  }

  /** What a consumer gets that reads everything, past what was brought back before. */
  private byte[] replay() throws Exception {
    var all = new ByteArrayOutputStream();
    for (long offset = 0; offset < log.offsets().logEnd(); ) {
      ColdBatches batches =
          tier.reads()
              .read(ORDERS_0, offset, 20_000, ReadLimit.HIGH_WATERMARK)
              .get(10, TimeUnit.SECONDS)
              .orElseThrow();
      ByteBuffer bytes = batches.bytes();
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(bytes.position(), copy);
      all.writeBytes(copy);
      for (int at = bytes.position(); at < bytes.limit(); ) {
        offset = BatchView.lastOffset(bytes, at) + 1;
        at += BatchView.sizeBytes(bytes, at);
      }
      batches.release();
    }
    return all.toByteArray();
  }

  /** Rows with a value in a column, as an engine sees them. */
  private long count(String column) throws IOException {
    return new EngineView(tier.catalog(), "orders").count(column);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    var never = new CountDownLatch(1);
    for (int i = 0; i < 3_000 && !condition.getAsBoolean(); i++) {
      if (never.await(10, TimeUnit.MILLISECONDS)) break;
    }
    assertThat(condition.getAsBoolean()).as("what was waited for").isTrue();
  }
}
