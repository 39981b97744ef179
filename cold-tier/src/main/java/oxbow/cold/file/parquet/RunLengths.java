package oxbow.cold.file.parquet;

import oxbow.cold.shred.ByteAccess;

/**
 * Parquet's mix of runs and bit-packed groups of eight, for levels and dictionary numbers. Hot
 * path.
 */
final class RunLengths {
  /** A shorter run costs more than leaving it among packed numbers. */
  private static final int RUN_MIN = 16;

  private static final int GROUP = 8;

  private RunLengths() {}

  /** Appends {@code count} numbers, each of {@code width} bits. */
  static void encode(ByteSink out, int[] values, int count, int width) {
    int packedFrom = 0;
    int at = 0;
    while (at < count) {
      int runEnd = at + 1;
      int value = values[at];
      while (runEnd < count && values[runEnd] == value) runEnd++;
      // What is packed before a run fills whole groups, with the run's first numbers if need be.
      int runStart = packedFrom + roundUp(at - packedFrom);
      if (runEnd - runStart >= RUN_MIN) {
        pack(out, values, packedFrom, runStart - packedFrom, width);
        putRun(out, value, runEnd - runStart, width);
        packedFrom = runEnd;
      }
      at = runEnd;
    }
    pack(out, values, packedFrom, count - packedFrom, width);
  }

  /** Appends one run. */
  static void encodeConstant(ByteSink out, int value, int count, int width) {
    if (count > 0) putRun(out, value, count, width);
  }

  /** Reads {@code count} levels; returns the position behind them. */
  static int decodeLevels(byte[] bytes, int at, int end, int width, byte[] into, int count) {
    int done = 0;
    while (done < count) {
      if (at >= end) throw new IndexOutOfBoundsException("levels end early");
      long header = varint(bytes, at);
      at += ByteAccess.varintBytes(header);
      if ((header & 1) == 0) {
        int run = (int) Math.min(header >>> 1, count - done);
        java.util.Arrays.fill(into, done, done + run, bytes[at]);
        at += (width + 7) >>> 3;
        done += run;
      } else {
        int groups = (int) (header >>> 1);
        int some = (int) Math.min((long) groups * GROUP, count - done);
        BitPacking.unpackBytes(bytes, at, some, width, into, done);
        at += groups * width;
        done += some;
      }
    }
    return at;
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
        java.util.Arrays.fill(into, done, done + run, value);
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
    java.util.Arrays.fill(out.bytes, out.size, out.size + missing, (byte) 0);
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
