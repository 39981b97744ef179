package oxbow.cold.file.parquet;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafType;
import oxbow.schema.layout.Type;

/**
 * Smallest and largest values of one column: of the page in work and of the row group so far. Flat
 * columns only, and none of opaque bytes.
 */
final class ChunkBounds {
  /** Longer strings are cut, and the upper one made the next larger. */
  private static final int BYTES_MAX = 64;

  private enum Order {
    SIGNED,
    FLOATING,
    /** Bytes without sign. */
    BYTES,
    /** Big-endian numbers of one length, with sign. */
    SIGNED_BYTES,
    NONE
  }

  private final Leaf leaf;
  private final Order order;
  private final boolean isText;

  private @Nullable Bounds page;
  private @Nullable Bounds chunk;
  private boolean isChunkKnown = true;
  private @Nullable Bounds file;
  private boolean isFileKnown = true;
  private long nans;

  /** Which of a dictionary's values a page has. */
  private boolean[] seen = new boolean[0];

  /** Both ends as Parquet's PLAIN encoding has them. */
  static final class Bounds {
    final byte[] min;
    final byte[] max;
    final boolean isMinExact;
    final boolean isMaxExact;

    Bounds(byte[] min, byte[] max, boolean isMinExact, boolean isMaxExact) {
      this.min = min;
      this.max = max;
      this.isMinExact = isMinExact;
      this.isMaxExact = isMaxExact;
    }
  }

  ChunkBounds(Leaf leaf) {
    this.leaf = leaf;
    this.order = order(leaf);
    this.isText = leaf.column().type() == Type.Plain.STRING;
  }

  /** Bounds of the last page; null: it has none, or no values. */
  @Nullable Bounds page() {
    return page;
  }

  @Nullable Bounds chunk() {
    return isChunkKnown ? chunk : null;
  }

  boolean isKept() {
    return order != Order.NONE;
  }

  /** Bounds of all chunks so far; null: not known. */
  @Nullable Bounds file() {
    return isFileKnown ? file : null;
  }

  /** How many values were no number. */
  long nans() {
    return nans;
  }

  void beginChunk() {
    chunk = null;
    isChunkKnown = true;
  }

  /** Looks at a page. */
  void addPage(ColumnVector vector) {
    if (order == Order.NONE || vector.values == 0) {
      page = null;
      return;
    }
    add(
        switch (order) {
          case SIGNED -> ofNumbers(vector);
          case FLOATING -> ofFloats(vector);
          case BYTES, SIGNED_BYTES -> ofBytes(vector);
          case NONE -> null;
        });
  }

  /** Looks at a page that a dictionary has numbered: at each different value once. */
  void addPage(ColumnVector vector, int[] numbers, ValueDictionary dictionary) {
    boolean isBinary = order == Order.BYTES || order == Order.SIGNED_BYTES;
    if (isBinary && vector.values > 0 && dictionary.size() <= vector.values) {
      add(ofNumbered(numbers, vector.values, dictionary));
    } else {
      addPage(vector);
    }
  }

  private void add(@Nullable Bounds bounds) {
    page = bounds;
    if (page == null) {
      isChunkKnown = false;
      isFileKnown = false;
    } else {
      chunk = chunk == null ? page : union(chunk, page);
      file = file == null ? page : union(file, page);
    }
  }

  private Bounds union(Bounds a, Bounds b) {
    boolean isMinOfA = compare(a.min, b.min) <= 0;
    boolean isMaxOfA = compare(a.max, b.max) >= 0;
    return new Bounds(
        isMinOfA ? a.min : b.min,
        isMaxOfA ? a.max : b.max,
        isMinOfA ? a.isMinExact : b.isMinExact,
        isMaxOfA ? a.isMaxExact : b.isMaxExact);
  }

  /** By the column's order, of values in PLAIN encoding. */
  int compare(byte[] a, byte[] b) {
    return switch (order) {
      case SIGNED -> Long.compare(number(a), number(b));
      case FLOATING -> Double.compare(floating(a), floating(b));
      case SIGNED_BYTES -> compareSigned(a, 0, b, 0, a.length);
      case BYTES -> Arrays.compareUnsigned(a, b);
      case NONE -> 0;
    };
  }

