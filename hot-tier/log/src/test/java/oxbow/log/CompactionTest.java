package oxbow.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.log.segment.Segment;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.FaultyLogFiles;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;
import oxbow.log.testing.SimulatedCrash;

/**
 * What stays of compacted logs is compared with Kafka's cleaner in {@link UnifiedLogOracleTest}.
 */
class CompactionTest {
  private static final TopicIdPartition TABLE_0 = new TopicIdPartition(new Uuid(3, 3), 0, "table");
  private static final TopicIdPartition OTHER_0 = new TopicIdPartition(new Uuid(4, 4), 0, "other");
  private static final int EPOCH = 1;

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock(1_750_000_000_000L);
  private final Map<String, String> settings = new HashMap<>();
  private FaultyLogFiles files = new FaultyLogFiles(1);
  private LogsConfig logsConfig = LogsConfig.of(Path.of("unused"));
  private Logs logs;
  private PartitionLog log;

  @BeforeEach
  void open() {
    settings.put("internal.segment.bytes", "2000");
    settings.put("index.interval.bytes", "200");
    settings.put("cleanup.policy", "compact");
    settings.put("delete.retention.ms", "60000");
    settings.put("file.delete.delay.ms", "0");
    settings.put("min.cleanable.dirty.ratio", "0.01");
    logsConfig = LogsConfig.of(directory.resolve("logs"));
    reopen();
  }

  private void reopen() {
    logs = Logs.open(logsConfig, files, clock, clock, new ManualThreads(clock));
    log = logs.open(TABLE_0, LogConfig.of(settings));
  }

  @AfterEach
  void close() {
    logs.close();
  }

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void keepsTheLatestRecordOfEachKeyAtItsOffset(CompressionType codec) {
    Map<String, String> expected = fill(300, codec);
    List<String> before = records();
    long sizeBefore = log.sizeBytes();

    logs.compact();

    assertThat(latest()).isEqualTo(expected);
    assertThat(before).containsAll(records());
    assertThat(records()).hasSizeLessThan(100);
    assertThat(log.sizeBytes()).isLessThan(sizeBefore / 2);
    assertThat(log.offsets().logEnd()).isEqualTo(300);
    assertThat(logs.cleanCounters().droppedRecords.sum()).isPositive();
  }

  @Test
  void readsTheSameAfterReopening() {
    Map<String, String> expected = fill(300, CompressionType.NONE);
    logs.compact();
    List<String> compacted = records();

    logs.close();
    reopen();

    assertThat(log.offline()).isEmpty();
    assertThat(records()).isEqualTo(compacted);
    assertThat(latest()).isEqualTo(expected);
  }

  @Test
  void leavesTheActiveSegmentAndWhatIsNotStableAlone() {
    append("a", "1");
    append("a", "2");
    transaction("t", "1");
    long open = log.offsets().logEnd() - 1;
    for (int i = 0; i < 100; i++) append("a", "later " + i);
    log.advanceHighWatermark(log.offsets().logEnd());

    logs.compact();

    assertThat(log.lastStableOffset()).isEqualTo(open);
    assertThat(records()).hasSize(103);
  }

  @Test
  void mergesSmallSegments() {
    fill(400, CompressionType.NONE);
    int before = log.cleanable().segments().size();
    logs.compact(); // makes them small: what fits together is decided before

    pad();
    logs.compact();

    assertThat(log.cleanable().segments()).hasSizeLessThan(before / 2);
    assertThat(log.cleanable().segments().getFirst().baseOffset()).isZero();
  }

  @Test
  void dropsATombstoneOnceItsTimeIsOver() {
    append("a", "1");
    append("a", null);
    pad();
    logs.compact();
    assertThat(records()).contains("1 a=null").doesNotContain("0 a=1");

    clock.advance(59_000);
    pad();
    logs.compact();
    assertThat(records()).contains("1 a=null");

    clock.advance(2_000);
    pad();
    logs.compact();
    assertThat(records()).doesNotContain("1 a=null");
  }

