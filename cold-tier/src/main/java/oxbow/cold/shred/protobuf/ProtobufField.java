package oxbow.cold.shred.protobuf;

import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ShredInput;

/**
 * The value of a field, without its tag: how it is decoded into columns and written again. Which of
 * them are there and how often says {@link ProtobufMessage}. Immutable; hot path.
 */
abstract class ProtobufField {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;

  /** How the value is delimited: a number of the wire format. */
  abstract int wireType();

  /** Decodes the value at the input's position. */
  abstract void shred(ShredInput in, int repetition);

  /** Puts what an absent field without presence means. */
  abstract void shredDefault(ShredInput in, int repetition);

  /** Whether the value that comes next in the columns is what an absent field means. */
  abstract boolean isDefault(AssembleOutput out);

  /** Steps over a value that isn't written. */
  abstract void skip(AssembleOutput out);

  /** Writes the value. */
  abstract int assemble(AssembleOutput out, int at);

  /** Most bytes it writes without making room. */
  abstract int fixedBytes();

  /** Bytes of something delimited that lies before the end. */
  static int length(ShredInput in) {
    long length = in.varint();
    if (length < 0 || length > in.end - in.at) throw ShredInput.malformed();
    return (int) length;
  }

  /** Steps over a value of whatever field. */
  static void skipWire(ShredInput in, int wireType) {
    switch (wireType) {
      case VARINT -> in.varint();
      case FIXED64 -> in.take(Long.BYTES);
      case BYTES -> in.take(length(in));
      case FIXED32 -> in.take(Integer.BYTES);
      default -> throw ShredInput.malformed();
    }
  }
}
