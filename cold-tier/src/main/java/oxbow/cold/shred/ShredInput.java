package oxbow.cold.shred;

/**
 * One value's bytes while it is decoded into vectors, and what was noticed about them. Hot path:
 * steps read and move the fields directly.
 */
public final class ShredInput {
  /** A number, text or list is written in a way that columns don't keep. */
  public static final int UNUSUAL = 1;

  /** A list came in blocks with sizes; in JSON, a member that is null was written. */
  public static final int BLOCKED = 2;

  /** A list that isn't empty came in one block without size; a member was left out. */
  public static final int UNBLOCKED = 4;

  /** A space follows a separator, in texts. */
  public static final int SPACED = 8;

  /** Something else follows a separator at once. */
  public static final int COMPACT = 16;

  /**
   * Thrown for bytes that aren't what the schema says; without a trace, since it may be every
   * record.
   */
  public static final class MalformedException extends RuntimeException {
    private MalformedException() {
      super("value does not follow its schema", null, false, false);
    }
  }

  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long LOW_SEVEN_BITS = 0x7f7f7f7f7f7f7f7fL;

  private static final long DOUBLE_INFINITY = 0x7ff0000000000000L;
  private static final long DOUBLE_NAN = 0x7ff8000000000000L;
  private static final int FLOAT_INFINITY = 0x7f800000;
  private static final int FLOAT_NAN = 0x7fc00000;

  /** Has slack behind {@link #end}. */
  public byte[] bytes = new byte[0];

  public int at;
  public int end;

  /** For what has to be decoded before it is put; grows. */
  public byte[] scratch = new byte[64];

  /** Of the constants above. */
  public int notes;

  public final ColumnVector[] vectors;

  ShredInput(ColumnVector[] vectors) {
    this.vectors = vectors;
  }

  void begin(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
    notes = 0;
  }

  public static MalformedException malformed() {
    return new MalformedException();
  }

  public void note(int what) {
    notes |= what;
  }

  /**
   * Notes a number that is none in other bits than usual: engines that write columns anew make the
   * usual ones of it.
   */
  public void noteDouble(long bits) {
    if ((bits & Long.MAX_VALUE) > DOUBLE_INFINITY && bits != DOUBLE_NAN) notes |= UNUSUAL;
  }

  public void noteFloat(int bits) {
    if ((bits & Integer.MAX_VALUE) > FLOAT_INFINITY && bits != FLOAT_NAN) notes |= UNUSUAL;
  }

  /**
   * Notes keys that a map has twice, of which engines keep one.
   *
   * @param leaf of the keys
   * @param from how many values it had before the map
   */
  public void noteTwins(int leaf, int from) {
    if (vectors[leaf].values - from > 1 && !MapKeys.areDistinct(vectors[leaf], from)) {
      notes |= UNUSUAL;
    }
  }

  /** Puts one null into each of these leaves. */
  public void putNulls(int leafStart, int leafEnd, int repetition, int definition) {
    for (int i = leafStart; i < leafEnd; i++) vectors[i].putNull(repetition, definition);
  }

  /** A signed number with its sign in the lowest bit. */
  public long zigzag() {
    long first = bytes[at];
    if (first >= 0) {
      at++;
      return (first >>> 1) ^ -(first & 1);
    }
    return ByteAccess.unzigzag(longerVarint());
  }

  public int zigzagInt() {
    long value = zigzag();
    if ((int) value != value) throw malformed();
    return (int) value;
  }

  /** An unsigned number, seven bits to a byte. */
  public long varint() {
    int first = bytes[at];
    if (first >= 0) {
      at++;
      return first;
    }
    return longerVarint();
  }

  /** Length of something that lies before the end. */
  public int length() {
    long value = zigzag();
    if (value < 0 || value > end - at) throw malformed();
    return (int) value;
  }

  /** Steps over so many bytes and returns where they begin. */
  public int take(int length) {
    int from = at;
    if (length > end - from) throw malformed();
    at = from + length;
    return from;
  }

  /** Two to eight bytes in one load: finds the last one, and squeezes the marks out. */
  private long longerVarint() {
    long word = ByteAccess.longLe(bytes, at);
    long ends = ~word & HIGH_BITS;
    if (ends == 0) return longestVarint();
    long value = Long.compress(word, (ends ^ (ends - 1)) & LOW_SEVEN_BITS);
    int lastShift = Long.numberOfTrailingZeros(ends) - 7;
    if (((word >>> lastShift) & 0xff) == 0) notes |= UNUSUAL; // a shorter encoding exists
    at += (lastShift >>> 3) + 1;
    return value;
  }

  private long longestVarint() {
    long value = 0;
    for (int shift = 0; shift <= 63; shift += 7) {
      long next = bytes[at++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        if (next == 0) notes |= UNUSUAL;
        if (shift == 63 && next > 1) throw malformed();
        return value;
      }
    }
    throw malformed();
  }
}
