package oxbow.cold.fetch;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Memory of chunks, outside of the heap: a collector would have to move every one of them, and stop
 * everybody while it does. What is given back is lent again; a bounded part of it is kept.
 * Thread-safe.
 */
final class ChunkMemory {
  /** Sizes are whole ones of these, so that one chunk's memory fits the next. */
  private static final int STEP_BYTES = 256 << 10;

  private final long idleBytesMax;
  private final Deque<ByteBuffer> idle = new ArrayDeque<>();
  private long idleBytes;

  /**
   * @param idleBytesMax what nobody uses is kept up to this
   */
  ChunkMemory(long idleBytesMax) {
    this.idleBytesMax = idleBytesMax;
  }

  /** A buffer of this many bytes, from its start; they are whatever they were. */
  ByteBuffer take(int bytes) {
    ByteBuffer kept = takeIdle(bytes);
    if (kept != null) return kept.clear().limit(bytes);
    long rounded = ((long) bytes + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
    return ByteBuffer.allocateDirect((int) Math.min(Integer.MAX_VALUE, rounded)).limit(bytes);
  }

  /** One that is not much larger than what is wanted. */
  private synchronized @Nullable ByteBuffer takeIdle(int bytes) {
    for (Iterator<ByteBuffer> each = idle.iterator(); each.hasNext(); ) {
      ByteBuffer one = each.next();
      if (one.capacity() < bytes || one.capacity() > 2L * bytes + STEP_BYTES) continue;
      each.remove();
      idleBytes -= one.capacity();
      return one;
    }
    return null;
  }

  /** What {@link #take} gave, with no view of it left in use. */
  synchronized void giveBack(ByteBuffer buffer) {
    if (idleBytes + buffer.capacity() > idleBytesMax) return;
    idle.addFirst(buffer);
    idleBytes += buffer.capacity();
  }

  /** Lets go of what nobody uses. */
  synchronized void shrink() {
    idle.clear();
    idleBytes = 0;
  }

  /** What is kept for the next. */
  synchronized long idleBytes() {
    return idleBytes;
  }
}
