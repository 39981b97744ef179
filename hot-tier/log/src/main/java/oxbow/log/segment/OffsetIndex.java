package oxbow.log.segment;

import static oxbow.log.Invariants.invariant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import oxbow.log.io.LogFiles;

/**
 * Where some of a segment's batches begin. The older entries lie in the file, those not yet written
 * in memory. Hot path. Written under the partition's lock, read without.
 *
 * <pre>
 * entry, 8 bytes, big-endian: last offset of the batch minus base offset 4 | position of the batch 4
 * </pre>
 */
final class OffsetIndex {
  static final int ENTRY_BYTES = 8;
  private static final int OFFSET_AT = 0;
  private static final int POSITION_AT = 4;

  private final long baseOffset;
  private final IndexFile file;
  private volatile Tail tail;

  OffsetIndex(LogFiles files, Path path, long baseOffset, int stored) {
    this.baseOffset = baseOffset;
    this.file = new IndexFile(files, path, ENTRY_BYTES);
    this.tail = new Tail(stored, new long[0], 0);
  }

  /** The entries in memory, and how many before them lie in the file. */
  private static final class Tail {
    final int stored;
    final long[] entries;
    volatile int count;

    Tail(int stored, long[] entries, int count) {
      this.stored = stored;
      this.entries = entries;
      this.count = count;
    }

    /** The last entry whose upper or lower half is at most {@code key}; -1: there is none. */
    int floor(int shift, long key) {
      int low = 0;
      int high = count;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if ((int) (entries[middle] >>> shift) <= key) low = middle + 1;
        else high = middle;
      }
      return low - 1;
    }
  }

  IndexFile file() {
    return file;
  }

  int count() {
    Tail now = tail;
    return now.stored + now.count;
  }

  void add(long lastOffset, int position) {
    long relative = lastOffset - baseOffset;
    invariant(relative >= 0 && relative <= Integer.MAX_VALUE, "offset fits no index", lastOffset);
    Tail now = tail;
    int count = now.count;
    if (count == now.entries.length) {
      now = new Tail(now.stored, Arrays.copyOf(now.entries, Math.max(8, count * 2)), count);
      tail = now;
    }
    now.entries[count] = relative << 32 | position;
    now.count = count + 1;
  }

  /** Position of the last batch known to end at or before an offset, as an entry; -1: none is. */
  long floor(long offset) throws IOException {
    return floor(32, OFFSET_AT, offset - baseOffset);
  }

  /** The last batch known to begin at or before a position, as an entry; -1: none is. */
  long floorPosition(int position) throws IOException {
    return floor(0, POSITION_AT, position);
  }

  static int position(long entry) {
    return (int) entry;
  }

  long lastOffset(long entry) {
    return baseOffset + (entry >>> 32);
  }

  /** The last entry; -1: there is none. */
  long last() throws IOException {
    return floorPosition(Integer.MAX_VALUE);
  }

  private long floor(int shift, int keyAt, long key) throws IOException {
    Tail now = tail;
    int near = now.floor(shift, key);
    if (near >= 0) return now.entries[near];
    if (now.stored == 0) return -1;
    int number = file.floor(now.stored, keyAt, Integer.BYTES, key);
    return number < 0 ? -1 : file.entry(number).getLong(0);
  }

  /** Writes the entries in memory to the file; those added meanwhile stay where they are. */
  Unstored unstored() {
    Tail now = tail;
    return new Unstored(now.stored, now.entries, now.count);
  }

  /** What was in memory at some moment. */
  static final class Unstored {
    private final int stored;
    private final long[] entries;
    private final int count;

    private Unstored(int stored, long[] entries, int count) {
      this.stored = stored;
      this.entries = entries;
      this.count = count;
    }
  }

  void store(Unstored unstored, boolean isForced) throws IOException {
    if (unstored.count == 0 && unstored.stored > 0) return; // an empty file says: none, not lost
    ByteBuffer bytes = ByteBuffer.allocate(unstored.count * ENTRY_BYTES);
    LongBuffer longs = bytes.asLongBuffer();
    longs.put(unstored.entries, 0, unstored.count);
    file.write(unstored.stored, bytes, isForced);
  }

  /** The entries written need no memory any more. Under the partition's lock. */
  void stored(Unstored unstored) {
    Tail now = tail;
    if (unstored.count == 0) return;
    invariant(now.stored == unstored.stored, "index entries were stored twice", now.stored);
    int left = now.count - unstored.count;
    tail =
        new Tail(
            now.stored + unstored.count,
            Arrays.copyOfRange(now.entries, unstored.count, now.count),
            left);
  }

  /** Drops the entries of batches that end at or after an offset. */
  void truncateTo(long offset) throws IOException {
    Tail now = tail;
    long key = offset - 1 - baseOffset;
    int kept = now.floor(32, key) + 1;
    if (kept > 0 || now.stored == 0) {
      tail = new Tail(now.stored, now.entries.clone(), kept);
      return;
    }
    int stored = file.floor(now.stored, OFFSET_AT, Integer.BYTES, key) + 1;
    file.truncate(stored);
    tail = new Tail(stored, new long[0], 0);
  }
}
