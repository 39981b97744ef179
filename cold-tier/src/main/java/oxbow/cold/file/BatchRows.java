package oxbow.cold.file;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFileWriter.Aborted;
import oxbow.cold.shred.BatchRecords;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.RecordShredder;
import oxbow.log.batch.BatchView;

/**
 * Gives the records of batches as rows, a few at a time: the same rows that a cold file of them
 * has. Hot path; owned by one thread.
 *
 * <pre>
 *   begin(batch) -> take(rowsMax) -> vectors -> clear -> take ... -> begin(next batch)
 * </pre>
 */
public final class BatchRows implements AutoCloseable {
  private final RecordShredder shredder;
  private final boolean isPlaceOnly;
  private final BatchUnpacker unpacker = new BatchUnpacker();

  private long from;
  private long to;
  private long baseOffset;
  private long baseTimestampMs;
  private long appendTimeMs;
  private boolean isAppendTime;

  /** Next record of the batch in work, and how many it has. */
  private int next;

  private int count;

  /** Of a batch that is too large to be held. */
  private @Nullable CloseableIterator<Record> walk;

  /**
   * @param isFramed values may begin with a magic byte and a schema id
   * @param isPlaceOnly nobody wants to know more of a record than its partition, offset and time:
   *     the other columns are left null
   */
  public BatchRows(
      ColumnTree tree,
      int partition,
      boolean isFramed,
      WriterSchemas schemas,
      boolean isPlaceOnly) {
    var programs = new Programs(tree);
    this.shredder =
        new RecordShredder(
            tree, partition, isFramed, programs.values(schemas), programs.keys(schemas));
    this.isPlaceOnly = isPlaceOnly;
  }

  /**
   * Begins a batch; what was left of the one before is forgotten.
   *
   * @param batch alone in the buffer, which is borrowed until the next one
   * @param from records below it are left out
   * @param to so are those at or above it
   */
  public void begin(ByteBuffer batch, long from, long to, List<Aborted> aborted) {
    endWalk();
    this.from = from;
    this.to = to;
    next = 0;
    count = 0;
    boolean isOutside =
        BatchView.lastOffset(batch, 0) < from || BatchView.baseOffset(batch, 0) >= to;
    if (isOutside || BatchView.isControl(batch, 0)) return;
    if (BatchFileWriter.isAborted(batch, aborted)) return;
    isAppendTime = BatchView.isLogAppendTime(batch, 0);
    baseOffset = BatchView.baseOffset(batch, 0);
    baseTimestampMs = BatchView.baseTimestampMs(batch, 0);
    appendTimeMs = BatchView.maxTimestampMs(batch, 0);
    if (unpacker.unpack(batch)) {
      count = unpacker.records().count;
    } else if (unpacker.isTooLarge()) {
      MutableRecordBatch source = MemoryRecords.readableRecords(batch).batches().iterator().next();
      walk = source.skipKeyValueIterator(BufferSupplier.NO_CACHING);
    }
  }

  /**
   * Adds rows to the vectors, until they have so many.
   *
   * @return false: the batch has no more
   */
  public boolean take(int rowsMax) {
    if (walk != null) return walk(walk, rowsMax);
    BatchRecords records = unpacker.records();
    while (next < count && shredder.rows() < rowsMax) {
      int i = next++;
      long offset = baseOffset + records.offsetDeltas[i];
      if (offset < from) continue;
      if (offset >= to) {
        next = count;
        break;
      }
      long timestampMs = isAppendTime ? appendTimeMs : baseTimestampMs + records.timestampDeltas[i];
      if (isPlaceOnly) shredder.shredWithoutContent(offset, timestampMs, isAppendTime);
      else shredder.shred(records, i, offset, timestampMs, isAppendTime);
    }
    return next < count;
  }

  private boolean walk(CloseableIterator<Record> records, int rowsMax) {
    while (shredder.rows() < rowsMax) {
      if (!records.hasNext()) {
        endWalk();
        return false;
      }
      Record record = records.next();
      if (record.offset() < from || record.offset() >= to) continue;
      shredder.shredWithoutContent(record.offset(), record.timestamp(), isAppendTime);
    }
    return true;
  }

  private void endWalk() {
    CloseableIterator<Record> walked = walk;
    walk = null;
    if (walked != null) walked.close();
  }

  public int rows() {
    return shredder.rows();
  }

  /** Bytes of keys, values and headers in the vectors. */
  public long inputBytes() {
    return shredder.inputBytes();
  }

  /** The rows that were taken, a vector per leaf. */
  public ColumnVector[] vectors() {
    return shredder.vectors();
  }

  /** Forgets the rows that were taken. */
  public void clear() {
    shredder.clear();
  }

  @Override
  public void close() {
    endWalk();
    unpacker.close();
    shredder.close();
  }
}
