package oxbow.log.batch;

import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/**
 * One batch that passed validation: its bytes and what the log needs to know of it. Its header is
 * read in place, so {@link #stamp} shows in every accessor. Valid as long as the buffer it was cut
 * from, unless {@link #isRewritten}.
 */
public final class ValidBatch {
  private final ByteBuffer bytes;
  private final int position;
  private final int maxTimestampIndex;
  private final boolean isRewritten;

  ValidBatch(ByteBuffer bytes, int position, int maxTimestampIndex, boolean isRewritten) {
    this.bytes = bytes;
    this.position = position;
    this.maxTimestampIndex = maxTimestampIndex;
    this.isRewritten = isRewritten;
  }

  /** Exactly the batch, from position zero to the limit. Borrowed: positions stay as they are. */
  public ByteBuffer bytes() {
    return bytes;
  }

  public int sizeBytes() {
    return bytes.limit();
  }

  /** Index at which the batch began in the buffer that was validated. */
  public int position() {
    return position;
  }

  /** The bytes are a new buffer: the topic's codec is another than the producer's. */
  public boolean isRewritten() {
    return isRewritten;
  }

  /** Gives the batch its place in the log. */
  public void stamp(long baseOffset, int leaderEpoch) {
    BatchView.stampOffset(bytes, 0, baseOffset, leaderEpoch);
  }

  public long baseOffset() {
    return BatchView.baseOffset(bytes, 0);
  }

  public long lastOffset() {
    return BatchView.lastOffset(bytes, 0);
  }

  public int leaderEpoch() {
    return BatchView.leaderEpoch(bytes, 0);
  }

  public int recordCount() {
    return BatchView.recordCount(bytes, 0);
  }

  public long maxTimestampMs() {
    return BatchView.maxTimestampMs(bytes, 0);
  }

  /**
   * Offset of the first record that has the largest timestamp. A replicated batch was not opened:
   * its last offset stands in, which is also what Kafka's time indexes hold.
   */
  public long maxTimestampOffset() {
    return baseOffset() + maxTimestampIndex;
  }

  public boolean isLogAppendTime() {
    return BatchView.isLogAppendTime(bytes, 0);
  }

  /** -1: the producer is not idempotent. */
  public long producerId() {
    return BatchView.producerId(bytes, 0);
  }

  public short producerEpoch() {
    return BatchView.producerEpoch(bytes, 0);
  }

  public int baseSequence() {
    return BatchView.baseSequence(bytes, 0);
  }

  public int lastSequence() {
    return BatchView.lastSequence(bytes, 0);
  }

  public boolean isTransactional() {
    return BatchView.isTransactional(bytes, 0);
  }

  public boolean isControl() {
    return BatchView.isControl(bytes, 0);
  }

  /** The same bytes as Kafka's own classes see them, for the producer state they keep. */
  public MutableRecordBatch asKafkaBatch() {
    return MemoryRecords.readableRecords(bytes).batches().iterator().next();
  }
}
