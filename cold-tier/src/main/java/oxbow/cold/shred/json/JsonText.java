package oxbow.cold.shred.json;

import java.util.Arrays;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.Utf8;

/** Reads and writes the pieces that JSON is made of. Hot path. */
final class JsonText {
  /** Values within each other in an opaque part. */
  private static final int DEPTH_MAX = 1_000;

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long QUOTES = '"' * ONES;
  private static final long BACKSLASHES = '\\' * ONES;
  private static final long SPACES = ' ' * ONES;

  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'
  };

  /** The letter of a character's short escape; zero: it has none. */
  private static final byte[] SHORT_ESCAPES = shortEscapes();

  private JsonText() {}

  private static byte[] shortEscapes() {
    var escapes = new byte[128];
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    escapes['\b'] = 'b';
    escapes['\t'] = 't';
    escapes['\n'] = 'n';
    escapes['\f'] = 'f';
    escapes['\r'] = 'r';
    return escapes;
  }

  /** The next byte; the end of the value shows as zero. */
  static int peek(ShredInput in) {
    return in.at < in.end ? in.bytes[in.at] : 0;
  }

  static boolean isSpace(int c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  /** Steps over spaces, which no usual way of writing has here. */
  static void skipSpace(ShredInput in) {
    if (!isSpace(peek(in))) return;
    in.note(ShredInput.UNUSUAL);
    while (isSpace(peek(in))) in.at++;
  }

  static void expect(ShredInput in, int c) {
    if (peek(in) != c) throw ShredInput.malformed();
    in.at++;
  }

  /** Behind a comma or colon: one space, none, or something unusual. */
  static void skipSeparatorSpace(ShredInput in) {
    if (peek(in) == ' ') {
      in.at++;
      in.note(ShredInput.SPACED);
      skipSpace(in);
    } else {
      skipSpace(in);
      in.note(ShredInput.COMPACT);
    }
  }

  static boolean isNull(ShredInput in) {
    if (peek(in) != 'n') return false;
    literal(in, "null");
    return true;
  }

  static void literal(ShredInput in, String word) {
    for (int i = 0; i < word.length(); i++) expect(in, word.charAt(i));
  }

  /** Finds the closing quote of a string whose opening one was read; true: it has escapes. */
  static boolean findQuote(ShredInput in) {
    byte[] bytes = in.bytes;
    boolean hasEscapes = false;
    int at = in.at;
    while (true) {
      long specials = specials(ByteAccess.longLe(bytes, at));
      at += Long.numberOfTrailingZeros(specials) >>> 3; // eight if there is none
      if (at >= in.end) throw ShredInput.malformed();
      if (specials == 0) continue;
      int c = bytes[at];
      if (c == '"') break;
      if (c != '\\') throw ShredInput.malformed();
      hasEscapes = true;
      at += 2;
    }
    in.at = at;
    return hasEscapes;
  }

  /**
   * Marks the first byte of a word that can't stand in a string as it is: a quote, a backslash, or
   * what lies below the space. Marks behind the first may be wrong.
   */
  private static long specials(long word) {
    long controls = (word - SPACES) & ~word & HIGH_BITS;
    return zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES) | controls;
  }

  /** Marks the first byte that is zero; marks behind it may be wrong. */
  private static long zeros(long word) {
    return (word - ONES) & ~word & HIGH_BITS;
  }

  /** Reads a string into a column. */
  static void putString(ShredInput in, ColumnVector vector, int repetition) {
    expect(in, '"');
    int from = in.at;
    if (!findQuote(in)) {
      if (!Utf8.put(vector, in.bytes, from, in.at - from, repetition)) {
        in.note(ShredInput.UNUSUAL);
      }
    } else {
      int length = unescape(in, from, in.at);
      if (!Utf8.put(vector, in.scratch, 0, length, repetition)) in.note(ShredInput.UNUSUAL);
    }
    in.at++;
  }

  /** Into the input's scratch; returns the length. Escapes that needn't be are noted. */
  static int unescape(ShredInput in, int from, int end) {
    int needed = end - from + ByteAccess.SLACK_BYTES;
    if (in.scratch.length < needed) in.scratch = new byte[needed * 2];
    byte[] source = in.bytes;
    byte[] into = in.scratch;
    int length = 0;
    int at = from;
    while (at < end) {
      int c = source[at++];
      if (c != '\\') {
        into[length++] = (byte) c;
        continue;
      }
      if (at >= end) throw ShredInput.malformed();
      int letter = source[at++];
      switch (letter) {
        case '"', '\\' -> into[length++] = (byte) letter;
        case '/' -> {
          in.note(ShredInput.UNUSUAL);
          into[length++] = '/';
        }
        case 'b' -> into[length++] = '\b';
        case 't' -> into[length++] = '\t';
        case 'n' -> into[length++] = '\n';
        case 'f' -> into[length++] = '\f';
        case 'r' -> into[length++] = '\r';
        case 'u' -> {
          int unit = unit(in, at, end);
          at += 4;
          boolean isUsual =
              unit < ' '
                  && SHORT_ESCAPES[unit] == 0
                  && source[at - 1] == HEX[unit & 15]
                  && source[at - 2] == HEX[unit >> 4];
          if (!isUsual) in.note(ShredInput.UNUSUAL);
          int codePoint = unit;
          boolean isPair =
              Character.isHighSurrogate((char) unit)
                  && at + 6 <= end
                  && source[at] == '\\'
                  && source[at + 1] == 'u';
          if (isPair) {
            int low = unit(in, at + 2, end);
            if (Character.isLowSurrogate((char) low)) {
              codePoint = Character.toCodePoint((char) unit, (char) low);
              at += 6;
            }
          }
          length = putCodePoint(into, length, codePoint);
        }
        default -> throw ShredInput.malformed();
      }
    }
    return length;
  }

  private static int unit(ShredInput in, int at, int end) {
    if (at + 4 > end) throw ShredInput.malformed();
    int unit = 0;
    for (int i = 0; i < 4; i++) {
      int digit = Character.digit(in.bytes[at + i], 16);
      if (digit < 0) throw ShredInput.malformed();
      unit = unit << 4 | digit;
    }
    return unit;
  }

  /** A lone surrogate comes out as bytes that are no UTF-8, and so shows as such. */
  private static int putCodePoint(byte[] into, int at, int c) {
    if (c < 0x80) {
      into[at++] = (byte) c;
    } else if (c < 0x800) {
      into[at++] = (byte) (0xc0 | c >> 6);
      into[at++] = (byte) (0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      into[at++] = (byte) (0xe0 | c >> 12);
      into[at++] = (byte) (0x80 | (c >> 6 & 0x3f));
      into[at++] = (byte) (0x80 | (c & 0x3f));
    } else {
      into[at++] = (byte) (0xf0 | c >> 18);
      into[at++] = (byte) (0x80 | (c >> 12 & 0x3f));
      into[at++] = (byte) (0x80 | (c >> 6 & 0x3f));
      into[at++] = (byte) (0x80 | (c & 0x3f));
    }
    return at;
  }

  /** Writes a string between quotes, with no more escapes than it needs. The source has slack. */
  static int writeString(AssembleOutput out, int at, byte[] source, int from, int length) {
    out.ensure(at, 6 * length + 2 + out.reserve);
    byte[] into = out.bytes;
    into[at++] = '"';
    int end = from + length;
    for (int i = from; i < end; ) {
      long word = ByteAccess.longLe(source, i);
      int plain = Math.min(Long.numberOfTrailingZeros(specials(word)) >>> 3, end - i);
      ByteAccess.longLe(into, at, word);
      at += plain;
      i += plain;
      if (plain < Long.BYTES && i < end) at = writeEscape(into, at, source[i++]);
    }
    into[at++] = '"';
    return at;
  }

  private static int writeEscape(byte[] into, int from, int c) {
    int at = from;
    into[at++] = '\\';
    if (SHORT_ESCAPES[c] != 0) {
      into[at++] = SHORT_ESCAPES[c];
    } else {
      into[at++] = 'u';
      into[at++] = '0';
      into[at++] = '0';
      into[at++] = HEX[c >> 4];
      into[at++] = HEX[c & 15];
    }
    return at;
  }

  static int writeString(AssembleOutput out, int at, LeafPage page) {
    int index = page.takeBytes();
    return writeString(out, at, page.bytes, page.starts[index], page.lengths[index]);
  }

  static int write(AssembleOutput out, int at, byte[] text) {
    return out.putBytes(at, text, 0, text.length);
  }

  /** Steps over a value whatever it is. */
  static void skipValue(ShredInput in) {
    int depth = 0;
    do {
      while (isSpace(peek(in))) in.at++;
      int c = peek(in);
      switch (c) {
        case '{', '[' -> {
          if (++depth > DEPTH_MAX) throw ShredInput.malformed();
          in.at++;
        }
        case '}', ']' -> {
          if (--depth < 0) throw ShredInput.malformed();
          in.at++;
        }
        case ',', ':' -> {
          if (depth == 0) throw ShredInput.malformed();
          in.at++;
        }
        case '"' -> {
          in.at++;
          findQuote(in);
          in.at++;
        }
        default -> skipWord(in);
      }
    } while (depth > 0);
  }

  private static void skipWord(ShredInput in) {
    int from = in.at;
    while (in.at < in.end && isWord(in.bytes[in.at])) in.at++;
    if (in.at == from) throw ShredInput.malformed();
  }

  private static boolean isWord(int c) {
    return (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || c == '-'
        || c == '+'
        || c == '.'
        || c == 'E';
  }

  /** Finds the end of a number that begins here; returns where it began. */
  static int takeNumber(ShredInput in) {
    int from = in.at;
    skipWord(in);
    return from;
  }

  static boolean isText(ShredInput in, int from, int end, String text) {
    if (text.length() != end - from) return false;
    for (int i = 0; i < text.length(); i++) {
      if (in.bytes[from + i] != text.charAt(i)) return false;
    }
    return true;
  }

  /** Whether a text stands at the input's position. */
  static boolean isNext(ShredInput in, byte[] text) {
    int end = in.at + text.length;
    return end <= in.end && Arrays.equals(in.bytes, in.at, end, text, 0, text.length);
  }

  static boolean isName(ShredInput in, int from, int end, byte[] name) {
    return Arrays.equals(in.bytes, from, end, name, 0, name.length);
  }
}
