package oxbow.cold.shred;

/**
 * Where values are put together again out of decoded pages. Hot path: steps write the array
 * directly and pass the position along.
 */
public final class AssembleOutput implements AutoCloseable {
  public byte[] bytes = SpareArrays.bytes(64 << 10);

  /** Where the parts written last end, by row, if rows are put together column by column. */
  public int[] ends = new int[0];

  /** The pages of the block in work, one per leaf. */
  public final LeafPage[] pages;

  /** Row of the block. */
  public int row;

  /** What the program in work writes at most without making room: left behind whatever is put. */
  public int reserve;

  /** A space is to follow each separator, in texts. */
  public boolean isSpaced;

  /** Lists are to be cut into blocks with sizes; in JSON, null members are to be written. */
  public boolean isBlocked;

  public AssembleOutput(LeafPage[] pages) {
    this.pages = pages;
  }

  /** Makes room for so many bytes behind a position, and for a write of sixteen more. */
  public void ensure(int at, int more) {
    long needed = (long) at + more + 2 * ByteAccess.SLACK_BYTES;
    if (needed > bytes.length) grow(needed);
  }

  private void grow(long needed) {
    if (needed > Integer.MAX_VALUE - 64) {
      throw new IllegalStateException("a batch would exceed 2 GiB: " + needed);
    }
    long doubled = Math.min(bytes.length * 2L, Integer.MAX_VALUE - 64);
    bytes = SpareArrays.grown(bytes, bytes.length, (int) Math.max(doubled, needed));
  }

  /** Gives its memory back; it isn't used any more. */
  @Override
  public void close() {
    SpareArrays.giveBack(bytes);
    bytes = new byte[0];
  }

  public int putByte(int at, int value) {
    bytes[at] = (byte) value;
    return at + 1;
  }

  public int putZigzag(int at, long value) {
    return ByteAccess.putZigzag(bytes, at, value);
  }

  public int putVarint(int at, long value) {
    return ByteAccess.putVarint(bytes, at, value);
  }

  public int putBytes(int at, byte[] source, int from, int length) {
    ensure(at, length + reserve);
    System.arraycopy(source, from, bytes, at, length);
    return at + length;
  }

  /** Puts the next value of a page's binary ones, behind its length as a signed number. */
  public int putValue(int at, LeafPage page) {
    int index = page.takeBytes();
    int length = page.lengths[index];
    int from = putZigzag(at, length);
    ensure(from, length + reserve);
    ByteAccess.copy(page.bytes, page.starts[index], bytes, from, length);
    return from + length;
  }

  /** Puts the next numbers of a flat page at the rows' places, signed and in few bytes. */
  public void putNumbers(LeafPage page, int rows) {
    byte[] into = bytes;
    int[] ends = this.ends;
    long[] longs = page.longs;
    int from = page.value;
    for (int i = 0; i < rows; i++) {
      ends[i] = ByteAccess.putZigzag(into, ends[i], longs[from + i]);
    }
    page.value = from + rows;
  }

  /** Puts the next values of a flat page, each behind its length, at the rows' places. */
  public void putValues(LeafPage page, int rows) {
    byte[] into = bytes;
    int[] ends = this.ends;
    byte[] source = page.bytes;
    int[] starts = page.starts;
    int[] lengths = page.lengths;
    int from = page.value;
    if (page.isNumbered) {
      int[] numbers = page.numbers;
      for (int i = 0; i < rows; i++) {
        int number = numbers[from + i];
        ends[i] = putValue(into, ends[i], source, starts[number], lengths[number]);
      }
    } else {
      for (int i = 0; i < rows; i++) {
        ends[i] = putValue(into, ends[i], source, starts[from + i], lengths[from + i]);
      }
    }
    page.value = from + rows;
  }

  private static int putValue(byte[] into, int at, byte[] source, int from, int length) {
    int end = ByteAccess.putZigzag(into, at, length);
    ByteAccess.copy(source, from, into, end, length);
    return end + length;
  }

  /** Steps over the nulls of these leaves in some rows. */
  public void skipNulls(int leafStart, int leafEnd, int rows) {
    for (int i = leafStart; i < leafEnd; i++) pages[i].skipNulls(rows);
  }

  /** Steps over the nulls of these leaves, as far as they are lists. */
  public void skipNulls(int leafStart, int leafEnd) {
    for (int i = leafStart; i < leafEnd; i++) pages[i].skipNull();
  }
}
