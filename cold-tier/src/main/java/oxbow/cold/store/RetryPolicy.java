package oxbow.cold.store;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * How often and after which pauses a call is tried again. A pause is drawn between nothing and a
 * bound that doubles: those who failed together don't come back together.
 *
 * @param attempts the first included
 * @param first bound of the first pause
 * @param max bound of the longest
 */
public record RetryPolicy(int attempts, Duration first, Duration max) {
  private static final int DOUBLINGS_MAX = 30;

  /** S3 answers 503 for a while as it splits a hot prefix; the caller's own retries go on then. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(6, Duration.ofMillis(100), Duration.ofSeconds(5));

  public RetryPolicy {
    if (attempts < 1 || first.isNegative() || max.compareTo(first) < 0) {
      throw new IllegalArgumentException("not a policy: " + attempts + ", " + first + ", " + max);
    }
  }

  /** The pause after a failed attempt; they count from one. */
  Duration pause(int attempt, RandomGenerator random) {
    long bound = first.toNanos() << Math.min(attempt - 1, DOUBLINGS_MAX);
    if (bound < 0 || bound > max.toNanos()) bound = max.toNanos();
    return Duration.ofNanos(bound == 0 ? 0 : random.nextLong(bound));
  }

  /** Lets time pass between attempts. */
  public interface Pauses {
    /** In real time. */
    Pauses REAL = (length, ended) -> ended.await(length.toNanos(), TimeUnit.NANOSECONDS);

    /**
     * @param ended nobody waits for the outcome any more
     */
    void pause(Duration length, CountDownLatch ended) throws InterruptedException;
  }
}
