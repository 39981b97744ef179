package oxbow.log;

import java.io.IOException;
import oxbow.log.segment.Segment;

/**
 * Which segments a log needs no longer: past retention by age or size, below the log start, or
 * trimmed after their way into the cold tier.
 */
final class Retention {
  private Retention() {}

  /** How many of the oldest segments may go; all of them, if the active one is past it, too. */
  static int expired(LogView now, LogConfig settings, long nowMs) throws IOException {
    LogOffsets offsets = now.offsets();
    boolean isTiered = settings.isTiered();
    boolean isLocal = isTiered && settings.localRetentionMs() != -2;
    long retentionMs = isLocal ? settings.localRetentionMs() : settings.retentionMs();
    boolean isLocalBytes = isTiered && settings.localRetentionBytes() != -2;
    long retentionBytes = isLocalBytes ? settings.localRetentionBytes() : settings.retentionBytes();
    long excessBytes = -retentionBytes;
    for (int i = 0; i < now.count(); i++) excessBytes += now.endOf(i);

    int count = 0;
    while (count < now.count()) {
      Segment segment = now.segment(count);
      boolean isActive = count == now.count() - 1;
      if (isActive && now.endOf(count) == 0) break;
      long end = isActive ? offsets.logEnd() : now.segment(count + 1).baseOffset();
      boolean isBelowStart = !isActive && end <= offsets.logStart();
      if (end > offsets.highWatermark() || (isTiered && !isBelowStart && end > offsets.coldEnd())) {
        break;
      }
      long youngestMs = segment.maxTimestampMs();
      if (youngestMs < 0) youngestMs = segment.createdMs();
      boolean isOld = retentionMs >= 0 && nowMs - youngestMs > retentionMs;
      boolean isExcess = retentionBytes >= 0 && excessBytes >= now.endOf(count);
      if (!isBelowStart && !(settings.isDeleted() && (isOld || isExcess))) break;
      excessBytes -= now.endOf(count);
      count++;
    }
    return count;
  }
}
