package oxbow.cold.file;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the log's batches were, beside their records: everything that makes them come back as they
 * lay in the segment. In offset order. Filled by one thread, then read by any number.
 */
public final class BatchIndex {
  private int size;
  private long[] baseOffsets = new long[64];
  private long[] rowStarts = new long[64];
  private int[] rows = new int[64];
  private int[] counts = new int[64];
  private int[] lastOffsetDeltas = new int[64];
  private short[] attributes = new short[64];
  private int[] leaderEpochs = new int[64];
  private long[] producerIds = new long[64];
  private short[] producerEpochs = new short[64];
  private int[] baseSequences = new int[64];
  private long[] baseTimestamps = new long[64];
  private long[] maxTimestamps = new long[64];
  private int[] crcs = new int[64];
  private final Map<Integer, byte[]> payloads = new HashMap<>();
  private final Map<Integer, Whole> wholes = new HashMap<>();

  /**
   * A batch that is kept as it came.
   *
   * @param position in the file, of its zstd frame
   * @param length of the frame
   * @param batchBytes of the batch
   */
  public record Whole(long position, int length, int batchBytes) {}

  /**
   * One batch.
   *
   * @param rows how many of its records are rows
   * @param count records as its header says
   * @param attributes as they were, with the codec it came with
   * @param crc of its uncompressed form; of a whole one as it came
   */
  public record Entry(
      long baseOffset,
      int rows,
      int count,
      int lastOffsetDelta,
      short attributes,
      int leaderEpoch,
      long producerId,
      short producerEpoch,
      int baseSequence,
      long baseTimestampMs,
      long maxTimestampMs,
      int crc) {}

  /**
   * Adds the batch that follows.
   *
   * @param payload a control batch's records, or the differences of the records' own timestamps if
   *     the broker's time stands for them
   */
  public void add(Entry entry, byte @Nullable [] payload, @Nullable Whole whole) {
    if (size == baseOffsets.length) grow();
    int i = size++;
    baseOffsets[i] = entry.baseOffset;
    rowStarts[i] = i == 0 ? 0 : rowStarts[i - 1] + rows[i - 1];
    rows[i] = entry.rows;
    counts[i] = entry.count;
    lastOffsetDeltas[i] = entry.lastOffsetDelta;
    attributes[i] = entry.attributes;
    leaderEpochs[i] = entry.leaderEpoch;
    producerIds[i] = entry.producerId;
    producerEpochs[i] = entry.producerEpoch;
    baseSequences[i] = entry.baseSequence;
    baseTimestamps[i] = entry.baseTimestampMs;
    maxTimestamps[i] = entry.maxTimestampMs;
    crcs[i] = entry.crc;
    if (payload != null) payloads.put(i, payload);
    if (whole != null) wholes.put(i, whole);
  }

  private void grow() {
    int capacity = size * 2;
    baseOffsets = Arrays.copyOf(baseOffsets, capacity);
    rowStarts = Arrays.copyOf(rowStarts, capacity);
    rows = Arrays.copyOf(rows, capacity);
    counts = Arrays.copyOf(counts, capacity);
    lastOffsetDeltas = Arrays.copyOf(lastOffsetDeltas, capacity);
    attributes = Arrays.copyOf(attributes, capacity);
    leaderEpochs = Arrays.copyOf(leaderEpochs, capacity);
    producerIds = Arrays.copyOf(producerIds, capacity);
    producerEpochs = Arrays.copyOf(producerEpochs, capacity);
    baseSequences = Arrays.copyOf(baseSequences, capacity);
    baseTimestamps = Arrays.copyOf(baseTimestamps, capacity);
    maxTimestamps = Arrays.copyOf(maxTimestamps, capacity);
    crcs = Arrays.copyOf(crcs, capacity);
  }

  public int size() {
    return size;
  }

  public long totalRows() {
    return size == 0 ? 0 : rowStarts[size - 1] + rows[size - 1];
  }

  public long baseOffset(int batch) {
    return baseOffsets[batch];
  }

  public long lastOffset(int batch) {
    return baseOffsets[batch] + lastOffsetDeltas[batch];
  }

  /** Number of its first row in the file. */
  public long rowStart(int batch) {
    return rowStarts[batch];
  }

  public int rows(int batch) {
    return rows[batch];
  }

  public int count(int batch) {
    return counts[batch];
  }

  public int lastOffsetDelta(int batch) {
    return lastOffsetDeltas[batch];
  }

  public short attributes(int batch) {
    return attributes[batch];
  }

  public int leaderEpoch(int batch) {
    return leaderEpochs[batch];
  }

  public long producerId(int batch) {
    return producerIds[batch];
  }

  public short producerEpoch(int batch) {
    return producerEpochs[batch];
  }

  public int baseSequence(int batch) {
    return baseSequences[batch];
  }

  public long baseTimestampMs(int batch) {
    return baseTimestamps[batch];
  }

  public long maxTimestampMs(int batch) {
    return maxTimestamps[batch];
  }

  public int crc(int batch) {
    return crcs[batch];
  }

  public byte @Nullable [] payload(int batch) {
    return payloads.get(batch);
  }

  public @Nullable Whole whole(int batch) {
    return wholes.get(batch);
  }

  /** The batch that holds an offset, or in a gap the next one; {@link #size} if none follows. */
  public int find(long offset) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (lastOffset(middle) < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
