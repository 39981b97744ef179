package oxbow.schema;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;

/**
 * How clients mark a key or value with its schema: before its bytes, or in a header of the record.
 *
 * <pre>
 *   0 | id, 4 bytes     | Protobuf: message path | data
 *   1 | GUID, 16 bytes  | Protobuf: message path | data
 * </pre>
 *
 * In a header the data is missing: it is the whole key or value then. A message path says which
 * message of a file it is, as the index at each level of nesting: their count, then each, as zigzag
 * varints; a single zero stands for the first message of the file.
 */
public final class Framing {
  public static final String KEY_HEADER = "__key_schema_id";
  public static final String VALUE_HEADER = "__value_schema_id";

  /** What {@link #schemaId} gives for bytes that no id marks. */
  public static final int NO_ID = -1;

  /** Where the data begins behind an id; with Protobuf the message path. */
  public static final int ID_BYTES = 5;

  private static final byte BY_ID = 0;
  private static final byte BY_GUID = 1;

  /** Where the data begins behind a GUID. */
  public static final int GUID_BYTES = 17;

  /** Messages nested deeper than this are no file that anybody has. */
  private static final int PATH_LENGTH_MAX = 100;

  private Framing() {}

  /** Which schema. */
  public sealed interface Mark {
    /** By its number, in the default context. */
    record Id(int id) implements Mark {}

    /** By its content. */
    record Guid(UUID guid) implements Mark {}
  }

  /**
   * The id before these bytes, or {@link #NO_ID}. Hot path: for each record that is validated or
   * offloaded. The buffer stays as it is.
   */
  public static int schemaId(ByteBuffer bytes) {
    return schemaId(bytes, bytes.position(), bytes.remaining());
  }

  /** The same for so many bytes from {@code start} on, wherever the buffer's position is. */
  public static int schemaId(ByteBuffer bytes, int start, int length) {
    if (length < ID_BYTES || bytes.get(start) != BY_ID) return NO_ID;
    int id =
        (bytes.get(start + 1) & 0xff) << 24
            | (bytes.get(start + 2) & 0xff) << 16
            | (bytes.get(start + 3) & 0xff) << 8
            | (bytes.get(start + 4) & 0xff);
    return id < 0 ? NO_ID : id;
  }

  /**
   * Whether a GUID marks so many bytes from {@code start} on: {@link #guidHigh} and {@link
   * #guidLow} read it. Hot path.
   */
  public static boolean hasGuid(ByteBuffer bytes, int start, int length) {
    return length >= GUID_BYTES && bytes.get(start) == BY_GUID;
  }

  /** The first half of the GUID that marks the bytes from {@code start} on, in big-endian. */
  public static long guidHigh(ByteBuffer bytes, int start) {
    return bytes.getLong(start + 1);
  }

  /** The second half. */
  public static long guidLow(ByteBuffer bytes, int start) {
    return bytes.getLong(start + 1 + Long.BYTES);
  }

  /**
   * Reads the mark at the start of a key, a value or a header's value, and moves the buffer behind
   * it: there the message path of Protobuf follows, then the data.
   *
   * @return empty: the bytes are not marked, and the buffer stays as it is
   */
  public static Optional<Mark> read(ByteBuffer bytes) {
    int start = bytes.position();
    int id = schemaId(bytes);
    if (id != NO_ID) {
      bytes.position(start + ID_BYTES);
      return Optional.of(new Mark.Id(id));
    }
    if (!hasGuid(bytes, start, bytes.remaining())) return Optional.empty();
    ByteBuffer marked = bytes.slice(start, GUID_BYTES); // big-endian, whatever bytes is
    bytes.position(start + GUID_BYTES);
    return Optional.of(new Mark.Guid(new UUID(guidHigh(marked, 0), guidLow(marked, 0))));
  }

  /** The mark as it is written before data or into a header. */
  public static byte[] write(Mark mark) {
    return switch (mark) {
      case Mark.Id(int id) -> ByteBuffer.allocate(ID_BYTES).put(BY_ID).putInt(id).array();
      case Mark.Guid(UUID guid) ->
          ByteBuffer.allocate(GUID_BYTES)
              .put(BY_GUID)
              .putLong(guid.getMostSignificantBits())
              .putLong(guid.getLeastSignificantBits())
              .array();
    };
  }

  /**
   * Reads the message path that follows a mark in Protobuf, and moves the buffer behind it.
   *
   * @throws UndecodableException there is none
   */
  public static int[] readMessagePath(ByteBuffer bytes) {
    int length = varint(bytes);
    if (length == 0) return new int[1];
    if (length < 0 || length > PATH_LENGTH_MAX) {
      throw new UndecodableException("a message path of " + length + " steps");
    }
    int[] path = new int[length];
    for (int i = 0; i < length; i++) {
      path[i] = varint(bytes);
      if (path[i] < 0) throw new UndecodableException("a message path through " + path[i]);
    }
    return path;
  }

  /** The message path as it is written; the first message of a file takes one byte. */
  public static byte[] writeMessagePath(int... path) {
    if (path.length == 1 && path[0] == 0) return new byte[1];
    ByteBuffer bytes = ByteBuffer.allocate(5 * (path.length + 1));
    putVarint(bytes, path.length);
    for (int step : path) putVarint(bytes, step);
    byte[] written = new byte[bytes.position()];
    bytes.flip().get(written);
    return written;
  }

  private static int varint(ByteBuffer bytes) {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      if (!bytes.hasRemaining()) throw new UndecodableException("the message path is cut off");
      int b = bytes.get();
      value |= (b & 0x7f) << shift;
      if (b >= 0) return (value >>> 1) ^ -(value & 1);
    }
    throw new UndecodableException("a number of the message path is too long");
  }

  private static void putVarint(ByteBuffer bytes, int value) {
    int zigzag = (value << 1) ^ (value >> 31);
    while ((zigzag & ~0x7f) != 0) {
      bytes.put((byte) (zigzag | 0x80));
      zigzag >>>= 7;
    }
    bytes.put((byte) zigzag);
  }
}
