package oxbow.cold.file.parquet;

import oxbow.cold.shred.ByteAccess;

/** Numbers of a fixed width of bits, lowest bit first, as all of Parquet's packings have them. */
final class BitPacking {
  private BitPacking() {}

  /** Bits that the numbers up to this one need. */
  static int width(int max) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(max);
  }

  /** Appends {@code count} numbers; the last byte is filled with zeros. */
  static void pack(ByteSink out, int[] values, int from, int count, int width) {
    int packedBytes = (int) (((long) count * width + 7) >>> 3);
    out.ensure(packedBytes);
    byte[] bytes = out.bytes;
    int at = out.size;
    long pending = 0;
    int pendingBits = 0;
    for (int i = from; i < from + count; i++) {
      pending |= (values[i] & 0xffffffffL) << pendingBits;
      pendingBits += width;
      if (pendingBits >= Integer.SIZE) {
        ByteAccess.intLe(bytes, at, (int) pending);
        at += Integer.BYTES;
        pending >>>= Integer.SIZE;
        pendingBits -= Integer.SIZE;
      }
    }
    ByteAccess.intLe(bytes, at, (int) pending); // into the slack at most
    out.size += packedBytes;
  }

  /** Appends numbers of up to 64 bits, less a base. */
  static void packLongs(ByteSink out, long[] values, int from, int count, int width, long base) {
    int packedBytes = (int) (((long) count * width + 7) >>> 3);
    out.ensure(packedBytes + Long.BYTES);
    byte[] bytes = out.bytes;
    int at = out.size;
    long pending = 0;
    int pendingBits = 0;
    for (int i = from; i < from + count; i++) {
      long value = values[i] - base;
      pending |= value << pendingBits;
      int free = Long.SIZE - pendingBits;
      if (width >= free) {
        ByteAccess.longLe(bytes, at, pending);
        at += Long.BYTES;
        pending = free == Long.SIZE ? 0 : value >>> free;
        pendingBits = width - free;
      } else {
        pendingBits += width;
      }
    }
    ByteAccess.longLe(bytes, at, pending);
    out.size += packedBytes;
  }

  /** Reads {@code count} numbers of at most 32 bits. The source has slack behind. */
  static void unpack(byte[] bytes, int at, int count, int width, int[] into, int from) {
    long mask = (1L << width) - 1;
    long bit = (long) at << 3;
    for (int i = from; i < from + count; i++) {
      into[i] = (int) ((ByteAccess.longLe(bytes, (int) (bit >>> 3)) >>> (bit & 7)) & mask);
      bit += width;
    }
  }

  /** Reads numbers of up to 64 bits. */
  static void unpackLongs(byte[] bytes, int at, int count, int width, long[] into, int from) {
    long mask = width == Long.SIZE ? -1 : (1L << width) - 1;
    long bit = (long) at << 3;
    for (int i = from; i < from + count; i++) {
      int byteAt = (int) (bit >>> 3);
      int shift = (int) (bit & 7);
      long value = ByteAccess.longLe(bytes, byteAt) >>> shift;
      if (shift + width > Long.SIZE) value |= (long) bytes[byteAt + 8] << (Long.SIZE - shift);
      into[i] = value & mask;
      bit += width;
    }
  }
}
