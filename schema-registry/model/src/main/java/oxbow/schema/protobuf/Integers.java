package oxbow.schema.protobuf;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.math.BigInteger;

/** The whole numbers that a field can hold, both ends inclusive. */
record Integers(BigInteger min, BigInteger max) {
  private static final Integers SIGNED_32 = signed(31);
  private static final Integers SIGNED_64 = signed(63);
  private static final Integers UNSIGNED_32 = unsigned(32);
  private static final Integers UNSIGNED_64 = unsigned(64);

  /** Of a type that holds whole numbers. */
  static Integers of(FieldDescriptor.Type type) {
    return switch (type) {
      case INT32, SINT32, SFIXED32, ENUM -> SIGNED_32;
      case INT64, SINT64, SFIXED64 -> SIGNED_64;
      case UINT32, FIXED32 -> UNSIGNED_32;
      case UINT64, FIXED64 -> UNSIGNED_64;
      case BOOL, FLOAT, DOUBLE, STRING, BYTES, MESSAGE, GROUP ->
          throw new IllegalArgumentException(type + " holds no whole numbers");
    };
  }

  boolean has(BigInteger number) {
    return number.compareTo(min) >= 0 && number.compareTo(max) <= 0;
  }

  private static Integers signed(int bits) {
    BigInteger end = BigInteger.ONE.shiftLeft(bits);
    return new Integers(end.negate(), end.subtract(BigInteger.ONE));
  }

  private static Integers unsigned(int bits) {
    return new Integers(BigInteger.ZERO, BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE));
  }
}
