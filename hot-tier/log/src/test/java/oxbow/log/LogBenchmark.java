package oxbow.log;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import oxbow.log.testing.BatchBuilder;

/**
 * CPU seconds per GB to append to a log and to find slices in it, and how long it takes to open
 * logs. Run {@code main} with a directory that may be filled with the given number of GB.
 */
final class LogBenchmark {
  private static final int BATCH_BYTES = 64 << 10;
  private static final int FETCH_BYTES = 1 << 20;
  private static final int PARTITIONS = 1_000;
  private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");

  private final OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private final Path directory;
  private final long bytes;

  private LogBenchmark(Path directory, long gigabytes) {
    this.directory = directory;
    this.bytes = gigabytes << 30;
  }

  public static void main(String[] args) throws IOException {
    var benchmark = new LogBenchmark(Path.of(args[0]), Long.parseLong(args[1]));
    Path logs = benchmark.directory.resolve("one");
    Path many = benchmark.directory.resolve("many");
    delete(logs);
    delete(many);
    benchmark.one(logs);
    benchmark.many(many);
    delete(logs);
    delete(many);
  }

  private void one(Path path) {
    var id = new TopicIdPartition(TOPIC, 0, "orders");
    ByteBuffer batch = batch();
    Logs logs = Logs.open(LogsConfig.of(path));
    PartitionLog log = logs.open(id, LogConfig.DEFAULT);
    for (int round = 0; round < 2; round++) {
      measure(
          "append 64 KiB batches",
          () -> {
            for (long left = bytes / 2; left > 0; left -= batch.remaining()) {
              AppendResult result = append(log, batch);
              log.advanceHighWatermark(result.followingOffset());
            }
          });
    }
    for (int round = 0; round < 3; round++) measure("find slices of 1 MiB", () -> read(log));
    measure("find slices of one batch", () -> tail(log, batch));
    var reopened = new Logs[1];
    measure("stop", logs::close);
    measure(
        "start",
        () -> {
          reopened[0] = Logs.open(LogsConfig.of(path));
          reopened[0].open(id, LogConfig.DEFAULT);
        });
    reopened[0].close();
    try {
      Files.delete(path.resolve("recovery-point-offset-checkpoint"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    measure(
        "recover everything",
        () -> {
          reopened[0] = Logs.open(LogsConfig.of(path));
          reopened[0].open(id, LogConfig.DEFAULT);
        });
    reopened[0].close();
  }

  private static AppendResult append(PartitionLog log, ByteBuffer batch) {
    batch.putLong(0, 0); // as a producer sends it
    return log.append(batch, 1, AppendOrigin.CLIENT);
  }

  private static void read(PartitionLog log) {
    long offset = 0;
    long end = log.offsets().logEnd();
    int recordsPerBatch = BATCH_BYTES / 1024;
    while (offset < end) {
      LogRead read = log.read(offset, FETCH_BYTES, ReadLimit.HIGH_WATERMARK, true);
      FileSlice slice = read.slice();
      if (slice == null) throw new IllegalStateException("nothing at " + offset);
      offset += (long) (slice.sizeBytes() / BATCH_BYTES) * recordsPerBatch;
      slice.release();
    }
  }

  /** Reads what was just appended, as a consumer that keeps up does. */
  private void tail(PartitionLog log, ByteBuffer batch) {
    for (long left = bytes / 4; left > 0; left -= batch.remaining()) {
      long offset = log.offsets().logEnd();
      log.advanceHighWatermark(append(log, batch).followingOffset());
      FileSlice slice = log.read(offset, FETCH_BYTES, ReadLimit.HIGH_WATERMARK, true).slice();
      if (slice == null) throw new IllegalStateException("nothing at " + offset);
      slice.release();
    }
  }

  private void many(Path path) {
    ByteBuffer batch = batch();
    var logs = new Logs[] {Logs.open(LogsConfig.of(path))};
    measure("make 1000 partitions", () -> openAll(logs[0]));
    measure("append once to each", () -> logs[0].all().forEach(log -> append(log, batch)));
    measure("stop 1000 partitions", logs[0]::close);
    measure(
        "start 1000 partitions",
        () -> {
          logs[0] = Logs.open(LogsConfig.of(path));
          openAll(logs[0]);
        });
    System.gc();
    long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    System.out.printf(Locale.ROOT, "%-28s %8.1f MiB heap%n", "1000 partitions", heap / 1048576.0);
    measure("stop them again", logs[0]::close);
  }

  private static void openAll(Logs logs) {
    for (int i = 0; i < PARTITIONS; i++) {
      PartitionLog log =
          logs.open(new TopicIdPartition(TOPIC, i, "orders"), LogConfig.of(Map.of()));
      log.beginEpoch(1);
    }
  }

  private static ByteBuffer batch() {
    var random = new Random(1);
    BatchBuilder builder = BatchBuilder.at(System.currentTimeMillis());
    // 1 KiB a record with its framing, 64 KiB the batch with its header.
    for (int i = 0; i < BATCH_BYTES / 1024; i++) {
      byte[] value = new byte[i == 0 ? 1015 - 61 : 1015];
      random.nextBytes(value);
      builder.add(System.currentTimeMillis(), null, value);
    }
    ByteBuffer batch = builder.build();
    System.out.println("batch of " + batch.remaining() + " bytes");
    return ByteBuffer.allocateDirect(batch.remaining()).put(batch).flip();
  }

  private void measure(String what, Runnable work) {
    long cpu = system.getProcessCpuTime();
    long start = System.nanoTime();
    work.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
    System.out.printf(Locale.ROOT, "%-28s %8.3f s %8.3f CPU s%n", what, seconds, cpuSeconds);
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) return;
    try (var paths = Files.walk(path)) {
      for (Path it : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(it);
    }
  }
}
