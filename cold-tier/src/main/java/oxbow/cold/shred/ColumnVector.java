package oxbow.cold.shred;

import java.util.Arrays;

/**
 * The values of one leaf for a block of rows, on their way into pages. Binary values already lie as
 * Parquet's PLAIN encoding has them. Hot path: encoders read the fields directly. One thread.
 */
public final class ColumnVector {
  private static final int INITIAL_ENTRIES = 1024;
  private static final int INITIAL_BYTES = 16 << 10;
  private static final int STRIDE = 2 * Long.BYTES;
  private static final long HIGH_BITS = 0x8080808080808080L;

  public final Leaf leaf;

  /** Values and nulls. */
  public int count;

  /** Values without the nulls. */
  public int values;

  /**
   * Levels of each entry, if the leaf has any. Those of a flat one say that a value is there until
   * a null is put, so that values needn't.
   */
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
    Arrays.fill(definitions, (byte) definitionMax);
    this.repetitions = new byte[isFlat ? 0 : INITIAL_ENTRIES];
    this.longs = new long[isNumber ? INITIAL_ENTRIES : 0];
    this.bytes = new byte[isNumber ? 0 : INITIAL_BYTES];
    this.starts = new int[isNumber ? 0 : INITIAL_ENTRIES];
  }

  /** An absent value: which of the things around it is the outermost that is missing. */
  public void putNull(int repetition, int definition) {
    if (count >= definitions.length) growDefinitions();
    definitions[count] = (byte) definition;
    if (!isFlat) putRepetition(repetition);
    count++;
  }

  public void putLong(long value, int repetition) {
    putLevels(repetition);
    if (values == longs.length) longs = SpareArrays.grown(longs, values, values * 2);
    longs[values++] = value;
  }

  public void putBytes(byte[] source, int from, int length, int repetition) {
    putLevels(repetition);
    int at = room(Integer.BYTES + length);
    ByteAccess.intLe(bytes, at, length);
    at += Integer.BYTES;
    starts[values++] = at;
    System.arraycopy(source, from, bytes, at, length);
    bytesEnd = at + length;
  }

  /**
   * Takes a string if it is ASCII: checks and copies it in one pass, sixteen bytes at a time. The
   * source has slack behind the value.
   *
   * @return false: nothing was taken, the string needs a closer look
   */
  public boolean putAscii(byte[] source, int from, int length, int repetition) {
    int at = room(Integer.BYTES + length);
    ByteAccess.intLe(bytes, at, length);
    at += Integer.BYTES;
    byte[] into = bytes;
    long seen = 0;
    int done = 0;
    for (; length - done > STRIDE; done += STRIDE) {
      long low = ByteAccess.longLe(source, from + done);
      long high = ByteAccess.longLe(source, from + done + Long.BYTES);
      seen |= low | high;
      ByteAccess.longLe(into, at + done, low);
      ByteAccess.longLe(into, at + done + Long.BYTES, high);
    }
    long low = ByteAccess.longLe(source, from + done);
    ByteAccess.longLe(into, at + done, low);
    int left = length - done;
    if (left > Long.BYTES) {
      long high = ByteAccess.longLe(source, from + done + Long.BYTES);
      ByteAccess.longLe(into, at + done + Long.BYTES, high);
      seen |= low | (high << (2 * Long.SIZE - Byte.SIZE * left));
    } else if (left > 0) {
      seen |= low << (Long.SIZE - Byte.SIZE * left);
    }
    if ((seen & HIGH_BITS) != 0) return false;
    putLevels(repetition);
    starts[values++] = at;
    bytesEnd = at + length;
    return true;
  }

  public void putFixed(byte[] source, int from, int repetition) {
    putLevels(repetition);
    int length = leaf.fixedBytes();
    int at = room(length);
    starts[values++] = at;
    System.arraycopy(source, from, bytes, at, length);
    bytesEnd = at + length;
  }

  /** The caller writes {@code length} bytes at the returned place in {@link #bytes} by itself. */
  public int putFixedInPlace(int repetition) {
    putLevels(repetition);
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
      boolean isValue = i >= definitions.length || definitions[i] == definitionMax;
      if (isValue) {
        values--;
        if (starts.length > 0) bytesEnd = starts[values] - lengthBytes();
      }
    }
    if (isFlat && keep < count && keep < definitions.length) {
      definitions[keep] = (byte) definitionMax;
    }
    count = keep;
  }

  void clear() {
    if (isFlat && count > values) Arrays.fill(definitions, (byte) definitionMax);
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

  /** Gives its memory back; it isn't used any more. */
  void close() {
    SpareArrays.giveBack(longs);
    SpareArrays.giveBack(bytes);
    SpareArrays.giveBack(starts);
    longs = new long[0];
    bytes = new byte[0];
    starts = new int[0];
  }

  private int lengthBytes() {
    return leaf.type() == LeafType.BYTES ? Integer.BYTES : 0;
  }

  /** Of a value. */
  private void putLevels(int repetition) {
    if (!isFlat) {
      if (count == definitions.length) growDefinitions();
      definitions[count] = (byte) definitionMax;
      putRepetition(repetition);
    }
    count++;
  }

  /** Before the vector is read. */
  void complete() {
    while (isOptional && count > definitions.length) growDefinitions();
  }

  private void putRepetition(int repetition) {
    if (count == repetitions.length) repetitions = Arrays.copyOf(repetitions, count * 2);
    repetitions[count] = (byte) repetition;
  }

  private void growDefinitions() {
    int before = definitions.length;
    definitions = Arrays.copyOf(definitions, Math.max(before, count) * 2);
    Arrays.fill(definitions, before, definitions.length, (byte) definitionMax);
  }

  private int room(int needed) {
    if (values == starts.length) starts = SpareArrays.grown(starts, values, values * 2);
    int at = bytesEnd;
    if (bytes.length - at < needed + ByteAccess.SLACK_BYTES) {
      int doubled = (int) Math.min(bytes.length * 2L, Integer.MAX_VALUE - 64);
      int length = Math.max(doubled, at + needed + ByteAccess.SLACK_BYTES);
      bytes = SpareArrays.grown(bytes, at, length);
    }
    return at;
  }
}
