package oxbow.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.FaultyLogFiles;
import oxbow.log.testing.LogConfigs;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;
import oxbow.log.testing.SimulatedCrash;

/**
 * One partition and a table that takes its records, through trimming, expiry, deleted records,
 * transactions, stops, crashes within any change and power losses. The table never forgets; the log
 * and what it writes down may. One thread; a seed repeats everything.
 */
final class OffloadSimulation {
  private static final TopicIdPartition PARTITION =
      new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ"), 0, "orders");
  private static final long PRODUCER = 7;

  private final Random random;
  private final Path directory;
  private final FaultyLogFiles files;
  private final ManualClock clock = new ManualClock(1_700_000_000_000L);
  private final LogConfig config;
  private final ArrayDeque<String> trace = new ArrayDeque<>();
  private ManualThreads threads;
  private Logs logs;
  private PartitionLog log;

  /** What every offset holds; markers hold null. */
  private final TreeMap<Long, Optional<String>> written = new TreeMap<>();

  private final Set<Long> aborted = new HashSet<>();
  private final List<Long> openTransaction = new ArrayList<>();
  private int sequence;
  private int epoch;

  private final TreeMap<Long, String> table = new TreeMap<>();
  private long tableEnd;
  private long told; // the log start that the table was told of
  private long expired;

  int crashes;
  int trims;
  int partial;
  int expiries;

