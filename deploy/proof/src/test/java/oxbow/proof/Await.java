package oxbow.proof;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Waiting for another process: asks again and again, up to a bound. */
final class Await {
  static final Duration LONG = Duration.ofSeconds(60);

  private Await() {}

  /** Returns once the condition holds; a condition that throws doesn't hold yet. */
  static void until(String what, Duration bound, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + bound.toNanos();
    Throwable last = null;
    while (true) {
      try {
        if (condition.call()) {
          return;
        }
        last = null;
      } catch (Hopeless e) {
        throw e;
      } catch (Exception | AssertionError e) {
        last = e;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + bound.toSeconds() + " s: " + what, last);
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  /** Returns the first value that isn't null. */
  static <T> T value(String what, Duration bound, Callable<@Nullable T> source) {
    var found =
        new Object() {
          @Nullable T value;
        };
    until(
        what,
        bound,
        () -> {
          found.value = source.call();
          return found.value != null;
        });
    return java.util.Objects.requireNonNull(found.value);
  }

  /** Thrown by a condition that can never hold any more: ends the waiting at once. */
  static final class Hopeless extends AssertionError {
    private static final long serialVersionUID = 1L;

    Hopeless(String why) {
      super(why);
    }
  }
}
