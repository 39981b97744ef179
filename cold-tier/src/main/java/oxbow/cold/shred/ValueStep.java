package oxbow.cold.shred;

/**
 * How one part of a schema goes into its leaves and comes out again. Both directions stand beside
 * each other in each step, since exactness is that they undo each other: what {@link #shred} meets
 * and {@link #assemble} would not write again, it notes in the input. Immutable; hot path.
 */
public abstract class ValueStep {
  /** Sums and products of it are at least as large, and none overflows. */
  public static final long BYTES_UNKNOWN = 1L << 30;

  /**
   * Decodes the part that begins at the input's position.
   *
   * @param repetition level of the part's first entry
   * @throws ShredInput.MalformedException or {@link IndexOutOfBoundsException}: it can't be
   */
  public abstract void shred(ShredInput in, int repetition);

  /**
   * Writes the part at a position of the output's array and returns the position behind it. Room
   * for {@link #fixedBytes} is there.
   */
  public abstract int assemble(AssembleOutput out, int at);

  /** Most bytes that it writes without making room for them. */
  public abstract int fixedBytes();

  /**
   * Most bytes that the part takes in any row of the pages; {@link #BYTES_UNKNOWN}: who wants to
   * know has to look at each.
   */
  public long bytesMax(LeafPage[] pages) {
    return BYTES_UNKNOWN;
  }

  /**
   * Writes the part for some rows from the output's on, each at its own place, and moves the places
   * on. All of the rows have it; at each place there is room for {@link #bytesMax}, which is known.
   */
  public void assembleRows(AssembleOutput out, int rows) {
    int first = out.row;
    for (int i = 0; i < rows; i++) {
      out.row = first + i;
      out.ends[i] = assemble(out, out.ends[i]);
    }
    out.row = first;
  }

  /** The same for {@link ConstantSteps}: of a class of its own, if there are others in it. */
  public ValueStep copied(ConstantSteps steps) {
    return this;
  }
}
