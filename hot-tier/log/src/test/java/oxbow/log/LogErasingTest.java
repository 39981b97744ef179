package oxbow.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.log.TestLogs.ORDERS_0;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.log.SealedSegments.Erased;
import oxbow.log.SealedSegments.Keys;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.SimulatedCrash;

class LogErasingTest {
  private static final int PRODUCER = 7;
  private static final String SECRET = "very secret";

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void recordsOfAKeyAreGoneAndAllElseIsWhatItWas(CompressionType codec) throws Exception {
    try (var logs = new TestLogs(directory)) {
      PartitionLog log = logs.open();
      fill(log, new Random(codec.id), 200, codec);
      List<Seen> before = seen(log);
      LogOffsets offsets = log.offsets();
      List<ProducerView> producers = log.producers();

      Erased erased = erase(logs);

      List<Seen> gone = before.stream().filter(Seen::isSecret).toList();
      assertThat(gone).isNotEmpty();
      assertThat(erased.records()).isEqualTo(gone.size());
      assertThat(erased.endOffset()).isEqualTo(offsets.logEnd());
      assertThat(erased.rewrittenSegments()).isBetween(1, erased.segments());
      assertThat(seen(log)).isEqualTo(before.stream().filter(one -> !one.isSecret()).toList());
      assertThat(log.offsets()).isEqualTo(offsets);
      assertThat(log.producers()).isEqualTo(producers);
      assertThat(found(logs, erased.endOffset()).records()).isZero();
      assertThat(found(logs, erased.endOffset()).filesLeft()).isZero();
      if (codec == CompressionType.NONE) assertThat(filesWith(SECRET)).isEmpty();
      assertThat(erase(logs).rewrittenSegments()).isZero();
    }
  }

  @Test
  void batchesWithoutSuchRecordsStayByteForByte() throws Exception {
    try (var logs = new TestLogs(directory)) {
      PartitionLog log = logs.open();
      fill(log, new Random(1), 200, CompressionType.GZIP);
      Map<Long, ByteBuffer> before = batches(log);

      erase(logs);

      Map<Long, ByteBuffer> after = batches(log);
      assertThat(after.keySet()).isEqualTo(before.keySet());
      before.forEach((offset, batch) -> {
        if (!hasSecret(batch)) assertThat(after.get(offset)).isEqualTo(batch);
      });
    }
  }

  @Test
  void abortedTransactionsStayAborted() throws Exception {
    try (var logs = new TestLogs(directory)) {
      PartitionLog log = logs.open();
      transaction(log, 0, ControlRecordType.ABORT, "k", SECRET);
      transaction(log, 2, ControlRecordType.COMMIT, "k", SECRET);
      log.advanceHighWatermark(log.offsets().logEnd());
      List<LogRead.AbortedTransaction> before = aborted(log);

      erase(logs);

      assertThat(before).hasSize(1);
      assertThat(aborted(log)).isEqualTo(before);
      assertThat(log.lastStableOffset()).isEqualTo(log.offsets().logEnd());
      assertThat(seen(log)).hasSize(2);
    }
  }

  @Test
  void anOpenTransactionGoesOn() throws Exception {
    try (var logs = new TestLogs(directory)) {
      PartitionLog log = logs.open();
      append(log, transactional(0, "k", SECRET));
      log.advanceHighWatermark(log.offsets().logEnd());

      erase(logs);
      append(log, transactional(2, "k"));
      marker(log, ControlRecordType.COMMIT);
      log.advanceHighWatermark(log.offsets().logEnd());

      assertThat(log.lastStableOffset()).isEqualTo(4);
      assertThat(seen(log)).extracting(Seen::offset).containsExactly(0L, 2L);
    }
  }

