package oxbow.cold.file;

import java.util.zip.CRC32C;
import oxbow.cold.shred.ByteAccess;
import oxbow.log.batch.BatchView;

/** Puts the header before a batch's records, from what the index says of it. Stateless. */
public final class BatchHeader {
  private static final int CODEC_BITS = 7;
  private static final int LENGTH_AT = 8;
  private static final int LEADER_EPOCH_AT = 12;
  private static final int MAGIC_AT = 16;
  private static final int CRC_AT = 17;
  private static final int ATTRIBUTES_AT = 21;
  private static final int LAST_OFFSET_DELTA_AT = 23;
  private static final int BASE_TIMESTAMP_AT = 27;
  private static final int MAX_TIMESTAMP_AT = 35;
  private static final int PRODUCER_ID_AT = 43;
  private static final int PRODUCER_EPOCH_AT = 51;
  private static final int BASE_SEQUENCE_AT = 53;
  private static final int COUNT_AT = 57;

  private BatchHeader() {}

  /**
   * Writes the header of an uncompressed batch whose records lie behind it already.
   *
   * @return its checksum
   */
  public static int put(byte[] bytes, int at, int end, BatchIndex index, int batch) {
    ByteAccess.longBe(bytes, at, index.baseOffset(batch));
    ByteAccess.intBe(bytes, at + LENGTH_AT, end - at - BatchView.LENGTH_OVERHEAD_BYTES);
    ByteAccess.intBe(bytes, at + LEADER_EPOCH_AT, index.leaderEpoch(batch));
    bytes[at + MAGIC_AT] = BatchView.MAGIC;
    int attributes = index.attributes(batch) & ~CODEC_BITS;
    ByteAccess.shortBe(bytes, at + ATTRIBUTES_AT, (short) attributes);
    ByteAccess.intBe(bytes, at + LAST_OFFSET_DELTA_AT, index.lastOffsetDelta(batch));
    ByteAccess.longBe(bytes, at + BASE_TIMESTAMP_AT, index.baseTimestampMs(batch));
    ByteAccess.longBe(bytes, at + MAX_TIMESTAMP_AT, index.maxTimestampMs(batch));
    ByteAccess.longBe(bytes, at + PRODUCER_ID_AT, index.producerId(batch));
    ByteAccess.shortBe(bytes, at + PRODUCER_EPOCH_AT, index.producerEpoch(batch));
    ByteAccess.intBe(bytes, at + BASE_SEQUENCE_AT, index.baseSequence(batch));
    ByteAccess.intBe(bytes, at + COUNT_AT, index.count(batch));
    var crc = new CRC32C();
    crc.update(bytes, at + ATTRIBUTES_AT, end - at - ATTRIBUTES_AT);
    ByteAccess.intBe(bytes, at + CRC_AT, (int) crc.getValue());
    return (int) crc.getValue();
  }
}
