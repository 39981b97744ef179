package oxbow.cold.file.parquet;

import java.util.Arrays;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.LeafType;
import oxbow.cold.shred.SpareArrays;

/**
 * The distinct values of one column in one row group, numbered as they come. Open addressing over
 * arrays. Hot path.
 */
final class ValueDictionary implements AutoCloseable {
  private static final long MIX = 0x9E3779B97F4A7C15L;
  private static final long MIX_LENGTH = 0xC2B2AE3D27D4EB4FL;
  private static final int INITIAL_SLOTS = 1024;

  private final boolean isNumber;
  private final int fixedBytes;

  /** Number of the value plus one; zero: free. */
  private int[] slots = new int[INITIAL_SLOTS];

  /** What is left of a hash is a slot: its upper bits, on which all bits of the value work. */
  private int slotShift = shift(INITIAL_SLOTS);

  private int size;

  // Numbers.
  private long[] longs = new long[0];

  // Binary values: their contents, each behind its length unless all have the same.
  private byte[] bytes = new byte[0];
  private int bytesEnd;

  /**
   * Two words of each binary value, side by side: its first eight bytes, which tell most apart
   * without looking further, and where it begins with its length in the lower half.
   */
  private long[] keys = new long[0];

  ValueDictionary(LeafType type, int fixedBytes) {
    this.isNumber = type.isNumber();
    this.fixedBytes = type == LeafType.FIXED ? fixedBytes : 0;
    if (isNumber) {
      longs = new long[INITIAL_SLOTS / 2];
    } else {
      bytes = new byte[INITIAL_SLOTS * 8];
      keys = new long[INITIAL_SLOTS];
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

  /** Where a binary value lies in {@link #bytes}. */
  int start(int number) {
    return (int) (keys[2 * number + 1] >>> Integer.SIZE);
  }

  int length(int number) {
    return (int) keys[2 * number + 1];
  }

  private static int shift(int slots) {
    return Long.SIZE - Integer.numberOfTrailingZeros(slots);
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
      SpareArrays.giveBack(slots);
      slots = new int[INITIAL_SLOTS];
      slotShift = shift(INITIAL_SLOTS);
    } else {
      Arrays.fill(slots, 0);
    }
    size = 0;
    bytesEnd = 0;
  }

  /** Gives its memory back; it isn't used any more. */
  @Override
  public void close() {
    SpareArrays.giveBack(slots);
    SpareArrays.giveBack(longs);
    SpareArrays.giveBack(bytes);
    SpareArrays.giveBack(keys);
    slots = new int[0];
    longs = new long[0];
    bytes = new byte[0];
    keys = new long[0];
  }

  /** How many different ones are among some of a vector's values that lie equally far apart. */
  int countAmong(ColumnVector vector, int some) {
    clear();
    int step = vector.values / some;
    for (int i = 0, at = 0; i < some; i++, at += step) {
      if (isNumber) {
        numberOf(vector.longs[at]);
      } else {
        numberOf(vector.bytes, vector.starts[at], vector.length(at));
      }
    }
    int counted = size;
    clear();
    return counted;
  }

  /** Numbers all values of a vector. */
  void number(ColumnVector vector, int[] into) {
    int count = vector.values;
    if (isNumber) {
      long[] values = vector.longs;
      int from = size == 1 ? numberConstant(values, count, into) : 0;
      for (int i = from; i < count; i++) into[i] = numberOf(values[i]);
    } else if (fixedBytes > 0) {
      for (int i = 0; i < count; i++) {
        into[i] = numberOf(vector.bytes, vector.starts[i], fixedBytes);
      }
    } else {
      byte[] source = vector.bytes;
      int[] starts = vector.starts;
      for (int i = 0; i < count; i++) {
        int start = starts[i];
        into[i] = numberOf(source, start, ByteAccess.intLe(source, start - Integer.BYTES));
      }
    }
  }

  /** Of a column that had one value only so far; returns how many are the same again. */
  private int numberConstant(long[] values, int count, int[] into) {
    long only = longs[0];
    int same = 0;
    while (same < count && values[same] == only) same++;
    Arrays.fill(into, 0, same, 0);
    return same;
  }

  private int numberOf(long value) {
    int mask = slots.length - 1;
    int slot = slotOf(value);
    int entry;
    while ((entry = slots[slot]) != 0) {
      if (longs[entry - 1] == value) return entry - 1;
      slot = (slot + 1) & mask;
    }
    if (size == longs.length) longs = SpareArrays.grown(longs, size, size * 2);
    longs[size] = value;
    slots[slot] = ++size;
    if (size * 2 > mask) grow();
    return size - 1;
  }

  private int numberOf(byte[] source, int from, int length) {
    int mask = slots.length - 1;
    long prefix = prefix(source, from, length);
    int slot = slotOf(prefix, source, from, length);
    int entry;
    while ((entry = slots[slot]) != 0) {
      int number = entry - 1;
      if (keys[2 * number] == prefix && length(number) == length) {
        if (length <= Long.BYTES || isRestEqual(start(number), source, from, length)) return number;
      }
      slot = (slot + 1) & mask;
    }
    if (2 * size == keys.length) keys = SpareArrays.grown(keys, 2 * size, 4 * size);
    int needed = bytesEnd + Integer.BYTES + length + ByteAccess.SLACK_BYTES;
    if (needed > bytes.length) {
      bytes = SpareArrays.grown(bytes, bytesEnd, Math.max(bytes.length * 2, needed));
    }
    if (fixedBytes == 0) {
      ByteAccess.intLe(bytes, bytesEnd, length);
      bytesEnd += Integer.BYTES;
    }
    System.arraycopy(source, from, bytes, bytesEnd, length);
    keys[2 * size] = prefix;
    keys[2 * size + 1] = (long) bytesEnd << Integer.SIZE | length;
    bytesEnd += length;
    slots[slot] = ++size;
    if (size * 2 > mask) grow();
    return size - 1;
  }

  /** Of two values whose lengths and prefixes are equal. */
  private boolean isRestEqual(int start, byte[] source, int from, int length) {
    start += Long.BYTES;
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
    int[] wider = SpareArrays.ints(slots.length * 2);
    Arrays.fill(wider, 0);
    slotShift = shift(wider.length);
    int mask = wider.length - 1;
    for (int i = 0; i < size; i++) {
      int slot = isNumber ? slotOf(longs[i]) : slotOf(keys[2 * i], bytes, start(i), length(i));
      while (wider[slot] != 0) slot = (slot + 1) & mask;
      wider[slot] = i + 1;
    }
    SpareArrays.giveBack(slots);
    slots = wider;
  }

  private int slotOf(long value) {
    return (int) ((value * MIX) >>> slotShift);
  }

  private int slotOf(long prefix, byte[] source, int from, int length) {
    long hash = (prefix ^ length * MIX_LENGTH) * MIX;
    int left = length - Long.BYTES;
    while (left > 0) {
      from += Long.BYTES;
      hash ^= hash >>> 29;
      long next = ByteAccess.longLe(source, from);
      if (left < Long.BYTES) {
        int unused = (Long.BYTES - left) * Byte.SIZE;
        next = next << unused >>> unused;
      }
      hash = (hash ^ next) * MIX;
      left -= Long.BYTES;
    }
    return (int) (hash >>> slotShift);
  }
}
