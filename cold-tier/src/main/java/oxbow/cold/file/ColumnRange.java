package oxbow.cold.file;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import oxbow.schema.layout.Type;

/**
 * What somebody may want of one column: a value between two bounds, both inclusive; null is never
 * wanted. Files, row groups and pages whose own bounds don't meet it are left out.
 */
public sealed interface ColumnRange {
  /** Largest precision of decimals that are numbers here. */
  int NUMBER_PRECISION_MAX = 18;

  /** How the bounds of a file's part are written. */
  enum Form {
    /** Parquet's PLAIN encoding. */
    PLAIN,
    /** Iceberg's single values: decimals have their highest byte first. */
    SINGLE
  }

  /**
   * Whether values between two bounds can be in the range.
   *
   * @param lower null: not known
   * @param upper null: not known
   * @param mayHaveNans values that are no number may be there, which bounds don't tell of
   */
  boolean meets(
      @Nullable ByteBuffer lower, @Nullable ByteBuffer upper, Form form, boolean mayHaveNans);

  /** What both want; of the same column. */
  ColumnRange and(ColumnRange other);

  /** At least what either wants. */
  ColumnRange or(ColumnRange other);

  /** Whole numbers, dates, times, booleans, and decimals without their point. */
  record Numbers(long min, long max, boolean isDecimal) implements ColumnRange {
    @Override
    public boolean meets(
        @Nullable ByteBuffer lower, @Nullable ByteBuffer upper, Form form, boolean mayHaveNans) {
      if (lower != null && number(lower, form) > max) return false;
      return upper == null || number(upper, form) >= min;
    }

    private long number(ByteBuffer bound, Form form) {
      int length = bound.remaining();
      var bytes = new byte[length];
      bound.get(bound.position(), bytes);
      if (isDecimal && form == Form.SINGLE) return new BigInteger(bytes).longValueExact();
      long value = bytes[length - 1]; // the sign
      for (int i = length - 2; i >= 0; i--) value = value << Byte.SIZE | (bytes[i] & 0xff);
      return value;
    }

    @Override
    public ColumnRange and(ColumnRange other) {
      var numbers = (Numbers) other;
      long lower = Math.max(min, numbers.min);
      long upper = Math.min(max, numbers.max);
      return new Numbers(lower, upper, isDecimal);
    }

    @Override
    public ColumnRange or(ColumnRange other) {
      var numbers = (Numbers) other;
      long lower = Math.min(min, numbers.min);
      long upper = Math.max(max, numbers.max);
      return new Numbers(lower, upper, isDecimal);
    }

    @Override
    public String toString() {
      return text(
          min == Long.MIN_VALUE ? "" : Long.toString(min),
          max == Long.MAX_VALUE ? "" : Long.toString(max));
    }
  }

  /**
   * Numbers with a floating point. What is no number is above all others, as SQL has it.
   *
   * @param max {@link Double#NaN}: there is none
   */
  record Floats(double min, double max) implements ColumnRange {
    @Override
    public boolean meets(
        @Nullable ByteBuffer lower, @Nullable ByteBuffer upper, Form form, boolean mayHaveNans) {
      boolean isOpen = Double.isNaN(max);
      if (isOpen && mayHaveNans) return true;
      // By value: both zeros are the same one.
      if (lower != null && !isOpen && number(lower) > max) return false;
      return upper == null || !(number(upper) < min);
    }

    private static double number(ByteBuffer bound) {
      var bytes = new byte[bound.remaining()];
      bound.get(bound.position(), bytes);
      long bits = 0;
      for (int i = bytes.length - 1; i >= 0; i--) bits = bits << Byte.SIZE | (bytes[i] & 0xff);
      return bytes.length == Float.BYTES
          ? Float.intBitsToFloat((int) bits)
          : Double.longBitsToDouble(bits);
    }

    @Override
    public ColumnRange and(ColumnRange other) {
      var floats = (Floats) other;
      double upper = Double.compare(max, floats.max) <= 0 ? max : floats.max;
      double lower = Math.max(min, floats.min);
      return new Floats(lower, upper);
    }

