package oxbow.query.sql;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Batches on their way from the thread that makes them to the one that takes them. Who takes slowly
 * is waited for: there are never more than a few in between.
 */
final class Handoff {
  private static final int BATCHES_MAX = 2;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<VectorSchemaRoot> batches = new ArrayDeque<>();
  private @Nullable SqlException failure;
  private boolean isEnded;
  private boolean isClosed;

  /** What one that takes finds. */
  sealed interface Found {
    record Batch(VectorSchemaRoot root) implements Found {}

    record Quiet() implements Found {}

    record End() implements Found {}
  }

  /**
   * Gives a batch, once there is room.
   *
   * @return false: nobody wants it any more, and it stays the caller's
   */
  boolean put(VectorSchemaRoot batch) {
    lock.lock();
    try {
      while (batches.size() >= BATCHES_MAX && !isClosed && failure == null) {
        changed.awaitUninterruptibly();
      }
      if (isClosed || failure != null) return false;
      batches.add(batch);
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** There are no more. */
  void end() {
    lock.lock();
    try {
      isEnded = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What comes next is a failure; the first one counts, and none that comes after the end. */
  void fail(SqlException cause) {
    lock.lock();
    try {
      if (failure == null && !isEnded) failure = cause;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the next batch, which is the caller's then.
   *
   * @throws SqlException it failed
   */
  Found take(Duration patience) {
    long nanos = patience.toNanos();
    lock.lock();
    try {
      while (true) {
        if (failure != null) throw failure;
        VectorSchemaRoot batch = batches.poll();
        if (batch != null) {
          changed.signalAll();
          return new Found.Batch(batch);
        }
        if (isEnded) return new Found.End();
        if (nanos <= 0) return new Found.Quiet();
        nanos = changed.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SqlException(SqlException.Kind.CANCELLED, "whoever waited was interrupted");
    } finally {
      lock.unlock();
    }
  }

  /** Nobody takes any more. */
  void close() {
    lock.lock();
    try {
      isClosed = true;
      batches.forEach(VectorSchemaRoot::close);
      batches.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return isClosed;
    } finally {
      lock.unlock();
    }
  }
}
