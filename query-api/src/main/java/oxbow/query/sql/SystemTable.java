package oxbow.query.sql;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A table about the server itself, in the schema {@code oxbow}.
 *
 * @param rows asked for when a statement names the table
 */
public record SystemTable(String name, List<ResultColumn> columns, Supplier<List<Row>> rows) {
  public SystemTable {
    columns = List.copyOf(columns);
  }

  /**
   * As many values as there are columns: null, {@code Boolean}, a {@code Number}, {@code String},
   * {@code Instant}.
   */
  public static final class Row {
    private final @Nullable Object[] values;

    private Row(@Nullable Object[] values) {
      this.values = values;
    }

    public static Row of(@Nullable Object... values) {
      return new Row(values.clone());
    }

    int count() {
      return values.length;
    }

    @Nullable Object value(int index) {
      return values[index];
    }
  }
}
