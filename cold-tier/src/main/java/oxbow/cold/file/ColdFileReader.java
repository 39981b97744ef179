package oxbow.cold.file;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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

  /** The first record at or after a time, among those with offsets of a range. */
  Optional<TimestampedOffset> find(long timestampMs, long from, long to);

  /** The first record with the largest timestamp, among those with offsets of a range. */
  Optional<TimestampedOffset> findMaxTimestamp(long from, long to);

  /** Where the last batch of a leader epoch not above this one ends; empty: all are above. */
  OptionalLong endOf(int leaderEpoch);

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

  /** Where bytes of a cold file come from: the object store, through whatever caches there are. */
  interface RangeSource {
    ByteBuffer read(long position, int length);
  }
}
