package oxbow.cold.shred;

/**
 * The way of one schema's values into a file's columns and back. Hot path; used by any thread. Once
 * it is used a lot, its steps become constants ({@link ConstantSteps}).
 */
public final class ValueProgram {
  /** Values after which the compiler's work on code of its own pays. */
  public static final int USED_A_LOT = 10_000;

  final int schemaId;

  /** Leaves that this schema doesn't have, and one of its rows leaves null. */
  final int[] absentLeaves;

  // Neither is guarded: a count that loses some is as good, both steps do the same.
  private ValueStep step;
  private int uses;

  public ValueProgram(int schemaId, ValueStep step, int[] absentLeaves) {
    this.schemaId = schemaId;
    this.step = step;
    this.absentLeaves = absentLeaves.clone();
  }

  /** For one value. */
  ValueStep step() {
    return step(1);
  }

  /** For some values. */
  ValueStep step(int values) {
    if (uses < USED_A_LOT) {
      uses += values;
      if (uses >= USED_A_LOT) step = ConstantSteps.of(step);
    }
    return step;
  }
}
