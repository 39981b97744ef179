package oxbow.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.FaultyLogFiles;
import oxbow.log.testing.LogConfigs;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;
import oxbow.log.testing.SimulatedCrash;

/**
 * One partition beside a model of it, through appends, transactions, background work in any order,
 * stops, crashes within any change, full disks and, if asked for, power losses. One thread; a seed
 * repeats everything.
 */
final class LogSimulation {
  private static final int TRACE_STEPS = 40;
  private static final TopicIdPartition PARTITION =
      new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ"), 0, "orders");

  /** What the producer of one batch knows of it. */
  private record Batch(
      long base,
      List<String> values,
      long producerId,
      int sequence,
      boolean isTransactional,
      @Nullable ControlRecordType marker,
      int leaderEpoch) {
    String withoutValues() {
      return new Batch(base, List.of(), producerId, sequence, isTransactional, marker, leaderEpoch)
          .toString();
    }

    long end() {
      return base + Math.max(1, values.size());
    }
  }

  private record Waiting(long end, CompletionStage<Void> durable) {}

  private final Random random;
  private final Path directory;
  private final boolean losesPower;
  private final FaultyLogFiles files;
  private final ManualClock clock = new ManualClock(1_700_000_000_000L);
  private final LogConfig config;
  private final List<Batch> appended = new ArrayList<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private ManualThreads threads;
  private Logs logs;
  private PartitionLog log;
  private int leaderEpoch;
  private long acknowledged;
  private long deletedBefore;
  private @Nullable Batch inFlight;

  private final ArrayDeque<String> trace = new ArrayDeque<>();

  int crashes;
  int refusals;
  int duplicates;
  int segments;

  LogSimulation(long seed, Path directory, boolean losesPower) {
    this.random = new Random(seed);
    this.directory = directory;
    this.losesPower = losesPower;
    this.files = new FaultyLogFiles(seed);
    this.config =
        LogConfigs.small(
            4_000 + random.nextInt(20_000),
            200,
            Map.of("flush.messages", losesPower ? "1" : "9223372036854775807"));
    this.threads = new ManualThreads(clock);
    this.logs = openLogs();
    this.log = openLog();
  }

  private Logs openLogs() {
    var usual = LogsConfig.of(directory);
    return Logs.open(
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
  }

  private PartitionLog openLog() {
    PartitionLog opened;
    try {
      opened = logs.open(PARTITION, config);
    } catch (IllegalStateException e) {
      if (e.getCause() instanceof SimulatedCrash crash) throw crash;
      throw e;
    }
    assertThat(opened.offline()).isEmpty();
    opened.beginEpoch(++leaderEpoch);
    return opened;
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      try {
        step();
        acknowledge();
      } catch (SimulatedCrash e) {
        note("crashed: " + e.getMessage());
        reboot();
      }
    }
    files.heal();
    stopAndStart();
    logs.close();
  }

  /** The latest steps, for whoever looks for what went wrong. */
  String trace() {
    return String.join("\n", trace);
  }

