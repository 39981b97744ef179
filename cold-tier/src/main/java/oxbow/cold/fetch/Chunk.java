package oxbow.cold.fetch;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import oxbow.log.batch.BatchView;

/**
 * A run of whole batches that came back from a cold file. Its memory is lent: whoever holds the
 * chunk takes views of its bytes, and the last one that lets go of it gives the memory back.
 * Thread-safe.
 */
final class Chunk {
  private final long baseOffset;
  private final long endOffset;
  private final ByteBuffer batches;
  private final ChunkMemory memory;
  private final boolean isReadOn;
  private final AtomicInteger holders = new AtomicInteger(1);

  private Chunk(
      long baseOffset, long endOffset, ByteBuffer batches, ChunkMemory memory, boolean isReadOn) {
    this.baseOffset = baseOffset;
    this.endOffset = endOffset;
    this.batches = batches;
    this.memory = memory;
    this.isReadOn = isReadOn;
  }

  /**
   * Copies batches. The caller holds the chunk.
   *
   * @param askedOffset nothing below it is in here, nothing between it and the first batch is
   *     anywhere
   * @param batches borrowed for the call
   * @param isReadOn they follow others that the same reader got
   */
  static Chunk copyOf(long askedOffset, ByteBuffer batches, ChunkMemory memory, boolean isReadOn) {
    long end = askedOffset;
    for (int at = batches.position(); at < batches.limit(); ) {
      end = BatchView.baseOffset(batches, at) + BatchView.lastOffsetDelta(batches, at) + 1;
      at += BatchView.sizeBytes(batches, at);
    }
    ByteBuffer copy = memory.take(batches.remaining());
    copy.put(0, batches, batches.position(), batches.remaining());
    return new Chunk(askedOffset, end, copy, memory, isReadOn);
  }

  /** Where it begins: what was asked for. */
  long baseOffset() {
    return baseOffset;
  }

  /** Offset that follows the last batch. */
  long endOffset() {
    return endOffset;
  }

  int bytes() {
    return batches.remaining();
  }

  /** Whoever asked for it reads on. */
  boolean isReadOn() {
    return isReadOn;
  }

  boolean holds(long offset) {
    return baseOffset <= offset && offset < endOffset;
  }

  /** One more holder; false: it is gone. */
  boolean retain() {
    int now = holders.get();
    while (now > 0) {
      if (holders.compareAndSet(now, now + 1)) return true;
      now = holders.get();
    }
    return false;
  }

  /** One holder less. */
  void release() {
    if (holders.decrementAndGet() == 0) memory.giveBack(batches);
  }

  /** Whole batches from the one that holds the offset; one even if it is larger than asked for. */
  View from(long offset, int bytesMax) {
    int start = 0;
    while (endOfBatch(start) <= offset) start += BatchView.sizeBytes(batches, start);
    int end = start;
    while (end < batches.limit()) {
      int next = end + BatchView.sizeBytes(batches, end);
      if (end > start && next - start > bytesMax) break;
      end = next;
    }
    return new View(batches.slice(start, end - start).asReadOnlyBuffer(), end == batches.limit());
  }

  /**
   * Some of its batches.
   *
   * @param isToEnd the last one is the chunk's last
   */
  record View(ByteBuffer batches, boolean isToEnd) {}

  private long endOfBatch(int at) {
    return BatchView.baseOffset(batches, at) + BatchView.lastOffsetDelta(batches, at) + 1;
  }
}
