package oxbow.log;

import java.io.IOException;
import oxbow.log.segment.Segment;

/**
 * Which segments a log needs no longer: past retention by age or size, below the log start, or
 * trimmed after their way into the cold tier.
 */
final class Retention {
  private static final long KEPT = -1;

  /** As the whole log's, cold records included. */
  private static final long AS_WHOLE = -2;

  private Retention() {}

  /** How many of the oldest segments the cold tier has, as far as so many bytes need them to go. */
  static int offloaded(LogView now, long bytesWanted) {
    LogOffsets offsets = now.offsets();
    long bytes = 0;
    int count = 0;
    while (count < now.count() && bytes < bytesWanted) {
      boolean isActive = count == now.count() - 1;
      if (isActive && now.endOf(count) == 0) break;
      long end = isActive ? offsets.logEnd() : now.segment(count + 1).baseOffset();
      if (end > offsets.coldEnd()) break;
      bytes += now.endOf(count);
      count++;
    }
    return count;
  }

  /** How many of the oldest segments may go; all of them, if the active one is past it, too. */
  static int expired(LogView now, LogConfig settings, long nowMs) throws IOException {
    LogOffsets offsets = now.offsets();
    boolean isOffloaded = settings.isOffloaded();
    long retentionMs = settings.isDeleted() ? settings.retentionMs() : KEPT;
    long retentionBytes = settings.isDeleted() ? settings.retentionBytes() : KEPT;
    if (isOffloaded) {
      if (settings.localRetentionMs() != AS_WHOLE) retentionMs = settings.localRetentionMs();
      if (settings.localRetentionBytes() != AS_WHOLE) {
        retentionBytes = settings.localRetentionBytes();
      }
    }
    long excessBytes = -retentionBytes;
    for (int i = 0; i < now.count(); i++) excessBytes += now.endOf(i);

    int count = 0;
    while (count < now.count()) {
      Segment segment = now.segment(count);
      boolean isActive = count == now.count() - 1;
      if (isActive && now.endOf(count) == 0) break;
      long end = isActive ? offsets.logEnd() : now.segment(count + 1).baseOffset();
      boolean isBelowStart = !isActive && end <= offsets.logStart();
      if (end > offsets.highWatermark()) break;
      if (isOffloaded && !isBelowStart && end > offsets.coldEnd()) break;
      long youngestMs = segment.maxTimestampMs();
      if (youngestMs < 0) youngestMs = segment.createdMs();
      boolean isOld = retentionMs >= 0 && nowMs - youngestMs > retentionMs;
      boolean isExcess = retentionBytes >= 0 && excessBytes >= now.endOf(count);
      if (!isBelowStart && !isOld && !isExcess) break;
      excessBytes -= now.endOf(count);
      count++;
    }
    return count;
  }
}
