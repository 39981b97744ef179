package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import oxbow.cold.TopicTiering;
import oxbow.cold.erase.EraseReport;
import oxbow.cold.erase.ErasedKeys;
import oxbow.cold.erase.Eraser;
import oxbow.cold.erase.Erasure;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.rewrite.BatchFilter;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Partitioning;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.StoreFault;
import oxbow.cold.upkeep.ColdCompaction;
import oxbow.cold.upkeep.UpkeepCounters;
import oxbow.log.ColdStart;
import oxbow.log.FileSlice;
import oxbow.log.LogRead;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;
import oxbow.log.SealedSegments.Backlog;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.FaultyLogFiles;
import oxbow.log.testing.LogConfigs;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;
import oxbow.schema.Schemas;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

/**
 * One topic, two processes with a replica of its log each that both believe to lead it, machines
 * that lose power, and a bucket that goes wrong in every way it can; records are deleted, erased
 * and, every third time, compacted meanwhile. Everything that happens comes from one seed.
 */
final class OffloadSimulation implements AutoCloseable {
  private static final String NAMESPACE = "topics";
  private static final int READ_BYTES = 1 << 20;
  private static final int PRODUCER = 9;
  private static final int KEYS = 12;
  private static final String[] STEP_NAMES = {
    "append",
    "append",
    "append",
    "append",
    "merge",
    "clean",
    "delete records",
    "expire",
    "erase",
    "compact",
    "lose power",
    "offload"
  };

  /** So few that a round of compaction has to be followed by others. */
  private static final int MAP_BYTES = 24 * 10;

  private static final Map<StoreFault, Double> FAULTS =
      Map.of(
          StoreFault.BUSY, 0.02,
          StoreFault.TIMED_OUT, 0.02,
          StoreFault.LOST_REPLY, 0.02,
          StoreFault.LATE, 0.02,
          StoreFault.SHORT_BODY, 0.01,
          StoreFault.STALE_LISTING, 0.02,
          StoreFault.DENIED, 0.005);

  private final Random random;
  private final ManualClock clock;
  private final Path directory;
  private final MemoryObjectStore bucket;
  private final TopicIdPartition partition;
  private final boolean isCompacted;
  private final Map<String, String> settings = new HashMap<>();
  private final List<Writer> writers = new ArrayList<>();

  /** Every record that was acknowledged and that nothing took back, by offset. */
  private final TreeMap<Long, Seen> records = new TreeMap<>();

  private final List<Order> orders = new ArrayList<>();
  private int sequence;

  /** What happened, for whoever has to find out why. */
  private final List<String> trace = new ArrayList<>();

  /** Records below were deleted; logs may forget that until they have written it down. */
  private long deletedEnd;

  /** A record; markers are none. */
  private record Seen(
      long offset, long timestampMs, @Nullable ByteBuffer key, @Nullable ByteBuffer value) {
    static Seen of(Record record) {
      return new Seen(
          record.offset(),
          record.timestamp(),
          record.hasKey() ? record.key() : null,
          record.hasValue() ? record.value() : null);
    }

    @Override
    public String toString() {
      return offset + (key == null ? "" : " key " + key.get(key.position()));
    }
  }

  /** A key that was to be erased up to an offset. */
  private static final class Order {
    final byte key;

    /** Each try takes what is there by then. */
    long end;

    boolean isDone;

    Order(byte key) {
      this.key = key;
    }

    boolean isOf(Seen record) {
      return record.offset() < end
          && record.key() != null
          && record.key().equals(ByteBuffer.wrap(new byte[] {key}));
    }
  }

  OffloadSimulation(long seed, Path directory) {
    this.random = new Random(seed);
    this.clock = new ManualClock(1_700_000_000_000L);
    this.directory = directory;
    this.bucket = new MemoryObjectStore(clock);
    this.partition = new TopicIdPartition(new Uuid(7, seed + 1), 0, "orders-" + seed);
    this.isCompacted = seed % 3 == 2;
    settings.put("remote.storage.enable", "true");
    settings.put("retention.ms", "-1");
    settings.put("file.delete.delay.ms", "60000");
    if (isCompacted) {
      settings.put("cleanup.policy", "compact");
      settings.put("min.cleanable.dirty.ratio", "0.01");
      settings.put("delete.retention.ms", "3600000");
    }
    for (int i = 0; i < 2; i++) writers.add(new Writer(directory.resolve(seed + "-log-" + i), i));
  }