  @Test
  void dropsWhatWasAbortedAndLaterItsMarker() {
    append("a", "stays");
    transaction("a", "aborted");
    endTransaction(ControlRecordType.ABORT);
    pad();
    logs.compact();
    assertThat(latest()).containsEntry("a", "stays");
    assertThat(records()).doesNotContain("1 a=aborted");

    clock.advance(61_000);
    transaction("b", "1"); // the producer's last batch is not the aborted one any more
    endTransaction(ControlRecordType.COMMIT);
    pad();
    logs.compact(); // drops the batch of the aborted record, which its marker needed until now
    pad();
    logs.compact(); // gives the marker its time
    clock.advance(61_000);
    pad();
    logs.compact();

    assertThat(batches()).noneMatch(it -> it.isControlBatch() && it.baseOffset() == 2);
    assertThat(latest()).containsEntry("a", "stays").containsEntry("b", "1");
  }

  @Test
  void keepsAProducersLastSequence() {
    appendIdempotent(0, "a", "1");
    pad();
    append("a", "2");
    pad();

    logs.compact();
    logs.close();
    deleteSnapshots();
    reopen();

    assertThat(records()).doesNotContain("0 a=1");
    assertThat(batches()).anyMatch(it -> it.producerId() == 9 && it.countOrNull() == 0);
    assertThat(log.producers()).extracting(ProducerView::lastSequence).contains(0);
    appendIdempotent(1, "a", "3");
  }

  @Test
  void waitsForTheMinimumLag() {
    settings.put("min.compaction.lag.ms", "10000");
    log.reconfigure(LogConfig.of(settings));
    fill(300, CompressionType.NONE);

    logs.compact();
    assertThat(records()).hasSize(300);

    clock.advance(11_000);
    logs.compact();
    assertThat(records()).hasSizeLessThan(100);
  }

  @Test
  void waitsForEnoughThatIsDirtyButNotLongerThanTheMaximumLag() {
    fill(300, CompressionType.NONE);
    logs.compact();
    settings.put("min.cleanable.dirty.ratio", "0.99");
    settings.put("max.compaction.lag.ms", "10000");
    log.reconfigure(LogConfig.of(settings));
    pad();
    long rounds = logs.cleanCounters().rounds.sum();

    logs.compact();
    assertThat(logs.cleanCounters().rounds.sum()).isEqualTo(rounds);

    clock.advance(11_000);
    logs.compact();
    assertThat(logs.cleanCounters().rounds.sum()).isEqualTo(rounds + 1);
  }

