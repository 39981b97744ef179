package oxbow.cold.shred;

import java.util.Arrays;

/**
 * Where values are put together again out of decoded pages. Hot path: steps write the array
 * directly and pass the position along.
 */
public final class AssembleOutput {
  public byte[] bytes = new byte[64 << 10];

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
    bytes = Arrays.copyOf(bytes, (int) Math.max(doubled, needed));
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

  /** Steps over the nulls of these leaves, as far as they are lists. */
  public void skipNulls(int leafStart, int leafEnd) {
    for (int i = leafStart; i < leafEnd; i++) pages[i].skipNull();
  }
}
