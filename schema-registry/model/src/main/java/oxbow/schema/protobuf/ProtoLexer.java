package oxbow.schema.protobuf;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import oxbow.schema.InvalidSchemaException;

/** Cuts a file into words, numbers, strings and signs, one at a time. */
final class ProtoLexer {
  enum Kind {
    WORD,
    NUMBER,
    STRING,
    SIGN,
    END
  }

  private final String in;
  private int at;
  private int line = 1;
  private int lineStart;

  private Kind kind = Kind.END;
  private String text = "";
  private ByteString bytes = ByteString.EMPTY;
  private int tokenLine = 1;
  private int tokenColumn = 1;

  ProtoLexer(String in) {
    this.in = in;
    at = in.startsWith("\uFEFF") ? 1 : 0;
    lineStart = at;
    advance();
  }

  /** Of the token that comes next. */
  Kind kind() {
    return kind;
  }

  /** The next token as written; of a string what is between its quotes. */
  String text() {
    return text;
  }

  /** What the next token, a string, stands for. */
  ByteString bytes() {
    return bytes;
  }

  int line() {
    return tokenLine;
  }

  boolean is(String expected) {
    return (kind == Kind.WORD || kind == Kind.SIGN) && text.equals(expected);
  }

  /** Goes to the following token. */
  void advance() {
    skipBlanks();
    tokenLine = line;
    tokenColumn = at - lineStart + 1;
    if (at == in.length()) {
      kind = Kind.END;
      text = "the end of the file";
      return;
    }
    char c = in.charAt(at);
    if (isLetter(c)) {
      word();
    } else if (isDigit(c) || (c == '.' && at + 1 < in.length() && isDigit(in.charAt(at + 1)))) {
      number();
    } else if (c == '"' || c == '\'') {
      string(c);
    } else {
      kind = Kind.SIGN;
      text = String.valueOf(c);
      at++;
    }
  }

  /** What is wrong at the next token. */
  InvalidSchemaException error(String message) {
    return new InvalidSchemaException(
        "line " + tokenLine + ", column " + tokenColumn + ": " + message);
  }

  private void skipBlanks() {
    while (at < in.length()) {
      char c = in.charAt(at);
      if (c == '\n') {
        at++;
        line++;
        lineStart = at;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\u000b') {
        at++;
      } else if (in.startsWith("//", at)) {
        int end = in.indexOf('\n', at);
        at = end < 0 ? in.length() : end;
      } else if (in.startsWith("/*", at)) {
        skipComment();
      } else {
        return;
      }
    }
  }

  private void skipComment() {
    int end = in.indexOf("*/", at + 2);
    if (end < 0) {
      tokenLine = line;
      tokenColumn = at - lineStart + 1;
      throw error("a comment begins here and never ends; close it with */");
    }
    for (int i = at; i < end; i++) {
      if (in.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    at = end + 2;
  }

  private void word() {
    int start = at;
    while (at < in.length() && (isLetter(in.charAt(at)) || isDigit(in.charAt(at)))) {
      at++;
    }
    kind = Kind.WORD;
    text = in.substring(start, at);
  }

  private void number() {
    int start = at;
    boolean isHex = in.startsWith("0x", at) || in.startsWith("0X", at);
    while (at < in.length()) {
      char c = in.charAt(at);
      boolean isSign =
          (c == '+' || c == '-')
              && !isHex
              && (in.charAt(at - 1) == 'e' || in.charAt(at - 1) == 'E')
              && at > start;
      if (!isSign && !isLetter(c) && !isDigit(c) && c != '.') {
        break;
      }
      at++;
    }
    kind = Kind.NUMBER;
    text = in.substring(start, at);
  }

  private void string(char quote) {
    int start = ++at;
    ByteString.Output out = ByteString.newOutput();
    while (true) {
      if (at == in.length() || in.charAt(at) == '\n') {
        throw error("a string begins here and does not end on its line; close it with " + quote);
      }
      char c = in.charAt(at);
      if (c == quote) {
        break;
      }
      if (c == '\\') {
        at++;
        escape(out);
      } else {
        int end = at + Character.charCount(in.codePointAt(at));
        utf8(out, in.substring(at, end));
        at = end;
      }
    }
    kind = Kind.STRING;
    text = in.substring(start, at);
    bytes = out.toByteString();
    at++;
  }

  private void escape(ByteString.Output out) {
    char c = at < in.length() ? in.charAt(at++) : '\n';
    switch (c) {
      case 'a' -> out.write(7);
      case 'b' -> out.write('\b');
      case 'f' -> out.write('\f');
      case 'n' -> out.write('\n');
      case 'r' -> out.write('\r');
      case 't' -> out.write('\t');
      case 'v' -> out.write(11);
      case '\\', '\'', '"', '?' -> out.write(c);
      case 'x', 'X' -> out.write(digits(16, 1, 2));
      case 'u' -> codePoint(out, digits(16, 4, 4));
      case 'U' -> codePoint(out, digits(16, 8, 8));
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        at--;
        out.write(digits(8, 1, 3));
      }
      default -> throw error("this string has an unknown escape; write a backslash as \\\\");
    }
  }

  private int digits(int radix, int digitsMin, int digitsMax) {
    int value = 0;
    int read = 0;
    while (read < digitsMax
        && at < in.length()
        && in.charAt(at) < 128
        && Character.digit(in.charAt(at), radix) >= 0) {
      value = value * radix + Character.digit(in.charAt(at), radix);
      at++;
      read++;
    }
    if (read < digitsMin) {
      throw error("this string has an escape with too few digits");
    }
    return value;
  }

  private void codePoint(ByteString.Output out, int codePoint) {
    if (!Character.isValidCodePoint(codePoint)
        || (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE)) {
      throw error("this string has an escape that is no Unicode character");
    }
    utf8(out, Character.toString(codePoint));
  }

  private static void utf8(ByteString.Output out, String character) {
    byte[] encoded = character.getBytes(StandardCharsets.UTF_8);
    out.write(encoded, 0, encoded.length);
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
