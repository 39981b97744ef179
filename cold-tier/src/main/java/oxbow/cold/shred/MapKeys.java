package oxbow.cold.shred;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** Keys of a map that lie in a vector. Hot path. */
final class MapKeys {
  /** Up to so many are compared with each other. */
  private static final int FEW = 16;

  private MapKeys() {}

  /** Whether no two of the values from one on are the same. */
  static boolean areDistinct(ColumnVector keys, int from) {
    int count = keys.values - from;
    boolean isNumber = keys.leaf.type().isNumber();
    if (count > FEW)
      return isNumber ? areNumbersDistinct(keys, from) : areTextsDistinct(keys, from);
    for (int i = from + 1; i < keys.values; i++) {
      for (int j = from; j < i; j++) {
        if (isNumber ? keys.longs[i] == keys.longs[j] : isSameText(keys, i, j)) return false;
      }
    }
    return true;
  }

  private static boolean isSameText(ColumnVector keys, int a, int b) {
    int length = keys.length(a);
    if (length != keys.length(b)) return false;
    int atA = keys.starts[a];
    int atB = keys.starts[b];
    return Arrays.equals(keys.bytes, atA, atA + length, keys.bytes, atB, atB + length);
  }

  private static boolean areNumbersDistinct(ColumnVector keys, int from) {
    Set<Long> seen = new HashSet<>();
    for (int i = from; i < keys.values; i++) if (!seen.add(keys.longs[i])) return false;
    return true;
  }

  private static boolean areTextsDistinct(ColumnVector keys, int from) {
    Set<ByteBuffer> seen = new HashSet<>();
    for (int i = from; i < keys.values; i++) {
      if (!seen.add(ByteBuffer.wrap(keys.bytes, keys.starts[i], keys.length(i)))) return false;
    }
    return true;
  }
}