  /** A process that believes to lead the partition. */
  private final class Writer {
    final Path place;
    final FaultyLogFiles disk;
    ManualThreads threads;
    Logs logs;
    PartitionLog log;
    CrashingStore store = new CrashingStore(bucket);
    @Nullable ColdTable table;
    @Nullable TopicOffload offload;
    @Nullable Writers files;

    /** The log start that was written down. */
    long toldStart;

    Writer(Path place, int number) {
      this.place = place;
      this.disk = new FaultyLogFiles(number);
      threads = new ManualThreads(clock);
      logs = openLogs();
      log = logs.open(partition, LogConfigs.small(4096, 512, settings));
    }

    private Logs openLogs() {
      Logs opened = Logs.open(LogsConfig.of(place), disk, clock, clock, threads);
      opened.watchLogStarts((_, start) -> toldStart = Math.max(toldStart, start));
      return opened;
    }

    TopicOffload open() {
      TopicOffload known = offload;
      if (known != null) return known;
      TableColumns columns =
          new TableColumns(
              SystemColumns.BINARY_KEY,
              Optional.of(SystemColumns.plainValue(Type.Plain.BINARY)),
              Layout.EMPTY);
      ColdTable opened =
          IcebergCatalog.open(store, clock)
              .findOrCreate(
                  NAMESPACE, partition.topic(), partition.topicId(), columns, Partitioning.NONE);
      var topicColumns = new TopicColumns(partition.topic(), opened, Schemas.NONE);
      var writing = new FileWriters(directory, "writer", tiering(), topicColumns);
      var made = new TopicOffload(opened, logs, store, writing, _ -> {}, new OffloadCounters());
      made.takeOver(List.of(partition));
      table = opened;
      files = writing;
      offload = made;
      return made;
    }

    ColdTable table() {
      TopicOffload _ = open();
      return Objects.requireNonNull(table);
    }

    void pass() throws IOException {
      TopicOffload mine = open();
      Optional<Backlog> backlog = logs.backlog(partition);
      if (backlog.isEmpty()) return;
      List<OffloadState> _ =
          mine.pass(
              List.of(new OffloadState.Waiting(partition, backlog.get().offsets().coldEnd())));
    }

    Rewriter rewriter() {
      return new Rewriter(
          store,
          file ->
              ColdFiles.open(file, (position, length) -> store.read(file.name(), position, length)),
          _ -> {},
          new Uploads());
    }

    /** What upkeep does, without its plan: any neighbours become one. */
    void merge() throws IOException, InterruptedException {
      ColdTable mine = table();
      List<ColdFile> all = mine.files(partition.partition());
      if (all.size() < 2) return;
      int from = random.nextInt(all.size() - 1);
      int to = Math.min(all.size(), from + 2 + random.nextInt(3));
      List<ColdFile> run = new ArrayList<>();
      for (ColdFile file : all.subList(from, to)) {
        if (!run.isEmpty() && run.getLast().endOffset() != file.baseOffset()) break;
        run.add(file);
      }
      ColdFile _ =
          rewriter()
              .rewrite(partition, run, mine, Objects.requireNonNull(files), BatchFilter.none());
    }

    void clean() {
      ColdTable mine = table();
      int _ = mine.expireSnapshots(clock.instant().minus(Duration.ofMinutes(30)), 1);
      int _ = mine.clean(Duration.ofHours(3));
    }

    /** Drops what lies below the log start, once that is written down. */
    void expire() {
      threads.runAll();
      if (toldStart > 0) table().expire(partition.partition(), toldStart);
    }

    boolean compactCold() throws IOException, InterruptedException {
      ColdTable mine = table();
      return new ColdCompaction(rewriter(), MAP_BYTES, new UpkeepCounters())
          .round(
              partition,
              mine,
              Objects.requireNonNull(files),
              TopicTiering.of(settings).compaction(),
              clock.millis());
    }

    EraseReport erase(Order order) {
      var tables =
          new Eraser.Tables() {
            @Override
            public Optional<ColdTable> table(Uuid topicId, String topic) {
              return Optional.of(Writer.this.table());
            }

            @Override
            public Writers writers(TopicIdPartition asked) {
              return Objects.requireNonNull(files);
            }
          };
      var eraser = new Eraser(logs, tables, rewriter(), _ -> {}, new Uploads(), _ -> {}, clock);
      var keys = new ErasedKeys(List.of(new byte[] {order.key}));
      var erasure = new Erasure("1", partition.topic(), keys, clock.instant());
      eraser.run(erasure, List.of(partition));
      return erasure.report();
    }