    @Override
    public ColumnRange or(ColumnRange other) {
      var floats = (Floats) other;
      double upper = Double.compare(max, floats.max) >= 0 ? max : floats.max;
      double lower = Math.min(min, floats.min);
      return new Floats(lower, upper);
    }

    @Override
    public String toString() {
      return text(
          min == Double.NEGATIVE_INFINITY ? "" : Double.toString(min),
          Double.isNaN(max) ? "" : Double.toString(max));
    }
  }

  /** Texts and bytes, ordered as bytes without sign. */
  final class Bytes implements ColumnRange {
    private final byte[] min;
    private final byte @Nullable [] max;
    private final boolean isText;

    /**
     * @param max null: there is none
     */
    public Bytes(byte[] min, byte @Nullable [] max, boolean isText) {
      this.min = min.clone();
      this.max = max == null ? null : max.clone();
      this.isText = isText;
    }

    @Override
    public boolean meets(
        @Nullable ByteBuffer lower, @Nullable ByteBuffer upper, Form form, boolean mayHaveNans) {
      if (lower != null && max != null && Arrays.compareUnsigned(bytes(lower), max) > 0) {
        return false;
      }
      return upper == null || Arrays.compareUnsigned(bytes(upper), min) >= 0;
    }

    private static byte[] bytes(ByteBuffer bound) {
      var bytes = new byte[bound.remaining()];
      bound.get(bound.position(), bytes);
      return bytes;
    }

    @Override
    public ColumnRange and(ColumnRange other) {
      var bytes = (Bytes) other;
      byte[] lower = Arrays.compareUnsigned(min, bytes.min) >= 0 ? min : bytes.min;
      return new Bytes(lower, isBelow(max, bytes.max) ? max : bytes.max, isText);
    }

    @Override
    public ColumnRange or(ColumnRange other) {
      var bytes = (Bytes) other;
      byte[] lower = Arrays.compareUnsigned(min, bytes.min) <= 0 ? min : bytes.min;
      return new Bytes(lower, isBelow(max, bytes.max) ? bytes.max : max, isText);
    }

    private static boolean isBelow(byte @Nullable [] some, byte @Nullable [] other) {
      if (some == null) return false;
      return other == null || Arrays.compareUnsigned(some, other) < 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Bytes bytes
          && Arrays.equals(min, bytes.min)
          && Arrays.equals(max, bytes.max)
          && isText == bytes.isText;
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(min) * 31 + Arrays.hashCode(max);
    }

    @Override
    public String toString() {
      byte[] upper = max;
      return text(min.length == 0 ? "" : shown(min), upper == null ? "" : shown(upper));
    }

    private String shown(byte[] bytes) {
      return isText
          ? "'" + new String(bytes, java.nio.charset.StandardCharsets.UTF_8) + "'"
          : "0x" + HexFormat.of().formatHex(bytes);
    }
  }

  private static String text(String min, String max) {
    if (min.isEmpty() && max.isEmpty()) return "not null";
    if (min.isEmpty()) return "<= " + max;
    if (max.isEmpty()) return ">= " + min;
    return min.equals(max) ? "= " + min : "from " + min + " to " + max;
  }

  /** Every value of a column of this type; empty: its bounds can't be compared. */
  static Optional<ColumnRange> all(Type type) {
    return switch (type) {
      case Type.Plain plain ->
          switch (plain) {
            case BOOLEAN,
                INT,
                LONG,
                DATE,
                TIME,
                TIMESTAMP_UTC,
                TIMESTAMP_LOCAL,
                TIMESTAMP_NANOS_UTC,
                TIMESTAMP_NANOS_LOCAL ->
                Optional.of(new Numbers(Long.MIN_VALUE, Long.MAX_VALUE, false));
            case FLOAT, DOUBLE -> Optional.of(new Floats(Double.NEGATIVE_INFINITY, Double.NaN));
            case STRING -> Optional.of(new Bytes(new byte[0], null, true));
            case BINARY, UUID -> Optional.of(new Bytes(new byte[0], null, false));
            case OPAQUE -> Optional.empty();
          };
      case Type.Decimal(int precision, int _) when precision <= NUMBER_PRECISION_MAX ->
          Optional.of(new Numbers(Long.MIN_VALUE, Long.MAX_VALUE, true));
      default -> Optional.empty();
    };
  }
}
