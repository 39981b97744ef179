package oxbow.cold.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.BatchRecords;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.store.StoreException;
import oxbow.log.EpochEnd;
import oxbow.log.TimestampedOffset;
import oxbow.log.batch.BatchView;

/**
 * Reads a cold file by its batch index; how records come out of it is the format's own. Thread-safe
 * as long as its formats' parts are.
 */
public abstract class IndexedFileReader implements ColdFileReader {
  private final ColdFile file;
  private final BatchIndex index;

  protected IndexedFileReader(ColdFile file, BatchIndex index) {
    this.file = file;
    this.index = index;
  }

  /** Whether a file is the one that the table believes it to be. */
  protected static void checkRange(ColdFile file, FileFacts facts) throws IOException {
    boolean isSame =
        facts.baseOffset() == file.baseOffset()
            && facts.endOffset() == file.endOffset()
            && facts.partition() == file.partition();
    if (isSame) return;
    throw new IOException(
        "it says to hold offsets "
            + facts.baseOffset()
            + " to "
            + facts.endOffset()
            + " of partition "
            + facts.partition());
  }

  /** Ids of the schemas that its rows have columns of. */
  public abstract Set<Integer> schemaIds();

  /** What its records named and found no columns for; empty: the file doesn't say. */
  public abstract Optional<FileFacts.Absent> absentSchemas();

  /** How many of its records are kept as they came; empty: the file doesn't say. */
  public abstract Optional<RawCounts> raw();

  /** A source of batches for one reader. */
  protected abstract BatchSource openSource();

  /**
   * Shows offsets and timestamps of a batch's rows, without reading more than needed.
   *
   * @return false: they can't be told so, and the batch itself is to be looked at
   */
  protected abstract boolean visitRows(int batch, RowVisitor visitor) throws IOException;

  /** Who looks at records in offset order. */
  protected interface RowVisitor {
    /** Returns whether to go on. */
    boolean visit(long offset, long timestampMs);
  }

  @Override
  public final ColdFile file() {
    return file;
  }

  public final BatchIndex index() {
    return index;
  }

  @Override
  public final ByteBuffer read(long offset, int bytesMax) {
    try (Cursor cursor = open(offset)) {
      return cursor.next(bytesMax);
    }
  }

  @Override
  public final Cursor open(long offset) {
    return new IndexedCursor(index.find(offset));
  }

  @Override
  public final Optional<TimestampedOffset> find(long timestampMs, long from, long to) {
    var first = new FirstAtOrAfter(timestampMs, from, to);
    for (int batch = index.find(from); batch < index.size(); batch++) {
      if (index.baseOffset(batch) >= to) break;
      if (index.maxTimestampMs(batch) < timestampMs || index.count(batch) == 0) continue;
      visit(batch, first);
      if (first.isFound) return Optional.of(first.found(index.leaderEpoch(batch)));
    }
    return Optional.empty();
  }

  @Override
  public final Optional<TimestampedOffset> findMaxTimestamp(long from, long to) {
    // Those that may have the largest first; each tells by its header what it has at most.
    List<Integer> candidates = new ArrayList<>();
    for (int batch = index.find(from); batch < index.size(); batch++) {
      if (index.baseOffset(batch) >= to) break;
      if (index.count(batch) > 0) candidates.add(batch);
    }
    candidates.sort(Comparator.comparingLong((Integer batch) -> -index.maxTimestampMs(batch)));
    @Nullable TimestampedOffset best = null;
    for (int batch : candidates) {
      if (best != null && index.maxTimestampMs(batch) < best.timestampMs()) break;
      var largest = new Largest(from, to);
      visit(batch, largest);
      if (!largest.isFound) continue;
      boolean isBetter =
          best == null
              || largest.timestampMs > best.timestampMs()
              || (largest.timestampMs == best.timestampMs() && largest.offset < best.offset());
      if (isBetter) best = largest.found(index.leaderEpoch(batch));
    }
    return Optional.ofNullable(best);
  }

  /** A record that was looked for in a range of offsets. */
  private abstract static class Search implements RowVisitor {
    private final long from;
    private final long to;
    boolean isFound;
    long offset;
    long timestampMs;

    Search(long from, long to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public boolean visit(long offset, long timestampMs) {
      if (offset >= to) return false;
      if (offset < from || !isBetter(timestampMs)) return true;
      isFound = true;
      this.offset = offset;
      this.timestampMs = timestampMs;
      return goesOn();
    }

    abstract boolean isBetter(long timestampMs);

    abstract boolean goesOn();

    TimestampedOffset found(int leaderEpoch) {
      return new TimestampedOffset(timestampMs, offset, leaderEpoch);
    }
  }

  private static final class FirstAtOrAfter extends Search {
    private final long wantedMs;

    FirstAtOrAfter(long wantedMs, long from, long to) {
      super(from, to);
      this.wantedMs = wantedMs;
    }

    @Override
    boolean isBetter(long timestampMs) {
      return timestampMs >= wantedMs;
    }

