package oxbow.broker.quota;

import java.util.function.IntConsumer;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.protocol.Errors;

/**
 * What one request may change in the cluster's metadata: partitions to create or delete. Used by
 * one request at a time.
 */
public final class MutationQuota implements IntConsumer {
  /** Takes permits and returns the pause they cost. */
  @FunctionalInterface
  interface Permits {
    long take(int count, boolean isStrict);
  }

  private final Permits permits;
  private final boolean isStrict;
  private volatile int throttleMs;

  MutationQuota(Permits permits, boolean isStrict) {
    this.permits = permits;
    this.isStrict = isStrict;
  }

  /**
   * Takes permits for so many partitions. A strict quota throws {@code
   * ThrottlingQuotaExceededException} when it is used up; the other only makes the client pause.
   */
  @Override
  public void accept(int partitions) {
    int pauseMs = (int) Math.min(permits.take(partitions, isStrict), Integer.MAX_VALUE);
    if (pauseMs == 0) return;
    throttleMs = Math.max(throttleMs, pauseMs);
    if (isStrict) {
      throw new ThrottlingQuotaExceededException(
          pauseMs, Errors.THROTTLING_QUOTA_EXCEEDED.message());
    }
  }

  /** For the answer's throttle time. */
  public int throttleMs() {
    return throttleMs;
  }
}
