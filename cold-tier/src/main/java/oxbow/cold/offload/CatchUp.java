package oxbow.cold.offload;

import oxbow.log.NanoClock;

/**
 * Paces those who are far behind, after an outage or because their topic got its cold tier late:
 * all of them together take so many bytes of log per second, and more only if more comes in, or
 * they would never be done. They wait between passes, not in them, so that nobody else waits.
 * Thread-safe.
 */
final class CatchUp {
  /** So much above what comes in. */
  private static final double HEADROOM = 1.5;

  private static final double NANOS_PER_SECOND = 1e9;

  /** So far ahead of their pace they may be: looks come once a second. */
  private static final long AHEAD_NANOS = 1_000_000_000L;

  /** Weight of the newest measurement. */
  private static final double NEWEST = 0.3;

  private final double bytesPerSecondMin;
  private final NanoClock clock;
  private double arriving;
  private long lookedNanos;
  private long lastTotal = -1;
  private long freeNanos;

  CatchUp(long bytesPerSecondMin, NanoClock clock) {
    this.bytesPerSecondMin = bytesPerSecondMin;
    this.clock = clock;
    this.lookedNanos = clock.nanos();
    this.freeNanos = clock.nanos();
  }

  /**
   * Learns how much comes in.
   *
   * @param backlogBytes of all that is led here
   * @param takenBytes of log since the start
   */
  synchronized void measured(long backlogBytes, long takenBytes) {
    long now = clock.nanos();
    long total = backlogBytes + takenBytes;
    if (lastTotal >= 0 && now > lookedNanos) {
      double rate = Math.max(0, total - lastTotal) / ((now - lookedNanos) / NANOS_PER_SECOND);
      arriving += NEWEST * (rate - arriving);
    }
    lastTotal = total;
    lookedNanos = now;
  }

  /** A pass took these; the time from which on the next may begin. */
  synchronized long next(long bytes) {
    long now = clock.nanos();
    if (freeNanos - now < 0) freeNanos = now;
    freeNanos += (long) (bytes / bytesPerSecond() * NANOS_PER_SECOND);
    return freeNanos - AHEAD_NANOS;
  }

  synchronized double bytesPerSecond() {
    return Math.max(bytesPerSecondMin, HEADROOM * arriving);
  }
}
