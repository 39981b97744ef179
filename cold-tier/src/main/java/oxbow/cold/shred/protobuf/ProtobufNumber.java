package oxbow.cold.shred.protobuf;

import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.LeafType;
import oxbow.cold.shred.ShredInput;

/** Fields of numbers and booleans. Hot path. */
final class ProtobufNumber extends ProtobufField {
  /** How the number is on the wire. */
  enum Coding {
    /** Of 32 or 64 bits; negative ones take ten bytes. */
    SIGNED_INT,
    SIGNED_LONG,
    UNSIGNED_INT,
    UNSIGNED_LONG,
    ZIGZAG_INT,
    ZIGZAG_LONG,
    FIXED_INT,
    UNSIGNED_FIXED_INT,
    FIXED_LONG,
    UNSIGNED_FIXED_LONG,
    FLOAT,
    DOUBLE,
    BOOL
  }

  /** Decimals of twenty digits hold all unsigned numbers of 64 bits. */
  static final int UNSIGNED_LONG_BYTES = 9;

  private final int leaf;
  private final Coding coding;
  private final boolean isDecimal;

  ProtobufNumber(int leaf, LeafType type, Coding coding) {
    this.leaf = leaf;
    this.coding = coding;
    this.isDecimal = type == LeafType.FIXED;
  }

  @Override
  int wireType() {
    return switch (coding) {
      case FIXED_INT, UNSIGNED_FIXED_INT, FLOAT -> FIXED32;
      case FIXED_LONG, UNSIGNED_FIXED_LONG, DOUBLE -> FIXED64;
      default -> VARINT;
    };
  }

  @Override
  void shred(ShredInput in, int repetition) {
    put(in, read(in), repetition);
  }

  private long read(ShredInput in) {
    return switch (coding) {
      case SIGNED_INT -> {
        long value = in.varint();
        if ((int) value != value) throw ShredInput.malformed();
        yield value;
      }
      case UNSIGNED_INT -> {
        long value = in.varint();
        if ((value & ~0xffffffffL) != 0) throw ShredInput.malformed();
        yield value;
      }
      case SIGNED_LONG, UNSIGNED_LONG -> in.varint();
      case ZIGZAG_INT -> {
        long bits = in.varint();
        if ((bits & ~0xffffffffL) != 0) throw ShredInput.malformed();
        yield ByteAccess.unzigzag(bits);
      }
      case ZIGZAG_LONG -> ByteAccess.unzigzag(in.varint());
      case FLOAT -> {
        int bits = ByteAccess.intLe(in.bytes, in.take(Integer.BYTES));
        in.noteFloat(bits);
        yield bits;
      }
      case DOUBLE -> {
        long bits = ByteAccess.longLe(in.bytes, in.take(Long.BYTES));
        in.noteDouble(bits);
        yield bits;
      }
      case FIXED_INT -> ByteAccess.intLe(in.bytes, in.take(Integer.BYTES));
      case UNSIGNED_FIXED_INT -> ByteAccess.intLe(in.bytes, in.take(Integer.BYTES)) & 0xffffffffL;
      case FIXED_LONG, UNSIGNED_FIXED_LONG -> ByteAccess.longLe(in.bytes, in.take(Long.BYTES));
      case BOOL -> {
        long value = in.varint();
        if ((value & ~1) != 0) throw ShredInput.malformed();
        yield value;
      }
    };
  }

  private void put(ShredInput in, long value, int repetition) {
    ColumnVector vector = in.vectors[leaf];
    if (isDecimal) {
      int at = vector.putFixedInPlace(repetition);
      vector.bytes[at] = 0; // the sign
      ByteAccess.longBe(vector.bytes, at + 1, value);
    } else {
      vector.putLong(value, repetition);
    }
  }

  @Override
  void shredDefault(ShredInput in, int repetition) {
    put(in, 0, repetition);
  }

  @Override
  boolean isDefault(AssembleOutput out) {
    return next(out.pages[leaf]) == 0;
  }

  private long next(LeafPage page) {
    if (!isDecimal) return page.longs[page.value];
    int index = page.isNumbered ? page.numbers[page.value] : page.value;
    return ByteAccess.longBe(page.bytes, page.starts[index] + 1);
  }

  private long take(LeafPage page) {
    return isDecimal
        ? ByteAccess.longBe(page.bytes, page.starts[page.takeBytes()] + 1)
        : page.takeLong();
  }

  @Override
  void skip(AssembleOutput out) {
    take(out.pages[leaf]);
  }

  @Override
  int assemble(AssembleOutput out, int at) {
    long value = take(out.pages[leaf]);
    return switch (coding) {
      case SIGNED_INT, SIGNED_LONG, UNSIGNED_INT, UNSIGNED_LONG, BOOL -> out.putVarint(at, value);
      case ZIGZAG_INT, ZIGZAG_LONG -> out.putZigzag(at, value);
      case FIXED_INT, UNSIGNED_FIXED_INT, FLOAT -> {
        ByteAccess.intLe(out.bytes, at, (int) value);
        yield at + Integer.BYTES;
      }
      case FIXED_LONG, UNSIGNED_FIXED_LONG, DOUBLE -> {
        ByteAccess.longLe(out.bytes, at, value);
        yield at + Long.BYTES;
      }
    };
  }

  @Override
  int fixedBytes() {
    return 10;
  }
}
