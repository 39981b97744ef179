package oxbow.cold.shred;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Numbers in byte arrays. Hot path. Reads of eight bytes at a time go past short values, so arrays
 * that are read this way end with {@link #SLACK_BYTES} more than they hold.
 */
public final class ByteAccess {
  public static final int SLACK_BYTES = 16;

  private static final VarHandle INT_LE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG_LE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT_BE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG_BE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT_BE =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

  private static final int SHORT_BYTES_MAX = 64;

  private static final long LOW_SEVEN_BITS = 0x7f7f7f7f7f7f7f7fL;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private ByteAccess() {}

  public static int intLe(byte[] bytes, int at) {
    return (int) INT_LE.get(bytes, at);
  }

  public static void intLe(byte[] bytes, int at, int value) {
    INT_LE.set(bytes, at, value);
  }

  public static long longLe(byte[] bytes, int at) {
    return (long) LONG_LE.get(bytes, at);
  }

  public static void longLe(byte[] bytes, int at, long value) {
    LONG_LE.set(bytes, at, value);
  }

  public static int intBe(byte[] bytes, int at) {
    return (int) INT_BE.get(bytes, at);
  }

  public static void intBe(byte[] bytes, int at, int value) {
    INT_BE.set(bytes, at, value);
  }

  public static long longBe(byte[] bytes, int at) {
    return (long) LONG_BE.get(bytes, at);
  }

  public static void longBe(byte[] bytes, int at, long value) {
    LONG_BE.set(bytes, at, value);
  }

  public static void shortBe(byte[] bytes, int at, short value) {
    SHORT_BE.set(bytes, at, value);
  }

  /**
   * Copies sixteen bytes at a time, which for short values is faster than to copy as many as there
   * are. Both arrays have {@link #SLACK_BYTES} behind the value, and those of the target are lost.
   */
  public static void copy(byte[] source, int from, byte[] target, int to, int length) {
    if (length > SHORT_BYTES_MAX) {
      System.arraycopy(source, from, target, to, length);
      return;
    }
    for (int done = 0; done < length; done += 2 * Long.BYTES) {
      longLe(target, to + done, longLe(source, from + done));
      longLe(target, to + done + Long.BYTES, longLe(source, from + done + Long.BYTES));
    }
  }

  public static long zigzag(long value) {
    return (value << 1) ^ (value >> 63);
  }

  public static long unzigzag(long bits) {
    return (bits >>> 1) ^ -(bits & 1);
  }

  /** Bytes of {@link #putVarint}. */
  public static int varintBytes(long bits) {
    return (70 - Long.numberOfLeadingZeros(bits | 1)) / 7;
  }

  /**
   * Writes an unsigned number seven bits to a byte, lowest first, and returns the position behind
   * it. Up to {@link #SLACK_BYTES} from the position on may be overwritten.
   */
  public static int putVarint(byte[] bytes, int at, long bits) {
    if ((bits & ~0x7fL) == 0) {
      bytes[at] = (byte) bits;
      return at + 1;
    }
    if ((bits >>> 56) == 0) {
      // Seven bits into each byte with one instruction, and a mark in all but the last.
      int length = varintBytes(bits);
      long marks = HIGH_BITS & ((1L << (8 * length - 8)) - 1);
      longLe(bytes, at, Long.expand(bits, LOW_SEVEN_BITS) | marks);
      return at + length;
    }
    while ((bits & ~0x7fL) != 0) {
      bytes[at++] = (byte) (bits | 0x80);
      bits >>>= 7;
    }
    bytes[at++] = (byte) bits;
    return at;
  }

  /** Same for a signed number, the sign in the lowest bit. */
  public static int putZigzag(byte[] bytes, int at, long value) {
    return putVarint(bytes, at, zigzag(value));
  }

  /** The same in so many bytes as it has, and not one more is touched. */
  public static void putLength(byte[] bytes, int at, int length, int lengthBytes) {
    long bits = zigzag(length);
    for (int i = 0; i < lengthBytes - 1; i++) {
      bytes[at + i] = (byte) (bits | 0x80);
      bits >>>= 7;
    }
    bytes[at + lengthBytes - 1] = (byte) bits;
  }
}