  OffloadSimulation(long seed, Path directory) {
    this.random = new Random(seed);
    this.directory = directory;
    this.files = new FaultyLogFiles(seed);
    this.config =
        LogConfigs.small(
            3_000,
            200,
            Map.of(
                "remote.storage.enable", "true",
                "retention.ms", "-1",
                "local.retention.bytes", "4000"));
    start();
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      try {
        step();
      } catch (SimulatedCrash e) {
        note("crashed: " + e.getMessage());
        crash();
      }
    }
    files.heal();
    logs.close();
    start();
    check();
    logs.close();
  }

  String trace() {
    return String.join("\n", trace);
  }

  private void note(String what) {
    trace.add(what);
    if (trace.size() > 60) trace.removeFirst();
  }

  private void start() {
    threads = new ManualThreads(clock);
    var usual = LogsConfig.of(directory);
    logs =
        Logs.open(
            new LogsConfig(
                directory,
                1,
                usual.retentionCheckMs(),
                usual.checkpointMs(),
                usual.flushCheckMs(),
                usual.cleanerBufferBytes(),
                usual.cleanerBytesPerSecondMax(),
                usual.producerExpirationMs(),
                0),
            files,
            clock,
            clock,
            threads);
    logs.watchLogStarts((_, start) -> told = Math.max(told, start));
    try {
      log = logs.open(PARTITION, config);
    } catch (IllegalStateException e) {
      if (e.getCause() instanceof SimulatedCrash crash) throw crash;
      throw e;
    }
    assertThat(log.offline()).isEmpty();
    log.beginEpoch(++epoch);
    note("started with " + log.offsets() + ", table end " + tableEnd);
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < 45) append();
    else if (choice < 50) endTransaction();
    else if (choice < 60) log.advanceHighWatermark(log.offsets().logEnd());
    else if (choice < 72) offload();
    else if (choice < 80) threads.runOne(random);
    else if (choice < 84) clock.advance(random.nextInt(90_000));
    else if (choice < 88) trim();
    else if (choice < 91) expire();
    else if (choice < 93) deleteRecords();
    else if (choice < 95) tellAgain();
    else if (choice < 98) files.crashAfter(random.nextInt(15));
    else stop();
  }

  private void append() {
    boolean isTransactional = random.nextInt(4) == 0;
    BatchBuilder builder = BatchBuilder.at(clock.millis());
    int count = 1 + random.nextInt(3);
    long base = log.offsets().logEnd();
    List<String> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(base + i + "-" + random.nextInt() + "x".repeat(random.nextInt(200)));
      builder.add(clock.millis(), "key", values.get(i));
    }
    if (isTransactional) builder.producer(PRODUCER, 0, sequence).transactional();
    expect(base, values, isTransactional);
    log.append(builder.build(), epoch, AppendOrigin.CLIENT);
  }

  /** Noted before: a crash may leave it in the log. */
  private void expect(long base, List<String> values, boolean isTransactional) {
    written.tailMap(base, true).clear();
    for (int i = 0; i < values.size(); i++) written.put(base + i, Optional.of(values.get(i)));
    if (!isTransactional) return;
    for (int i = 0; i < values.size(); i++) openTransaction.add(base + i);
    sequence += values.size();
  }

  private void endTransaction() {
    if (openTransaction.isEmpty()) return;
    boolean isAbort = random.nextBoolean();
    var type = isAbort ? ControlRecordType.ABORT : ControlRecordType.COMMIT;
    long base = log.offsets().logEnd();
    written.tailMap(base, true).clear();
    written.put(base, Optional.empty());
    if (isAbort) aborted.addAll(openTransaction);
    openTransaction.clear();
    log.append(
        MemoryRecords.withEndTransactionMarker(
                0,
                clock.millis(),
                RecordBatch.NO_PARTITION_LEADER_EPOCH,
                PRODUCER,
                (short) 0,
                new EndTransactionMarker(type, 0))
            .buffer(),
        epoch,
        AppendOrigin.COORDINATOR);
  }

  // The cold tier.

  private void offload() {
    Optional<SealedSegments.Backlog> backlog = logs.backlog(PARTITION);
    if (backlog.isEmpty()) return;
    long from = Math.max(tableEnd, backlog.get().offsets().coldEnd());
    int bytes = 1 + random.nextInt(3_000);
    Optional<SealedSegments.Range> taken = logs.take(PARTITION, from, bytes);
    if (taken.isEmpty()) return;
    SealedSegments.Range range = taken.get();
    assertThat(range.baseOffset()).isEqualTo(from);
    assertThat(range.endOffset()).isGreaterThan(from);
    assertThat(range.endOffset()).isLessThanOrEqualTo(log.lastStableOffset());
    if (!range.isSealed()) partial++;
    for (RecordBatch batch : TestLogs.batches(range.slice())) {
      batch.ensureValid();
      if (batch.isControlBatch()) continue;
      for (Record record : batch) keep(range, batch, record);
    }
    tableEnd = range.endOffset();
    note("table holds up to " + tableEnd);
    if (random.nextInt(3) > 0) logs.committed(PARTITION, tableEnd);
  }

  private void keep(SealedSegments.Range range, RecordBatch batch, Record record) {
    if (record.offset() < range.baseOffset()) return;
    boolean isAborted =
        range.aborted().stream()
            .anyMatch(it ->
                it.producerId() == batch.producerId()
                    && it.firstOffset() <= record.offset()
                    && record.offset() < it.lastOffset());
    assertThat(isAborted)
        .as("%d is aborted", record.offset())
        .isEqualTo(isAborted(record.offset()));
    table.put(record.offset(), StandardCharsets.UTF_8.decode(record.value()).toString());
  }

  private boolean isAborted(long offset) {
    return aborted.contains(offset);
  }

  private void tellAgain() {
    logs.found(PARTITION, told, tableEnd);
    assertThat(log.offsets().coldEnd()).isGreaterThanOrEqualTo(log.offsets().localStart());
  }

  private void trim() {
    long before = log.offsets().localStart();
    logs.expire();
    if (log.offsets().localStart() > before) trims++;
    assertThat(log.offsets().localStart())
        .isLessThanOrEqualTo(Math.max(tableEnd, log.offsets().logStart()));
  }

  private void expire() {
    if (tableEnd == 0) return;
    long start = random.nextLong(tableEnd + 1);
    logs.expire(PARTITION, start);
    expired = Math.max(expired, log.offsets().logStart());
    expiries++;
  }

  private void deleteRecords() {
    long watermark = log.offsets().highWatermark();
    if (random.nextInt(4) > 0 || !openTransaction.isEmpty()) return;
    log.deleteBefore(random.nextLong(watermark + 1));
    expired = Math.max(expired, log.offsets().logStart());
    note("log starts at " + expired);
  }

  // What happens to the machine.

  private void stop() {
    logs.close();
    start();
    check();
  }

  private void crash() {
    crashes++;
    if (random.nextBoolean()) {
      files.losePower(directory);
      note("lost power");
    } else {
      files.kill();
    }
    while (true) {
      try {
        start();
        break;
      } catch (SimulatedCrash e) {
        files.kill();
      }
    }
    check();
  }

  private void check() {
    LogOffsets offsets = log.offsets();
    assertThat(offsets.logEnd())
        .as("nothing is in the table that the log lost")
        .isGreaterThanOrEqualTo(tableEnd);
    if (tableEnd == 0 && offsets.logStart() > expired) {
      // The name of a first segment that was never forced is lost, and nothing is cold yet.
      expired = offsets.logStart();
    }
    assertThat(offsets.logStart())
        .as("what the table was told is for good")
        .isBetween(told, expired);
    logs.found(PARTITION, told, tableEnd);
    written.tailMap(offsets.logEnd(), true).clear();
    openTransaction.removeIf(it -> it >= offsets.logEnd());
    log.advanceHighWatermark(offsets.logEnd());
    forgetUnknownTransactions();

    Map<Long, String> local = local();
    assertThat(offsets.localStart()).isLessThanOrEqualTo(Math.max(tableEnd, offsets.logStart()));
    for (var record : written.tailMap(log.offsets().logStart(), true).entrySet()) {
      if (record.getValue().isEmpty()) continue;
      long offset = record.getKey();
      if (offset < tableEnd && offset >= told && table.containsKey(offset)) {
        assertThat(table.get(offset)).as("in the table").isEqualTo(record.getValue().get());
      }
      if (offset >= offsets.localStart()) {
        assertThat(local.get(offset)).as("%d locally", offset).isEqualTo(record.getValue().get());
      } else if (offset >= expired) {
        assertThat(table.get(offset)).as("%d in the table", offset).isNotNull();
      }
    }
    assertThat(table.tailMap(offsets.logEnd(), true)).isEmpty();
    if (random.nextBoolean()) return;
    // Deleting was not written down in time: whoever asked for it asks again.
    log.deleteBefore(Math.min(expired, offsets.logEnd()));
  }

  /** Whether a marker was written before the crash, and which, the log knows best. */
  private void forgetUnknownTransactions() {
    sequence =
        log.producers().stream()
            .filter(it -> it.producerId() == PRODUCER)
            .mapToInt(it -> it.lastSequence() + 1)
            .findFirst()
            .orElse(0);
    long start =
        log.producers().stream()
            .filter(it -> it.producerId() == PRODUCER)
            .mapToLong(ProducerView::currentTransactionStart)
            .findFirst()
            .orElse(-1);
    openTransaction.clear();
    aborted.removeIf(it -> it >= log.offsets().logEnd());
    if (start < 0) return;
    Set<Long> markers = new HashSet<>();
    written
        .tailMap(start, true)
        .forEach((offset, value) -> {
          if (value.isEmpty()) markers.add(offset);
        });
    assertThat(markers).isEmpty();
    aborted.removeIf(it -> it >= start);
    long offset = start;
    while (offset < log.offsets().logEnd()) {
      LogRead read = log.read(offset, 1_000, ReadLimit.LOG_END, true);
      FileSlice slice = read.slice();
      if (slice == null) return;
      for (RecordBatch batch : TestLogs.batches(slice)) {
        offset = batch.nextOffset();
        if (!batch.isTransactional()) continue;
        for (Record record : batch) {
          if (record.offset() >= start) openTransaction.add(record.offset());
        }
      }
    }
  }

  private Map<Long, String> local() {
    var local = new TreeMap<Long, String>();
    long offset = log.offsets().localStart();
    while (offset < log.offsets().logEnd()) {
      LogRead read = log.read(offset, 2_000, ReadLimit.LOG_END, true);
      FileSlice slice = read.slice();
      if (slice == null) return local;
      for (RecordBatch batch : TestLogs.batches(slice)) {
        offset = batch.nextOffset();
        if (batch.isControlBatch()) continue;
        for (Record record : batch) {
          ByteBuffer value = record.value();
          local.put(record.offset(), StandardCharsets.UTF_8.decode(value).toString());
        }
      }
    }
    return local;
  }
}
