package oxbow.broker.net;

import static oxbow.log.Invariants.invariant;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the requests that all connections together hold in memory, by bytes and by number. Hot
 * path; thread-safe.
 *
 * <p>What is already in memory is counted by {@link #take}. A large frame is only begun when its
 * bytes were granted, in the order of asking; while anyone waits nobody reads, so that a large
 * frame is not starved by small ones. A frame larger than the whole budget is granted when nothing
 * else is held.
 */
final class FrameBudget {
  /** A connection that stopped reading until there is room. */
  interface Waiter {
    /** There is room, and the bytes asked for are taken. Called from any thread. */
    void granted();
  }

  private record Waiting(Waiter waiter, int bytes) {}

  // Bytes below, frames above: one atomic operation per frame.
  private static final int FRAME_SHIFT = 44;
  private static final long ONE_FRAME = 1L << FRAME_SHIFT;
  private static final long BYTES_MASK = ONE_FRAME - 1;

  private final long bytesMax;
  private final long framesMax;
  private final AtomicLong held = new AtomicLong();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(); // guarded by this
  private volatile boolean hasWaiters;

  FrameBudget(long bytesMax, int framesMax) {
    this.bytesMax = Math.min(bytesMax, BYTES_MASK / 2);
    this.framesMax = framesMax;
  }

  /** Whether reading has to stop. */
  boolean isFull() {
    return hasWaiters || !fits(held.get(), 0);
  }

  long heldBytes() {
    return held.get() & BYTES_MASK;
  }

  long heldFrames() {
    return held.get() >>> FRAME_SHIFT;
  }

  /** Counts a frame that is in memory already. */
  void take(int bytes) {
    held.addAndGet(ONE_FRAME + bytes);
  }

  /** Takes a frame's bytes if there is room and nobody waits. */
  boolean tryTake(int bytes) {
    if (hasWaiters) return false;
    return takeIfFits(bytes);
  }

  /** Gives a frame's bytes back. */
  void give(int bytes) {
    long now = held.addAndGet(-ONE_FRAME - bytes);
    invariant(now >= 0, "more frames were given back than taken", now);
    if (hasWaiters) wake();
  }

  /**
   * Asks for room.
   *
   * @param bytes of a frame to begin, which are taken when it is granted; zero: just to go on
   */
  void await(Waiter waiter, int bytes) {
    synchronized (this) {
      waiting.add(new Waiting(waiter, bytes));
      hasWaiters = true;
    }
    wake(); // room may have been made between the caller's look and its asking
  }

  /** Drops what this waiter asked for. Returns false if it was granted, or is about to be. */
  boolean forget(Waiter waiter) {
    boolean wasWaiting;
    synchronized (this) {
      wasWaiting = waiting.removeIf(w -> w.waiter().equals(waiter));
      hasWaiters = !waiting.isEmpty();
    }
    if (wasWaiting) wake(); // it may have stood in front of a smaller one
    return wasWaiting;
  }

  private void wake() {
    while (true) {
      Waiting next;
      synchronized (this) {
        next = waiting.peek();
        if (next == null || !isGranted(next)) return;
        waiting.remove();
        hasWaiters = !waiting.isEmpty();
      }
      next.waiter().granted();
    }
  }

  private boolean isGranted(Waiting next) {
    return next.bytes() == 0 ? fits(held.get(), 0) : takeIfFits(next.bytes());
  }

  private boolean takeIfFits(int bytes) {
    while (true) {
      long before = held.get();
      if (!fits(before, bytes)) return false;
      if (held.compareAndSet(before, before + ONE_FRAME + bytes)) return true;
    }
  }

  private boolean fits(long heldNow, int bytes) {
    if (heldNow == 0) return true;
    return (heldNow >>> FRAME_SHIFT) < framesMax
        && (heldNow & BYTES_MASK) + Math.max(bytes, 1) <= bytesMax;
  }
}
