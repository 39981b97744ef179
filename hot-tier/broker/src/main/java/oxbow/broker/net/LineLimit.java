package oxbow.broker.net;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** Lets one log line of a kind pass in ten seconds, and counts the others. Thread-safe. */
final class LineLimit {
  /** The line is not to be written. */
  static final long UNTOLD = -1;

  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LongSupplier nanoClock;
  private final AtomicLong nextNanos;
  private final LongAdder untold = new LongAdder();

  LineLimit(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.nextNanos = new AtomicLong(nanoClock.getAsLong());
  }

  /** How many were not written since the last one, or {@link #UNTOLD}. */
  long next() {
    long due = nextNanos.get();
    long now = nanoClock.getAsLong();
    if (now - due >= 0 && nextNanos.compareAndSet(due, now + PAUSE_NANOS)) {
      return untold.sumThenReset();
    }
    untold.increment();
    return UNTOLD;
  }
}
