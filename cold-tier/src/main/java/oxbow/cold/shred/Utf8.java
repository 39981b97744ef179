package oxbow.cold.shred;

import java.nio.charset.StandardCharsets;

/** Text as engines take it. Hot path. */
public final class Utf8 {
  private Utf8() {}

  /**
   * Puts a string into a vector. Engines refuse what is no UTF-8, so that of such a string they get
   * the readable part.
   *
   * @return false: it is no UTF-8
   */
  public static boolean put(ColumnVector vector, byte[] source, int from, int length, int rep) {
    if (vector.putAscii(source, from, length, rep)) return true;
    if (isValid(source, from, from + length)) {
      vector.putBytes(source, from, length, rep);
      return true;
    }
    byte[] readable =
        new String(source, from, length, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
    vector.putBytes(readable, 0, readable.length, rep);
    return false;
  }

  /** By the standard: no overlong forms, no surrogates, nothing above U+10FFFF. */
  static boolean isValid(byte[] source, int from, int end) {
    int at = from;
    while (at < end) {
      int lead = source[at++];
      if (lead >= 0) continue;
      int more = lead >= (byte) 0xf0 ? 3 : lead >= (byte) 0xe0 ? 2 : 1;
      if (lead < (byte) 0xc2 || lead > (byte) 0xf4 || more > end - at) return false;
      int second = source[at] & 0xff;
      int secondMin = lead == (byte) 0xe0 ? 0xa0 : lead == (byte) 0xf0 ? 0x90 : 0x80;
      int secondMax = lead == (byte) 0xed ? 0x9f : lead == (byte) 0xf4 ? 0x8f : 0xbf;
      if (second < secondMin || second > secondMax) return false;
      for (int i = 1; i < more; i++) {
        if ((source[at + i] & 0xc0) != 0x80) return false;
      }
      at += more;
    }
    return true;
  }
}
