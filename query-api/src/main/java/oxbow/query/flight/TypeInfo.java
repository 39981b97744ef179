package oxbow.query.flight;

import java.nio.charset.StandardCharsets;
import java.sql.Types;
import java.util.List;
import org.apache.arrow.flight.FlightProducer.ServerStreamListener;
import org.apache.arrow.flight.sql.FlightSqlProducer.Schemas;
import org.apache.arrow.flight.sql.impl.FlightSql.CommandGetXdbcTypeInfo;
import org.apache.arrow.flight.sql.impl.FlightSql.Nullable;
import org.apache.arrow.flight.sql.impl.FlightSql.Searchable;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** The types that columns may have, as drivers number them. */
final class TypeInfo {
  /**
   * A type.
   *
   * @param size digits, characters or bytes at most
   * @param quote what stands around a literal; empty: nothing
   */
  private record Type(String name, int number, int size, String quote, boolean isUnsigned) {}

  private static final int TEXT_MAX = Integer.MAX_VALUE;

  private static final List<Type> TYPES =
      List.of(
          new Type("BOOLEAN", Types.BOOLEAN, 1, "", false),
          new Type("TINYINT", Types.TINYINT, 3, "", false),
          new Type("SMALLINT", Types.SMALLINT, 5, "", false),
          new Type("INTEGER", Types.INTEGER, 10, "", false),
          new Type("BIGINT", Types.BIGINT, 19, "", false),
          new Type("UBIGINT", Types.BIGINT, 20, "", true),
          new Type("FLOAT", Types.REAL, 7, "", false),
          new Type("DOUBLE", Types.DOUBLE, 15, "", false),
          new Type("DECIMAL", Types.DECIMAL, 38, "", false),
          new Type("VARCHAR", Types.VARCHAR, TEXT_MAX, "'", false),
          new Type("BLOB", Types.VARBINARY, TEXT_MAX, "'", false),
          new Type("DATE", Types.DATE, 10, "'", false),
          new Type("TIME", Types.TIME, 15, "'", false),
          new Type("TIMESTAMP", Types.TIMESTAMP, 26, "'", false),
          new Type("TIMESTAMP WITH TIME ZONE", Types.TIMESTAMP_WITH_TIMEZONE, 32, "'", false),
          new Type("UUID", Types.VARCHAR, 36, "'", false),
          new Type("LIST", Types.ARRAY, TEXT_MAX, "", false),
          new Type("STRUCT", Types.STRUCT, TEXT_MAX, "", false),
          new Type("MAP", Types.OTHER, TEXT_MAX, "", false));

  private TypeInfo() {}

  static void send(
      CommandGetXdbcTypeInfo command, BufferAllocator allocator, ServerStreamListener listener) {
    List<Type> wanted =
        TYPES.stream()
            .filter(type -> !command.hasDataType() || command.getDataType() == type.number())
            .toList();
    try (VectorSchemaRoot root = VectorSchemaRoot.create(Schemas.GET_TYPE_INFO_SCHEMA, allocator)) {
      listener.start(root);
      root.allocateNew();
      for (int row = 0; row < wanted.size(); row++) fill(root, row, wanted.get(row));
      root.setRowCount(wanted.size());
      listener.putNext();
      listener.completed();
    } catch (RuntimeException e) {
      listener.error(FlightFailures.of(e));
    }
  }

  private static void fill(VectorSchemaRoot root, int row, Type type) {
    boolean isNumber = type.quote().isEmpty() && type.size() < TEXT_MAX;
    text(root, "type_name", row, type.name());
    number(root, "data_type", row, type.number());
    number(root, "column_size", row, type.size());
    if (!type.quote().isEmpty()) {
      text(root, "literal_prefix", row, type.quote());
      text(root, "literal_suffix", row, type.quote());
    }
    number(root, "nullable", row, Nullable.NULLABILITY_NULLABLE_VALUE);
    flag(root, "case_sensitive", row, type.number() == Types.VARCHAR);
    number(root, "searchable", row, Searchable.SEARCHABLE_FULL_VALUE);
    if (isNumber) flag(root, "unsigned_attribute", row, type.isUnsigned());
    flag(root, "fixed_prec_scale", row, false);
    flag(root, "auto_increment", row, false);
    text(root, "local_type_name", row, type.name());
    if (type.number() == Types.DECIMAL) {
      number(root, "minimum_scale", row, 0);
      number(root, "maximum_scale", row, 38);
    }
    number(root, "sql_data_type", row, type.number());
    if (isNumber) number(root, "num_prec_radix", row, 10);
  }

  private static void text(VectorSchemaRoot root, String column, int row, String value) {
    ((VarCharVector) root.getVector(column)).setSafe(row, value.getBytes(StandardCharsets.UTF_8));
  }

  private static void number(VectorSchemaRoot root, String column, int row, int value) {
    ((IntVector) root.getVector(column)).setSafe(row, value);
  }

  private static void flag(VectorSchemaRoot root, String column, int row, boolean value) {
    ((BitVector) root.getVector(column)).setSafe(row, value ? 1 : 0);
  }
}
