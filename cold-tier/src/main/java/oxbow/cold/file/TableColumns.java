package oxbow.cold.file;

import static oxbow.log.Invariants.invariant;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

/**
 * All columns of a topic's table. Immutable.
 *
 * @param key of keys without schema: {@link SystemColumns#BINARY_KEY} or {@code TEXT_KEY}
 * @param typedKey where keys go that have a schema; empty: there were none yet
 * @param plainValue where values go that have no schema; empty: they are kept raw
 * @param values columns of values that have one
 * @param topMessage full name of the Protobuf message whose fields are columns at the top; others
 *     have a column each
 */
public record TableColumns(
    Column key,
    Optional<Column> typedKey,
    Optional<Column> plainValue,
    Layout values,
    Optional<String> topMessage) {
  /** Binary keys; every value is kept raw until there is more. */
  public static final TableColumns EMPTY = typed(Layout.EMPTY);

  public TableColumns {
    invariant(
        key.id() == SystemColumns.BINARY_KEY.id(), "the key's column has another id", key.id());
    invariant(
        key.type() == Type.Plain.BINARY || key.type() == Type.Plain.STRING,
        "keys without schema have a type",
        key.id());
    invariant(key.isOptional(), "the key's column takes no null", key.id());
    for (Column column : values.columns()) {
      invariant(column.id() >= Layout.FIRST_ID, "a column has one of our ids", column.id());
      invariant(column.isOptional(), "a column at the top takes no null", column.id());
    }
  }

  /** Without keys that have a schema. */
  public TableColumns(Column key, Optional<Column> plainValue, Layout values) {
    this(key, Optional.empty(), plainValue, values, Optional.empty());
  }

  /** For values with schemas, binary keys. */
  public static TableColumns typed(Layout values) {
    return new TableColumns(SystemColumns.BINARY_KEY, Optional.empty(), values);
  }

  public TableColumns withValues(Layout next) {
    return new TableColumns(key, typedKey, plainValue, next, topMessage);
  }

  public TableColumns withTypedKey(Optional<Column> next) {
    return new TableColumns(key, next, plainValue, values, topMessage);
  }

  public TableColumns withTopMessage(Optional<String> next) {
    return new TableColumns(key, typedKey, plainValue, values, next);
  }

  /** The columns in the table's order. */
  public List<Column> all() {
    List<Column> columns = new ArrayList<>();
    columns.add(SystemColumns.PARTITION);
    columns.add(SystemColumns.OFFSET);
    columns.add(SystemColumns.TIMESTAMP);
    columns.add(SystemColumns.TIMESTAMP_TYPE);
    typedKey.ifPresent(columns::add);
    columns.add(typedKey.isPresent() ? named(key, SystemColumns.RAW_KEY_NAME) : key);
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
    return isTaken ? named(plain, plain.name() + "_" + plain.id()) : plain;
  }

  private static Column named(Column column, String name) {
    return new Column(
        column.id(),
        name,
        column.otherNames(),
        column.type(),
        column.isOptional(),
        column.doc(),
        column.key());
  }
}