  @Test
  void theLargestTimestampIsOneThatARecordHas() throws Exception {
    try (var logs = new TestLogs(directory)) {
      PartitionLog log = logs.open();
      append(log, BatchBuilder.at(1_000).add(1_000, "k", "v"));
      append(log, BatchBuilder.at(2_000).add(2_000, SECRET, "v"));

      erase(logs);

      assertThat(log.findMaxTimestamp()).contains(new TimestampedOffset(1_000, 0, 3));
      assertThat(log.find(1_500, ReadLimit.LOG_END)).isEmpty();
    }
  }

  @Test
  void recordsThatComeMeanwhileAreNotMeant() throws Exception {
    try (var logs = new TestLogs(directory)) {
      PartitionLog log = logs.open();
      append(log, BatchBuilder.at(1_000).add(1_000, SECRET, "v"));
      Erased erased = erase(logs);

      append(log, BatchBuilder.at(1_000).add(1_000, SECRET, "later"));

      assertThat(found(logs, erased.endOffset()).records()).isZero();
      assertThat(seen(log)).hasSize(1);
    }
  }

  @Test
  void aCrashAtAnyStepLeavesALogFromWhichTheRestCanBeErased() throws Exception {
    int steps = 0;
    for (boolean isDone = false; !isDone; steps++) {
      Path at = Files.createDirectory(directory.resolve("at-" + steps));
      isDone = crashAfter(steps, at);
    }
    assertThat(steps).isGreaterThan(20);
  }

  /** Returns whether it came to its end before. */
  private static boolean crashAfter(int changes, Path at) throws Exception {
    try (var logs = new TestLogs(at)) {
      PartitionLog log = logs.open();
      fill(log, new Random(changes), 60, CompressionType.NONE);
      logs.logs.close();
      logs.restart();
      log = logs.open();
      List<Seen> before = seen(log);
      LogOffsets offsets = log.offsets();
      boolean isDone = true;
      logs.files.crashAfter(changes);
      try {
        erase(logs);
        logs.files.heal();
      } catch (SimulatedCrash _) {
        isDone = false;
        boolean losesPower = changes % 2 == 1;
        if (losesPower) logs.files.losePower(at);
        logs.crash(() -> {});
      }
      log = logs.open();
      assertThat(log.offline()).as("after " + changes).isEmpty();
      log.advanceHighWatermark(log.offsets().logEnd());
      assertThat(log.offsets().logEnd()).as("after " + changes).isEqualTo(offsets.logEnd());
      List<Seen> rest = before.stream().filter(one -> !one.isSecret()).toList();
      assertThat(seen(log)).as("after " + changes).containsAll(rest);

      Erased erased = erase(logs);

      assertThat(seen(log)).as("after " + changes).isEqualTo(rest);
      assertThat(found(logs, erased.endOffset()).records()).isZero();
      logs.restart();
      log = logs.open();
      assertThat(log.offline()).isEmpty();
      assertThat(seen(log)).as("after " + changes).isEqualTo(rest);
      return isDone;
    }
  }

