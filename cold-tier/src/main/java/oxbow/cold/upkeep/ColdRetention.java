package oxbow.cold.upkeep;

import java.util.List;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;

/** Says how far a partition is past its retention. Whole files expire, oldest first. */
final class ColdRetention {
  private ColdRetention() {}

  /**
   * Where the log may begin.
   *
   * @param files of the partition, in offset order
   * @param localBytes of log behind the last file
   * @return an offset not above the end of the last file; -1: nothing expires
   */
  static long logStart(List<ColdFile> files, long localBytes, TopicTiering tiering, long nowMs) {
    if (!tiering.isDeleted()) return -1;
    long totalBytes = localBytes;
    for (ColdFile file : files) totalBytes += file.logBytes();
    long start = -1;
    for (ColdFile file : files) {
      boolean isOld =
          tiering.retentionMs() >= 0 && file.timestampMax() < nowMs - tiering.retentionMs();
      boolean isExcess =
          tiering.retentionBytes() >= 0 && totalBytes - file.logBytes() >= tiering.retentionBytes();
      if (!isOld && !isExcess) break;
      totalBytes -= file.logBytes();
      start = file.endOffset();
    }
    return start;
  }
}
