package oxbow.cold.file;

import static oxbow.log.Invariants.invariant;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;

/**
 * All columns of a topic's table. Immutable.
 *
 * @param key {@link SystemColumns#BINARY_KEY}, or the same id with the key schema's type
 * @param plainValue where values go that have no schema; empty: they are kept raw
 * @param values columns of values that have one
 */
public record TableColumns(Column key, Optional<Column> plainValue, Layout values) {
  /** Binary keys; every value is kept raw until there is more. */
  public static final TableColumns EMPTY = typed(Layout.EMPTY);

  public TableColumns {
    invariant(
        key.id() == SystemColumns.BINARY_KEY.id(), "the key's column has another id", key.id());
    invariant(key.isOptional(), "the key's column takes no null", key.id());
    for (Column column : values.columns()) {
      invariant(column.id() >= Layout.FIRST_ID, "a column has one of our ids", column.id());
      invariant(column.isOptional(), "a column at the top takes no null", column.id());
    }
  }

  /** For values with schemas, binary keys. */
  public static TableColumns typed(Layout values) {
    return new TableColumns(SystemColumns.BINARY_KEY, Optional.empty(), values);
  }

  public TableColumns withValues(Layout next) {
    return new TableColumns(key, plainValue, next);
  }

  /** The columns in the table's order. */
  public List<Column> all() {
    List<Column> columns = new ArrayList<>();
    columns.add(SystemColumns.PARTITION);
    columns.add(SystemColumns.OFFSET);
    columns.add(SystemColumns.TIMESTAMP);
    columns.add(SystemColumns.TIMESTAMP_TYPE);
    columns.add(key);
    columns.add(SystemColumns.HEADERS);
    columns.add(SystemColumns.SCHEMA_ID);
    columns.add(SystemColumns.KEY_SCHEMA_ID);
    columns.add(SystemColumns.FORM);
    columns.add(SystemColumns.RAW);
    plainValue.map(this::besideTheOthers).ifPresent(columns::add);
    columns.addAll(values.columns());
    return columns;
  }

  /** The column of values without schema makes way where a schema has a field of its name. */
  private Column besideTheOthers(Column plain) {
    boolean isTaken =
        values.columns().stream().anyMatch(column -> column.name().equalsIgnoreCase(plain.name()));
    if (!isTaken) return plain;
    return new Column(
        plain.id(),
        plain.name() + "_" + plain.id(),
        plain.otherNames(),
        plain.type(),
        plain.isOptional(),
        plain.doc());
  }
}