  private void note(String what) {
    trace.add(what);
    if (trace.size() > TRACE_STEPS) trace.removeFirst();
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < 55) appendData();
    else if (choice < 63) endTransaction();
    else if (choice < 75) threads.runOne(random);
    else if (choice < 80) clock.advance(random.nextInt(4_000));
    else if (choice < 86) log.advanceHighWatermark(acknowledged);
    else if (choice < 90) sendAgain();
    else if (choice < 92) files.crashAfter(random.nextInt(12));
    else if (choice < 94) fillDisk();
    else if (choice < 95) deleteRecords();
    else if (choice < 96) threads.runAll();
    else if (choice < 97) logs.expire();
    else if (choice < 98) segments = Math.max(segments, log.sealedSegments().size());
    else stopAndStart();
  }

  // What producers do.

  private void appendData() {
    List<String> values = new ArrayList<>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) values.add(random.nextInt() + "x".repeat(random.nextInt(300)));
    long producerId = random.nextLong(8) - 2;
    boolean isTransactional = producerId >= 3;
    if (producerId < 0) producerId = -1;
    append(
        new Batch(
            end(),
            values,
            producerId,
            producerId < 0 ? -1 : nextSequence(producerId),
            isTransactional,
            null,
            leaderEpoch));
  }

  private void endTransaction() {
    List<Long> open = List.copyOf(openTransactions().values());
    if (open.isEmpty()) return;
    long producerId = open.get(random.nextInt(open.size()));
    ControlRecordType marker =
        random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
    append(new Batch(end(), List.of(), producerId, -1, true, marker, leaderEpoch));
  }

  private void append(Batch batch) {
    inFlight = batch;
    AppendResult result;
    try {
      result = log.append(bytes(batch), leaderEpoch, origin(batch));
    } catch (LogException e) {
      if (e.kind() != LogException.Kind.DISK_FULL) throw e;
      refusals++;
      inFlight = null;
      return;
    }
    inFlight = null;
    assertThat(result.firstOffset()).isEqualTo(batch.base());
    assertThat(result.followingOffset()).isEqualTo(batch.end());
    appended.add(batch);
    note("appended " + batch.withoutValues());
    waiting.add(new Waiting(batch.end(), log.durable(batch.end())));
  }

  private void sendAgain() {
    Map<Long, Batch> last = new TreeMap<>();
    for (Batch batch : appended) {
      if (batch.producerId() >= 0 && batch.marker() == null) last.put(batch.producerId(), batch);
    }
    if (last.isEmpty()) return;
    Batch again = List.copyOf(last.values()).get(random.nextInt(last.size()));
    try {
      AppendResult result = log.append(bytes(again), leaderEpoch, AppendOrigin.CLIENT);
      assertThat(result.isDuplicate()).as("duplicate of %s", again).isTrue();
      assertThat(result.firstOffset()).isEqualTo(again.base());
      assertThat(result.followingOffset()).isEqualTo(again.end());
      duplicates++;
    } catch (LogException e) {
      if (e.kind() != LogException.Kind.DISK_FULL) throw e;
    }
  }

  private static AppendOrigin origin(Batch batch) {
    return batch.marker() == null ? AppendOrigin.CLIENT : AppendOrigin.COORDINATOR;
  }

  private ByteBuffer bytes(Batch batch) {
    if (batch.marker() != null) {
      return MemoryRecords.withEndTransactionMarker(
              0,
              clock.millis(),
              RecordBatch.NO_PARTITION_LEADER_EPOCH,
              batch.producerId(),
              (short) 0,
              new EndTransactionMarker(batch.marker(), 0))
          .buffer();
    }
    BatchBuilder builder = BatchBuilder.at(clock.millis());
    for (String value : batch.values()) builder.add(clock.millis(), "key", value);
    if (batch.producerId() >= 0) builder.producer(batch.producerId(), 0, batch.sequence());
    if (batch.isTransactional()) builder.transactional();
    return builder.build();
  }

  private void acknowledge() {
    waiting.removeIf(it -> {
      if (!it.durable().toCompletableFuture().isDone()) return false;
      if (it.durable().toCompletableFuture().isCompletedExceptionally()) return true; // disk full
      acknowledged = Math.max(acknowledged, it.end());
      return true;
    });
  }

  // What the model knows.

  private long end() {
    return appended.isEmpty() ? 0 : appended.getLast().end();
  }

  private int nextSequence(long producerId) {
    int next = 0;
    for (Batch batch : appended) {
      if (batch.producerId() == producerId && batch.marker() == null) {
        next = batch.sequence() + batch.values().size();
      }
    }
    return next;
  }

  /** First offset to producer, of transactions without a marker. */
  private Map<Long, Long> openTransactions() {
    Map<Long, Long> starts = new HashMap<>();
    for (Batch batch : appended) {
      if (!batch.isTransactional()) continue;
      if (batch.marker() != null) starts.remove(batch.producerId());
      else starts.putIfAbsent(batch.producerId(), batch.base());
    }
    Map<Long, Long> open = new TreeMap<>();
    starts.forEach((producerId, start) -> open.put(start, producerId));
    return open;
  }

  private Set<LogRead.AbortedTransaction> aborted(long from) {
    Map<Long, Long> starts = new HashMap<>();
    Set<LogRead.AbortedTransaction> aborted = new HashSet<>();
    for (Batch batch : appended) {
      if (!batch.isTransactional()) continue;
      if (batch.marker() == null) {
        starts.putIfAbsent(batch.producerId(), batch.base());
        continue;
      }
      Long start = starts.remove(batch.producerId());
      if (start != null && batch.marker() == ControlRecordType.ABORT && batch.base() >= from) {
        aborted.add(new LogRead.AbortedTransaction(batch.producerId(), start));
      }
    }
    return aborted;
  }

  /** Producer to marker, of transactions that begin before an offset and end after it. */
  private Map<Long, Long> endsOfTransactionsOpenAt(long offset) {
    Map<Long, Long> starts = new HashMap<>();
    Map<Long, Long> ends = new HashMap<>();
    for (Batch batch : appended) {
      if (!batch.isTransactional()) continue;
      if (batch.marker() == null) {
        starts.putIfAbsent(batch.producerId(), batch.base());
        continue;
      }
      Long start = starts.remove(batch.producerId());
      if (start != null && start < offset && batch.base() >= offset) {
        ends.put(batch.producerId(), batch.base());
      }
    }
    return ends;
  }

  // What happens to the machine.

  private void fillDisk() {
    if (files.usableBytes(directory) < 1 << 20) {
      files.space(Long.MAX_VALUE);
      clock.advance(2_000);
      threads.runAll();
    } else {
      files.space(random.nextInt(2_000));
    }
  }

  private void deleteRecords() {
    long before = random.nextLong(log.offsets().highWatermark() + 1);
    // The log start is an offset at which a batch begins, as far as this model can tell.
    for (Batch batch : appended) {
      if (batch.end() <= before && batch.end() > deletedBefore && random.nextInt(4) == 0) {
        if (openTransactions().keySet().stream().anyMatch(start -> start < batch.end())) return;
        log.deleteBefore(batch.end());
        note("deleted before " + batch.end());
        deletedBefore = batch.end();
        return;
      }
    }
  }

  private void stopAndStart() {
    files.space(Long.MAX_VALUE);
    clock.advance(2_000);
    threads.runAll();
    logs.close();
    acknowledge();
    start();
    assertThat(logs.stats().recoveredPartitions()).as("%s", logs.stats()).isZero();
  }

  private void reboot() {
    crashes++;
    if (losesPower && random.nextInt(3) > 0) {
      files.losePower(directory);
      note("lost power");
      acknowledge();
    } else {
      files.kill();
      // The page cache outlives the process; what only lies there can still be lost.
      if (!losesPower) acknowledged = end();
    }
    waiting.clear();
    start();
  }

  private void start() {
    threads = new ManualThreads(clock);
    logs = openLogs();
    log = openLog();
    waiting.clear();
    check();
  }

  private void check() {
    LogOffsets offsets = log.offsets();
    note("started with " + offsets + ", " + logs.stats());
    if (inFlight != null) appended.add(inFlight);
    inFlight = null;
    assertThat(offsets.logEnd()).as("log end").isBetween(acknowledged, end());
    while (end() > offsets.logEnd()) appended.removeLast();
    assertThat(end()).isEqualTo(offsets.logEnd());
    waiting.add(new Waiting(end(), log.durable(end())));
    acknowledge();
    log.advanceHighWatermark(end());
    if (offsets.logStart() > deletedBefore) {
      // A first segment that was never forced may lose its name, and those behind it not theirs.
      assertThat(acknowledged).as("acknowledged").isLessThanOrEqualTo(deletedBefore);
    }
    deletedBefore = offsets.logStart();

    long open = openTransactions().keySet().stream().findFirst().orElse(Long.MAX_VALUE);
    assertThat(log.lastStableOffset()).isEqualTo(Math.min(open, end()));
    checkRecords(offsets.logStart());
    for (Batch batch : appended) {
      if (batch.base() < offsets.logStart()) continue;
      assertThat(log.epochOf(batch.base()))
          .as("epoch at %d, log %s", batch.base(), offsets)
          .contains(batch.leaderEpoch());
    }
  }

  private void checkRecords(long from) {
    Map<Long, String> expected = new TreeMap<>();
    for (Batch batch : appended) {
      for (int i = 0; i < batch.values().size(); i++) {
        if (batch.base() + i >= from) expected.put(batch.base() + i, batch.values().get(i));
      }
    }
    Map<Long, String> found = new TreeMap<>();
    Set<LogRead.AbortedTransaction> aborted = new HashSet<>();
    long offset = from;
    while (offset < log.offsets().logEnd()) {
      int bytes = 100 + random.nextInt(5_000);
      LogRead read = log.read(offset, bytes, ReadLimit.LOG_END, true);
      offset = collect(read, found, offset);
    }
    offset = from;
    while (offset < log.lastStableOffset()) {
      LogRead read = log.read(offset, 10_000, ReadLimit.LAST_STABLE, true);
      aborted.addAll(read.aborted());
      offset = collect(read, new TreeMap<>(), offset);
    }
    found.keySet().removeIf(it -> it < from);
    assertThat(found).isEqualTo(expected);
    long stable = log.lastStableOffset();
    Set<LogRead.AbortedTransaction> expectedAborted = aborted(from);
    // Of transactions that begin before the log, recovery may or may not know.
    expectedAborted.removeIf(it -> it.firstOffset() >= stable || it.firstOffset() < from);
    Map<Long, Long> ends = endsOfTransactionsOpenAt(from);
    aborted.removeIf(it ->
        it.firstOffset() >= stable
            || it.firstOffset() < from
            || it.firstOffset() < ends.getOrDefault(it.producerId(), 0L));
    assertThat(aborted).isEqualTo(expectedAborted);
  }

  private static long collect(LogRead read, Map<Long, String> found, long offset) {
    FileSlice slice = read.slice();
    if (slice == null) throw new AssertionError("no records at " + offset);
    long next = offset;
    try {
      ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
      slice.channel().read(bytes, slice.position());
      for (RecordBatch batch : MemoryRecords.readableRecords(bytes.flip()).batches()) {
        batch.ensureValid();
        next = batch.nextOffset();
        if (batch.isControlBatch()) continue;
        for (Record record : batch) {
          byte[] value = new byte[record.valueSize()];
          record.value().get(value);
          found.put(record.offset(), new String(value, StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      slice.release();
    }
    assertThat(next).as("progress from %d", offset).isGreaterThan(offset);
    return next;
  }
}