    @Override
    boolean goesOn() {
      return false;
    }
  }

  private static final class Largest extends Search {
    Largest(long from, long to) {
      super(from, to);
    }

    @Override
    boolean isBetter(long timestampMs) {
      return !isFound || timestampMs > this.timestampMs;
    }

    @Override
    boolean goesOn() {
      return true;
    }
  }

  private void visit(int batch, RowVisitor visitor) {
    try {
      boolean areRows = index.rows(batch) > 0 && index.whole(batch) == null;
      if (!areRows || !visitRows(batch, visitor)) visitBytes(batch, visitor);
    } catch (IOException | RuntimeException e) {
      throw corrupt(e, batch);
    }
  }

  /** Looks at a batch as consumers get it. */
  private void visitBytes(int batch, RowVisitor visitor) {
    ByteBuffer bytes = read(index.baseOffset(batch), 1);
    try (var unpacker = new BatchUnpacker()) {
      if (!unpacker.unpack(bytes)) {
        visitor.visit(index.baseOffset(batch), index.maxTimestampMs(batch));
        return;
      }
      BatchRecords records = unpacker.records();
      boolean isAppendTime = BatchView.isLogAppendTime(bytes, 0);
      for (int i = 0; i < records.count; i++) {
        long recordMs =
            isAppendTime
                ? index.maxTimestampMs(batch)
                : index.baseTimestampMs(batch) + records.timestampDeltas[i];
        if (!visitor.visit(index.baseOffset(batch) + records.offsetDeltas[i], recordMs)) return;
      }
    }
  }

  @Override
  public final Optional<EpochEnd> endOf(int leaderEpoch) {
    for (int batch = index.size() - 1; batch >= 0; batch--) {
      int epoch = index.leaderEpoch(batch);
      if (epoch <= leaderEpoch) {
        // Its last batches may have been compacted away: it reached up to the next epoch's first.
        boolean isLast = batch + 1 == index.size();
        long end = isLast ? file.endOffset() : index.baseOffset(batch + 1);
        return Optional.of(new EpochEnd(epoch, end));
      }
    }
    return Optional.empty();
  }

  /** What broke says where; what the store said already stays as it is. */
  private RuntimeException corrupt(Exception cause, int batch) {
    if (cause instanceof StoreException e) return e;
    return new StoreException(
        StoreException.Kind.CORRUPT,
        "cold file "
            + file.name()
            + " can't be read at offset "
            + index.baseOffset(batch)
            + ": "
            + cause.getMessage(),
        cause);
  }

  private final class IndexedCursor implements Cursor {
    private final BatchSource source = openSource();
    private final List<Span> spans = spans();
    private int batch;
    private boolean isPlaced;

    /** Where the source has a batch that was too much for the call before; empty: none. */
    private int waitingAt;

    private int waitingEnd;

    IndexedCursor(int batch) {
      this.batch = batch;
    }

    @Override
    public ByteBuffer next(int bytesMax) {
      ByteBuffer view = nextView(bytesMax);
      var bytes = new byte[view.remaining()];
      view.get(0, bytes);
      return ByteBuffer.wrap(bytes);
    }

    @Override
    public ByteBuffer nextView(int bytesMax) {
      int end = waitingEnd - waitingAt;
      int stop = behindRange(end == 0 ? batch : batch - 1);
      if (end > 0) System.arraycopy(source.bytes(), waitingAt, source.bytes(), 0, end);
      waitingAt = 0;
      waitingEnd = 0;
      try {
        while (batch < index.size() && end < bytesMax && (end == 0 || batch < stop)) {
          int batchEnd = append(end);
          if (end > 0 && batchEnd > bytesMax) {
            waitingAt = end;
            waitingEnd = batchEnd;
            break;
          }
          end = batchEnd;
        }
      } catch (IOException | RuntimeException e) {
        throw corrupt(e, Math.min(batch, index.size() - 1));
      }
      return ByteBuffer.wrap(source.bytes(), 0, end).slice();
    }

    /** The batch with which the next range begins: nobody waits for that who has something. */
    private int behindRange(int from) {
      if (from >= index.size()) return index.size();
      long baseOffset = index.baseOffset(from);
      for (Span span : spans) {
        if (span.baseOffset() > baseOffset) return index.find(span.baseOffset());
      }
      return index.size();
    }

    private int append(int at) throws IOException {
      if (!isPlaced) source.seek(batch);
      isPlaced = true;
      int end = source.append(batch, at);
      int crc = ByteAccess.intBe(source.bytes(), at + CRC_AT);
      if (crc != index.crc(batch)) {
        throw new IOException(
            "the batch comes out with checksum "
                + Integer.toHexString(crc)
                + ", the index says "
                + Integer.toHexString(index.crc(batch)));
      }
      batch++;
      return end;
    }

    @Override
    public void close() {
      source.close();
    }
  }

  private static final int CRC_AT = 17;
}
