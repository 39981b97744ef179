package oxbow.cold.shred;

import java.util.Arrays;

/**
 * The values of one leaf for a block of rows, on their way into pages. Binary values already lie as
 * Parquet's PLAIN encoding has them. Hot path: encoders read the fields directly. One thread.
 */
public final class ColumnVector {
  private static final int INITIAL_ENTRIES = 1024;
  private static final int INITIAL_BYTES = 16 << 10;

  public final Leaf leaf;

  /** Values and nulls. */
  public int count;

  /** Values without the nulls. */
  public int values;

  /** Levels of each entry, if the leaf has any. */
  public byte[] definitions;

  public byte[] repetitions;

  /** Numbers; floats and doubles by their bits. */
  public long[] longs;

  /** {@link LeafType#BYTES}: four bytes of length before each value. */
  public byte[] bytes;

  public int bytesEnd;

  /** Where the contents of each binary value begin. */
  public int[] starts;

  private final int definitionMax;
  private final boolean isFlat;
  private final boolean isOptional;

  /** Entries before the row in work, of a leaf that is not flat. */
  private int mark;

  ColumnVector(Leaf leaf) {
    this.leaf = leaf;
    this.definitionMax = leaf.definitionMax();
    this.isFlat = leaf.isFlat();
    this.isOptional = definitionMax > 0;
    boolean isNumber = leaf.type().isNumber();
    this.definitions = new byte[isOptional ? INITIAL_ENTRIES : 0];
    this.repetitions = new byte[isFlat ? 0 : INITIAL_ENTRIES];
    this.longs = new long[isNumber ? INITIAL_ENTRIES : 0];
    this.bytes = new byte[isNumber ? 0 : INITIAL_BYTES];
    this.starts = new int[isNumber ? 0 : INITIAL_ENTRIES];
  }

  /** An absent value: which of the things around it is the outermost that is missing. */
  public void putNull(int repetition, int definition) {
    putLevels(repetition, definition);
  }

  public void putLong(long value, int repetition) {
    putLevels(repetition, definitionMax);
    if (values == longs.length) longs = Arrays.copyOf(longs, values * 2);
    longs[values++] = value;
  }

  public void putBytes(byte[] source, int from, int length, int repetition) {
    putLevels(repetition, definitionMax);
    int at = room(Integer.BYTES + length);
    ByteAccess.intLe(bytes, at, length);
    at += Integer.BYTES;
    starts[values++] = at;
    System.arraycopy(source, from, bytes, at, length);
    bytesEnd = at + length;
  }

  /**
   * Takes a string of up to 16 bytes if it is ASCII: checks and copies it with two loads. The
   * source has slack behind the value.
   *
   * @return false: nothing was taken, the string needs a closer look
   */
  public boolean putShortAscii(byte[] source, int from, int length, int repetition) {
    long low = ByteAccess.longLe(source, from);
    long high = 0;
    if (length > 8) {
      high = ByteAccess.longLe(source, from + 8);
      if (((low | (high << (128 - 8 * length))) & 0x8080808080808080L) != 0) return false;
    } else if (length > 0 && ((low << (64 - 8 * length)) & 0x8080808080808080L) != 0) {
      return false;
    }
    putLevels(repetition, definitionMax);
    int at = room(Integer.BYTES + 2 * Long.BYTES);
    ByteAccess.intLe(bytes, at, length);
    at += Integer.BYTES;
    starts[values++] = at;
    ByteAccess.longLe(bytes, at, low);
    if (length > 8) ByteAccess.longLe(bytes, at + 8, high);
    bytesEnd = at + length;
    return true;
  }

  public void putFixed(byte[] source, int from, int repetition) {
    putLevels(repetition, definitionMax);
    int length = leaf.fixedBytes();
    int at = room(length);
    starts[values++] = at;
    System.arraycopy(source, from, bytes, at, length);
    bytesEnd = at + length;
  }

  /** The caller writes {@code length} bytes at the returned place in {@link #bytes} by itself. */
  public int putFixedInPlace(int repetition) {
    putLevels(repetition, definitionMax);
    int at = room(leaf.fixedBytes());
    starts[values++] = at;
    bytesEnd = at + leaf.fixedBytes();
    return at;
  }

  /** Begins a row, so that {@link #dropRow} knows where it began. */
  void beginRow() {
    mark = count;
  }

  /** Forgets what was put since the row began; of a flat leaf at most one entry. */
  void dropRow(int row) {
    int keep = isFlat ? row : mark;
    for (int i = count - 1; i >= keep; i--) {
      boolean isValue = !isOptional || definitions[i] == definitionMax;
      if (isValue) {
        values--;
        if (starts.length > 0) bytesEnd = starts[values] - lengthBytes();
      }
    }
    count = keep;
  }

  void clear() {
    count = 0;
    values = 0;
    bytesEnd = 0;
    mark = 0;
  }

  public int nulls() {
    return count - values;
  }

  /** Length of a binary value. */
  public int length(int value) {
    return leaf.type() == LeafType.FIXED
        ? leaf.fixedBytes()
        : ByteAccess.intLe(bytes, starts[value] - Integer.BYTES);
  }

  /** What the vector holds on to, roughly. */
  long memoryBytes() {
    return definitions.length
        + repetitions.length
        + (long) longs.length * Long.BYTES
        + bytes.length
        + (long) starts.length * Integer.BYTES;
  }

  private int lengthBytes() {
    return leaf.type() == LeafType.BYTES ? Integer.BYTES : 0;
  }

  private void putLevels(int repetition, int definition) {
    if (isOptional) {
      if (count == definitions.length) definitions = Arrays.copyOf(definitions, count * 2);
      definitions[count] = (byte) definition;
    }
    if (!isFlat) {
      if (count == repetitions.length) repetitions = Arrays.copyOf(repetitions, count * 2);
      repetitions[count] = (byte) repetition;
    }
    count++;
  }

  private int room(int needed) {
    if (values == starts.length) starts = Arrays.copyOf(starts, values * 2);
    int at = bytesEnd;
    if (bytes.length - at < needed + ByteAccess.SLACK_BYTES) {
      int doubled = (int) Math.min(bytes.length * 2L, Integer.MAX_VALUE - 64);
      bytes = Arrays.copyOf(bytes, Math.max(doubled, at + needed + ByteAccess.SLACK_BYTES));
    }
    return at;
  }
}
