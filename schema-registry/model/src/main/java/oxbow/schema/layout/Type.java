package oxbow.schema.layout;

import java.util.List;

/** What a column holds: the types that Iceberg, Parquet and SQL engines share. */
public sealed interface Type {
  /** Types without parts. */
  enum Plain implements Type {
    BOOLEAN,
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    STRING,
    BINARY,
    UUID,
    DATE,
    /** Of a day, in microseconds. */
    TIME,
    /** Microseconds since 1970 in UTC. */
    TIMESTAMP_UTC,
    /** Microseconds since 1970 on a clock of no known zone. */
    TIMESTAMP_LOCAL,
    /** Nanoseconds; a table of Iceberg's third version has them. */
    TIMESTAMP_NANOS_UTC,
    TIMESTAMP_NANOS_LOCAL,
    /**
     * A value with no column of its own (recursive, empty, null only), as its language encodes it.
     */
    OPAQUE
  }

  record Decimal(int precision, int scale) implements Type {}

  record Fixed(int length) implements Type {}

  /**
   * Named parts.
   *
   * @param isUnion each part is a branch, and at most one is there
   */
  record Struct(List<Column> parts, boolean isUnion) implements Type {
    public Struct {
      parts = List.copyOf(parts);
    }
  }

  /** The part is called {@code element}. */
  record ListOf(Column element) implements Type {}

  /** The parts are called {@code key} and {@code value}. */
  record MapOf(Column key, Column value) implements Type {}
}