  @Test
  void takesSeveralRoundsIfTheMapIsSmall() {
    logs.close();
    logsConfig =
        new LogsConfig(
            logsConfig.directory(),
            logsConfig.threads(),
            logsConfig.retentionCheckMs(),
            logsConfig.checkpointMs(),
            logsConfig.flushCheckMs(),
            24 * 40, // room for some 36 keys
            logsConfig.cleanerBytesPerSecondMax(),
            logsConfig.producerExpirationMs(),
            logsConfig.diskReserveBytes());
    reopen();
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 150; i++) append("key" + i, "value " + round);
    }
    pad();

    logs.compact();

    assertThat(logs.cleanCounters().rounds.sum()).isGreaterThan(3);
    assertThat(records()).filteredOn(it -> it.endsWith("value 0")).isEmpty();
    assertThat(latest()).containsEntry("key0", "value 1").containsEntry("key149", "value 1");
  }

  @Test
  void readersGoOnWithTheSegmentsThatWereReplaced() throws IOException {
    fill(300, CompressionType.NONE);
    LogRead read = log.read(0, 1_000, ReadLimit.LOG_END, true);
    FileSlice slice = requireNonNull(read.slice());
    ByteBuffer before = ByteBuffer.allocate(slice.sizeBytes());
    slice.channel().read(before, slice.position());

    logs.compact();

    ByteBuffer after = ByteBuffer.allocate(slice.sizeBytes());
    slice.channel().read(after, slice.position());
    slice.release();
    assertThat(after.array()).isEqualTo(before.array());
  }

  @Test
  void leavesAPartitionWithADamagedBatchAloneAndCompactsTheOthers() throws IOException {
    fill(300, CompressionType.NONE);
    PartitionLog damaged = log;
    Path first = damaged.cleanable().segments().get(1).file().path();
    byte[] bytes = Files.readAllBytes(first);
    bytes[bytes.length / 2]++;
    Files.write(first, bytes);
    log = logs.open(OTHER_0, LogConfig.of(settings));
    fill(300, CompressionType.NONE);

    logs.compact();
    logs.compact();

    assertThat(records()).hasSizeLessThan(100);
    assertThat(damaged.cleanable().segments()).hasSizeGreaterThan(5);
    assertThat(damaged.offline()).isEmpty();
    assertThat(logs.cleanCounters().uncleanablePartitions.sum()).isEqualTo(1);
  }

  @Test
  void copiesABatchThatWouldNeedTooMuchMemoryAsItIs() {
    settings.put("internal.segment.bytes", "30000");
    log.reconfigure(LogConfig.of(settings));
    BatchBuilder builder = BatchBuilder.at(clock.millis()).codec(CompressionType.ZSTD);
    builder.add(clock.millis(), "large".getBytes(UTF_8), new byte[70 << 20]);
    append(builder.build(), AppendOrigin.CLIENT);
    for (int i = 0; i < 3; i++) {
      for (int k = 0; k < 400; k++) append("a", "value " + i);
    }
    log.advanceHighWatermark(log.offsets().logEnd());

    logs.compact();

    assertThat(logs.cleanCounters().oversizedBatches.sum()).isPositive();
    assertThat(batches().getFirst().baseOffset()).isZero();
    assertThat(batches()).hasSizeLessThan(900);
  }

  @Test
  void postponesWhatTheDiskHasNoRoomFor() {
    Map<String, String> expected = fill(300, CompressionType.NONE);
    files.space(100);

    logs.compact();

    assertThat(latest()).isEqualTo(expected);
    assertThat(log.offline()).isEmpty();
    assertThat(logs.cleanCounters().abandonedRounds.sum()).isEqualTo(1);
    files.space(Long.MAX_VALUE);
    logs.compact();
    assertThat(records()).hasSizeLessThan(100);
  }

  @Test
  void writesDownHowFarItIsAsKafkaDoes() throws IOException {
    fill(300, CompressionType.NONE);

    logs.compact();

    long active = log.cleanable().segments().getLast().baseOffset();
    assertThat(Files.readString(logsConfig.directory().resolve("cleaner-offset-checkpoint")))
        .isEqualTo("0\n1\ntable 0 %d\n".formatted(active));
  }

  @Test
  void compactsWhatFollowsATruncation() {
    fill(300, CompressionType.NONE);
    logs.compact();

    log.truncateTo(150);
    for (int i = 0; i < 150; i++) append("again", "value " + i);
    log.advanceHighWatermark(log.offsets().logEnd());
    logs.compact();

    assertThat(records()).filteredOn(it -> it.contains("again")).hasSizeLessThan(40);
    assertThat(latest()).containsEntry("again", "value 149");
  }

  @Test
  void doesNotBringBackWhatWasCutOffMeanwhile() throws IOException {
    fill(300, CompressionType.NONE);
    var cleanable = log.cleanable();
    int truncations = cleanable.truncations();
    List<Segment> old = cleanable.segments().subList(0, 2);
    Segment cleaned = cleanable.newCleaned(0);
    log.truncateTo(old.get(1).baseOffset() + 1);
    fill(300, CompressionType.NONE); // seals the segment that was cut, again
    List<String> before = records();

    boolean isReplaced = cleanable.replace(old, cleaned, truncations);

    assertThat(isReplaced).isFalse();
    assertThat(records()).isEqualTo(before);
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void followsALeaderWhoseLogWasCompacted() {
    for (long offset = 0; offset < 600; offset += 7) {
      BatchBuilder builder = BatchBuilder.at(clock.millis());
      builder.baseOffset = offset;
      builder.leaderEpoch = EPOCH;
      var _ = log.replicate(builder.add(clock.millis(), "key", "value").build());
    }
    List<String> before = records();

    logs.close();
    reopen();

    assertThat(log.offline()).isEmpty();
    assertThat(records()).isEqualTo(before);
  }

  @Test
  void keepsToItsPace() {
    logs.close();
    var fast = LogsConfig.of(logsConfig.directory());
    logsConfig =
        new LogsConfig(
            fast.directory(),
            fast.threads(),
            fast.retentionCheckMs(),
            fast.checkpointMs(),
            fast.flushCheckMs(),
            fast.cleanerBufferBytes(),
            200_000,
            fast.producerExpirationMs(),
            fast.diskReserveBytes());
    logs = Logs.open(logsConfig, files, clock, System::nanoTime, new ManualThreads(clock));
    log = logs.open(TABLE_0, LogConfig.of(settings));
    fill(300, CompressionType.NONE);

    long startNanos = System.nanoTime();
    logs.compact();
    double seconds = (System.nanoTime() - startNanos) / 1e9;

    long bytes = logs.cleanCounters().readBytes.sum() + logs.cleanCounters().writtenBytes.sum();
    assertThat(seconds).isGreaterThan(bytes / 200_000.0 * 0.9);
  }

  /** At every change of the disk that a compaction makes, the process or the machine stops. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aStopAtAnyStepLeavesTheOldSegmentsOrTheNewOnes(boolean isPowerLost) {
    boolean isStopped = true;
    int step = 0;
    for (; isStopped; step++) {
      close();
      files = new FaultyLogFiles(step);
      logsConfig = LogsConfig.of(directory.resolve("step" + step));
      reopen();
      Map<String, String> expected = fill(35, CompressionType.NONE);
      transaction("key3", "aborted");
      endTransaction(ControlRecordType.ABORT);
      expected.putAll(fill(36, CompressionType.LZ4));
      logs.close(); // everything so far is on disk
      reopen();
      long logEnd = log.offsets().logEnd();

      var merging = new HashMap<>(settings);
      merging.put("internal.segment.bytes", "20000");
      log.reconfigure(LogConfig.of(merging));
      files.crashAfter(step);
      isStopped = false;
      try {
        logs.compact();
      } catch (SimulatedCrash _) {
        isStopped = true;
      }
      if (isPowerLost) files.losePower(logsConfig.directory());
      else files.kill();
      reopen();

      String where = "step %d, power lost: %s".formatted(step, isPowerLost);
      assertThat(log.offline()).as(where).isEmpty();
      assertThat(log.offsets().logEnd()).as(where).isEqualTo(logEnd);
      assertThat(latest()).as(where).isEqualTo(expected);
      logs.compact();
      assertThat(latest()).as(where).isEqualTo(expected);
      assertThat(records()).as(where).hasSizeLessThan(60);
      assertThat(leftovers()).as(where).isEmpty();
    }
    assertThat(step).as("steps of a compaction").isGreaterThan(15);
  }

  /** Files that no segment has, but for those that wait to be deleted. */
  private List<String> leftovers() {
    try {
      return files.list(logsConfig.directory().resolve("table-0")).stream()
          .filter(it -> it.endsWith(".swap") || it.endsWith(".cleaned"))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Appends records of a few keys, all below the watermark; the latest value of each. */
  private Map<String, String> fill(int count, CompressionType codec) {
    var random = new Random(count);
    var expected = new TreeMap<String, String>();
    for (int i = 0; i < count; i++) {
      String key = "key" + random.nextInt(10);
      String value = "value " + i;
      expected.put(key, value);
      BatchBuilder builder = BatchBuilder.at(clock.millis()).codec(codec);
      append(builder.add(clock.millis(), key, value).build(), AppendOrigin.CLIENT);
    }
    log.advanceHighWatermark(log.offsets().logEnd());
    return expected;
  }

  /** Fills segments, so that what was appended before lies in a sealed one. */
  private void pad() {
    for (int i = 0; i < 40; i++) append("padding", "padding ".repeat(8));
    log.advanceHighWatermark(log.offsets().logEnd());
  }

  private void append(String key, @Nullable String value) {
    append(
        BatchBuilder.at(clock.millis()).add(clock.millis(), key, value).build(),
        AppendOrigin.CLIENT);
  }

  private void appendIdempotent(int sequence, String key, String value) {
    append(
        BatchBuilder.at(clock.millis())
            .producer(9, 0, sequence)
            .add(clock.millis(), key, value)
            .build(),
        AppendOrigin.CLIENT);
  }

  private void transaction(String key, String value) {
    int sequence = 0;
    for (ProducerView it : log.producers()) {
      if (it.producerId() == 7) sequence = it.lastSequence() + 1;
    }
    append(
        BatchBuilder.at(clock.millis())
            .producer(7, 0, sequence)
            .transactional()
            .add(clock.millis(), key, value)
            .build(),
        AppendOrigin.CLIENT);
  }

  private void endTransaction(ControlRecordType type) {
    var marker = new EndTransactionMarker(type, 1);
    MemoryRecords records =
        MemoryRecords.withEndTransactionMarker(0L, clock.millis(), EPOCH, 7, (short) 0, marker);
    append(records.buffer(), AppendOrigin.COORDINATOR);
    log.advanceHighWatermark(log.offsets().logEnd());
  }

  private void append(ByteBuffer batch, AppendOrigin origin) {
    var _ = log.append(batch, EPOCH, origin);
  }

  private void deleteSnapshots() {
    try {
      Path partition = logsConfig.directory().resolve("table-0");
      for (String name : files.list(partition)) {
        if (name.endsWith(".snapshot")) files.delete(partition.resolve(name));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<RecordBatch> batches() {
    List<RecordBatch> batches = new ArrayList<>();
    try {
      for (Segment segment : log.cleanable().segments()) {
        ByteBuffer bytes = ByteBuffer.allocate(segment.sizeBytes());
        segment.file().read(bytes, 0);
        MemoryRecords.readableRecords(bytes.flip()).batches().forEach(batches::add);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return batches;
  }

  /** Every record of a producer that is in the log, as "offset key=value". */
  private List<String> records() {
    List<String> records = new ArrayList<>();
    for (RecordBatch batch : batches()) {
      if (batch.isControlBatch()) continue;
      for (Record record : batch) {
        records.add(
            "%d %s=%s".formatted(record.offset(), text(record.key()), text(record.value())));
      }
    }
    return records;
  }

  /** The latest value of each key, as a reader of committed records sees it. */
  private Map<String, String> latest() {
    var latest = new TreeMap<String, String>();
    long offset = log.offsets().logStart();
    while (true) {
      LogRead read = log.read(offset, 1_500, ReadLimit.LAST_STABLE, true);
      FileSlice slice = read.slice();
      if (slice == null) return latest;
      ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
      try {
        slice.channel().read(bytes, slice.position());
      } catch (IOException e) {
        throw new AssertionError(e);
      } finally {
        slice.release();
      }
      List<LogRead.AbortedTransaction> aborted = read.aborted();
      for (RecordBatch batch : MemoryRecords.readableRecords(bytes.flip()).batches()) {
        offset = batch.nextOffset();
        if (batch.isControlBatch()) continue;
        long base = batch.baseOffset();
        boolean isAborted =
            batch.isTransactional()
                && aborted.stream()
                    .anyMatch(
                        it -> it.producerId() == batch.producerId() && it.firstOffset() <= base);
        if (isAborted) continue;
        for (Record record : batch) {
          if (record.hasValue()) latest.put(text(record.key()), text(record.value()));
          else latest.remove(text(record.key()));
        }
      }
    }
  }

  private static String text(@Nullable ByteBuffer bytes) {
    return bytes == null ? "null" : UTF_8.decode(bytes).toString();
  }
}
