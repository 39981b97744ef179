package oxbow.cold.shred;

/**
 * What {@code kafka_raw} holds: the parts of a record that its columns can't.
 *
 * <pre>
 *  1  which parts follow
 *  8  timestamp in milliseconds                  if {@link #TIMESTAMP}
 *  4  bytes of the headers, then these with      if {@link #HEADERS}
 *     their count, as the record has them
 *  4  bytes of the key, then these               if {@link #KEY}
 *     the value, up to the end                   if {@link #VALUE}
 * </pre>
 */
final class Residue {
  static final int VALUE = 1;
  static final int HEADERS = 2;
  static final int TIMESTAMP = 4;
  static final int KEY = 8;

  // The one in work.
  byte[] bytes = new byte[0];
  int parts;
  long timestampMs;
  int headersAt;
  int headersEnd;
  int keyAt;
  int keyEnd;
  int valueAt;
  int valueEnd;

  /** Finds the parts in what the column holds. */
  void read(byte[] source, int from, int length) {
    bytes = source;
    int at = from;
    parts = source[at++];
    if ((parts & TIMESTAMP) != 0) {
      timestampMs = ByteAccess.longBe(source, at);
      at += Long.BYTES;
    }
    if ((parts & HEADERS) != 0) {
      headersAt = at + Integer.BYTES;
      headersEnd = headersAt + ByteAccess.intBe(source, at);
      at = headersEnd;
    }
    if ((parts & KEY) != 0) {
      keyAt = at + Integer.BYTES;
      keyEnd = keyAt + ByteAccess.intBe(source, at);
      at = keyEnd;
    }
    valueAt = at;
    valueEnd = from + length;
    if (at > valueEnd) throw new IndexOutOfBoundsException("kafka_raw is cut short");
  }
}
