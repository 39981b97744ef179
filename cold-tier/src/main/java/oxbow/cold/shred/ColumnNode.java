package oxbow.cold.shred;

import java.util.List;
import org.jspecify.annotations.Nullable;
import oxbow.schema.layout.Column;

/**
 * A column or a part of one, with the levels that tell presence and repetition as Dremel's paper
 * and Parquet count them. Immutable.
 */
public final class ColumnNode {
  public final Column column;

  /** Definition level from which on a value, or an empty list, is there. */
  public final int definition;

  /** How many lists and maps are around it. */
  public final int repetition;

  /** Its leaves are those from here ... */
  public final int leafStart;

  /** ... to before here. */
  public final int leafEnd;

  /** Fields of a struct, the element of a list, key and value of a map. */
  public final List<ColumnNode> parts;

  /** Null if it has parts. */
  public final @Nullable Leaf leaf;

  ColumnNode(
      Column column,
      int definition,
      int repetition,
      int leafStart,
      int leafEnd,
      List<ColumnNode> parts,
      @Nullable Leaf leaf) {
    this.column = column;
    this.definition = definition;
    this.repetition = repetition;
    this.leafStart = leafStart;
    this.leafEnd = leafEnd;
    this.parts = parts;
    this.leaf = leaf;
  }
}
