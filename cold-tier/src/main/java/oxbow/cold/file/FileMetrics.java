package oxbow.cold.file;

import java.util.List;

/**
 * What a table notes of a file beside the file itself.
 *
 * @param columns the leaf columns of which something is known
 * @param splits positions where a reader has to begin: row groups, ascending; none: anywhere will
 *     do
 */
public record FileMetrics(List<ColumnMetrics> columns, List<Long> splits) {
  /** Nothing is known. */
  public static final FileMetrics NONE = new FileMetrics(List.of(), List.of());

  public FileMetrics {
    columns = List.copyOf(columns);
    splits = List.copyOf(splits);
  }
}
