package oxbow.cold.offload;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import oxbow.log.SealedSegments.Backlog;

/**
 * Says when a partition's backlog has to go: when it fills a file, or when its oldest record gets
 * as old as the topic allows. Age is counted from when the backlog was first seen, by this
 * process's own clock: timestamps are the producers'.
 */
final class Due {
  private static final long UNSEEN = Long.MIN_VALUE;

  /** How many bytes of log a file of the wished size takes, as far as is known: two for one. */
  private static final int LOG_BYTES_PER_FILE_BYTE = 2;

  /** Writing and committing take time, too: at least this share of what is allowed. */
  private static final int LEAD_SHARE_MIN = 5;

  /** Who needs more of it than all but this share does not keep up, whenever it begins. */
  private static final int AGE_SHARE_MIN = 4;

  private long coldEnd = -1;
  private long sinceNanos = UNSEEN;
  private long passNanos = UNSEEN;

  /**
   * Looks at a backlog.
   *
   * @param found empty: nothing waits
   * @param passMs how long it will take until the table has it, as far as is known
   * @return whether it has to go now
   */
  boolean look(Optional<Backlog> found, long lagMsMax, long passMs, long fileBytes, long nowNanos) {
    @Nullable Backlog backlog = found.orElse(null);
    if (backlog == null) {
      sinceNanos = UNSEEN;
      return false;
    }
    if (sinceNanos == UNSEEN || backlog.offsets().coldEnd() != coldEnd) {
      // What is left after a pass came after it had begun.
      coldEnd = backlog.offsets().coldEnd();
      sinceNanos = passNanos == UNSEEN ? nowNanos : passNanos;
      passNanos = UNSEEN;
    }
    boolean isFull = backlog.sizeBytes() >= logBytes(fileBytes);
    long leadMs =
        Math.clamp(passMs, lagMsMax / LEAD_SHARE_MIN, lagMsMax - lagMsMax / AGE_SHARE_MIN);
    return isFull || ageMs(nowNanos) >= lagMsMax - leadMs;
  }

  /** Bytes of log that a file of the wished size takes, about. */
  static long logBytes(long fileBytes) {
    return fileBytes * LOG_BYTES_PER_FILE_BYTE;
  }

  /** A pass takes what is there now. */
  void passBegins(long nowNanos) {
    passNanos = nowNanos;
  }

  /** How long something has waited; 0: nothing does. */
  long ageMs(long nowNanos) {
    return sinceNanos == UNSEEN ? 0 : (nowNanos - sinceNanos) / 1_000_000;
  }
}
