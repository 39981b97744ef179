package oxbow.cold.fetch;

import java.nio.ByteBuffer;
import oxbow.log.batch.BatchView;

/**
 * A run of whole batches that came back from a cold file, more of them than one fetch takes.
 * Immutable: whoever serves from it takes views of its bytes.
 *
 * @param baseOffset what was asked for: nothing below it is in here, nothing between it and the
 *     first batch is anywhere
 * @param endOffset offset that follows the last batch
 */
record Chunk(long baseOffset, long endOffset, ByteBuffer batches) {

  static Chunk of(long askedOffset, ByteBuffer batches) {
    long end = askedOffset;
    for (int at = batches.position(); at < batches.limit(); ) {
      end = BatchView.baseOffset(batches, at) + BatchView.lastOffsetDelta(batches, at) + 1;
      at += BatchView.sizeBytes(batches, at);
    }
    return new Chunk(askedOffset, end, batches.asReadOnlyBuffer());
  }

  boolean holds(long offset) {
    return baseOffset <= offset && offset < endOffset;
  }

  /** Whole batches from the one that holds the offset; one even if it is larger than asked for. */
  ByteBuffer from(long offset, int bytesMax) {
    int start = batches.position();
    while (endOfBatch(start) <= offset) start += BatchView.sizeBytes(batches, start);
    int end = start;
    while (end < batches.limit()) {
      int next = end + BatchView.sizeBytes(batches, end);
      if (end > start && next - start > bytesMax) break;
      end = next;
    }
    return batches.slice(start, end - start);
  }

  private long endOfBatch(int at) {
    return BatchView.baseOffset(batches, at) + BatchView.lastOffsetDelta(batches, at) + 1;
  }
}
