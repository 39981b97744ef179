package oxbow.schema.protobuf;

import com.google.protobuf.ByteString;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;

/** Numbers and strings as a file writes them. */
final class Literals {
  private Literals() {}

  /**
   * A whole number of 64 bits without a sign: decimal, hexadecimal or octal.
   *
   * @throws NumberFormatException it is none
   */
  static long unsigned(String text) {
    if (text.startsWith("0x") || text.startsWith("0X")) {
      return Long.parseUnsignedLong(noSign(text.substring(2)), 16);
    }
    if (text.length() > 1 && text.startsWith("0")) {
      return Long.parseUnsignedLong(noSign(text.substring(1)), 8);
    }
    return Long.parseUnsignedLong(noSign(text));
  }

  private static String noSign(String digits) {
    if (digits.startsWith("+") || digits.startsWith("-")) {
      throw new NumberFormatException("a second sign");
    }
    return digits;
  }

  /**
   * A whole number with or without a sign, however large.
   *
   * @throws NumberFormatException it is none
   */
  static BigInteger integer(String text) {
    boolean isNegative = text.startsWith("-");
    long magnitude = unsigned(isNegative ? text.substring(1) : text);
    BigInteger value = new BigInteger(Long.toUnsignedString(magnitude));
    return isNegative ? value.negate() : value;
  }

  /**
   * A floating-point number, or what stands for one.
   *
   * @throws NumberFormatException it is none
   */
  static double real(String text) {
    return switch (text) {
      case "inf", "infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "nan", "-nan" -> Double.NaN;
      default -> {
        try {
          yield integer(text).doubleValue();
        } catch (NumberFormatException e) {
          yield Double.parseDouble(text);
        }
      }
    };
  }

  /** The one form of all spellings of a number; what is none stays. */
  static String normalized(String text) {
    try {
      return integer(text).toString();
    } catch (NumberFormatException notWhole) {
      try {
        String lower = text.toLowerCase(Locale.ROOT);
        BigDecimal value =
            new BigDecimal(lower.endsWith("f") ? lower.substring(0, lower.length() - 1) : lower);
        // A large exponent would be written out in as many digits.
        return value.precision() - value.scale() > 400 || value.scale() > 400
            ? text
            : value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
      } catch (NumberFormatException | ArithmeticException notReal) {
        return text;
      }
    }
  }

  /** A string's characters between quotes; what is no UTF-8 is written in octal. */
  static String quoted(ByteString bytes) {
    StringBuilder out = new StringBuilder(bytes.size() + 2).append('"');
    if (bytes.isValidUtf8()) {
      bytes.toStringUtf8().codePoints().forEach(c -> escaped(out, c));
    } else {
      out.append(escapedBytes(bytes));
    }
    return out.append('"').toString();
  }

  /** In ASCII, as a descriptor holds the default of a field of bytes. */
  static String escapedBytes(ByteString bytes) {
    StringBuilder out = new StringBuilder(bytes.size());
    for (byte b : bytes) {
      if (b < 0) {
        octal(out, b & 0xff);
      } else {
        escaped(out, b);
      }
    }
    return out.toString();
  }

  private static void escaped(StringBuilder out, int c) {
    switch (c) {
      case 7 -> out.append("\\a");
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case 11 -> out.append("\\v");
      case '\\' -> out.append("\\\\");
      case '\'' -> out.append("\\'");
      case '"' -> out.append("\\\"");
      default -> {
        if (c < ' ' || c == 127) {
          octal(out, c);
        } else {
          out.appendCodePoint(c);
        }
      }
    }
  }

  private static void octal(StringBuilder out, int c) {
    out.append('\\')
        .append((char) ('0' + (c >> 6)))
        .append((char) ('0' + ((c >> 3) & 7)))
        .append((char) ('0' + (c & 7)));
  }
}
