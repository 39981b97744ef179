package oxbow.schema.layout;

import java.util.List;

/** What a column holds: the types that Iceberg, Parquet and SQL engines share. */
public sealed interface Type {
  /**
   * Whether a column of this type holds all values of the other one exactly: as they are, as a
   * narrower number, or without the meaning that a later version of the schema gave them (a long
   * that became a timestamp). Parts aren't looked at: each has a column of its own.
   */
  default boolean holds(Type value) {
    return switch (this) {
      case Plain.INT -> value == Plain.INT || value == Plain.DATE;
      case Plain.LONG ->
          switch (value) {
            case Plain.LONG,
                Plain.INT,
                Plain.TIME,
                Plain.TIMESTAMP_UTC,
                Plain.TIMESTAMP_LOCAL,
                Plain.TIMESTAMP_NANOS_UTC,
                Plain.TIMESTAMP_NANOS_LOCAL ->
                true;
            default -> false;
          };
      case Plain.DOUBLE -> value == Plain.DOUBLE || value == Plain.FLOAT;
      case Plain.STRING -> value == Plain.STRING || value == Plain.UUID;
      case Plain.BINARY -> value == Plain.BINARY || value instanceof Decimal;
      case Plain plain -> plain == value;
      case Decimal(int precision, int scale) ->
          value instanceof Decimal narrower
              && narrower.scale() == scale
              && narrower.precision() <= precision;
      case Fixed fixed -> fixed.equals(value);
      case Struct struct -> value instanceof Struct other && other.isUnion() == struct.isUnion();
      case ListOf _ -> value instanceof ListOf;
      case MapOf _ -> value instanceof MapOf;
    };
  }

  /** Whether a column of this type may be given the other one, by the rules of Iceberg. */
  default boolean widensTo(Type wider) {
    return switch (this) {
      case Plain.INT -> wider == Plain.LONG;
      case Plain.FLOAT -> wider == Plain.DOUBLE;
      case Decimal decimal -> wider instanceof Decimal && wider.holds(decimal);
      default -> false;
    };
  }

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
