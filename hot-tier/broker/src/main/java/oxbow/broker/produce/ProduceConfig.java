package oxbow.broker.produce;

import java.time.Duration;

/**
 * How produce requests are served.
 *
 * @param slowAppend two appends in a row that take longer than this, or one that takes ten times as
 *     long, mark their log as slow
 * @param handover how long a slow log's appends go to log threads before it is tried again
 */
public record ProduceConfig(Duration slowAppend, Duration handover) {
  /** A page-cache write takes microseconds; one of 20 ms waits for a disk. */
  public static final ProduceConfig DEFAULT =
      new ProduceConfig(Duration.ofMillis(20), Duration.ofSeconds(1));

  public ProduceConfig {
    if (slowAppend.isNegative() || slowAppend.isZero()) {
      throw new IllegalArgumentException("produce.slow.append.ms is not positive: " + slowAppend);
    }
    if (handover.isNegative()) {
      throw new IllegalArgumentException("produce.slow.handover.ms is negative: " + handover);
    }
  }
}
