package oxbow.cold.shred;

import oxbow.schema.layout.Column;

/**
 * A column that holds values itself: one vector in memory, one column chunk in a file.
 *
 * @param index its place among all leaves of the file
 * @param path names from the top, as Parquet's schema has them
 * @param definitionMax level at which a value is there
 * @param repetitionMax how many lists are around it; zero: one value or null per row
 * @param fixedBytes of each value, if the type is {@link LeafType#FIXED}
 */
public record Leaf(
    int index,
    Column column,
    java.util.List<String> path,
    LeafType type,
    int definitionMax,
    int repetitionMax,
    int fixedBytes) {
  public Leaf {
    path = java.util.List.copyOf(path);
  }

  public boolean isFlat() {
    return repetitionMax == 0;
  }
}
