package oxbow.cold.shred;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One decoded page of a leaf and the place in it. Filled by a decoder, emptied by steps. Hot path:
 * both use the fields directly.
 *
 * <p>A flat leaf has one entry per row, so its entry is found by the row's number; the entries of a
 * repeated one are counted by {@link #entry}. Values without nulls are counted by {@link #value}.
 */
public final class LeafPage {
  public final Leaf leaf;
  public final boolean isFlat;
  public final int definitionMax;

  /** Entries: values and nulls. */
  public int count;

  public int values;
  public byte[] definitions = new byte[0];
  public byte[] repetitions = new byte[0];

  /** Numbers, whatever their encoding was. */
  public long[] longs = new long[0];

  /** Contents of binary values: the page itself, or the dictionary's values. */
  public byte[] bytes = new byte[0];

  /** Place of each value among the dictionary's, if {@link #isNumbered}. */
  public int[] numbers = new int[0];

  public boolean isNumbered;

  /** Where the contents of binary values begin and how long they are: by number, or by value. */
  public int[] starts = new int[0];

  public int[] lengths = new int[0];

  /** None of the lengths is larger. */
  public int lengthMax = Integer.MAX_VALUE;

  /** Most entries that a row of a repeated leaf has; -1: nobody has asked yet. */
  private int rowEntriesMax = -1;

  // What somebody made of the dictionary's values, so that each is looked at once.
  private int[] meanings = new int[0];
  private @Nullable Object meaningsOwner;

  /** Next entry of a repeated leaf. */
  public int entry;

  /** Next row, where rows are skipped. */
  int row;

  /** Next value. */
  public int value;

  public LeafPage(Leaf leaf) {
    this.leaf = leaf;
    this.isFlat = leaf.isFlat();
    this.definitionMax = leaf.definitionMax();
  }

  public void begin() {
    entry = 0;
    row = 0;
    value = 0;
    rowEntriesMax = -1;
  }

  /** Most entries that a row of this page has. */
  public int rowEntriesMax() {
    if (isFlat) return 1;
    if (rowEntriesMax < 0) rowEntriesMax = countRowEntries();
    return rowEntriesMax;
  }

  private int countRowEntries() {
    int most = 0;
    int start = 0;
    for (int i = 1; i < count; i++) {
      if (repetitions[i] != 0) continue;
      most = Math.max(most, i - start);
      start = i;
    }
    return Math.max(most, count - start);
  }

  /** The dictionary is another one now. */
  public void changeDictionary(int size) {
    if (meanings.length < size) meanings = new int[size];
    meaningsOwner = null;
  }

  /** By number of the dictionary's values; zero: its owner hasn't come by this value yet. */
  public int[] meanings(Object owner) {
    if (!owner.equals(meaningsOwner)) {
      Arrays.fill(meanings, 0);
      meaningsOwner = owner;
    }
    return meanings;
  }

  /** Definition level of the entry that comes next. */
  public int definition(int row) {
    if (definitionMax == 0) return 0;
    return definitions[isFlat ? row : entry];
  }

  /** Takes the next value's number; whoever calls knows that it is there. */
  public long takeLong() {
    if (!isFlat) entry++;
    return longs[value++];
  }

  /** Index into {@link #starts} and {@link #lengths} of the next binary value, which is taken. */
  public int takeBytes() {
    if (!isFlat) entry++;
    int index = value++;
    return isNumbered ? numbers[index] : index;
  }

  void skipNull() {
    if (!isFlat) entry++;
  }

  /** Steps over rows without values. */
  void skipNulls(int rows) {
    if (!isFlat) entry += rows;
  }

  /** Steps over rows, of which the first is the one that comes next. */
  void skipRows(int from, int to) {
    if (isFlat) {
      if (definitionMax == 0) {
        value += to - from;
      } else {
        for (int row = from; row < to; row++) if (definitions[row] == definitionMax) value++;
      }
      return;
    }
    for (int row = from; row < to; row++) {
      do {
        if (definitions[entry++] == definitionMax) value++;
      } while (entry < count && repetitions[entry] != 0);
    }
  }
}