  @Test
  void aCompactedLogIsErasedAsWell() throws Exception {
    try (var logs = new TestLogs(directory)) {
      PartitionLog log =
          logs.logs.open(
              ORDERS_0,
              TestLogs.config(
                  Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01")));
      fill(log, new Random(1), 200, CompressionType.NONE);
      logs.logs.compact();

      Erased erased = erase(logs);
      logs.logs.compact();

      assertThat(erased.records()).isPositive();
      assertThat(seen(log)).isNotEmpty().noneMatch(Seen::isSecret);
      assertThat(found(logs, log.offsets().logEnd()).records()).isZero();
    }
  }

  private static final Keys KEYS =
      new Keys() {
        private final ByteBuffer key = ByteBuffer.wrap(SECRET.getBytes(UTF_8));

        @Override
        public boolean contains(ByteBuffer other) {
          return key.equals(other);
        }

        @Override
        public int bytesMax() {
          return key.remaining();
        }
      };

  private static Erased erase(TestLogs logs) throws InterruptedException {
    return logs.logs.erase(ORDERS_0, KEYS, _ -> {}).orElseThrow();
  }

  private static Erased found(TestLogs logs, long end) throws InterruptedException {
    return logs.logs.find(ORDERS_0, KEYS, end, _ -> {}).orElseThrow();
  }

  private record Seen(long offset, String key, String value) {
    boolean isSecret() {
      return key.equals(SECRET);
    }
  }

  private static void fill(PartitionLog log, Random random, int batches, CompressionType codec) {
    int sequence = 0;
    for (int i = 0; i < batches; i++) {
      BatchBuilder batch = BatchBuilder.at(1_700_000_000_000L + i).codec(codec);
      int records = 1 + random.nextInt(4);
      for (int j = 0; j < records; j++) {
        String key = random.nextInt(6) == 0 ? SECRET : "key " + random.nextInt(20);
        batch.add(1_700_000_000_000L + i + j, key, "value " + random.nextInt());
      }
      if (random.nextBoolean()) {
        batch.producer(PRODUCER, 0, sequence);
        sequence += records;
      }
      append(log, batch);
    }
    log.advanceHighWatermark(log.offsets().logEnd());
  }

  private static void append(PartitionLog log, BatchBuilder batch) {
    log.append(batch.build(), 3, AppendOrigin.CLIENT);
  }

  private static BatchBuilder transactional(int sequence, String... keys) {
    BatchBuilder batch = BatchBuilder.at(1_000).producer(PRODUCER, 0, sequence).transactional();
    for (String key : keys) batch.add(1_000, key, "v");
    return batch;
  }

  private static void transaction(
      PartitionLog log, int sequence, ControlRecordType end, String... keys) {
    append(log, transactional(sequence, keys));
    marker(log, end);
  }

  private static void marker(PartitionLog log, ControlRecordType type) {
    ByteBuffer batch =
        MemoryRecords.withEndTransactionMarker(
                0, 1_000, -1, PRODUCER, (short) 0, new EndTransactionMarker(type, 0))
            .buffer();
    log.append(batch, 3, AppendOrigin.COORDINATOR);
  }

  private static List<LogRead.AbortedTransaction> aborted(PartitionLog log) {
    LogRead read = log.read(0, 1 << 20, ReadLimit.LAST_STABLE, true);
    requireNonNull(read.slice()).release();
    return read.aborted();
  }

  private static Map<Long, ByteBuffer> batches(PartitionLog log) {
    Map<Long, ByteBuffer> batches = new HashMap<>();
    for (RecordBatch batch : all(log)) {
      batch.ensureValid();
      ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
      ((org.apache.kafka.common.record.internal.MutableRecordBatch) batch).writeTo(bytes);
      batches.put(batch.baseOffset(), bytes.flip());
    }
    return batches;
  }

  private static boolean hasSecret(ByteBuffer batch) {
    for (Record record : MemoryRecords.readableRecords(batch.duplicate()).records()) {
      if (text(record.key()).equals(SECRET)) return true;
    }
    return false;
  }

  private static List<RecordBatch> all(PartitionLog log) {
    List<RecordBatch> all = new ArrayList<>();
    for (long offset = 0; offset < log.offsets().logEnd(); ) {
      LogRead read = log.read(offset, 3_000, ReadLimit.LOG_END, true);
      for (RecordBatch batch : TestLogs.batches(requireNonNull(read.slice()))) {
        all.add(batch);
        offset = batch.nextOffset();
      }
    }
    return all;
  }

  private static List<Seen> seen(PartitionLog log) {
    List<Seen> seen = new ArrayList<>();
    for (RecordBatch batch : all(log)) {
      if (batch.isControlBatch()) continue;
      for (Record record : batch) {
        seen.add(new Seen(record.offset(), text(record.key()), text(record.value())));
      }
    }
    return seen;
  }

  private static String text(ByteBuffer bytes) {
    return UTF_8.decode(bytes.duplicate()).toString();
  }

  private List<Path> filesWith(String text) {
    try (var files = Files.list(directory.resolve(new TopicPartition("orders", 0).toString()))) {
      return files
          .filter(file -> {
            try {
              return Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1)
                  .contains(text);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          })
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
