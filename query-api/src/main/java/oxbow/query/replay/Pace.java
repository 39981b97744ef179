package oxbow.query.replay;

/** How fast records are given out, measured by their timestamps. Confined to one thread. */
public final class Pace {
  private final double speed;
  private boolean hasBegun;
  private long firstMs;
  private long firstNanos;

  /**
   * @param speed 1: as fast as they came; 10: ten times that
   */
  public Pace(double speed) {
    this.speed = speed;
  }

  /**
   * How long a record has yet to wait. The first one, and those older than it, wait for nothing.
   *
   * @param nowNanos of a clock that only goes forward
   */
  public long delayNanos(long timestampMs, long nowNanos) {
    if (!hasBegun) {
      hasBegun = true;
      firstMs = timestampMs;
      firstNanos = nowNanos;
      return 0;
    }
    double dueNanos = (timestampMs - (double) firstMs) * 1e6 / speed;
    double delay = dueNanos - (nowNanos - firstNanos);
    return delay <= 0 ? 0 : (long) Math.min(delay, Long.MAX_VALUE / 2.0);
  }
}