    /** The process ends; the one that follows knows nothing but what its log has. */
    void restart() {
      store = new CrashingStore(bucket);
      offload = null;
      table = null;
      files = null;
    }

    /** The machine ends; what it did not force comes from the other one. */
    void losePower(Writer other) {
      disk.losePower(place);
      threads = new ManualThreads(clock);
      logs = openLogs();
      log = logs.open(partition, LogConfigs.small(4096, 512, settings));
      assertThat(log.offline()).isEmpty();
      long otherStart = other.log.offsets().localStart();
      // What it lost at its start and no table has yet, nobody but the other one has.
      boolean isStartLost =
          log.offsets().localStart() > Math.max(otherStart, other.log.offsets().coldEnd());
      if (isStartLost || log.offsets().logEnd() < otherStart) {
        // As a follower would: where the batch begins that holds the other's first record.
        long begin = batches(readLog(other.log, otherStart)).getFirst().baseOffset();
        log.beginAt(new ColdStart(Math.min(deletedEnd, begin), begin, List.of(), List.of()));
      }
      for (long next = log.offsets().logEnd(); next < other.log.offsets().logEnd(); ) {
        ByteBuffer batches = readLog(other.log, Math.max(next, otherStart));
        log.replicate(batches);
        next = log.offsets().logEnd();
      }
      log.advanceHighWatermark(log.offsets().logEnd());
      // What the other has lost at its start was not deleted, and is in the table.
      log.deleteBefore(Math.min(deletedEnd, other.log.offsets().logStart()));
      restart();
    }
  }

  /** The settings of the topic, but for files much smaller than anybody may ask for. */
  private TopicTiering tiering() {
    TopicTiering usual = TopicTiering.of(settings);
    return new TopicTiering(
        usual.isOn(),
        usual.format(),
        usual.encoding(),
        usual.values(),
        usual.keys(),
        usual.lagMsMax(),
        6_000,
        usual.partitionBy(),
        usual.foreignFiles(),
        usual.retentionMs(),
        usual.retentionBytes(),
        usual.isDeleted(),
        usual.isCompacted(),
        usual.keepsHistory(),
        usual.compaction());
  }

  void run(int steps) throws IOException, InterruptedException {
    bucket.failByChance(random, FAULTS);
    for (int i = 0; i < steps; i++) {
      Writer writer = writers.get(random.nextInt(writers.size()));
      try {
        step(writer);
      } catch (StoreException e) {
        trace.add("  " + e.kind() + ": " + e.getMessage());
        assertThat(e.kind()).as(e.toString()).isNotEqualTo(StoreException.Kind.INVALID);
      } catch (CrashingStore.Crash _) {
        trace.add("  crashed");
        // It is noticed below, as where somebody else has caught it.
      }
      if (writer.store.hasCrashed()) writer.restart();
      for (Writer each : writers) trace.add("  " + each.log.offsets() + " " + each.log.producers());
    }
    bucket.heal();
  }

  private void step(Writer writer) throws IOException, InterruptedException {
    clock.advance(random.nextInt(600_000));
    if (random.nextInt(4) == 0) {
      writer.store.crashAfter(random.nextInt(25), random.nextBoolean());
    }
    int choice = random.nextInt(16);
    trace.add("replica " + writers.indexOf(writer) + " does " + STEP_NAMES[Math.min(choice, 11)]);
    switch (choice) {
      case 0, 1, 2, 3 -> append();
      case 4 -> writer.merge();
      case 5 -> writer.clean();
      case 6 -> deleteRecords();
      case 7 -> writer.expire();
      case 8 -> erase(writer);
      case 9 -> compact(writer);
      case 10 -> writer.losePower(other(writer));
      default -> writer.pass();
    }
  }

  private Writer other(Writer writer) {
    return writers.getFirst().equals(writer) ? writers.getLast() : writers.getFirst();
  }

