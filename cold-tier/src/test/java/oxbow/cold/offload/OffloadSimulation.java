package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Partitioning;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.StoreFault;
import oxbow.log.FileSlice;
import oxbow.log.LogRead;
import oxbow.log.Logs;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;
import oxbow.log.SealedSegments.Backlog;
import oxbow.log.batch.BatchView;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.LogConfigs;
import oxbow.log.testing.ManualClock;
import oxbow.schema.Schemas;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

/**
 * One topic, two processes with a replica of its log each that both believe to lead it, and a
 * bucket that goes wrong in every way it can. Everything that happens comes from one seed.
 */
final class OffloadSimulation {
  private static final String NAMESPACE = "topics";
  private static final int READ_BYTES = 1 << 20;
  private static final int PRODUCER = 9;
  private static final Map<String, String> SETTINGS =
      Map.of("remote.storage.enable", "true", "retention.ms", "-1");

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
  private final List<Writer> writers = new ArrayList<>();
  private final Set<Long> abortedBatches = new HashSet<>();
  private int sequence;

  OffloadSimulation(long seed, ManualClock clock, Path directory, List<Logs> replicas) {
    this.random = new Random(seed);
    this.clock = clock;
    this.directory = directory;
    this.bucket = new MemoryObjectStore(clock);
    this.partition = new TopicIdPartition(new Uuid(7, seed + 1), 0, "orders-" + seed);
    for (Logs logs : replicas) writers.add(new Writer(logs));
  }

  /** A process that believes to lead the partition. */
  private final class Writer {
    final Logs logs;
    final PartitionLog log;
    CrashingStore store = new CrashingStore(bucket);
    @Nullable ColdTable table;
    @Nullable TopicOffload offload;
    @Nullable Writers files;

    Writer(Logs logs) {
      this.logs = logs;
      this.log = logs.open(partition, LogConfigs.small(4096, 512, SETTINGS));
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

    void pass() throws IOException {
      TopicOffload mine = open();
      Optional<Backlog> backlog = logs.backlog(partition);
      if (backlog.isEmpty()) return;
      List<OffloadState> _ =
          mine.pass(
              List.of(new OffloadState.Waiting(partition, backlog.get().offsets().coldEnd())));
    }

    /** What upkeep does, without its plan: any neighbours become one. */
    void merge() throws IOException {
      TopicOffload _ = open();
      ColdTable mine = Objects.requireNonNull(table);
      Writers writing = Objects.requireNonNull(files);
      List<ColdFile> all = mine.files(partition.partition());
      if (all.size() < 2) return;
      int from = random.nextInt(all.size() - 1);
      List<ColdFile> run = all.subList(from, Math.min(all.size(), from + 2 + random.nextInt(3)));
      try (ColdFileWriter writer = writing.open(partition)) {
        for (ColdFile file : run) {
          for (ByteBuffer batches : read(file, store)) {
            writer.add(batches, file.baseOffset(), List.of());
          }
        }
        ColdFile unnamed = writer.finish("", run.getLast().endOffset());
        ColdFile merged = unnamed.named(mine.name(unnamed, writing.attempt(partition)));
        store.put(merged.name(), writer.path());
        long _ = mine.replace(run, List.of(new NewFile(merged, writer.metrics())));
      }
    }

    void clean() {
      TopicOffload _ = open();
      ColdTable mine = Objects.requireNonNull(table);
      int _ = mine.expireSnapshots(clock.instant().minus(Duration.ofMinutes(30)), 1);
      int _ = mine.clean(Duration.ofHours(3));
    }

    /** The process ends; the one that follows knows nothing but what its log has. */
    void restart() {
      store = new CrashingStore(bucket);
      offload = null;
      table = null;
      files = null;
    }
  }

