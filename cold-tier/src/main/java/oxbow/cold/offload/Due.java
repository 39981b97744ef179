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

  /** Writing and committing take time, too. */
  private static final int LEAD_SHARE = 5;

  private long coldEnd = -1;
  private long sinceNanos = UNSEEN;
  private long passNanos = UNSEEN;

  /**
   * Looks at a backlog.
   *
   * @param found empty: nothing waits
   * @return whether it has to go now
   */
  boolean look(Optional<Backlog> found, long lagMsMax, long fileBytes, long nowNanos) {
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
    return isFull || ageMs(nowNanos) >= lagMsMax - lagMsMax / LEAD_SHARE;
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
