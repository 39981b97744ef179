package oxbow.log.batch;

import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.CloseableIterator;
import oxbow.log.LogConfig;

/**
 * Builds a batch anew, with another codec or with its records' offsets put in order, by Kafka's own
 * builder and therefore with Kafka's bytes. Unlike Kafka's validator it never holds the
 * decompressed batch: records pass through one by one. Stateless.
 */
final class BatchRewriter {
  /** A record is held whole while it passes through; ones larger than this are refused. */
  static final int RECORD_BYTES_MAX = 64 << 20;

  private static final int INITIAL_BYTES = 64 << 10;

  private BatchRewriter() {}

  /** The batch must have passed a {@link RecordWalk}. Its offsets begin at zero afterwards. */
  static ByteBuffer rewrite(
      ByteBuffer batch, RecordWalk walk, Compression target, LogConfig config, long nowMs) {
    if (walk.recordBytesMax > Math.max(RECORD_BYTES_MAX, config.batchBytesMax())) {
      throw new RecordTooLargeException(
          "a record of " + walk.recordBytesMax + " bytes is too large to be compressed anew");
    }
    var out = new ByteBufferOutputStream(INITIAL_BYTES);
    MutableRecordBatch source = MemoryRecords.readableRecords(batch).batches().iterator().next();
    TimestampType timestampType = config.timestampType();
    try (var builder =
            new MemoryRecordsBuilder(
                out,
                BatchView.MAGIC,
                target,
                timestampType,
                0L,
                timestampType == TimestampType.LOG_APPEND_TIME ? nowMs : -1L,
                source.producerId(),
                source.producerEpoch(),
                source.baseSequence(),
                source.isTransactional(),
                false,
                source.partitionLeaderEpoch(),
                0);
        var buffers = BufferSupplier.create();
        CloseableIterator<Record> records = source.streamingIterator(buffers)) {
      long offset = 0;
      while (records.hasNext()) {
        builder.appendWithOffset(offset++, records.next());
        // The builder's output grows with what the compressor gives out, and only up to here.
        if (out.position() > config.batchBytesMax()) throw tooLarge(out.position(), config);
      }
      ByteBuffer rewritten = builder.build().buffer();
      if (rewritten.remaining() > config.batchBytesMax()) {
        throw tooLarge(rewritten.remaining(), config);
      }
      return rewritten.slice();
    } catch (IllegalArgumentException e) {
      throw new InvalidRecordException("the producer's fields contradict each other", e);
    }
  }

  private static RecordTooLargeException tooLarge(int bytes, LogConfig config) {
    return new RecordTooLargeException(
        "stored with the topic's codec the batch has at least "
            + bytes
            + " bytes, and at most "
            + config.batchBytesMax()
            + " are allowed");
  }
}
