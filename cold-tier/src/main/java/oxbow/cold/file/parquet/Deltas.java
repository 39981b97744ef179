package oxbow.cold.file.parquet;

import oxbow.cold.shred.ByteAccess;

/**
 * DELTA_BINARY_PACKED: a first value, then differences in blocks, each less the block's smallest
 * and packed to the width that its quarter needs. Hot path.
 */
final class Deltas {
  private static final int BLOCK = 128;
  private static final int QUARTERS = 4;
  private static final int QUARTER = BLOCK / QUARTERS;

  private final long[] differences = new long[BLOCK];

  /** Appends all values. Those of 32 bits wrap as 32 bits, so that no difference needs more. */
  void encode(ByteSink out, long[] values, int count, boolean isInt32) {
    out.putVarint(BLOCK);
    out.putVarint(QUARTERS);
    out.putVarint(count);
    out.putZigzag(count == 0 ? 0 : values[0]);
    for (int from = 1; from < count; from += BLOCK) {
      encodeBlock(out, values, from, Math.min(BLOCK, count - from), isInt32);
    }
  }

  private void encodeBlock(ByteSink out, long[] values, int from, int count, boolean isInt32) {
    long[] differences = this.differences;
    long smallest = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      long difference = values[from + i] - values[from + i - 1];
      if (isInt32) difference = wrapped(difference);
      differences[i] = difference;
      smallest = Math.min(smallest, difference);
    }
    // Fills the last quarter in use without making it wider.
    java.util.Arrays.fill(differences, count, BLOCK, smallest);
    out.putZigzag(smallest);
    int widthsAt = out.size;
    out.putIntLe(0);
    for (int quarter = 0; quarter < QUARTERS && quarter * QUARTER < count; quarter++) {
      int quarterFrom = quarter * QUARTER;
      long bits = 0;
      for (int i = quarterFrom; i < quarterFrom + QUARTER; i++) {
        long offset = differences[i] - smallest;
        if (isInt32) offset &= 0xffffffffL;
        bits |= offset;
      }
      int width = Long.SIZE - Long.numberOfLeadingZeros(bits);
      out.bytes[widthsAt + quarter] = (byte) width;
      if (isInt32) {
        for (int i = quarterFrom; i < quarterFrom + QUARTER; i++) {
          differences[i] = (differences[i] - smallest) & 0xffffffffL;
        }
        BitPacking.packLongs(out, differences, quarterFrom, QUARTER, width, 0);
      } else {
        BitPacking.packLongs(out, differences, quarterFrom, QUARTER, width, smallest);
      }
    }
  }

  /** Reads {@code count} values; returns the position behind them. */
  static int decode(byte[] bytes, int at, long[] into, int count, boolean isInt32) {
    long block = unsigned(bytes, at);
    at += ByteAccess.varintBytes(block);
    long quarters = unsigned(bytes, at);
    at += ByteAccess.varintBytes(quarters);
    long total = unsigned(bytes, at);
    at += ByteAccess.varintBytes(total);
    long first = unsigned(bytes, at);
    at += ByteAccess.varintBytes(first);
    if (block <= 0 || quarters <= 0 || block % quarters != 0 || total != count) {
      throw new IndexOutOfBoundsException(
          "delta header: " + block + ", " + quarters + ", " + total);
    }
    if (count == 0) return at;
    int perQuarter = (int) (block / quarters);
    long value = ByteAccess.unzigzag(first);
    into[0] = value;
    for (int done = 1; done < count; ) {
      long zigzag = unsigned(bytes, at);
      at += ByteAccess.varintBytes(zigzag);
      long smallest = ByteAccess.unzigzag(zigzag);
      int widthsAt = at;
      at += (int) quarters;
      for (int quarter = 0; quarter < quarters && done < count; quarter++) {
        int width = bytes[widthsAt + quarter] & 0xff;
        int some = Math.min(perQuarter, count - done);
        BitPacking.unpackLongs(bytes, at, some, width, into, done);
        at += (perQuarter * width) >>> 3;
        for (int i = done; i < done + some; i++) {
          value += into[i] + smallest;
          if (isInt32) value = wrapped(value);
          into[i] = value;
        }
        done += some;
      }
    }
    return at;
  }

  /** As arithmetic of 32 bits has it. */
  private static int wrapped(long value) {
    return (int) value;
  }

  private static long unsigned(byte[] bytes, int at) {
    long value = 0;
    for (int shift = 0; shift <= 63; shift += 7) {
      long next = bytes[at++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) return value;
    }
    throw new IndexOutOfBoundsException("a number is longer than ten bytes");
  }
}
