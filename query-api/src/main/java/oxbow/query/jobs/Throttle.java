package oxbow.query.jobs;

/** How fast a job may go. What it didn't use is not saved up. Confined to one thread. */
final class Throttle {
  private static final double NANOS = 1e9;

  private final double recordsPerSecond;
  private final double bytesPerSecond;
  private double dueNanos;
  private boolean hasBegun;

  /** Zero: no limit. */
  Throttle(double recordsPerSecond, double bytesPerSecond) {
    this.recordsPerSecond = recordsPerSecond;
    this.bytesPerSecond = bytesPerSecond;
  }

  /** As many as go at once, so that a second sees no more than it should. */
  long recordsMax() {
    return recordsPerSecond == 0 ? Long.MAX_VALUE : Math.max(1, (long) recordsPerSecond);
  }

  /** The same of bytes; a single record may have more. */
  long bytesMax() {
    return bytesPerSecond == 0 ? Long.MAX_VALUE : Math.max(1, (long) bytesPerSecond);
  }

  /** How long to wait after so much went, by a clock that only goes forward. */
  long delayNanos(long records, long bytes, long nowNanos) {
    double cost = 0;
    if (recordsPerSecond > 0) cost = records / recordsPerSecond;
    if (bytesPerSecond > 0) cost = Math.max(cost, bytes / bytesPerSecond);
    if (!hasBegun || dueNanos - nowNanos < 0) dueNanos = nowNanos;
    hasBegun = true;
    dueNanos += cost * NANOS;
    return (long) (dueNanos - nowNanos);
  }
}
