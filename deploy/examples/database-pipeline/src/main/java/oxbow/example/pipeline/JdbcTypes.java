package oxbow.example.pipeline;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Date;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.jspecify.annotations.Nullable;

/** How a column becomes a field of a record and back. Every field is optional. */
@SuppressWarnings("JavaUtilDate") // Connect carries a timestamp as java.util.Date
final class JdbcTypes {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private JdbcTypes() {}

  /** A table or column name that is safe to put into a statement, or an error. */
  static String name(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new ConnectException("not a plain SQL name: " + name);
    }
    return name;
  }

  /** The schema of one row; field names are in lower case, whatever the database prefers. */
  static Schema rowSchema(String table, ResultSetMetaData columns) throws SQLException {
    SchemaBuilder schema = SchemaBuilder.struct().name(table);
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      schema.field(fieldName(columns, i), fieldSchema(columns, i));
    }
    return schema.build();
  }

  static Struct row(Schema schema, ResultSet row) throws SQLException {
    Struct struct = new Struct(schema);
    for (Field field : schema.fields()) {
      struct.put(field, read(row, field));
    }
    return struct;
  }

  /** Sets parameter {@code index} (from one) to a field's value. */
  static void bind(PreparedStatement statement, int index, @Nullable Object value)
      throws SQLException {
    if (value instanceof Date instant) {
      statement.setTimestamp(index, new Timestamp(instant.getTime()));
    } else {
      statement.setObject(index, value);
    }
  }

  /** Puts work into one transaction: all of it is visible afterwards, or nothing. */
  static void inTransaction(Connection connection, SqlWork work) throws SQLException {
    connection.setAutoCommit(false);
    try {
      work.run();
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    }
  }

  private static String fieldName(ResultSetMetaData columns, int column) throws SQLException {
    return columns.getColumnLabel(column).toLowerCase(Locale.ROOT);
  }

  private static Schema fieldSchema(ResultSetMetaData columns, int column) throws SQLException {
    return switch (columns.getColumnType(column)) {
      case Types.BOOLEAN, Types.BIT -> Schema.OPTIONAL_BOOLEAN_SCHEMA;
      case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT ->
          Schema.OPTIONAL_INT64_SCHEMA;
      case Types.REAL, Types.FLOAT, Types.DOUBLE -> Schema.OPTIONAL_FLOAT64_SCHEMA;
      case Types.DECIMAL, Types.NUMERIC ->
          Decimal.builder(columns.getScale(column)).optional().build();
      case Types.CHAR, Types.VARCHAR, Types.LONGVARCHAR -> Schema.OPTIONAL_STRING_SCHEMA;
      case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY -> Schema.OPTIONAL_BYTES_SCHEMA;
      case Types.TIMESTAMP -> org.apache.kafka.connect.data.Timestamp.builder().optional().build();
      default ->
          throw new ConnectException(
              "column %s has a type this example does not carry: %s"
                  .formatted(fieldName(columns, column), columns.getColumnTypeName(column)));
    };
  }

  private static @Nullable Object read(ResultSet row, Field field) throws SQLException {
    String column = field.name();
    Schema schema = field.schema();
    Object value;
    if (Decimal.LOGICAL_NAME.equals(schema.name())) {
      BigDecimal decimal = row.getBigDecimal(column);
      value = decimal;
    } else if (org.apache.kafka.connect.data.Timestamp.LOGICAL_NAME.equals(schema.name())) {
      Timestamp timestamp = row.getTimestamp(column);
      value = timestamp == null ? null : new Date(timestamp.getTime());
    } else {
      value =
          switch (schema.type()) {
            case BOOLEAN -> row.getBoolean(column);
            case INT64 -> row.getLong(column);
            case FLOAT64 -> row.getDouble(column);
            case STRING -> row.getString(column);
            case BYTES -> row.getBytes(column);
            default -> throw new ConnectException("no reader for " + schema.type());
          };
    }
    return row.wasNull() ? null : value;
  }

  /** Statements that belong together. */
  @FunctionalInterface
  interface SqlWork {
    void run() throws SQLException;
  }
}
