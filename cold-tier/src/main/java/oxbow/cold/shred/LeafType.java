package oxbow.cold.shred;

import oxbow.schema.layout.Type;

/** How the values of a leaf lie in a vector and in pages. */
public enum LeafType {
  BOOLEAN,
  INT32,
  INT64,
  FLOAT,
  DOUBLE,
  /** A length and bytes. */
  BYTES,
  /** Bytes of one length. */
  FIXED;

  /** Largest precisions of decimals that lie in four and in eight bytes. */
  static final int INT32_PRECISION_MAX = 9;

  static final int INT64_PRECISION_MAX = 18;

  private static final int UUID_BYTES = 16;

  /** Vectors keep it as a long. */
  public boolean isNumber() {
    return this != BYTES && this != FIXED;
  }

  static LeafType of(Type type) {
    return switch (type) {
      case Type.Plain plain ->
          switch (plain) {
            case BOOLEAN -> BOOLEAN;
            case INT, DATE -> INT32;
            case LONG,
                TIME,
                TIMESTAMP_UTC,
                TIMESTAMP_LOCAL,
                TIMESTAMP_NANOS_UTC,
                TIMESTAMP_NANOS_LOCAL ->
                INT64;
            case FLOAT -> FLOAT;
            case DOUBLE -> DOUBLE;
            case STRING, BINARY, OPAQUE -> BYTES;
            case UUID -> FIXED;
          };
      case Type.Decimal(int precision, int _) ->
          precision <= INT32_PRECISION_MAX
              ? INT32
              : precision <= INT64_PRECISION_MAX ? INT64 : FIXED;
      case Type.Fixed _ -> FIXED;
      case Type.Struct _, Type.ListOf _, Type.MapOf _ ->
          throw new IllegalArgumentException("not a leaf: " + type);
    };
  }

  /** Bytes of a {@link #FIXED} value; zero for the others. */
  static int fixedBytes(Type type) {
    return switch (type) {
      case Type.Fixed(int length) -> length;
      case Type.Decimal(int precision, int _) when precision > INT64_PRECISION_MAX ->
          decimalBytes(precision);
      case Type.Plain plain when plain == Type.Plain.UUID -> UUID_BYTES;
      default -> 0;
    };
  }

  /** The fewest bytes that hold every number of so many digits and a sign. */
  static int decimalBytes(int precision) {
    return java.math.BigInteger.TEN.pow(precision).subtract(java.math.BigInteger.ONE).bitLength()
            / Byte.SIZE
        + 1;
  }
}
