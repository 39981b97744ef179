package oxbow.cold.store;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import oxbow.log.NanoClock;

/**
 * So many bytes per second for all who share it, and no more: what cold transfers may take of the
 * network or disk. A transfer waits until those before it are paid for, so that one of any size
 * goes through. Thread-safe; the rate may be changed at any time.
 */
public final class BandwidthBudget {
  /** No bound. */
  public static final long UNLIMITED = 0;

  /** What may go at once after a pause. */
  private static final double BURST_SECONDS = 0.25;

  private static final double NANOS_PER_SECOND = 1e9;

  private final NanoClock clock;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition changed = lock.newCondition();
  private long bytesPerSecond;

  /** What may go now; below zero: debts. */
  private double credit;

  private long creditNanos;

  public BandwidthBudget(long bytesPerSecond, NanoClock clock) {
    this.clock = clock;
    this.bytesPerSecond = bytesPerSecond;
    this.creditNanos = clock.nanos();
    this.credit = bytesPerSecond * BURST_SECONDS;
  }

  /** From now on this rate; {@link #UNLIMITED}: none. */
  public void changeTo(long newBytesPerSecond) {
    lock.lock();
    try {
      earn();
      bytesPerSecond = newBytesPerSecond;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until these bytes may go. */
  void take(long bytes) throws InterruptedException {
    lock.lock();
    try {
      earn();
      while (bytesPerSecond != UNLIMITED && credit < 0) {
        var _ = changed.awaitNanos(Math.max(1, nanosToEarn(-credit)));
        earn();
      }
      if (bytesPerSecond != UNLIMITED) credit -= bytes;
    } finally {
      lock.unlock();
    }
  }

  /** How long a transfer that came now would wait. */
  long waitNanos() {
    lock.lock();
    try {
      earn();
      return bytesPerSecond == UNLIMITED || credit >= 0 ? 0 : nanosToEarn(-credit);
    } finally {
      lock.unlock();
    }
  }

  private long nanosToEarn(double bytes) {
    return (long) Math.ceil(bytes / bytesPerSecond * NANOS_PER_SECOND);
  }

  private void earn() {
    long now = clock.nanos();
    credit += bytesPerSecond * ((now - creditNanos) / NANOS_PER_SECOND);
    credit = bytesPerSecond == UNLIMITED ? 0 : Math.min(credit, bytesPerSecond * BURST_SECONDS);
    creditNanos = now;
  }
}
