package oxbow.cold.state;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchemas;
import oxbow.cold.store.ObjectStore;
import oxbow.log.ColdStart;
import oxbow.log.ColdStart.ProducerBatch;
import oxbow.log.EpochEnd;
import oxbow.log.EpochStart;
import oxbow.log.batch.BatchView;

/** What a log has to know of its cold records to go on behind them. */
final class PartitionTails {
  private static final int READ_BYTES = 4 << 20;

  /** Kafka's logs remember as many of each producer. */
  private static final int BATCHES_PER_PRODUCER = 5;

  /** A producer doesn't send again what is older: twice the usual patience of clients. */
  private static final Duration RESENT_MAX = Duration.ofMinutes(5);

  private final ObjectStore store;

  PartitionTails(ObjectStore store) {
    this.store = store;
  }

  /**
   * What the files tell of where a partition goes on. Files that another engine wrote don't know
   * their batches: an epoch of theirs counts from where the last known one ended, and if the last
   * is such a file no producer is known. Then each may go on with the sequence it has.
   */
  ColdStart start(List<ColdFile> files, long logStart, long coldEnd) {
    List<ColdFile> known = files.stream().filter(file -> file.endOffset() > logStart).toList();
    return new ColdStart(logStart, coldEnd, epochs(known, logStart), producers(known));
  }

  private ColdFileReader open(ColdFile file) {
    return ColdFiles.open(file, ColdFiles.source(store, file));
  }

  /** The files' names tell the last epoch of each; only where it changes a file is opened. */
  private List<EpochStart> epochs(List<ColdFile> files, long logStart) {
    List<EpochStart> epochs = new ArrayList<>();
    int last = -1;
    for (ColdFile file : files) {
      if (file.leaderEpoch() <= last) continue;
      if (file.format() == ColdFormat.FOREIGN) {
        epochs.add(new EpochStart(file.leaderEpoch(), Math.max(file.baseOffset(), logStart)));
        last = file.leaderEpoch();
        continue;
      }
      List<EpochStart> added = new ArrayList<>();
      ColdFileReader reader = open(file);
      for (int epoch = file.leaderEpoch(); epoch > last; ) {
        Optional<EpochEnd> before = epoch == 0 ? Optional.empty() : reader.endOf(epoch - 1);
        boolean isLower = before.isPresent() && before.get().leaderEpoch() > last;
        long start = before.map(EpochEnd::endOffset).orElse(file.baseOffset());
        added.add(new EpochStart(epoch, Math.max(start, logStart)));
        if (!isLower) break;
        epoch = before.get().leaderEpoch();
      }
      Collections.reverse(added);
      epochs.addAll(added);
      last = file.leaderEpoch();
    }
    return epochs;
  }

  /** Read from the end of the last file, as far back as producers may send again. */
  private List<ProducerBatch> producers(List<ColdFile> files) {
    if (files.isEmpty()) return List.of();
    ColdFile last = files.getLast();
    if (last.format() == ColdFormat.FOREIGN) return List.of();
    ColdFileReader reader = open(last);
    List<ColdFileReader.Span> spans = reader.spans();
    long since = last.timestampMax() - RESENT_MAX.toMillis();
    Map<Long, Deque<ProducerBatch>> found = new HashMap<>();
    int from = Math.max(0, spans.size() - 1);
    // A span in which the oldest batch is young enough may have others before it.
    while (from > 0 && firstTimestamp(reader, spans.get(from).baseOffset()) >= since) from--;
    long offset = spans.isEmpty() ? last.baseOffset() : spans.get(from).baseOffset();
    try (ColdFileReader.Cursor cursor = reader.open(offset)) {
      read(cursor, (batches, at) -> remember(found, batches, at));
    }
    List<ProducerBatch> all = new ArrayList<>();
    found.values().forEach(all::addAll);
    all.sort((a, b) -> Long.compare(a.baseOffset(), b.baseOffset()));
    return all;
  }

  private static long firstTimestamp(ColdFileReader reader, long offset) {
    ByteBuffer batches = reader.read(offset, 1);
    return batches.hasRemaining()
        ? BatchView.maxTimestampMs(batches, batches.position())
        : Long.MIN_VALUE;
  }

  private interface EachBatch {
    void at(ByteBuffer batches, int at);
  }

  private static void read(ColdFileReader.Cursor cursor, EachBatch each) {
    for (ByteBuffer found = cursor.next(READ_BYTES);
        found.hasRemaining();
        found = cursor.next(READ_BYTES)) {
      for (int at = found.position(); at < found.limit(); at += BatchView.sizeBytes(found, at)) {
        each.at(found, at);
      }
    }
  }

  private static void remember(Map<Long, Deque<ProducerBatch>> found, ByteBuffer batches, int at) {
    long producer = BatchView.producerId(batches, at);
    if (producer < 0 || BatchView.isControl(batches, at)) return;
    Deque<ProducerBatch> known = found.computeIfAbsent(producer, _ -> new ArrayDeque<>());
    short epoch = BatchView.producerEpoch(batches, at);
    if (!known.isEmpty() && known.getLast().producerEpoch() != epoch) known.clear();
    if (known.size() == BATCHES_PER_PRODUCER) known.removeFirst();
    known.add(
        new ProducerBatch(
            producer,
            epoch,
            BatchView.baseSequence(batches, at),
            BatchView.lastSequence(batches, at),
            BatchView.baseOffset(batches, at),
            BatchView.lastOffset(batches, at),
            BatchView.maxTimestampMs(batches, at)));
  }

  /**
   * Hands over all batches of files in order.
   *
   * @param columns of a topic without schemas
   */
  void batches(List<ColdFile> files, TableColumns columns, Consumer<ByteBuffer> each) {
    for (ColdFile file : files) {
      ColdFileReader reader =
          file.format() == ColdFormat.FOREIGN
              ? ColdFiles.openForeign(
                  file, ColdFiles.source(store, file), columns, WriterSchemas.NONE)
              : open(file);
      try (ColdFileReader.Cursor cursor = reader.open(file.baseOffset())) {
        for (ByteBuffer found = cursor.next(READ_BYTES);
            found.hasRemaining();
            found = cursor.next(READ_BYTES)) {
          each.accept(found);
        }
      }
    }
  }
}
