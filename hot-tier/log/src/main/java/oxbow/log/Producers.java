package oxbow.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.CompletedTxn;
import org.apache.kafka.storage.internals.log.LastRecord;
import org.apache.kafka.storage.internals.log.LogOffsetMetadata;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.jspecify.annotations.Nullable;
import oxbow.log.batch.BatchView;
import oxbow.log.segment.Segment;

/**
 * The idempotent and transactional producers of one partition. The rules are Kafka's own class's;
 * this puts an append to it in two steps, so that nothing is noted of an append that failed. Used
 * under the partition's lock.
 */
final class Producers {
  private final ProducerStateManager state;

  /** Offsets of snapshots that an opening may need. */
  private final NavigableSet<Long> snapshots = new TreeSet<>();

  Producers(ProducerStateManager state) {
    this.state = state;
    state.latestSnapshotOffset().ifPresent(snapshots::add);
  }

  ProducerStateManager state() {
    return state;
  }

  /** What an append will change once it is written. */
  static final class Changes {
    private final List<ProducerAppendInfo> appends = new ArrayList<>(1);
    private final List<CompletedTxn> completed = new ArrayList<>(0);

    private ProducerAppendInfo of(
        ProducerStateManager state, long producerId, AppendOrigin origin) {
      for (ProducerAppendInfo append : appends) {
        if (append.producerId() == producerId) return append;
      }
      ProducerAppendInfo append = state.prepareUpdate(producerId, origin);
      appends.add(append);
      return append;
    }
  }

  /** The batch's first append, if it was appended before. */
  @Nullable BatchMetadata duplicate(ByteBuffer batches, int at) {
    long producerId = BatchView.producerId(batches, at);
    Optional<ProducerStateEntry> known = state.lastEntry(producerId);
    if (known.isEmpty() || known.get().producerEpoch() != BatchView.producerEpoch(batches, at)) {
      return null;
    }
    int first = BatchView.baseSequence(batches, at);
    int last = BatchView.lastSequence(batches, at);
    for (BatchMetadata batch : known.get().batchMetadata()) {
      if (batch.firstSeq() == first && batch.lastSeq() == last) return batch;
    }
    return null;
  }

  /** Checks a batch against what its producer did before; throws what Kafka throws. */
  void check(
      Changes changes,
      ByteBuffer batches,
      int at,
      AppendOrigin origin,
      short transactionVersion,
      long segmentBase,
      int position) {
    ProducerAppendInfo append = changes.of(state, BatchView.producerId(batches, at), origin);
    if (BatchView.isControl(batches, at)) {
      ByteBuffer batch = batches.slice(at, BatchView.sizeBytes(batches, at));
      append
          .append(
              MemoryRecords.readableRecords(batch).batchIterator().next(),
              Optional.empty(),
              transactionVersion)
          .ifPresent(changes.completed::add);
      return;
    }
    append.appendDataBatch(
        BatchView.producerEpoch(batches, at),
        BatchView.baseSequence(batches, at),
        BatchView.lastSequence(batches, at),
        BatchView.maxTimestampMs(batches, at),
        new LogOffsetMetadata(BatchView.baseOffset(batches, at), segmentBase, position),
        BatchView.lastOffset(batches, at),
        BatchView.isTransactional(batches, at));
  }

  /** Notes what was appended to a segment; true: its transaction index has more entries. */
  boolean apply(Changes changes, Segment segment) throws IOException {
    for (ProducerAppendInfo append : changes.appends) state.update(append);
    boolean hasAborted = false;
    for (CompletedTxn transaction : changes.completed) {
      long lastStable = state.lastStableOffset(transaction);
      if (transaction.isAborted()) segment.addAborted(new AbortedTxn(transaction, lastStable));
      hasAborted |= transaction.isAborted();
      state.completeTxn(transaction);
    }
    return hasAborted;
  }

  /** Forgets all and knows again only what the cold tier says. */
  void startAt(ColdStart start) throws IOException {
    state.truncateFullyAndStartAt(start.coldEnd());
    snapshots.clear();
    for (ColdStart.ProducerBatch batch : start.batches()) {
      ProducerAppendInfo append = state.prepareUpdate(batch.producerId(), AppendOrigin.REPLICATION);
      append.appendDataBatch(
          batch.producerEpoch(),
          batch.baseSequence(),
          batch.lastSequence(),
          batch.maxTimestampMs(),
          new LogOffsetMetadata(batch.baseOffset()),
          batch.lastOffset(),
          false);
      state.update(append);
    }
    state.updateMapEndOffset(start.coldEnd());
  }

  void appendedUpTo(long logEnd) {
    state.updateMapEndOffset(logEnd);
  }

  /** Records were appended since the last snapshot. */
  boolean hasNews() {
    return state.mapEndOffset() > state.latestSnapshotOffset().orElse(0);
  }

  /** Writes a snapshot to the page cache, if there is something new; where it lies. */
  Optional<Path> snapshot() throws IOException {
    Optional<Path> taken = state.takeSnapshot(false).map(file -> file.toPath());
    if (taken.isPresent()) state.latestSnapshotOffset().ifPresent(snapshots::add);
    return taken;
  }

  /**
   * Deletes the snapshots at no segment's base, but for those from the last one up to the recovery
   * point on: with it an opening begins.
   */
  void deleteStraySnapshots(List<Long> bases, long recoveryPoint) throws IOException {
    Long needed = snapshots.floor(recoveryPoint);
    if (needed != null) snapshots.headSet(needed, false).clear();
    List<Long> kept = new ArrayList<>(bases);
    kept.addAll(snapshots);
    state.removeStraySnapshots(kept);
  }

  /** Where the first transaction begins that is open, or ended above the watermark. */
  long firstUnstable() {
    return state.firstUnstableOffset().map(offset -> offset.messageOffset).orElse(Long.MAX_VALUE);
  }

  /** The last batch of each producer, which compaction must leave. */
  Map<Long, LastRecord> lastRecords() {
    Map<Long, LastRecord> last = new HashMap<>();
    state
        .activeProducers()
        .forEach((producerId, entry) -> {
          long offset = entry.lastDataOffset();
          var data = offset >= 0 ? OptionalLong.of(offset) : OptionalLong.empty();
          last.put(producerId, new LastRecord(data, entry.producerEpoch()));
        });
    return last;
  }

  List<ProducerView> views() {
    List<ProducerView> views = new ArrayList<>();
    state
        .activeProducers()
        .forEach((producerId, entry) -> {
          int lastSequence = -1;
          for (BatchMetadata batch : entry.batchMetadata()) lastSequence = batch.lastSeq();
          views.add(
              new ProducerView(
                  producerId,
                  entry.producerEpoch(),
                  lastSequence,
                  entry.lastTimestamp(),
                  entry.coordinatorEpoch(),
                  entry.currentTxnFirstOffset().orElse(-1)));
        });
    return views;
  }
}
