package oxbow.cold.store;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import oxbow.log.NanoClock;

/**
 * How many requests go at once: more while they succeed, half of that when the store is
 * overwhelmed. Thread-safe.
 */
final class AdaptiveLimit {
  /** Failures of requests that were under way together say the same thing once. */
  private static final long HALVE_EVERY_NANOS = 500_000_000L;

  private final int max;
  private final NanoClock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition free = lock.newCondition();
  private double limit;
  private int underWay;
  private long halvedNanos;
  private boolean wasHalved;

  AdaptiveLimit(int max, NanoClock clock) {
    this.max = max;
    this.clock = clock;
    this.limit = max;
  }

  void enter() throws InterruptedException {
    lock.lock();
    try {
      while (underWay >= (int) limit) free.await();
      underWay++;
    } finally {
      lock.unlock();
    }
  }

  void succeeded() {
    lock.lock();
    try {
      // One more after about two rounds, if there is use for it.
      if (underWay * 2 >= (int) limit) limit = Math.min(max, limit + 1 / limit);
      leave();
    } finally {
      lock.unlock();
    }
  }

  void overwhelmed() {
    lock.lock();
    try {
      long now = clock.nanos();
      if (!wasHalved || now - halvedNanos >= HALVE_EVERY_NANOS) {
        limit = Math.max(1, limit / 2);
        halvedNanos = now;
        wasHalved = true;
      }
      leave();
    } finally {
      lock.unlock();
    }
  }

  /** A failure that says nothing of the store's load. */
  void failed() {
    lock.lock();
    try {
      leave();
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    underWay--;
    free.signalAll();
  }

  int limit() {
    lock.lock();
    try {
      return (int) limit;
    } finally {
      lock.unlock();
    }
  }
}
