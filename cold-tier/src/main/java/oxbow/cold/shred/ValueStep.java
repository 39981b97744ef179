package oxbow.cold.shred;

/**
 * How one part of a schema goes into its leaves and comes out again. Both directions stand beside
 * each other in each step, since exactness is that they undo each other: what {@link #shred} meets
 * and {@link #assemble} would not write again, it notes in the input. Immutable; hot path.
 */
public abstract class ValueStep {
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

  /** The same for {@link ConstantSteps}: of a class of its own, if there are others in it. */
  public ValueStep copied(ConstantSteps steps) {
    return this;
  }
}
