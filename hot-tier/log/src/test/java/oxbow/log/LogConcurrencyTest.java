package oxbow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.log.TestLogs.ORDERS_0;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.LogConfigs;

class LogConcurrencyTest {
  private static final int RECORDS = 6_000;

  @TempDir Path directory;

  @Test
  void readersSeeEveryRecordOnceWhileSegmentsComeAndGo() throws Exception {
    LogConfig config =
        LogConfigs.small(20_000, 500, Map.of("flush.messages", "1", "retention.bytes", "200000"));
    try (Logs logs = Logs.open(LogsConfig.of(directory));
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      // Given
      PartitionLog log = logs.open(ORDERS_0, config);
      var isDone = new AtomicBoolean();
      List<CompletableFuture<Void>> durable = new ArrayList<>();
      // When
      Future<?> writer =
          threads.submit(() -> {
            for (int i = 0; i < RECORDS; i++) {
              ByteBuffer batch = BatchBuilder.at(1).add(1, "key", "x".repeat(i % 200)).build();
              AppendResult result = log.append(batch, 1, AppendOrigin.CLIENT);
              CompletableFuture<Void> stage =
                  log.durable(result.followingOffset()).toCompletableFuture();
              durable.add(stage.thenRun(() -> log.advanceHighWatermark(result.followingOffset())));
            }
          });
      Future<?> retention =
          threads.submit(() -> {
            while (!isDone.get()) {
              logs.expire();
              Thread.onSpinWait();
            }
          });
      Future<Long> reader = threads.submit(() -> readAll(log, 3_000));
      Future<Long> other = threads.submit(() -> readAll(log, 150));
      // Then
      writer.get(60, TimeUnit.SECONDS);
      for (CompletableFuture<Void> stage : durable) stage.get(60, TimeUnit.SECONDS);
      assertThat(reader.get(60, TimeUnit.SECONDS)).isPositive();
      assertThat(other.get(60, TimeUnit.SECONDS)).isPositive();
      isDone.set(true);
      retention.get(60, TimeUnit.SECONDS);
      assertThat(log.offline()).isEmpty();
      assertThat(log.offsets().highWatermark()).isEqualTo(RECORDS);
      assertThat(log.offsets().logStart()).as("retention did something").isPositive();
      assertThat(logs.stats().flushes()).as("appends share fsyncs").isLessThan(RECORDS);
    }
  }

  /** Follows the log to its end, checking that offsets have no gap but where retention cut. */
  private static long readAll(PartitionLog log, int bytes) {
    long offset = 0;
    long seen = 0;
    while (offset < RECORDS) {
      FileSlice slice;
      try {
        slice = log.read(offset, bytes, ReadLimit.HIGH_WATERMARK, true).slice();
      } catch (OffsetOutOfRangeException _) {
        offset = Math.max(offset, log.offsets().localStart());
        continue;
      }
      if (slice == null) {
        Thread.onSpinWait();
        continue;
      }
      for (RecordBatch batch : TestLogs.batches(slice)) {
        batch.ensureValid();
        assertThat(batch.baseOffset()).isEqualTo(offset);
        offset = batch.nextOffset();
        seen++;
      }
    }
    return seen;
  }
}