  /** The settings of the topic, but for files much smaller than anybody may ask for. */
  private static TopicTiering tiering() {
    TopicTiering usual = TopicTiering.of(SETTINGS);
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

  void run(int steps) throws IOException {
    bucket.failByChance(random, FAULTS);
    for (int i = 0; i < steps; i++) {
      Writer writer = writers.get(random.nextInt(writers.size()));
      try {
        step(writer);
      } catch (StoreException e) {
        assertThat(e.kind()).as(e.toString()).isNotEqualTo(StoreException.Kind.INVALID);
      } catch (CrashingStore.Crash _) {
        writer.restart();
      }
    }
    bucket.heal();
  }

  private void step(Writer writer) throws IOException {
    clock.advance(random.nextInt(600_000));
    if (random.nextInt(4) == 0) {
      writer.store.crashAfter(random.nextInt(25), random.nextBoolean());
    }
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> append();
      case 3 -> writer.merge();
      case 4 -> writer.clean();
      default -> writer.pass();
    }
  }

  private void append() {
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      boolean isTransaction = random.nextInt(4) == 0;
      BatchBuilder batch = BatchBuilder.at(clock.millis());
      int records = 1 + random.nextInt(4);
      for (int j = 0; j < records; j++) {
        byte[] value = new byte[random.nextInt(800)];
        random.nextBytes(value);
        batch.add(clock.millis() + j, random.nextBoolean() ? new byte[] {1, 2} : null, value);
      }
      if (isTransaction) batch.producer(PRODUCER, 0, sequence).transactional();
      long offset = writers.getFirst().log.offsets().logEnd();
      append(batch.build(), AppendOrigin.CLIENT);
      if (isTransaction) {
        sequence += records;
        boolean isAborted = random.nextBoolean();
        if (isAborted) abortedBatches.add(offset);
        append(
            marker(isAborted ? ControlRecordType.ABORT : ControlRecordType.COMMIT),
            AppendOrigin.COORDINATOR);
      }
    }
    for (Writer writer : writers) {
      writer.log.advanceHighWatermark(writer.log.offsets().logEnd());
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

  /**
   * Lets what waits get to the table, now that nothing goes wrong, and compares it with the log.
   */
  void check() throws IOException {
    Writer last = writers.getFirst();
    last.restart();
    for (int i = 0; i < 1_000 && (i == 0 || last.logs.backlog(partition).isPresent()); i++) {
      last.pass();
    }
    List<ColdFile> files = Objects.requireNonNull(last.table).files(partition.partition());
    ByteArrayOutputStream cold = new ByteArrayOutputStream();
    long next = 0;
    long rows = 0;
    for (ColdFile file : files) {
      assertThat(file.baseOffset()).as("files follow each other: %s", files).isEqualTo(next);
      next = file.endOffset();
      rows += file.records();
      for (ByteBuffer batches : read(file, bucket)) put(cold, batches);
    }
    assertThat(next).as("where the table ends").isEqualTo(last.log.offsets().logEnd());
    Expected expected = expected(last.log);
    assertThat(rows).as("rows").isEqualTo(expected.records());
    assertThat(Arrays.mismatch(cold.toByteArray(), expected.bytes().toByteArray()))
        .as("where replay differs from the log")
        .isEqualTo(-1);
  }

  private record Expected(ByteArrayOutputStream bytes, long records) {}

  /** The log as it lies on the disk, without what was aborted. */
  private Expected expected(PartitionLog log) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long records = 0;
    for (long offset = 0; offset < log.offsets().logEnd(); ) {
      LogRead read = log.read(offset, READ_BYTES, ReadLimit.LOG_END, true);
      FileSlice slice = Objects.requireNonNull(read.slice());
      ByteBuffer batches = ByteBuffer.allocate(slice.sizeBytes());
      int _ = slice.channel().read(batches, slice.position());
      slice.release();
      batches.flip();
      for (int at = 0; at < batches.limit(); at += BatchView.sizeBytes(batches, at)) {
        offset = BatchView.lastOffset(batches, at) + 1;
        if (abortedBatches.contains(BatchView.baseOffset(batches, at))) continue;
        put(bytes, batches.slice(at, BatchView.sizeBytes(batches, at)));
        if (!BatchView.isControl(batches, at)) records += BatchView.recordCount(batches, at);
      }
    }
    return new Expected(bytes, records);
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

  private static void put(ByteArrayOutputStream to, ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    to.writeBytes(copy);
  }
}
