package oxbow.cold.shred;

/** The way of one schema's values into a file's columns and back. Immutable; hot path. */
public final class ValueProgram {
  final int schemaId;
  final ValueStep step;

  /** Leaves that this schema doesn't have, and one of its rows leaves null. */
  final int[] absentLeaves;

  public ValueProgram(int schemaId, ValueStep step, int[] absentLeaves) {
    this.schemaId = schemaId;
    this.step = step;
    this.absentLeaves = absentLeaves.clone();
  }
}
