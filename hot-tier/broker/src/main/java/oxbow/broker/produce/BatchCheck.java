package oxbow.broker.produce;

import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ProduceRequest;
import org.jspecify.annotations.Nullable;

/**
 * What a record set in a produce request must look like before its log sees it. Hot path: reads a
 * few header bytes in place; Kafka's own check is asked only for the words of a refusal.
 */
final class BatchCheck {
  private static final int LENGTH_AT = 8;
  private static final int MAGIC_AT = 16;
  private static final int ATTRIBUTES_AT = 21;
  private static final int BYTES_BEFORE_LENGTH_COUNTS = 12;
  private static final int COMPRESSION_BITS = 0x07;
  private static final int TRANSACTIONAL_BIT = 0x10;

  private BatchCheck() {}

  /**
   * The bytes to append, which hold exactly one batch of today's format. Throws Kafka's exception
   * for the request's version otherwise.
   */
  static ByteBuffer batchOf(@Nullable BaseRecords records, short version) {
    if (!(records instanceof MemoryRecords memory)) {
      throw new InvalidRecordException("a partition comes without records");
    }
    ByteBuffer bytes = memory.buffer();
    int at = bytes.position();
    boolean isOneBatch =
        bytes.remaining() >= DefaultRecordBatch.RECORD_BATCH_OVERHEAD
            && bytes.getInt(at + LENGTH_AT) == bytes.remaining() - BYTES_BEFORE_LENGTH_COUNTS
            && bytes.get(at + MAGIC_AT) == RecordBatch.MAGIC_VALUE_V2;
    if (!isOneBatch || (version < 7 && compression(bytes) == CompressionType.ZSTD.id)) {
      ProduceRequest.validateRecords(version, memory);
    }
    return bytes;
  }

  /** Whether a checked batch belongs to a transaction. */
  static boolean isTransactional(ByteBuffer batch) {
    return batch.remaining() >= DefaultRecordBatch.RECORD_BATCH_OVERHEAD
        && (batch.getShort(batch.position() + ATTRIBUTES_AT) & TRANSACTIONAL_BIT) != 0;
  }

  private static int compression(ByteBuffer batch) {
    return batch.getShort(batch.position() + ATTRIBUTES_AT) & COMPRESSION_BITS;
  }
}
