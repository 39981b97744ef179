package oxbow.cold.shred.json;

/**
 * Doubles that are written with few digits and without an exponent, as prices and measurements are.
 * Reads and writes exactly what {@link Double#parseDouble} and {@link Double#toString} would, or
 * leaves it to them. Hot path.
 *
 * <p>Why that is exact: up to fifteen digits and the power of ten below them are doubles, and one
 * division of two doubles is rounded once. No two decimals of up to fifteen digits are the same
 * double, so that one which reads as a given double is the shortest there is.
 */
final class ShortDecimals {
  private static final int DIGITS_MAX = 15;
  private static final long DIGITS_END = 1_000_000_000_000_000L;
  private static final double[] TENS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
  };

  /** Between these Java writes no exponent. */
  private static final double LEAST = 1e-3;

  private static final double END = 1e7;

  /** More digits behind the point are looked for by Java. */
  private static final int FRACTION_MAX = 6;

  private ShortDecimals() {}

  /** The value of a text that is written as Java would; NaN: it isn't, or takes a closer look. */
  static double read(byte[] bytes, int from, int end) {
    int at = from;
    boolean isNegative = bytes[at] == '-';
    if (isNegative) at++;
    if (end - at > DIGITS_MAX + 1) return Double.NaN;
    long digits = 0;
    int wholeFrom = at;
    while (at < end && isDigit(bytes[at])) digits = digits * 10 + (bytes[at++] - '0');
    int wholeDigits = at - wholeFrom;
    boolean hasLeadingZero = wholeDigits > 1 && bytes[wholeFrom] == '0';
    if (wholeDigits == 0 || hasLeadingZero || at == end || bytes[at] != '.') return Double.NaN;
    int fractionFrom = ++at;
    while (at < end && isDigit(bytes[at])) digits = digits * 10 + (bytes[at++] - '0');
    int fractionDigits = at - fractionFrom;
    boolean hasTrailingZero = fractionDigits > 1 && bytes[at - 1] == '0';
    if (fractionDigits == 0 || hasTrailingZero || at != end) return Double.NaN;
    double value = digits / TENS[fractionDigits];
    if (value != 0 && (value < LEAST || value >= END)) return Double.NaN;
    return isNegative ? -value : value;
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  /** Writes a value and returns the position behind it; if that is where it began: it was not. */
  static int write(byte[] into, int from, double value) {
    double magnitude = Math.abs(value);
    if (!(magnitude >= LEAST && magnitude < END)) return from;
    for (int fraction = 1; fraction <= FRACTION_MAX; fraction++) {
      long digits = Math.round(magnitude * TENS[fraction]);
      if (digits >= DIGITS_END) return from;
      if (digits / TENS[fraction] != magnitude) continue;
      int at = from;
      if (value < 0) into[at++] = '-';
      long scale = (long) TENS[fraction];
      at = writeWhole(into, at, digits / scale);
      into[at++] = '.';
      long behind = digits % scale;
      for (int i = at + fraction - 1; i >= at; i--) {
        into[i] = (byte) ('0' + behind % 10);
        behind /= 10;
      }
      return at + fraction;
    }
    return from;
  }

  /** Writes a number that is not negative. */
  static int writeWhole(byte[] into, int from, long value) {
    int end = from + 1;
    for (long rest = value; rest >= 10; rest /= 10) end++;
    for (int i = end - 1; i >= from; i--) {
      into[i] = (byte) ('0' + value % 10);
      value /= 10;
    }
    return end;
  }
}
