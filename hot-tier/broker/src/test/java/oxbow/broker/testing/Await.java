package oxbow.broker.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits, for a bounded time, until something holds. */
public final class Await {
  private static final long POLL_NANOS = 2_000_000;

  private Await() {}

  /** Fails unless the condition comes to hold within some seconds. */
  public static void until(String condition, BooleanSupplier holds) {
    until(condition, Duration.ofSeconds(20), holds);
  }

  /** Fails unless the condition comes to hold in time. */
  public static void until(String condition, Duration timeMax, BooleanSupplier holds) {
    long deadline = System.nanoTime() + timeMax.toNanos();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + timeMax + ": " + condition);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
