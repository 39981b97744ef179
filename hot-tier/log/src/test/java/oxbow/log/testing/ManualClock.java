package oxbow.log.testing;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import oxbow.log.NanoClock;

/** A clock that moves only when told. */
public final class ManualClock implements InstantSource, NanoClock {
  private final AtomicLong nowMs;

  public ManualClock(long nowMs) {
    this.nowMs = new AtomicLong(nowMs);
  }

  public void advance(long ms) {
    nowMs.addAndGet(ms);
  }

  @Override
  public long millis() {
    return nowMs.get();
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(nowMs.get());
  }

  @Override
  public long nanos() {
    return nowMs.get() * 1_000_000;
  }
}