  private Bounds ofNumbers(ColumnVector vector) {
    long[] values = vector.longs;
    long min = values[0];
    long max = min;
    for (int i = 1; i < vector.values; i++) {
      min = Math.min(min, values[i]);
      max = Math.max(max, values[i]);
    }
    return new Bounds(plain(min), plain(max), true, true);
  }

  /** NaN takes no part; zeros count as both zeros, as the format asks. */
  private @Nullable Bounds ofFloats(ColumnVector vector) {
    boolean isDouble = leaf.type() == LeafType.DOUBLE;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    boolean isAny = false;
    for (int i = 0; i < vector.values; i++) {
      long bits = vector.longs[i];
      double value = isDouble ? Double.longBitsToDouble(bits) : Float.intBitsToFloat((int) bits);
      if (Double.isNaN(value)) {
        nans++;
        continue;
      }
      isAny = true;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (!isAny) return null;
    if (min == 0) min = -0.0;
    if (max == 0) max = 0.0;
    return new Bounds(floatingPlain(min), floatingPlain(max), true, true);
  }

  private @Nullable Bounds ofBytes(ColumnVector vector) {
    int min = 0;
    int max = 0;
    // The first eight bytes decide most comparisons.
    long minPrefix = prefix(vector, 0);
    long maxPrefix = minPrefix;
    for (int i = 1; i < vector.values; i++) {
      long prefix = prefix(vector, i);
      if (prefix <= minPrefix && compare(vector, i, min) < 0) {
        min = i;
        minPrefix = prefix;
      } else if (prefix >= maxPrefix && compare(vector, i, max) > 0) {
        max = i;
        maxPrefix = prefix;
      }
    }
    return between(value(vector, min), value(vector, max));
  }

  /** Cut where they are long. */
  private @Nullable Bounds between(byte[] lower, byte[] upper) {
    boolean isLowerCut = lower.length > BYTES_MAX && leaf.type() == LeafType.BYTES;
    boolean isUpperCut = upper.length > BYTES_MAX && leaf.type() == LeafType.BYTES;
    byte[] below = isLowerCut ? cut(lower) : lower;
    byte[] above = isUpperCut ? nextAbove(cut(upper)) : upper;
    return above == null ? null : new Bounds(below, above, !isLowerCut, !isUpperCut);
  }

  private @Nullable Bounds ofNumbered(int[] numbers, int count, ValueDictionary dictionary) {
    int size = dictionary.size();
    if (seen.length < size) seen = new boolean[size * 2];
    Arrays.fill(seen, 0, size, false);
    for (int i = 0; i < count; i++) seen[numbers[i]] = true;
    int min = numbers[0];
    int max = min;
    for (int number = 0; number < size; number++) {
      if (!seen[number]) continue;
      if (compare(dictionary, number, min) < 0) min = number;
      else if (compare(dictionary, number, max) > 0) max = number;
    }
    return between(value(dictionary, min), value(dictionary, max));
  }

  private int compare(ValueDictionary dictionary, int a, int b) {
    byte[] bytes = dictionary.bytes();
    int aFrom = dictionary.start(a);
    int bFrom = dictionary.start(b);
    if (order == Order.SIGNED_BYTES) {
      return compareSigned(bytes, aFrom, bytes, bFrom, leaf.fixedBytes());
    }
    return Arrays.compareUnsigned(
        bytes, aFrom, aFrom + dictionary.length(a), bytes, bFrom, bFrom + dictionary.length(b));
  }

  private static byte[] value(ValueDictionary dictionary, int number) {
    int start = dictionary.start(number);
    return Arrays.copyOfRange(dictionary.bytes(), start, start + dictionary.length(number));
  }

  private int compare(ColumnVector vector, int a, int b) {
    if (order == Order.SIGNED_BYTES) {
      return compareSigned(
          vector.bytes, vector.starts[a], vector.bytes, vector.starts[b], leaf.fixedBytes());
    }
    return Arrays.compareUnsigned(
        vector.bytes,
        vector.starts[a],
        vector.starts[a] + vector.length(a),
        vector.bytes,
        vector.starts[b],
        vector.starts[b] + vector.length(b));
  }

  /** A number that orders as the value's first bytes do. */
  private long prefix(ColumnVector vector, int i) {
    int length = vector.length(i);
    if (length == 0) return Long.MIN_VALUE;
    long first = ByteAccess.longBe(vector.bytes, vector.starts[i]);
    if (length < Long.BYTES) first &= -1L << ((Long.BYTES - length) * Byte.SIZE);
    return order == Order.SIGNED_BYTES ? first : first ^ Long.MIN_VALUE;
  }

  private static int compareSigned(byte[] a, int aFrom, byte[] b, int bFrom, int length) {
    if (a[aFrom] != b[bFrom]) return Byte.compare(a[aFrom], b[bFrom]);
    return Arrays.compareUnsigned(a, aFrom, aFrom + length, b, bFrom, bFrom + length);
  }

  private static byte[] value(ColumnVector vector, int i) {
    int start = vector.starts[i];
    return Arrays.copyOfRange(vector.bytes, start, start + vector.length(i));
  }

  /** A prefix; of a text one that ends with a whole character. */
  private byte[] cut(byte[] value) {
    int length = BYTES_MAX;
    while (isText && length > 0 && (value[length] & 0xc0) == 0x80) length--;
    return Arrays.copyOf(value, length);
  }

  /** A value of at most this length above all that begin with this one; null: not found. */
  private byte @Nullable [] nextAbove(byte[] prefix) {
    for (int i = prefix.length - 1; i >= 0; i--) {
      int unsigned = prefix[i] & 0xff;
      // In a text only an ASCII character is made the next one; others are dropped.
      if (unsigned < (isText ? 0x7f : 0xff)) {
        byte[] above = Arrays.copyOf(prefix, i + 1);
        above[i]++;
        return above;
      }
    }
    return null;
  }

  /** A bound as Iceberg writes single values: the same, but for decimals. */
  ByteBuffer single(byte[] plain) {
    if (!(leaf.column().type() instanceof Type.Decimal)) return ByteBuffer.wrap(plain);
    BigInteger unscaled =
        order == Order.SIGNED ? BigInteger.valueOf(number(plain)) : new BigInteger(plain);
    return ByteBuffer.wrap(unscaled.toByteArray());
  }

  private byte[] plain(long value) {
    return leaf.type() == LeafType.BOOLEAN
        ? new byte[] {(byte) value}
        : littleEndian(value, leaf.type() == LeafType.INT32 ? Integer.BYTES : Long.BYTES);
  }

  private byte[] floatingPlain(double value) {
    return leaf.type() == LeafType.DOUBLE
        ? littleEndian(Double.doubleToRawLongBits(value), Long.BYTES)
        : littleEndian(Float.floatToRawIntBits((float) value), Integer.BYTES);
  }

  private static byte[] littleEndian(long value, int length) {
    var bytes = new byte[length];
    for (int i = 0; i < length; i++) bytes[i] = (byte) (value >>> (Byte.SIZE * i));
    return bytes;
  }

  private static long number(byte[] plain) {
    long value = plain[plain.length - 1]; // the sign
    for (int i = plain.length - 2; i >= 0; i--) value = value << Byte.SIZE | (plain[i] & 0xff);
    return value;
  }

  private static double floating(byte[] plain) {
    long bits = number(plain);
    return plain.length == Long.BYTES
        ? Double.longBitsToDouble(bits)
        : Float.intBitsToFloat((int) bits);
  }

  private static Order order(Leaf leaf) {
    if (!leaf.isFlat()) return Order.NONE;
    return switch (leaf.type()) {
      case BOOLEAN, INT32, INT64 -> Order.SIGNED;
      case FLOAT, DOUBLE -> Order.FLOATING;
      case BYTES -> leaf.column().type() == Type.Plain.OPAQUE ? Order.NONE : Order.BYTES;
      case FIXED -> leaf.column().type() instanceof Type.Decimal ? Order.SIGNED_BYTES : Order.BYTES;
    };
  }
}
