package oxbow.cold.shred.avro;

import org.apache.avro.Schema;
import oxbow.cold.shred.ShredInput;

/** Finds where a part ends that isn't taken apart. */
final class AvroSkipper {
  /** Values within each other; deeper ones are taken for garbage before the stack ends. */
  private static final int DEPTH_MAX = 500;

  /** Elements without bytes in one block: a length that claims more is taken for garbage. */
  private static final int EMPTY_ELEMENTS_MAX = 1 << 16;

  private AvroSkipper() {}

  static void skip(ShredInput in, Schema schema) {
    skip(in, schema, 0);
  }

  private static void skip(ShredInput in, Schema schema, int depth) {
    if (depth > DEPTH_MAX || in.at > in.end) throw ShredInput.malformed();
    switch (schema.getType()) {
      case NULL -> {}
      case BOOLEAN -> {
        if ((in.bytes[in.take(1)] & ~1) != 0) throw ShredInput.malformed();
      }
      case INT -> in.zigzagInt();
      case LONG -> in.zigzag();
      case FLOAT -> in.take(Float.BYTES);
      case DOUBLE -> in.take(Double.BYTES);
      case STRING, BYTES -> in.take(in.length());
      case FIXED -> in.take(schema.getFixedSize());
      case ENUM -> {
        int number = in.zigzagInt();
        if (number < 0 || number >= schema.getEnumSymbols().size()) throw ShredInput.malformed();
      }
      case RECORD -> {
        for (Schema.Field field : schema.getFields()) skip(in, field.schema(), depth + 1);
      }
      case UNION -> {
        int branch = in.zigzagInt();
        if (branch < 0 || branch >= schema.getTypes().size()) throw ShredInput.malformed();
        skip(in, schema.getTypes().get(branch), depth + 1);
      }
      case ARRAY -> skipBlocks(in, schema.getElementType(), false, depth);
      case MAP -> skipBlocks(in, schema.getValueType(), true, depth);
    }
  }

  private static void skipBlocks(ShredInput in, Schema element, boolean isMap, int depth) {
    long count;
    while ((count = in.zigzag()) != 0) {
      if (count < 0) {
        in.zigzag(); // its size, which the elements tell as well
        count = -count;
      }
      if (!mayFollow(in, count)) throw ShredInput.malformed();
      for (long i = 0; i < count; i++) {
        if (isMap) in.take(in.length());
        skip(in, element, depth + 1);
      }
    }
  }

  /**
   * Whether so many elements can be there: nulls and the like take no bytes, others one or more.
   */
  static boolean mayFollow(ShredInput in, long count) {
    return count >= 0 && count <= Math.max(in.end - in.at, EMPTY_ELEMENTS_MAX);
  }
}
