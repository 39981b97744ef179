package oxbow.query.rows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text as it grows, in UTF-8 from the start. Hot path. Confined to one thread. */
public final class Utf8 {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LONG_MIN =
      Long.toString(Long.MIN_VALUE).getBytes(StandardCharsets.US_ASCII);
  private static final int FIRST_BYTES = 1 << 12;

  private byte[] bytes = new byte[FIRST_BYTES];
  private int size;

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** What was written since the last time. */
  public byte[] take() {
    byte[] taken = Arrays.copyOf(bytes, size);
    size = 0;
    return taken;
  }

  void clear() {
    size = 0;
  }

  byte at(int index) {
    return bytes[index];
  }

  private void need(int more) {
    if (size + more < 0) throw new IllegalStateException("the text is longer than an array");
    if (size + more > bytes.length) {
      bytes =
          Arrays.copyOf(bytes, Math.max(size + more, (int) Math.min(bytes.length * 2L, 1 << 30)));
    }
  }

  public Utf8 add(char ascii) {
    need(1);
    bytes[size++] = (byte) ascii;
    return this;
  }

  public Utf8 add(String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    return add(encoded, 0, encoded.length);
  }

  Utf8 add(byte[] from, int start, int length) {
    need(length);
    System.arraycopy(from, start, bytes, size, length);
    size += length;
    return this;
  }

  void add(Utf8 other, int start, int end) {
    add(other.bytes, start, end - start);
  }

  public Utf8 add(long number) {
    if (number == Long.MIN_VALUE) return add(LONG_MIN, 0, LONG_MIN.length);
    need(20);
    long left = number;
    if (left < 0) {
      bytes[size++] = '-';
      left = -left;
    }
    int start = size;
    do {
      bytes[size++] = (byte) ('0' + left % 10);
      left /= 10;
    } while (left != 0);
    for (int i = start, j = size - 1; i < j; i++, j--) {
      byte swapped = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swapped;
    }
    return this;
  }

  /** A text as a string of JSON. */
  public Utf8 quoted(String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    return quoted(encoded, encoded.length);
  }

  /** Text that is UTF-8 already, as a string of JSON. */
  Utf8 quoted(byte[] text, int length) {
    add('"');
    int written = 0;
    for (int i = 0; i < length; i++) {
      byte b = text[i];
      if ((b < 0 || b >= ' ') && b != '"' && b != '\\') continue;
      add(text, written, i - written);
      written = i + 1;
      escape(b);
    }
    add(text, written, length - written);
    return add('"');
  }

  private void escape(byte b) {
    switch (b) {
      case '"' -> add('\\').add('"');
      case '\\' -> add('\\').add('\\');
      case '\n' -> add('\\').add('n');
      case '\r' -> add('\\').add('r');
      case '\t' -> add('\\').add('t');
      default -> add("\\u00").add((char) HEX[b >> 4]).add((char) HEX[b & 15]);
    }
  }
}
