package oxbow.log.testing;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/** A clock for Kafka's classes that moves only when told. */
public final class ManualTime implements Time {
  private final AtomicLong nowMs;

  public ManualTime(long nowMs) {
    this.nowMs = new AtomicLong(nowMs);
  }

  public void advance(long ms) {
    nowMs.addAndGet(ms);
  }

  @Override
  public long milliseconds() {
    return nowMs.get();
  }

  @Override
  public long nanoseconds() {
    return nowMs.get() * 1_000_000;
  }

  @Override
  public void sleep(long ms) {
    advance(ms);
  }

  @Override
  public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
    throw new UnsupportedOperationException("nobody waits for a clock that stands");
  }
}
