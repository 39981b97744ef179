package oxbow.cold.file.parquet;

import java.util.Arrays;
import oxbow.cold.shred.ByteAccess;

/**
 * Parquet's mix of runs and bit-packed groups of eight, for levels and dictionary numbers. Hot
 * path.
 */
final class RunLengths {
  /** A shorter run costs more than leaving it among packed numbers. */
  private static final int RUN_MIN = 16;

  private static final int GROUP = 8;
  private static final long EACH_BYTE = 0x0101010101010101L;

  private RunLengths() {}

  /** Appends {@code count} numbers, each of {@code width} bits. */
  static void encode(ByteSink out, int[] values, int count, int width) {
    int packedFrom = 0;
    int at = 0;
    while (at + GROUP <= count) {
      int value = values[at];
      int runEnd = at + 1;
      while (runEnd < count && values[runEnd] == value) runEnd++;
      if (runEnd - at >= RUN_MIN) {
        pack(out, values, packedFrom, at - packedFrom, width);
        putRun(out, value, runEnd - at, width);
        packedFrom = runEnd;
        at = runEnd;
      } else {
        at += GROUP; // what is packed before a run fills whole groups
      }
    }
    pack(out, values, packedFrom, count - packedFrom, width);
  }

  /** The same for levels, of which a group is one word. */
  static void encodeLevels(ByteSink out, byte[] levels, int count, int width) {
    int packedFrom = 0;
    int at = 0;
    while (at + GROUP <= count) {
      int runEnd = at;
      long group = ByteAccess.longLe(levels, at);
      if (group == (group & 0xff) * EACH_BYTE) {
        runEnd += GROUP;
        while (runEnd + GROUP <= count && ByteAccess.longLe(levels, runEnd) == group) {
          runEnd += GROUP;
        }
        while (runEnd < count && levels[runEnd] == (byte) group) runEnd++;
      }
      if (runEnd - at >= RUN_MIN) {
        packLevels(out, levels, packedFrom, at - packedFrom, width);
        putRun(out, (int) (group & 0xff), runEnd - at, width);
        packedFrom = runEnd;
        at = runEnd;
      } else {
        at += GROUP;
      }
    }
    packLevels(out, levels, packedFrom, count - packedFrom, width);
  }

  private static void packLevels(ByteSink out, byte[] levels, int from, int count, int width) {
    if (count == 0) return;
    int groups = roundUp(count) / GROUP;
    out.putVarint((long) groups << 1 | 1);
    out.ensure(groups * width);
    byte[] into = out.bytes;
    int to = out.size;
    long bits = lowBits(width);
    int end = from + count;
    int at = from;
    for (; at + GROUP <= end; at += GROUP, to += width) {
      ByteAccess.longLe(into, to, Long.compress(ByteAccess.longLe(levels, at), bits));
    }
    if (at < end) {
      long group = 0;
      for (int i = at; i < end; i++) group |= (long) levels[i] << ((i - at) * Byte.SIZE);
      ByteAccess.longLe(into, to, Long.compress(group, bits));
      to += width;
    }
    out.size = to;
  }

  /** The lowest bits of each byte of a word. */
  private static long lowBits(int width) {
    return ((1L << width) - 1) * EACH_BYTE;
  }

  /** Appends one run. */
  static void encodeConstant(ByteSink out, int value, int count, int width) {
    if (count > 0) putRun(out, value, count, width);
  }

  /**
   * Reads {@code count} levels into an array with room for a word more; returns how many of them
   * are the highest.
   */
  static int decodeLevels(
      byte[] bytes, int from, int end, int width, byte[] into, int count, int highest) {
    int at = from;
    int done = 0;
    int highs = 0;
    while (done < count) {
      if (at >= end) throw new IndexOutOfBoundsException("levels end early");
      long header = varint(bytes, at);
      at += ByteAccess.varintBytes(header);
      if ((header & 1) == 0) {
        int run = (int) Math.min(header >>> 1, count - done);
        Arrays.fill(into, done, done + run, bytes[at]);
        if (bytes[at] == highest) highs += run;
        at += (width + 7) >>> 3;
        done += run;
      } else {
        int groups = (int) (header >>> 1);
        int some = (int) Math.min((long) groups * GROUP, count - done);
        unpackLevels(bytes, at, width, into, done, some);
        for (int i = done; i < done + some; i++) if (into[i] == highest) highs++;
        at += groups * width;
        done += some;
      }
    }
    return highs;
  }

  private static void unpackLevels(
      byte[] bytes, int from, int width, byte[] into, int to, int count) {
    long bits = lowBits(width);
    int at = from;
    for (int done = 0; done < count; done += GROUP, at += width) {
      ByteAccess.longLe(into, to + done, Long.expand(ByteAccess.longLe(bytes, at), bits));
    }
  }

  /** Reads {@code count} dictionary numbers; returns the position behind them. */
  static int decode(byte[] bytes, int at, int end, int width, int[] into, int count) {
    int done = 0;
    while (done < count) {
      if (at >= end) throw new IndexOutOfBoundsException("dictionary numbers end early");
      long header = varint(bytes, at);
      at += ByteAccess.varintBytes(header);
      if ((header & 1) == 0) {
        int run = (int) Math.min(header >>> 1, count - done);
        int runBytes = (width + 7) >>> 3;
        int value = runBytes == 0 ? 0 : ByteAccess.intLe(bytes, at) & (-1 >>> (32 - runBytes * 8));
        Arrays.fill(into, done, done + run, value);
        at += runBytes;
        done += run;
      } else {
        int groups = (int) (header >>> 1);
        int some = (int) Math.min((long) groups * GROUP, count - done);
        BitPacking.unpack(bytes, at, some, width, into, done);
        at += groups * width;
        done += some;
      }
    }
    return at;
  }

  private static void pack(ByteSink out, int[] values, int from, int count, int width) {
    if (count == 0) return;
    int groups = roundUp(count) / GROUP;
    out.putVarint((long) groups << 1 | 1);
    int before = out.size;
    BitPacking.pack(out, values, from, count, width);
    int missing = groups * width - (out.size - before);
    out.ensure(missing);
    Arrays.fill(out.bytes, out.size, out.size + missing, (byte) 0);
    out.size += missing;
  }

  private static void putRun(ByteSink out, int value, int count, int width) {
    out.putVarint((long) count << 1);
    for (int bits = 0; bits < width; bits += Byte.SIZE) out.write(value >>> bits);
  }

  private static int roundUp(int count) {
    return (count + GROUP - 1) & -GROUP;
  }

  private static long varint(byte[] bytes, int at) {
    long value = 0;
    for (int shift = 0; shift <= 28; shift += 7) {
      int next = bytes[at++];
      value |= (next & 0x7fL) << shift;
      if (next >= 0) return value;
    }
    throw new IndexOutOfBoundsException("a run's header is too long");
  }
}
