package oxbow.schema.layout;

import java.util.List;

/**
 * All columns of a table's values, of whatever version. It only grows: a column that a version
 * leaves out stays, and one that comes back is the same. Immutable.
 *
 * @param lastId the largest id ever given
 * @param columns at the top level, where all are optional
 */
public record Layout(int lastId, List<Column> columns) {
  /** The first id of a value's column; a table's own columns lie below. */
  public static final int FIRST_ID = 1000;

  /** No columns yet. */
  public static final Layout EMPTY = new Layout(FIRST_ID - 1, List.of());

  public Layout {
    columns = List.copyOf(columns);
  }
}
