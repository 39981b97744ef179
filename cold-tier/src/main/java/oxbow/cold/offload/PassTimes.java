package oxbow.cold.offload;

/**
 * How long a topic's passes take, from when they are due to when the table has their records: so
 * the next one begins early enough. What it waits for others counts, too. One thread at a time.
 */
final class PassTimes {
  /** Weight of the newest pass. */
  private static final double NEWEST = 0.5;

  private double nanos;
  private double bytes;

  /** A pass of some bytes of log is done. */
  void took(long tookNanos, long tookBytes) {
    double weight = bytes == 0 ? 1 : NEWEST;
    nanos += weight * (tookNanos - nanos);
    bytes += weight * (Math.max(1, tookBytes) - bytes);
  }

  /** How long a pass of so many bytes will take, about; 0: there was none yet. */
  long expectedMs(long passBytes) {
    if (bytes == 0) return 0;
    double ratio = passBytes / bytes;
    // A part of it is the same for each; which part is not known.
    return (long) (nanos / 1e6 * Math.max(ratio, (1 + ratio) / 2));
  }
}
