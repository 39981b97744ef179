package oxbow.log.segment;

import static oxbow.log.Invariants.invariant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import oxbow.log.io.LogFiles;

/**
 * The largest timestamp up to some of a segment's batches. The older entries lie in the file, those
 * not yet written in memory. Written under the partition's lock, read without.
 *
 * <pre>
 * entry, 12 bytes, big-endian: timestamp 8 | last offset of the batch that has it minus base offset 4
 * </pre>
 */
final class TimeIndex {
  static final int ENTRY_BYTES = 12;

  private final long baseOffset;
  private final IndexFile file;
  private volatile Tail tail;

  private static final long UNREAD = Long.MIN_VALUE;

  /** Timestamp of the last entry, -1 if there is none; only the writer looks at it. */
  private long lastTimestampMs;

  TimeIndex(LogFiles files, Path path, long baseOffset, int stored) {
    this.baseOffset = baseOffset;
    this.file = new IndexFile(files, path, ENTRY_BYTES);
    this.tail = new Tail(stored, new long[0], new int[0], 0);
    this.lastTimestampMs = stored == 0 ? -1 : UNREAD;
  }

  /** The entries in memory, and how many before them lie in the file. */
  private static final class Tail {
    final int stored;
    final long[] timestamps;
    final int[] offsets;
    volatile int count;

    Tail(int stored, long[] timestamps, int[] offsets, int count) {
      this.stored = stored;
      this.timestamps = timestamps;
      this.offsets = offsets;
      this.count = count;
    }

    int floor(long timestampMs) {
      int found = Arrays.binarySearch(timestamps, 0, count, timestampMs);
      return found >= 0 ? found : -found - 2;
    }
  }

  /** An entry: nothing up to {@code offset} is younger. */
  record Entry(long timestampMs, long offset) {}

  IndexFile file() {
    return file;
  }

  int count() {
    Tail now = tail;
    return now.stored + now.count;
  }

  /** Adds an entry, if it is younger than the last. */
  void add(long timestampMs, long lastOffset) throws IOException {
    if (lastTimestampMs == UNREAD) lastTimestampMs = last().timestampMs();
    if (timestampMs <= lastTimestampMs) return;
    long relative = lastOffset - baseOffset;
    invariant(relative >= 0 && relative <= Integer.MAX_VALUE, "offset fits no index", lastOffset);
    Tail now = tail;
    int count = now.count;
    if (count == now.timestamps.length) {
      int capacity = Math.max(8, count * 2);
      now =
          new Tail(
              now.stored,
              Arrays.copyOf(now.timestamps, capacity),
              Arrays.copyOf(now.offsets, capacity),
              count);
      tail = now;
    }
    now.timestamps[count] = timestampMs;
    now.offsets[count] = (int) relative;
    now.count = count + 1;
    lastTimestampMs = timestampMs;
  }

  /** The last entry at or before a time; the segment's start if there is none. */
  Entry floor(long timestampMs) throws IOException {
    Tail now = tail;
    int near = now.floor(timestampMs);
    if (near >= 0) return new Entry(now.timestamps[near], baseOffset + now.offsets[near]);
    int number = now.stored == 0 ? -1 : file.floor(now.stored, 0, Long.BYTES, timestampMs);
    if (number < 0) return new Entry(-1, baseOffset);
    ByteBuffer entry = file.entry(number);
    return new Entry(entry.getLong(0), baseOffset + entry.getInt(Long.BYTES));
  }

  Entry last() throws IOException {
    return floor(Long.MAX_VALUE);
  }

  /** What was in memory at some moment. */
  static final class Unstored {
    private final int stored;
    private final long[] timestamps;
    private final int[] offsets;
    private final int count;

    private Unstored(int stored, long[] timestamps, int[] offsets, int count) {
      this.stored = stored;
      this.timestamps = timestamps;
      this.offsets = offsets;
      this.count = count;
    }
  }

  Unstored unstored() {
    Tail now = tail;
    return new Unstored(now.stored, now.timestamps, now.offsets, now.count);
  }

  void store(Unstored unstored, boolean isForced) throws IOException {
    if (unstored.count == 0 && unstored.stored > 0) return; // an empty file says: none, not lost
    ByteBuffer bytes = ByteBuffer.allocate(unstored.count * ENTRY_BYTES);
    for (int i = 0; i < unstored.count; i++) {
      bytes.putLong(unstored.timestamps[i]).putInt(unstored.offsets[i]);
    }
    file.write(unstored.stored, bytes.flip(), isForced);
  }

  /** The entries written need no memory any more. Under the partition's lock. */
  void stored(Unstored unstored) {
    if (unstored.count == 0) return;
    Tail now = tail;
    invariant(now.stored == unstored.stored, "index entries were stored twice", now.stored);
    tail =
        new Tail(
            now.stored + unstored.count,
            Arrays.copyOfRange(now.timestamps, unstored.count, now.count),
            Arrays.copyOfRange(now.offsets, unstored.count, now.count),
            now.count - unstored.count);
  }

  /** Drops the entries of batches that end at or after an offset. */
  void truncateTo(long offset) throws IOException {
    Tail now = tail;
    int kept = now.count;
    while (kept > 0 && baseOffset + now.offsets[kept - 1] >= offset) kept--;
    int stored = now.stored;
    if (kept == 0) {
      while (stored > 0 && baseOffset + file.entry(stored - 1).getInt(Long.BYTES) >= offset) {
        stored--;
      }
      if (stored < now.stored) file.truncate(stored);
    }
    tail = new Tail(stored, now.timestamps.clone(), now.offsets.clone(), kept);
    lastTimestampMs = last().timestampMs();
  }
}
