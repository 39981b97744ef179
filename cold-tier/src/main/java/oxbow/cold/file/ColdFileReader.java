package oxbow.cold.file;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import oxbow.log.EpochEnd;
import oxbow.log.TimestampedOffset;

/**
 * Reads one cold file back as the log's batches. Holds its indexes; fetches what it needs through a
 * {@link RangeSource}. Thread-safe.
 */
public interface ColdFileReader {
  ColdFile file();

  /**
   * Whole batches from the one that holds {@code offset} or, in a gap, the next one.
   *
   * @param bytesMax stop before more than this, but not before one batch
   * @return the batches in a buffer of the caller's own; empty if none follows in this file
   */
  ByteBuffer read(long offset, int bytesMax);

  /**
   * A reader of its own for somebody who goes on reading: it keeps what it has fetched and decoded.
   */
  Cursor open(long offset);

  /** The first record at or after a time, among those with offsets of a range. */
  Optional<TimestampedOffset> find(long timestampMs, long from, long to);

  /** The first record with the largest timestamp, among those with offsets of a range. */
  Optional<TimestampedOffset> findMaxTimestamp(long from, long to);

  /** The last leader epoch in the file that is not above this one; empty: all are above. */
  Optional<EpochEnd> endOf(int leaderEpoch);

  /**
   * The ranges that {@link #read} goes to, in order: who reads on from one will want the next, and
   * may fetch it ahead.
   */
  List<Span> spans();

  /**
   * One range of a file that is read at once: a row group, or a run of blocks.
   *
   * @param baseOffset the first offset in it
   */
  record Span(long baseOffset, long position, int length) {}

  /** The file's batches one after the other. Owned by one thread. */
  interface Cursor extends AutoCloseable {
    /**
     * The batches that follow, as {@link ColdFileReader#read} gives them, but of one span only;
     * empty at the file's end.
     */
    ByteBuffer next(int bytesMax);

    /** The same in memory of the cursor's own, which the next call writes over. */
    default ByteBuffer nextView(int bytesMax) {
      return next(bytesMax);
    }

    /** Gives its buffers back. */
    @Override
    void close();
  }

  /** Where bytes of a cold file come from: the object store, through whatever caches there are. */
  interface RangeSource {
    ByteBuffer read(long position, int length);

    /** The same into memory of the caller's, from its start. */
    default void read(long position, byte[] into, int length) {
      ByteBuffer range = read(position, length);
      range.get(range.position(), into, 0, length);
    }
  }
}
