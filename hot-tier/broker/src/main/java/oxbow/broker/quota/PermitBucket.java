package oxbow.broker.quota;

import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Quota;
import org.apache.kafka.common.metrics.stats.TokenBucket;

/**
 * Permits that come back at a steady pace and may be overdrawn by one taker. Kafka's own
 * arithmetic. Thread-safe.
 */
final class PermitBucket {
  private final double perSecond;
  private final MetricConfig config;
  private final TokenBucket tokens = new TokenBucket(TimeUnit.SECONDS); // guarded by this
  private volatile long usedMs;

  PermitBucket(double perSecond, int windows, int windowSeconds) {
    this.perSecond = perSecond;
    this.config =
        new MetricConfig()
            .quota(Quota.upperBound(perSecond))
            .samples(windows)
            .timeWindow(windowSeconds, TimeUnit.SECONDS);
  }

  double perSecond() {
    return perSecond;
  }

  /** Takes permits; a strict taker gets none while the bucket is overdrawn. Returns the pause. */
  synchronized long take(int count, boolean isStrict, long nowMs) {
    usedMs = nowMs;
    if (isStrict) {
      long pauseMs = pauseMs(nowMs);
      if (pauseMs > 0) return pauseMs;
      tokens.record(config, count, nowMs);
      return 0;
    }
    tokens.record(config, count, nowMs);
    return pauseMs(nowMs);
  }

  boolean isForgotten(long nowMs) {
    return nowMs - usedMs > 2L * config.samples() * config.timeWindowMs();
  }

  private long pauseMs(long nowMs) {
    double left = tokens.measure(config, nowMs);
    if (left >= 0) return 0;
    return perSecond <= 0 ? Integer.MAX_VALUE : Math.round(-left / perSecond * 1000);
  }
}
