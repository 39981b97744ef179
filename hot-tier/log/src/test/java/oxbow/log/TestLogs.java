package oxbow.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.FaultyLogFiles;
import oxbow.log.testing.LogConfigs;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;

/** Logs in a directory, with a clock, threads and a disk that do what the test says. */
final class TestLogs implements AutoCloseable {
  static final Uuid ORDERS = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
  static final TopicIdPartition ORDERS_0 = new TopicIdPartition(ORDERS, 0, "orders");
  static final TopicIdPartition ORDERS_1 = new TopicIdPartition(ORDERS, 1, "orders");

  /** About twenty small batches to a segment, an index entry every few. */
  static final LogConfig SMALL = config(Map.of());

  final Path directory;
  final FaultyLogFiles files = new FaultyLogFiles(1);
  final ManualClock clock = new ManualClock(1_700_000_000_000L);
  private final long reserveBytes;
  ManualThreads threads = new ManualThreads(clock);
  Logs logs;

  TestLogs(Path directory) {
    this(directory, 0);
  }

  TestLogs(Path directory, long reserveBytes) {
    this.directory = directory;
    this.reserveBytes = reserveBytes;
    this.logs = openLogs();
  }

  static LogConfig config(Map<String, String> settings) {
    return LogConfigs.small(2_000, 300, settings);
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
            reserveBytes),
        files,
        clock,
        clock,
        threads);
  }

  PartitionLog open() {
    return logs.open(ORDERS_0, SMALL);
  }

  /** Stops cleanly and starts again. */
  void restart() {
    logs.close();
    threads = new ManualThreads(clock);
    logs = openLogs();
  }

  /** The process ends without any farewell; what the test then does to the files, it finds. */
  void crash(Damage damage) {
    files.kill();
    try {
      damage.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads = new ManualThreads(clock);
    logs = openLogs();
  }

  interface Damage {
    void run() throws IOException;
  }

  /** A file of the partition. */
  Path file(String name) {
    return directory.resolve("orders-0").resolve(name);
  }

  boolean exists(String name) {
    return Files.exists(file(name));
  }

  /** Lets time pass and does everything that is due then. */
  void pass(long ms) {
    clock.advance(ms);
    threads.runAll();
  }

  AppendResult append(PartitionLog log, String value) {
    return append(log, clock.millis(), value);
  }

  AppendResult append(PartitionLog log, long timestampMs, String value) {
    ByteBuffer batch = BatchBuilder.at(timestampMs).add(timestampMs, "key", value).build();
    return log.append(batch, 3, AppendOrigin.CLIENT);
  }

  /** Appends records named by their offset and makes them visible. */
  void fill(PartitionLog log, int count) {
    for (int i = 0; i < count; i++) append(log, "record " + log.offsets().logEnd());
    log.advanceHighWatermark(log.offsets().logEnd());
  }

  static List<String> names(long from, long to) {
    List<String> names = new ArrayList<>();
    for (long i = from; i < to; i++) names.add("record " + i);
    return names;
  }

  /** Values of all records from an offset on, read in small pieces. */
  static List<String> records(PartitionLog log, long from) {
    List<String> values = new ArrayList<>();
    long offset = from;
    while (true) {
      LogRead read = log.read(offset, 700, ReadLimit.LOG_END, true);
      FileSlice slice = read.slice();
      if (slice == null) return values;
      for (RecordBatch batch : batches(slice)) {
        batch.ensureValid();
        for (Record record : batch) {
          if (record.offset() >= from) values.add(value(record));
        }
        offset = batch.nextOffset();
      }
    }
  }

  /** Reads a slice and releases it. */
  static List<RecordBatch> batches(FileSlice slice) {
    try {
      ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
      slice.channel().read(bytes, slice.position());
      List<RecordBatch> batches = new ArrayList<>();
      MemoryRecords.readableRecords(bytes.flip()).batches().forEach(batches::add);
      return batches;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      slice.release();
    }
  }

  private static String value(Record record) {
    byte[] value = new byte[record.valueSize()];
    record.value().get(value);
    return new String(value, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    files.heal();
    logs.close();
  }
}
