package oxbow.broker.net;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** How fast connections are accepted: a bucket that holds one second's worth. Thread-safe. */
final class AcceptPace {
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final int perSecondMax;
  private final LongSupplier nanoClock;
  private double tokens; // guarded by this
  private long filledNanos; // guarded by this

  AcceptPace(int perSecondMax, LongSupplier nanoClock) {
    this.perSecondMax = perSecondMax;
    this.nanoClock = nanoClock;
    this.tokens = perSecondMax;
    this.filledNanos = nanoClock.getAsLong();
  }

  /** Zero: one more may be accepted now, and counts. Else how long to wait with it. */
  synchronized long pauseMs() {
    if (perSecondMax == Integer.MAX_VALUE) return 0;
    long now = nanoClock.getAsLong();
    double filled = (double) (now - filledNanos) * perSecondMax / SECOND_NANOS;
    tokens = Math.min(perSecondMax, tokens + filled);
    filledNanos = now;
    if (tokens >= 1) {
      tokens -= 1;
      return 0;
    }
    return Math.max(1, (long) Math.ceil((1 - tokens) * 1000 / perSecondMax));
  }
}
