package oxbow.cold.upkeep;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import oxbow.cold.rewrite.Rewriter;
import oxbow.log.NanoClock;

/** Keeps background work from taking the network and the processors from those who wait. */
public final class Pace implements Rewriter.Budget, AutoCloseable {
  private static final double NANOS_PER_SECOND = 1e9;

  private final NanoClock clock;
  private final long bytesPerSecondMax;
  private final CountDownLatch closed = new CountDownLatch(1);
  private long freeNanos;

  public Pace(NanoClock clock, long bytesPerSecondMax) {
    this.clock = clock;
    this.bytesPerSecondMax = bytesPerSecondMax;
    this.freeNanos = clock.nanos();
  }

  @Override
  public void spend(long bytes) throws InterruptedException {
    long waitNanos;
    synchronized (this) {
      long now = clock.nanos();
      freeNanos = Math.max(freeNanos, now); // what was not used is not saved up
      waitNanos = freeNanos - now;
      freeNanos += (long) (bytes / (double) bytesPerSecondMax * NANOS_PER_SECOND);
    }
    if (closed.await(waitNanos, TimeUnit.NANOSECONDS)) throw new InterruptedException("closed");
  }

  /** Ends all waiting; whoever wants to spend more is stopped. */
  @Override
  public void close() {
    closed.countDown();
  }
}
