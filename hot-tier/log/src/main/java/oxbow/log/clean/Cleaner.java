package oxbow.log.clean;

import static oxbow.log.Invariants.invariant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetention;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetentionResult;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.CleanedTransactionMetadata;
import org.apache.kafka.storage.internals.log.LastRecord;
import org.apache.kafka.storage.internals.log.OffsetMap;
import org.apache.kafka.storage.internals.log.TransactionIndex;
import oxbow.log.LogConfig;
import oxbow.log.batch.BatchValidator;
import oxbow.log.batch.BatchView;
import oxbow.log.segment.DamagedSegmentException;
import oxbow.log.segment.Segment;

/**
 * Compacts one log: finds the latest offset of each key in the part that was not compacted yet, and
 * writes all segments up to there anew without what a later record supersedes. What Kafka's cleaner
 * keeps, this keeps, by the same rules: they are Kafka's own classes. Memory is bounded by the map,
 * two buffers and {@link #BATCH_MEMORY_MAX}. Used by one thread at a time.
 */
final class Cleaner {
  private static final int BUFFER_BYTES = 1 << 20;

  /** How full the map may become; the rest is left to another round. Kafka's default. */
  private static final double MAP_LOAD_MAX = 0.9;

  /**
   * Heap that opening one batch may take: its records decompressed, and an object for each. A batch
   * above it is copied as it is; that it superseded something stays unnoticed, which costs room and
   * nothing else. Kafka's producer fills a batch up to max.message.bytes, and rarely a tenth of
   * this.
   */
  private static final long BATCH_MEMORY_MAX = 64 << 20;

  private static final long RECORD_OVERHEAD_BYTES = 128;

  private final OffsetMap map;
  private final BatchValidator validator;
  private final Pace pace;
  private final CleanCounters counters;
  private final BufferSupplier decompression = BufferSupplier.create();
  private ByteBuffer in = ByteBuffer.allocate(BUFFER_BYTES);
  private ByteBuffer out = ByteBuffer.allocate(BUFFER_BYTES);

  Cleaner(OffsetMap map, BatchValidator validator, Pace pace, CleanCounters counters) {
    this.map = map;
    this.validator = validator;
    this.pace = pace;
    this.counters = counters;
    invariant(map.slots() * MAP_LOAD_MAX > 1, "the offset map holds no key", map.slots());
  }

  /** The log changed, or is gone: what was begun is dropped, and may be begun anew. */
  static final class AbandonedException extends Exception {
    private static final long serialVersionUID = 1L;

    AbandonedException(String message) {
      super(message);
    }
  }

  /** Does one round and returns the offset up to which the log is compacted now. */
  long clean(CleanableLog log, CleanRange range, long nowMs)
      throws IOException, AbandonedException, InterruptedException {
    int truncations = log.truncations();
    try {
      mapLatest(log, range);
      long end = Math.max(map.latestOffset() + 1, range.dirtyStart());
      List<Segment> segments = new ArrayList<>();
      for (Segment segment : log.segments()) {
        if (segment.baseOffset() < Math.min(end, range.dirtyEnd())) segments.add(segment);
      }
      var transactions = new CleanedTransactionMetadata();
      for (List<Segment> group : grouped(segments, log.config(), range.dirtyEnd())) {
        replace(log, group, truncations, transactions, range.dirtyEnd(), nowMs);
      }
      if (log.truncations() != truncations) throw new AbandonedException("records were cut off");
      counters.rounds.increment();
      return end;
    } catch (DigestException e) {
      throw new IllegalStateException("keys are hashed by an algorithm that does not fail", e);
    } finally {
      map.clear();
      if (in.capacity() > BUFFER_BYTES) in = ByteBuffer.allocate(BUFFER_BYTES);
      if (out.capacity() > BUFFER_BYTES) out = ByteBuffer.allocate(BUFFER_BYTES);
    }
  }

  // Finding the latest offset of each key.

