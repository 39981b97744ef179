package oxbow.cold.file.parquet;

import java.util.Arrays;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.LeafType;

/**
 * The distinct values of one column in one row group, numbered as they come. Open addressing over
 * arrays. Hot path.
 */
final class ValueDictionary {
  private static final long MIX = 0x9E3779B97F4A7C15L;
  private static final int INITIAL_SLOTS = 1024;

  private final boolean isNumber;
  private final int fixedBytes;

  /** Number of the value plus one; zero: free. */
  private int[] slots = new int[INITIAL_SLOTS];

  private int size;

  // Numbers.
  private long[] longs = new long[0];

  // Binary values: their contents, each behind its length unless all have the same.
  private byte[] bytes = new byte[0];
  private int bytesEnd;
  private int[] starts = new int[0];

  /** Length of each and its first eight bytes, which tell most apart without looking further. */
  private int[] lengths = new int[0];

  private long[] prefixes = new long[0];

  ValueDictionary(LeafType type, int fixedBytes) {
    this.isNumber = type.isNumber();
    this.fixedBytes = type == LeafType.FIXED ? fixedBytes : 0;
    if (isNumber) {
      longs = new long[INITIAL_SLOTS / 2];
    } else {
      bytes = new byte[INITIAL_SLOTS * 8];
      starts = new int[INITIAL_SLOTS / 2];
      lengths = new int[INITIAL_SLOTS / 2];
      prefixes = new long[INITIAL_SLOTS / 2];
    }
  }

  int size() {
    return size;
  }

  /** What its page has uncompressed, of binary values. */
  int bytesEnd() {
    return bytesEnd;
  }

  long longAt(int number) {
    return longs[number];
  }

  byte[] bytes() {
    return bytes;
  }

  private static long prefix(byte[] source, int from, int length) {
    if (length == 0) return 0;
    long first = ByteAccess.longLe(source, from);
    if (length >= Long.BYTES) return first;
    int unused = (Long.BYTES - length) * Byte.SIZE;
    return first << unused >>> unused;
  }

  void clear() {
    if (size == 0) return;
    if (slots.length > INITIAL_SLOTS * 64) {
      slots = new int[INITIAL_SLOTS];
    } else {
      Arrays.fill(slots, 0);
    }
    size = 0;
    bytesEnd = 0;
  }

  /** Numbers the values {@code from} to {@code to} of a vector. */
  void number(ColumnVector vector, int from, int to, int[] into) {
    if (isNumber) {
      long[] values = vector.longs;
      for (int i = from; i < to; i++) into[i] = numberOf(values[i]);
    } else if (fixedBytes > 0) {
      for (int i = from; i < to; i++) {
        into[i] = numberOf(vector.bytes, vector.starts[i], fixedBytes);
      }
    } else {
      byte[] source = vector.bytes;
      int[] starts = vector.starts;
      for (int i = from; i < to; i++) {
        int start = starts[i];
        into[i] = numberOf(source, start, ByteAccess.intLe(source, start - Integer.BYTES));
      }
    }
  }

  private int numberOf(long value) {
    int mask = slots.length - 1;
    int slot = slotOf(value) & mask;
    int entry;
    while ((entry = slots[slot]) != 0) {
      if (longs[entry - 1] == value) return entry - 1;
      slot = (slot + 1) & mask;
    }
    if (size == longs.length) longs = Arrays.copyOf(longs, size * 2);
    longs[size] = value;
    slots[slot] = ++size;
    if (size * 2 > mask) grow();
    return size - 1;
  }

  private int numberOf(byte[] source, int from, int length) {
    int mask = slots.length - 1;
    int slot = slotOf(source, from, length) & mask;
    long prefix = prefix(source, from, length);
    int entry;
    while ((entry = slots[slot]) != 0) {
      int number = entry - 1;
      if (prefixes[number] == prefix && lengths[number] == length) {
        if (length <= Long.BYTES || isRestEqual(number, source, from, length)) return number;
      }
      slot = (slot + 1) & mask;
    }
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, size * 2);
      lengths = Arrays.copyOf(lengths, size * 2);
      prefixes = Arrays.copyOf(prefixes, size * 2);
    }
    lengths[size] = length;
    prefixes[size] = prefix;
    int needed = bytesEnd + Integer.BYTES + length + ByteAccess.SLACK_BYTES;
    if (needed > bytes.length) bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, needed));
    if (fixedBytes == 0) {
      ByteAccess.intLe(bytes, bytesEnd, length);
      bytesEnd += Integer.BYTES;
    }
    System.arraycopy(source, from, bytes, bytesEnd, length);
    starts[size] = bytesEnd;
    bytesEnd += length;
    slots[slot] = ++size;
    if (size * 2 > mask) grow();
    return size - 1;
  }

  /** Of two values whose lengths and prefixes are equal. */
  private boolean isRestEqual(int number, byte[] source, int from, int length) {
    int start = starts[number] + Long.BYTES;
    from += Long.BYTES;
    int left = length - Long.BYTES;
    while (left > Long.BYTES) {
      if (ByteAccess.longLe(bytes, start) != ByteAccess.longLe(source, from)) return false;
      start += Long.BYTES;
      from += Long.BYTES;
      left -= Long.BYTES;
    }
    return left == 0
        || (ByteAccess.longLe(bytes, start) ^ ByteAccess.longLe(source, from))
                << ((Long.BYTES - left) * Byte.SIZE)
            == 0;
  }

  private void grow() {
    var wider = new int[slots.length * 2];
    int mask = wider.length - 1;
    for (int i = 0; i < size; i++) {
      int slot = (isNumber ? slotOf(longs[i]) : slotOf(bytes, starts[i], lengths[i])) & mask;
      while (wider[slot] != 0) slot = (slot + 1) & mask;
      wider[slot] = i + 1;
    }
    slots = wider;
  }

  private static int slotOf(long value) {
    long mixed = (value ^ (value >>> 32)) * MIX;
    return (int) (mixed >>> 36);
  }

  private static int slotOf(byte[] source, int from, int length) {
    long hash = length * MIX;
    int left = length;
    while (left > Long.BYTES) {
      hash = (hash ^ ByteAccess.longLe(source, from)) * MIX;
      hash ^= hash >>> 29;
      from += Long.BYTES;
      left -= Long.BYTES;
    }
    if (left > 0) {
      int unused = (Long.BYTES - left) * Byte.SIZE;
      hash = (hash ^ (ByteAccess.longLe(source, from) << unused >>> unused)) * MIX;
    }
    return (int) (hash ^ (hash >>> 32));
  }
}
