package oxbow.query.replay;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.ByteUtils;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;

/**
 * Where a replay goes on: the next offset of each of its partitions. Clients keep it and hand it
 * back; it says all there is to know.
 *
 * <pre>
 *   version 1 | topic id 16 | count varint | (partition - the one before varint, offset varlong)*
 *   | CRC-32C of all that 4          in base64 for URLs
 * </pre>
 */
public record Cursor(Uuid topic, SortedMap<Integer, Long> next) {
  private static final byte VERSION = 1;
  private static final int FIXED_BYTES = 1 + 16 + 5 + 4;
  private static final int ENTRY_BYTES_MAX = 5 + 10;

  /** More than any topic has. */
  private static final int PARTITIONS_MAX = 1_000_000;

  public Cursor {
    next = Collections.unmodifiableSortedMap(new TreeMap<>(next));
  }

  /** The text that clients keep. */
  public String text() {
    ByteBuffer bytes = ByteBuffer.allocate(FIXED_BYTES + ENTRY_BYTES_MAX * next.size());
    bytes.put(VERSION);
    bytes.putLong(topic.getMostSignificantBits()).putLong(topic.getLeastSignificantBits());
    ByteUtils.writeUnsignedVarint(next.size(), bytes);
    int before = -1;
    for (Map.Entry<Integer, Long> each : next.entrySet()) {
      ByteUtils.writeUnsignedVarint(each.getKey() - before, bytes);
      ByteUtils.writeVarlong(each.getValue(), bytes);
      before = each.getKey();
    }
    bytes.putInt(crc(bytes.array(), bytes.position()));
    bytes.flip();
    byte[] written = new byte[bytes.remaining()];
    bytes.get(written);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(written);
  }

  /**
   * Reads a cursor.
   *
   * @throws QueryException it is none
   */
  public static Cursor parse(String text) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      if (bytes.length < FIXED_BYTES - 4 || bytes[0] != VERSION) throw bad(null);
      ByteBuffer in = ByteBuffer.wrap(bytes);
      if (in.getInt(bytes.length - 4) != crc(bytes, bytes.length - 4)) throw bad(null);
      in.limit(bytes.length - 4).position(1);
      var topic = new Uuid(in.getLong(), in.getLong());
      int count = ByteUtils.readUnsignedVarint(in);
      if (count < 0 || count > PARTITIONS_MAX) throw bad(null);
      var next = new TreeMap<Integer, Long>();
      int partition = -1;
      for (int i = 0; i < count; i++) {
        int step = ByteUtils.readUnsignedVarint(in);
        long offset = ByteUtils.readVarlong(in);
        if (step <= 0 || partition > PARTITIONS_MAX - step || offset < 0) throw bad(null);
        partition += step;
        next.put(partition, offset);
      }
      if (in.hasRemaining()) throw bad(null);
      return new Cursor(topic, next);
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      throw bad(e);
    }
  }

  private static QueryException bad(@org.jspecify.annotations.Nullable Exception cause) {
    return new QueryException(
        Kind.BAD_CURSOR,
        "this is no cursor; take one that an answer gave, whole and unchanged",
        cause);
  }

  private static int crc(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