  private void mapLatest(CleanableLog log, CleanRange range)
      throws IOException, DigestException, AbandonedException, InterruptedException {
    map.clear();
    var transactions = new CleanedTransactionMetadata();
    transactions.addAbortedTransactions(aborted(log, range.dirtyStart(), range.dirtyEnd()));
    List<Segment> dirty = CleanRange.from(log.segments(), range.dirtyStart());
    for (int i = 0; i < dirty.size() && dirty.get(i).baseOffset() < range.dirtyEnd(); i++) {
      long nextBase = i + 1 < dirty.size() ? dirty.get(i + 1).baseOffset() : range.dirtyEnd();
      if (!mapLatest(log, dirty.get(i), range.dirtyStart(), transactions)) return;
      map.updateLatestOffset(Math.min(nextBase, range.dirtyEnd()) - 1);
    }
  }

  /** False: the map is full. */
  private boolean mapLatest(
      CleanableLog log, Segment segment, long from, CleanedTransactionMetadata transactions)
      throws IOException, DigestException, AbandonedException, InterruptedException {
    int keysMax = (int) (map.slots() * MAP_LOAD_MAX);
    int size = segment.sizeBytes();
    int position = segment.locate(from, size);
    while (position < size) {
      ByteBuffer chunk = read(log, segment, position, size);
      while (chunk.hasRemaining()) {
        ByteBuffer bytes = nextBatch(chunk);
        MutableRecordBatch batch = kafkaBatch(bytes);
        if (batch.isControlBatch()) {
          transactions.onControlBatchRead(batch);
        } else if (!transactions.onBatchRead(batch) && !isOversized(segment, bytes)) {
          if (!mapLatest(batch, from, keysMax)) return false;
        }
        if (batch.lastOffset() >= from) map.updateLatestOffset(batch.lastOffset());
        position += bytes.limit();
      }
    }
    return true;
  }

  private boolean mapLatest(MutableRecordBatch batch, long from, int keysMax)
      throws DigestException {
    try (CloseableIterator<Record> records = batch.streamingIterator(decompression)) {
      while (records.hasNext()) {
        Record record = records.next();
        if (!record.hasKey() || record.offset() < from) continue;
        if (map.size() >= keysMax) return false;
        map.put(record.key(), record.offset());
      }
    }
    return true;
  }

  // Writing what stays.

