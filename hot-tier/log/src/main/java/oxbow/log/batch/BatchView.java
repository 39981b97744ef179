package oxbow.log.batch;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Reads and stamps the header of a v2 batch where it lies, at a position of a big-endian buffer.
 * Hot path. Nothing is checked: the buffer holds at least {@link #HEADER_BYTES} from there.
 *
 * <pre>
 *  0 base offset         8   12 leader epoch  4   21 attributes        2   43 producer id     8
 *  8 bytes that follow   4   16 magic         1   23 last offset delta 4   51 producer epoch  2
 *                            17 crc           4   27 base timestamp    8   53 base sequence   4
 *                                                 35 max timestamp     8   57 record count    4
 * </pre>
 *
 * The checksum covers everything from the attributes on, so that a leader can stamp offset and
 * epoch without computing it again.
 */
public final class BatchView {
  /** Bytes of a batch that come before its first record. */
  public static final int HEADER_BYTES = 61;

  /** Bytes that come before what {@link #sizeBytes} counts from the length field. */
  public static final int LENGTH_OVERHEAD_BYTES = 12;

  /** Smallest value of the length field that any version of the format allows. */
  static final int LENGTH_MIN = 14;

  /** Bytes up to and including the magic, the least needed to know a batch's version. */
  static final int MAGIC_END = 17;

  public static final byte MAGIC = 2;
  public static final int CODEC_NONE = 0;
  public static final int CODEC_GZIP = 1;
  public static final int CODEC_SNAPPY = 2;
  public static final int CODEC_LZ4 = 3;
  public static final int CODEC_ZSTD = 4;

  private static final int LENGTH = 8;
  private static final int LEADER_EPOCH = 12;
  private static final int MAGIC_AT = 16;
  private static final int CRC = 17;
  private static final int ATTRIBUTES = 21;
  private static final int LAST_OFFSET_DELTA = 23;
  private static final int BASE_TIMESTAMP = 27;
  private static final int MAX_TIMESTAMP = 35;
  private static final int PRODUCER_ID = 43;
  private static final int PRODUCER_EPOCH = 51;
  private static final int BASE_SEQUENCE = 53;
  private static final int RECORD_COUNT = 57;

  private static final int CODEC_BITS = 0x07;
  private static final int LOG_APPEND_TIME_BIT = 0x08;
  private static final int TRANSACTIONAL_BIT = 0x10;
  private static final int CONTROL_BIT = 0x20;
  private static final int KNOWN_BITS = 0x7f;

  private BatchView() {}

  public static long baseOffset(ByteBuffer buffer, int at) {
    return buffer.getLong(at);
  }

  /** Bytes of the whole batch, header and length field included, as its length field claims. */
  public static int sizeBytes(ByteBuffer buffer, int at) {
    return buffer.getInt(at + LENGTH) + LENGTH_OVERHEAD_BYTES;
  }

  /** The length field itself. */
  static int length(ByteBuffer buffer, int at) {
    return buffer.getInt(at + LENGTH);
  }

  public static int leaderEpoch(ByteBuffer buffer, int at) {
    return buffer.getInt(at + LEADER_EPOCH);
  }

  public static byte magic(ByteBuffer buffer, int at) {
    return buffer.get(at + MAGIC_AT);
  }

  /** The stored checksum. */
  public static int crc(ByteBuffer buffer, int at) {
    return buffer.getInt(at + CRC);
  }

  public static short attributes(ByteBuffer buffer, int at) {
    return buffer.getShort(at + ATTRIBUTES);
  }

  /** One of the {@code CODEC_} numbers, or a number that names no codec. */
  public static int codec(ByteBuffer buffer, int at) {
    return attributes(buffer, at) & CODEC_BITS;
  }

  /** All records carry the batch's max timestamp, stamped by a broker. */
  public static boolean isLogAppendTime(ByteBuffer buffer, int at) {
    return (attributes(buffer, at) & LOG_APPEND_TIME_BIT) != 0;
  }

  public static boolean isTransactional(ByteBuffer buffer, int at) {
    return (attributes(buffer, at) & TRANSACTIONAL_BIT) != 0;
  }

  /** The batch holds a transaction marker instead of a producer's records. */
  public static boolean isControl(ByteBuffer buffer, int at) {
    return (attributes(buffer, at) & CONTROL_BIT) != 0;
  }

  public static int lastOffsetDelta(ByteBuffer buffer, int at) {
    return buffer.getInt(at + LAST_OFFSET_DELTA);
  }

  public static long lastOffset(ByteBuffer buffer, int at) {
    return baseOffset(buffer, at) + lastOffsetDelta(buffer, at);
  }

  public static long baseTimestampMs(ByteBuffer buffer, int at) {
    return buffer.getLong(at + BASE_TIMESTAMP);
  }

  public static long maxTimestampMs(ByteBuffer buffer, int at) {
    return buffer.getLong(at + MAX_TIMESTAMP);
  }

  /** -1: the producer is not idempotent. */
  public static long producerId(ByteBuffer buffer, int at) {
    return buffer.getLong(at + PRODUCER_ID);
  }

  public static short producerEpoch(ByteBuffer buffer, int at) {
    return buffer.getShort(at + PRODUCER_EPOCH);
  }

  public static int baseSequence(ByteBuffer buffer, int at) {
    return buffer.getInt(at + BASE_SEQUENCE);
  }

  /** The sequence number of the last record; sequences wrap to zero after the largest int. */
  public static int lastSequence(ByteBuffer buffer, int at) {
    int base = baseSequence(buffer, at);
    return base == -1 ? -1 : (base + lastOffsetDelta(buffer, at)) & Integer.MAX_VALUE;
  }

  public static int recordCount(ByteBuffer buffer, int at) {
    return buffer.getInt(at + RECORD_COUNT);
  }

  /**
   * The checksum of the batch's bytes as they are; the whole batch lies below the buffer's limit.
   */
  public static int computeCrc(ByteBuffer buffer, int at) {
    var crc = new CRC32C();
    int covered = sizeBytes(buffer, at) - ATTRIBUTES;
    if (buffer.hasArray()) {
      crc.update(buffer.array(), buffer.arrayOffset() + at + ATTRIBUTES, covered);
    } else {
      crc.update(buffer.slice(at + ATTRIBUTES, covered));
    }
    return (int) crc.getValue();
  }

  /** Gives the batch its place in the log. Both fields lie outside the checksum. */
  public static void stampOffset(ByteBuffer buffer, int at, long baseOffset, int leaderEpoch) {
    buffer.putLong(at, baseOffset);
    buffer.putInt(at + LEADER_EPOCH, leaderEpoch);
  }

  /** Makes the header of a buffer's only batch say what the batch holds now. */
  static void stampContent(
      ByteBuffer buffer, short attributes, long maxTimestampMs, int recordCount) {
    buffer.putInt(LENGTH, buffer.limit() - LENGTH_OVERHEAD_BYTES);
    buffer.putShort(ATTRIBUTES, attributes);
    buffer.putLong(MAX_TIMESTAMP, maxTimestampMs);
    buffer.putInt(RECORD_COUNT, recordCount);
    buffer.putInt(CRC, computeCrc(buffer, 0));
  }

  /**
   * Makes the batch say whose clock its time is and what its largest timestamp is, and computes the
   * checksum again if that changed anything.
   */
  public static void stampTime(
      ByteBuffer buffer, int at, boolean isLogAppendTime, long maxTimestampMs) {
    if (isLogAppendTime(buffer, at) == isLogAppendTime
        && maxTimestampMs(buffer, at) == maxTimestampMs) {
      return;
    }
    int attributes = attributes(buffer, at) & KNOWN_BITS & ~LOG_APPEND_TIME_BIT;
    if (isLogAppendTime) attributes |= LOG_APPEND_TIME_BIT;
    buffer.putShort(at + ATTRIBUTES, (short) attributes);
    buffer.putLong(at + MAX_TIMESTAMP, maxTimestampMs);
    buffer.putInt(at + CRC, computeCrc(buffer, at));
  }

  /**
   * Makes a batch from a log one that another producer sends: its offsets begin at zero, and it is
   * part of no transaction. Computes the checksum again.
   */
  public static void stampProducer(
      ByteBuffer buffer, int at, long producerId, short producerEpoch, int baseSequence) {
    buffer.putLong(at, 0);
    buffer.putShort(
        at + ATTRIBUTES, (short) (attributes(buffer, at) & KNOWN_BITS & ~TRANSACTIONAL_BIT));
    buffer.putLong(at + PRODUCER_ID, producerId);
    buffer.putShort(at + PRODUCER_EPOCH, producerEpoch);
    buffer.putInt(at + BASE_SEQUENCE, baseSequence);
    buffer.putInt(at + CRC, computeCrc(buffer, at));
  }
}
