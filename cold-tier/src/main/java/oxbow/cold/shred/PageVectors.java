package oxbow.cold.shred;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands the rows of decoded pages over as vectors of a table's leaves, a few at a time. A leaf that
 * the pages don't have is null in every row. Hot path; one thread.
 */
public final class PageVectors {
  private final ColumnVector[] vectors;
  private final List<Source> sources;

  /**
   * Where a leaf's values come from.
   *
   * @param page null: from nowhere
   */
  public record Source(Leaf leaf, @Nullable LeafPage page) {}

  /** Sources of the leaves that somebody looks at. */
  public PageVectors(ColumnTree tree, List<Source> sources) {
    this.vectors = tree.leaves().stream().map(ColumnVector::new).toArray(ColumnVector[]::new);
    this.sources = List.copyOf(sources);
  }

  /** One for each leaf of the tree; those without a source are empty. */
  public ColumnVector[] vectors() {
    return vectors;
  }

  /** Puts the next rows of all pages into the vectors; rows are taken in their order. */
  public void take(int from, int rows) {
    for (Source source : sources) {
      ColumnVector vector = vectors[source.leaf().index()];
      LeafPage page = source.page();
      vector.clear();
      if (page == null) putNulls(vector, rows);
      else if (page.isFlat) putFlat(vector, page, from, rows);
      else putRepeated(vector, page, from, rows);
      vector.complete();
    }
  }

  private static void putNulls(ColumnVector vector, int rows) {
    for (int i = 0; i < rows; i++) vector.putNull(0, 0);
  }

  private static void putFlat(ColumnVector vector, LeafPage page, int from, int rows) {
    skipFlat(page, from);
    boolean isNumber = vector.leaf.type().isNumber();
    if (page.values == page.count) {
      // Nothing is null, whatever the table's column may hold.
      if (isNumber) putNumbers(vector, page, rows);
      else for (int i = 0; i < rows; i++) putBytes(vector, page, 0);
      if (isNumber) vector.count = rows;
      page.entry = from + rows;
      return;
    }
    int present = page.definitionMax;
    for (int row = from; row < from + rows; row++) {
      int definition = page.definitions[row];
      if (definition < present) vector.putNull(0, definition);
      else if (isNumber) vector.putLong(number(vector, page), 0);
      else putBytes(vector, page, 0);
    }
    page.entry = from + rows;
  }

  private static void putNumbers(ColumnVector vector, LeafPage page, int rows) {
    if (vector.longs.length < rows) vector.longs = new long[rows];
    if (isWidened(vector, page)) {
      for (int i = 0; i < rows; i++) vector.longs[i] = widened(page.longs[page.value + i]);
    } else {
      System.arraycopy(page.longs, page.value, vector.longs, 0, rows);
    }
    vector.values = rows;
    page.value += rows;
  }

  /** Goes on to a row, whose number in a flat page is that of its entry. */
  private static void skipFlat(LeafPage page, int row) {
    if (page.values == page.count) {
      page.value = row;
      return;
    }
    for (int i = page.entry; i < row; i++) {
      if (page.definitions[i] == page.definitionMax) page.value++;
    }
  }

  private static void putRepeated(ColumnVector vector, LeafPage page, int from, int rows) {
    boolean isNumber = vector.leaf.type().isNumber();
    skipRows(page, from);
    int begun = 0;
    while (page.entry < page.count) {
      int repetition = page.repetitions[page.entry];
      if (repetition == 0 && begun++ == rows) break;
      int definition = page.definitions[page.entry++];
      if (definition < page.definitionMax) vector.putNull(repetition, definition);
      else if (isNumber) vector.putLong(number(vector, page), repetition);
      else putBytes(vector, page, repetition);
    }
    page.row = from + rows;
  }

  private static void skipRows(LeafPage page, int row) {
    while (page.row < row) {
      do {
        if (page.definitions[page.entry] == page.definitionMax) page.value++;
        page.entry++;
      } while (page.entry < page.count && page.repetitions[page.entry] != 0);
      page.row++;
    }
  }

  private static long number(ColumnVector vector, LeafPage page) {
    long number = page.longs[page.value++];
    return isWidened(vector, page) ? widened(number) : number;
  }

  private static boolean isWidened(ColumnVector vector, LeafPage page) {
    return vector.leaf.type() == LeafType.DOUBLE && page.leaf.type() == LeafType.FLOAT;
  }

  private static long widened(long bits) {
    return Double.doubleToRawLongBits(Float.intBitsToFloat((int) bits));
  }

  private static void putBytes(ColumnVector vector, LeafPage page, int repetition) {
    int index = page.value++;
    if (page.isNumbered) index = page.numbers[index];
    if (vector.leaf.type() == LeafType.FIXED) {
      vector.putFixed(page.bytes, page.starts[index], repetition);
    } else {
      vector.putBytes(page.bytes, page.starts[index], page.lengths[index], repetition);
    }
  }

  /**
   * Whether pages of one column can be handed over as another one's: the same parts, which may be
   * absent at the same places, and values of the same kind or of a narrower one.
   */
  public static boolean isSame(ColumnNode table, ColumnNode file) {
    boolean isTop = table.definition <= 1 && table.repetition == 0 && table.leaf != null;
    boolean isOptional = table.column.isOptional();
    boolean hasSameLevels =
        table.column.id() == file.column.id()
            && table.repetition == file.repetition
            && (table.definition == file.definition
                || (isTop && isOptional && file.definition == 0));
    if (!hasSameLevels || table.parts.size() != file.parts.size()) return false;
    if (table.leaf != null && file.leaf != null) return isSame(table.leaf, file.leaf);
    if (table.leaf != null || file.leaf != null) return false;
    if (table.column.type().getClass() != file.column.type().getClass()) return false;
    for (int i = 0; i < table.parts.size(); i++) {
      if (!isSame(table.parts.get(i), file.parts.get(i))) return false;
    }
    return true;
  }

  private static boolean isSame(Leaf table, Leaf file) {
    boolean isSameColumn =
        table.column().type().equals(file.column().type())
            || file.column().type().widensTo(table.column().type());
    if (!isSameColumn) return false;
    if (table.type() == file.type()) return table.fixedBytes() == file.fixedBytes();
    return switch (file.type()) {
      case INT32 -> table.type() == LeafType.INT64;
      case FLOAT -> table.type() == LeafType.DOUBLE;
      default -> false;
    };
  }
}