  /** Segments that follow each other and fit into one, so that small ones don't stay small. */
  static List<List<Segment>> grouped(List<Segment> segments, LogConfig config, long dirtyEnd) {
    List<List<Segment>> groups = new ArrayList<>();
    List<Segment> group = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < segments.size(); i++) {
      Segment segment = segments.get(i);
      long following = i + 1 < segments.size() ? segments.get(i + 1).baseOffset() : dirtyEnd;
      boolean fits =
          !group.isEmpty()
              && bytes + segment.sizeBytes() <= config.segmentBytes()
              && following - 1 - group.getFirst().baseOffset() <= Integer.MAX_VALUE;
      if (!fits && !group.isEmpty()) {
        groups.add(group);
        group = new ArrayList<>();
        bytes = 0;
      }
      group.add(segment);
      bytes += segment.sizeBytes();
    }
    if (!group.isEmpty()) groups.add(group);
    return groups;
  }

  private void replace(
      CleanableLog log,
      List<Segment> group,
      int truncations,
      CleanedTransactionMetadata transactions,
      long dirtyEnd,
      long nowMs)
      throws IOException, AbandonedException, InterruptedException {
    long base = group.getFirst().baseOffset();
    Segment cleaned = log.newCleaned(base);
    boolean isHandedOver = false;
    try (var index = new IndexOf(cleaned)) {
      transactions.setCleanedIndex(Optional.of(index));
      var copy = new Copy(log, cleaned, transactions, dirtyEnd, nowMs);
      for (int i = 0; i < group.size(); i++) {
        Segment segment = group.get(i);
        long to = i + 1 < group.size() ? group.get(i + 1).baseOffset() : segment.nextOffset();
        transactions.addAbortedTransactions(aborted(log, segment.baseOffset(), to));
        copy.append(segment);
      }
      if (log.isGone()) throw new AbandonedException("the log was closed");
      isHandedOver = true;
      if (!log.replace(group, cleaned, truncations)) {
        throw new AbandonedException("segments were dropped or cut meanwhile");
      }
    } finally {
      transactions.setCleanedIndex(Optional.empty());
      if (!isHandedOver) cleaned.delete();
    }
  }

  /** The transaction index of a segment, as Kafka's class writes to it. */
  private static final class IndexOf extends TransactionIndex {
    private final Segment segment;

    IndexOf(Segment segment) throws IOException {
      super(segment.baseOffset(), segment.transactionsPath().toFile());
      this.segment = segment;
    }

    @Override
    public void append(AbortedTxn aborted) throws IOException {
      segment.addAborted(aborted);
    }
  }

  /** The way of a group's batches into one new file. */
  private final class Copy extends RecordFilter {
    private final CleanableLog log;
    private final Segment cleaned;
    private final CleanedTransactionMetadata transactions;
    private final Map<Long, LastRecord> lastRecords;
    private final long dirtyEnd;
    private final long unseenFrom;
    private boolean isDiscarded;

    Copy(
        CleanableLog log,
        Segment cleaned,
        CleanedTransactionMetadata transactions,
        long dirtyEnd,
        long nowMs) {
      super(nowMs, log.config().deleteRetentionMs());
      this.log = log;
      this.cleaned = cleaned;
      this.transactions = transactions;
      this.lastRecords = log.lastRecords();
      this.dirtyEnd = dirtyEnd;
      this.unseenFrom = log.unseenFrom();
    }

    void append(Segment segment) throws IOException, AbandonedException, InterruptedException {
      int size = segment.sizeBytes();
      int read = 0;
      out.clear();
      while (read < size) {
        ByteBuffer chunk = read(log, segment, read, size);
        while (chunk.hasRemaining()) {
          ByteBuffer batch = nextBatch(chunk);
          read += batch.limit();
          if (out.position() >= BUFFER_BYTES / 2) flush();
          append(segment, batch);
        }
      }
      flush();
    }

    private void append(Segment segment, ByteBuffer batch) throws IOException {
      if (!BatchView.isControl(batch, 0) && isOversized(segment, batch)) {
        if (transactions.onBatchRead(kafkaBatch(batch)) && !isLastOfProducer(kafkaBatch(batch))) {
          counters.droppedRecords.add(BatchView.recordCount(batch, 0));
          return;
        }
        ensureRoom(batch.limit());
        out.put(batch.duplicate());
        return;
      }
      // A batch may grow, if other codecs or levels packed it better: Kafka's filter then hands
      // back a buffer of its own, with everything that was in ours.
      var result = MemoryRecords.readableRecords(batch).filterTo(this, out, decompression);
      out = result.outputBuffer();
      counters.droppedRecords.add(result.messagesRead() - result.messagesRetained());
    }

    private void ensureRoom(int bytes) {
      if (out.remaining() >= bytes) return;
      ByteBuffer larger = ByteBuffer.allocate(out.position() + bytes);
      out = larger.put(out.flip());
    }

    private void flush() throws IOException, InterruptedException {
      out.flip();
      int bytes = out.remaining();
      if (bytes > 0) {
        cleaned.append(out, log.config().indexIntervalBytes());
        counters.writtenBytes.add(bytes);
        pace.spend(bytes);
      }
      out.clear();
    }

    @Override
    protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
      // A marker goes only after all records of its transaction, and then as late as a tombstone.
      boolean isObsolete =
          batch.isControlBatch()
              ? transactions.onControlBatchRead(batch)
              : transactions.onBatchRead(batch);
      OptionalLong horizonMs = batch.deleteHorizonMs();
      boolean isDueMarker =
          batch.lastOffset() < unseenFrom
              && horizonMs.isPresent()
              && horizonMs.getAsLong() <= currentTime;
      isDiscarded = isObsolete && (!batch.isControlBatch() || isDueMarker);
      BatchRetention retention;
      if (isLastOfProducer(batch) || batch.nextOffset() == dirtyEnd) {
        // Without it the producer's next sequence, or the log's offsets, could not be told.
        retention = BatchRetention.RETAIN_EMPTY;
      } else {
        retention = isDiscarded ? BatchRetention.DELETE : BatchRetention.DELETE_EMPTY;
      }
      return new BatchRetentionResult(retention, isObsolete && batch.isControlBatch());
    }

    private boolean isLastOfProducer(RecordBatch batch) {
      if (!batch.hasProducerId()) return false;
      LastRecord last = lastRecords.get(batch.producerId());
      if (last == null) return false;
      return last.lastDataOffset().isPresent()
          ? batch.lastOffset() == last.lastDataOffset().getAsLong()
          : batch.isControlBatch() && batch.producerEpoch() == last.producerEpoch();
    }

    @Override
    protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
      if (isDiscarded) return false;
      if (batch.isControlBatch() || record.offset() > map.latestOffset()) return true;
      if (!record.hasKey()) return false;
      try {
        if (record.offset() < map.get(record.key())) return false;
      } catch (DigestException e) {
        throw new IllegalStateException("keys are hashed by an algorithm that does not fail", e);
      }
      OptionalLong horizonMs = batch.deleteHorizonMs();
      return record.hasValue()
          || record.offset() >= unseenFrom
          || horizonMs.isEmpty()
          || currentTime < horizonMs.getAsLong();
    }
  }

  // Reading.

  /** Whole batches from a position on, as many as the buffer holds, but at least one. */
  private ByteBuffer read(CleanableLog log, Segment segment, int position, int size)
      throws IOException, AbandonedException, InterruptedException {
    if (log.isGone() || pace.isClosed()) throw new AbandonedException("the log was closed");
    in.clear().limit(Math.min(in.capacity(), size - position));
    int bytes = segment.file().read(in, position);
    in.flip();
    int end = 0;
    while (bytes - end >= BatchView.HEADER_BYTES) {
      int batchBytes = BatchView.sizeBytes(in, end);
      if (BatchView.magic(in, end) != BatchView.MAGIC
          || batchBytes < BatchView.HEADER_BYTES
          || batchBytes > size - position - end) {
        throw new DamagedSegmentException(segment.file().path(), position + end, "no batch");
      }
      if (batchBytes > bytes - end) {
        if (end > 0) break;
        in = ByteBuffer.allocate(batchBytes);
        return read(log, segment, position, size);
      }
      if (BatchView.computeCrc(in, end) != BatchView.crc(in, end)) {
        throw new DamagedSegmentException(
            segment.file().path(), position + end, "the checksum does not fit");
      }
      end += batchBytes;
    }
    if (end == 0) {
      throw new DamagedSegmentException(segment.file().path(), position, "the batch is cut short");
    }
    counters.readBytes.add(end);
    pace.spend(end);
    return in.limit(end);
  }

  private static ByteBuffer nextBatch(ByteBuffer chunk) {
    int bytes = BatchView.sizeBytes(chunk, chunk.position());
    ByteBuffer batch = chunk.slice(chunk.position(), bytes);
    chunk.position(chunk.position() + bytes);
    return batch;
  }

  private static MutableRecordBatch kafkaBatch(ByteBuffer batch) {
    return MemoryRecords.readableRecords(batch).batches().iterator().next();
  }

  private boolean isOversized(Segment segment, ByteBuffer batch) throws IOException {
    long objects = RECORD_OVERHEAD_BYTES * Math.max(0, BatchView.recordCount(batch, 0));
    long left = BATCH_MEMORY_MAX - objects;
    boolean isOversized;
    try {
      isOversized = left <= 0 || validator.expandsBeyond(batch, left);
    } catch (RuntimeException e) {
      throw new DamagedSegmentException( // its position in the file is not known here any more
          segment.file().path(), BatchView.baseOffset(batch, 0), e.toString());
    }
    if (isOversized) counters.oversizedBatches.increment();
    return isOversized;
  }

  /**
   * Aborted transactions with a marker at or after an offset; those below the log start are gone.
   */
  private static List<AbortedTxn> aborted(CleanableLog log, long from, long to) throws IOException {
    List<AbortedTxn> aborted = new ArrayList<>();
    for (Segment segment : CleanRange.from(log.segments(), from)) {
      if (segment.collectAborted(log.logStart(), to, aborted)) break;
    }
    return aborted;
  }
}