  private void append() {
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      boolean isTransaction = random.nextInt(4) == 0;
      BatchBuilder batch = BatchBuilder.at(clock.millis());
      int count = 1 + random.nextInt(4);
      for (int j = 0; j < count; j++) {
        byte[] value = isCompacted && random.nextInt(5) == 0 ? null : new byte[random.nextInt(800)];
        if (value != null) random.nextBytes(value);
        boolean hasKey = isCompacted || random.nextBoolean();
        batch.add(
            clock.millis() + j, hasKey ? new byte[] {(byte) random.nextInt(KEYS)} : null, value);
      }
      if (isTransaction) batch.producer(PRODUCER, 0, sequence).transactional();
      long offset = writers.getFirst().log.offsets().logEnd();
      append(batch.build(), AppendOrigin.CLIENT);
      boolean isAborted = isTransaction && random.nextBoolean();
      if (!isAborted) noteAppended(offset);
      if (!isTransaction) continue;
      sequence += count;
      append(
          marker(isAborted ? ControlRecordType.ABORT : ControlRecordType.COMMIT),
          AppendOrigin.COORDINATOR);
    }
    for (Writer writer : writers) {
      writer.log.advanceHighWatermark(writer.log.offsets().logEnd());
    }
  }

  private void noteAppended(long offset) {
    for (RecordBatch batch : batches(readLog(writers.getFirst().log, offset))) {
      for (Record record : batch) records.put(record.offset(), Seen.of(record));
    }
  }

  private void append(ByteBuffer batch, AppendOrigin origin) {
    for (Writer writer : writers) {
      ByteBuffer copy = ByteBuffer.allocate(batch.remaining());
      copy.put(batch.duplicate()).flip();
      writer.log.append(copy, 3, origin);
    }
  }

  private ByteBuffer marker(ControlRecordType type) {
    return MemoryRecords.withEndTransactionMarker(
            0, clock.millis(), -1, PRODUCER, (short) 0, new EndTransactionMarker(type, 0))
        .buffer();
  }

  private void deleteRecords() {
    if (random.nextInt(3) > 0) return;
    long start = writers.getFirst().log.offsets().logStart();
    long end = writers.getFirst().log.offsets().highWatermark();
    long to = start + random.nextLong(Math.max(1, (end - start) / 2));
    for (Writer writer : writers) writer.log.deleteBefore(to);
    deletedEnd = Math.max(deletedEnd, to);
    records.headMap(deletedEnd).clear();
  }

  /** A follower erases what its leader does. */
  private void erase(Writer writer) throws InterruptedException {
    var order = new Order((byte) random.nextInt(KEYS));
    orders.add(order);
    EraseReport _ = erase(order, writer);
  }

  private EraseReport erase(Order order, Writer writer) throws InterruptedException {
    order.end = writers.getFirst().log.offsets().logEnd();
    var keys = new ErasedKeys(List.of(new byte[] {order.key}));
    var _ = other(writer).logs.erase(partition, keys, _ -> {});
    EraseReport report = writer.erase(order);
    order.isDone = report.state() == EraseReport.State.DONE;
    records.values().removeIf(order::isOf);
    trace.add("  key " + order.key + " below " + order.end + ": " + report);
    return report;
  }

  private void compact(Writer writer) throws IOException, InterruptedException {
    if (!isCompacted) return;
    if (random.nextBoolean()) writer.threads.runAll(); // the log compacts every quarter of a minute
    else while (writer.compactCold()) clock.advance(1);
  }

  /**
   * Lets what waits get to the table, now that nothing goes wrong, and compares it with what was
   * acknowledged.
   */
  void check() throws IOException, InterruptedException {
    Writer last = writers.getFirst();
    for (Writer writer : writers) {
      writer.restart();
      TopicOffload _ = writer.open(); // a start that was lost is known again after this
      writer.log.deleteBefore(deletedEnd);
    }
    for (Order order : orders) {
      if (order.isDone) continue;
      EraseReport report = erase(order, last);
      assertThat(report.state()).as(report.toString()).isEqualTo(EraseReport.State.DONE);
    }
    for (int i = 0; i < 1_000 && (i == 0 || last.logs.backlog(partition).isPresent()); i++) {
      last.pass();
    }
    if (isCompacted) while (last.compactCold()) clock.advance(1);
    long logStart = last.log.offsets().logStart();
    List<ColdFile> files = last.table().files(partition.partition());
    checkRanges(files, logStart, last.log.offsets().logEnd());
    List<Seen> cold = new ArrayList<>();
    for (ColdFile file : files) {
      List<Seen> inFile = seen(file);
      assertThat(file.records()).as("rows of " + file).isEqualTo(inFile.size());
      cold.addAll(inFile);
    }
    assertThat(cold)
        .as("aborted ones are nowhere; %s, deleted to %s", last.log.offsets(), deletedEnd)
        .noneMatch(this::isUnknown);
    cold.removeIf(record -> record.offset() < logStart);
    if (isCompacted) checkCompacted(cold);
    else assertThat(cold).containsExactlyElementsOf(records.values());
    checkErased(last);
  }

  private void checkRanges(List<ColdFile> files, long logStart, long logEnd) {
    long next = 0;
    for (ColdFile file : files) {
      boolean isNext = file.baseOffset() == next;
      boolean isBehindDeleted = file.baseOffset() > next && file.baseOffset() <= logStart;
      assertThat(isNext || isBehindDeleted).as("files follow each other: %s", files).isTrue();
      next = file.endOffset();
    }
    if (logStart < logEnd) assertThat(next).as("where the table ends").isEqualTo(logEnd);
  }

  /** Below the log start nobody remembers what there was. */
  private boolean isUnknown(Seen record) {
    long known = writers.getFirst().log.offsets().logStart();
    return record.offset() >= known && !record.equals(records.get(record.offset()));
  }

  private void checkCompacted(List<Seen> cold) {
    Map<ByteBuffer, Seen> latest = new HashMap<>();
    records.values().forEach(record -> latest.put(record.key(), record));
    Map<ByteBuffer, Seen> found = new HashMap<>();
    long before = -1;
    for (Seen record : cold) {
      assertThat(record.offset()).isGreaterThan(before);
      before = record.offset();
      assertThat(found.put(record.key(), record)).as("superseded by " + record).isNull();
    }
    latest.forEach((key, record) -> {
      if (record.value() != null) assertThat(found.get(key)).isEqualTo(record);
    });
  }

  /** Neither the log nor any object in the bucket has what was erased. */
  private void checkErased(Writer last) throws IOException {
    clock.advance(Duration.ofDays(3).toMillis());
    int _ = last.table().clean(Duration.ofHours(3)); // what arrived late
    List<ColdFile> files = new ArrayList<>(last.table().files(partition.partition()));
    files.addAll(last.table().past(partition.partition()));
    assertThat(bucket.names().stream().filter(name -> name.endsWith(".parquet")))
        .hasSameSizeAs(files);
    List<Seen> all = new ArrayList<>();
    for (ColdFile file : files) all.addAll(seen(file));
    for (Writer writer : writers) {
      for (long offset = writer.log.offsets().localStart();
          offset < writer.log.offsets().logEnd(); ) {
        for (RecordBatch batch : batches(readLog(writer.log, offset))) {
          batch.ensureValid();
          offset = batch.nextOffset();
          if (batch.isControlBatch()) continue;
          for (Record record : batch) all.add(Seen.of(record));
        }
      }
    }
    for (Order order : orders) assertThat(all).as("erased").noneMatch(order::isOf);
  }

  private List<Seen> seen(ColdFile file) {
    List<Seen> seen = new ArrayList<>();
    for (ByteBuffer bytes : read(file, bucket)) {
      for (RecordBatch batch : batches(bytes)) {
        batch.ensureValid();
        if (batch.isControlBatch()) continue;
        for (Record record : batch) seen.add(Seen.of(record));
      }
    }
    return seen;
  }

  private static List<RecordBatch> batches(ByteBuffer bytes) {
    List<RecordBatch> batches = new ArrayList<>();
    MemoryRecords.readableRecords(bytes.duplicate()).batches().forEach(batches::add);
    return batches;
  }

  private static ByteBuffer readLog(PartitionLog log, long offset) {
    LogRead read = log.read(offset, READ_BYTES, ReadLimit.LOG_END, true);
    FileSlice slice = Objects.requireNonNull(read.slice());
    try {
      ByteBuffer batches = ByteBuffer.allocate(slice.sizeBytes());
      int _ = slice.channel().read(batches, slice.position());
      return batches.flip();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } finally {
      slice.release();
    }
  }

  private static List<ByteBuffer> read(ColdFile file, ObjectStore from) {
    ColdFileReader reader =
        ColdFiles.open(file, (position, length) -> from.read(file.name(), position, length));
    List<ByteBuffer> all = new ArrayList<>();
    try (ColdFileReader.Cursor cursor = reader.open(file.baseOffset())) {
      for (ByteBuffer next = cursor.next(READ_BYTES);
          next.hasRemaining();
          next = cursor.next(READ_BYTES)) {
        all.add(next);
      }
    }
    return all;
  }

  String trace() {
    return String.join("\n", trace);
  }

  @Override
  public void close() {
    for (Writer writer : writers) writer.logs.close();
  }
}
