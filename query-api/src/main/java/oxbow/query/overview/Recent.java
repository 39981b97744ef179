package oxbow.query.overview;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import oxbow.log.NanoClock;

/**
 * An answer that is made once for all who ask within a moment. One that takes long to make is kept
 * for longer, so that making it never takes more than a fifth of the time. Thread-safe.
 */
final class Recent<T> {
  private static final int COST_FACTOR = 4;

  private final Supplier<T> making;
  private final long keptNanosMin;
  private final NanoClock clock;
  private @Nullable T last;
  private long validUntilNanos;

  Recent(Duration keptMin, NanoClock clock, Supplier<T> making) {
    this.making = making;
    this.keptNanosMin = keptMin.toNanos();
    this.clock = clock;
  }

  /** Whoever comes while one is made waits for it. */
  synchronized T get() {
    long begun = clock.nanos();
    T known = last;
    if (known != null && begun - validUntilNanos < 0) return known;
    T made = making.get();
    long now = clock.nanos();
    last = made;
    validUntilNanos = now + Math.max(keptNanosMin, COST_FACTOR * (now - begun));
    return made;
  }
}
