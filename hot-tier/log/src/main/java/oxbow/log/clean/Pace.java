package oxbow.log.clean;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import oxbow.log.NanoClock;

/** Keeps compaction from taking the disk from those who produce and consume. */
final class Pace implements AutoCloseable {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final NanoClock clock;
  private final long bytesPerSecondMax;
  private final CountDownLatch closed = new CountDownLatch(1);
  private long startNanos;
  private long bytes;

  Pace(NanoClock clock, long bytesPerSecondMax) {
    this.clock = clock;
    this.bytesPerSecondMax = bytesPerSecondMax;
    this.startNanos = clock.nanos();
  }

  /** Waits until that many bytes more are allowed. */
  void spend(long more) throws InterruptedException {
    if (bytesPerSecondMax == Long.MAX_VALUE) return;
    bytes += more;
    long dueNanos = (long) (bytes / (double) bytesPerSecondMax * SECOND_NANOS);
    long waitNanos = dueNanos - (clock.nanos() - startNanos);
    if (waitNanos > 0 && closed.await(waitNanos, TimeUnit.NANOSECONDS)) return;
    if (clock.nanos() - startNanos > SECOND_NANOS) { // what was not used is not saved up
      startNanos = clock.nanos();
      bytes = 0;
    }
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Ends all waiting. */
  @Override
  public void close() {
    closed.countDown();
  }
}
