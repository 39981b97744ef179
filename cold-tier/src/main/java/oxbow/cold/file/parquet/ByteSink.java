package oxbow.cold.file.parquet;

import java.io.OutputStream;
import java.util.Arrays;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.SpareArrays;

/** A byte array that grows. Hot path: callers make room once, then write the array directly. */
final class ByteSink extends OutputStream {
  byte[] bytes;
  int size;

  ByteSink(int initialBytes) {
    bytes = SpareArrays.bytes(initialBytes);
  }

  void clear() {
    size = 0;
  }

  /** Makes room for so many bytes, and for a write of eight bytes behind them. */
  void ensure(int more) {
    long needed = (long) size + more + ByteAccess.SLACK_BYTES;
    if (needed <= bytes.length) return;
    if (needed > Integer.MAX_VALUE - 64) {
      throw new IllegalStateException("a buffer would exceed 2 GiB: " + needed);
    }
    long doubled = Math.min(bytes.length * 2L, Integer.MAX_VALUE - 64);
    bytes = SpareArrays.grown(bytes, size, (int) Math.max(doubled, needed));
  }

  @Override
  public void write(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
  }

  @Override
  public void write(byte[] source, int from, int length) {
    ensure(length);
    System.arraycopy(source, from, bytes, size, length);
    size += length;
  }

  void putIntLe(int value) {
    ensure(Integer.BYTES);
    ByteAccess.intLe(bytes, size, value);
    size += Integer.BYTES;
  }

  void putLongLe(long value) {
    ensure(Long.BYTES);
    ByteAccess.longLe(bytes, size, value);
    size += Long.BYTES;
  }

  void putVarint(long bits) {
    ensure(10);
    size = ByteAccess.putVarint(bytes, size, bits);
  }

  void putZigzag(long value) {
    putVarint(ByteAccess.zigzag(value));
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Gives its memory back; it isn't used any more. */
  @Override
  public void close() {
    SpareArrays.giveBack(bytes);
    bytes = new byte[0];
  }
}
