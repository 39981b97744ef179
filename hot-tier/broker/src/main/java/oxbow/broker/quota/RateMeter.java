package oxbow.broker.quota;

import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.stats.Rate;

/**
 * What one client, or those who share a limit, used lately; Kafka's own arithmetic. Thread-safe.
 */
final class RateMeter {
  private final MetricConfig windows;
  private final Rate rate = new Rate(TimeUnit.SECONDS); // guarded by this
  private volatile long usedMs;

  RateMeter(int windows, int windowSeconds) {
    this.windows = new MetricConfig().samples(windows).timeWindow(windowSeconds, TimeUnit.SECONDS);
  }

  /** Counts what was used and returns for how long its user must pause to be at the limit again. */
  synchronized long use(double amount, double perSecond, long nowMs) {
    usedMs = nowMs;
    rate.record(windows, amount, nowMs);
    double used = rate.measure(windows, nowMs);
    if (used <= perSecond) return 0;
    if (perSecond <= 0) return rate.windowSize(windows, nowMs);
    return Math.round((used - perSecond) / perSecond * rate.windowSize(windows, nowMs));
  }

  /** Takes back what was counted but did not happen. */
  synchronized void giveBack(double amount, long nowMs) {
    rate.record(windows, -amount, nowMs);
  }

  /** Whether all it knew lies before the time it measures. */
  boolean isForgotten(long nowMs) {
    return nowMs - usedMs > windows.samples() * windows.timeWindowMs();
  }
}
