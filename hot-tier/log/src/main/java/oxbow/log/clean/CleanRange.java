package oxbow.log.clean;

import java.io.IOException;
import java.util.List;
import oxbow.log.LogConfig;
import oxbow.log.segment.Segment;

/**
 * Which part of a log waits for compaction, and how urgently.
 *
 * @param dirtyStart first offset that was not compacted yet
 * @param dirtyEnd first offset that must not be, now: always where a segment begins
 * @param cleanBytes bytes of segments before
 * @param dirtyBytes bytes of segments in between
 * @param isOverdue a record waits longer than {@code max.compaction.lag.ms}
 */
record CleanRange(
    long dirtyStart, long dirtyEnd, long cleanBytes, long dirtyBytes, boolean isOverdue) {

  /** Looks at a log whose records below {@code checkpoint} were compacted. */
  static CleanRange of(CleanableLog log, long checkpoint, long nowMs) throws IOException {
    LogConfig config = log.config();
    List<Segment> segments = log.segments();
    long activeBase = segments.getLast().baseOffset();
    boolean isUsable = checkpoint >= log.logStart() && checkpoint <= log.logEnd();
    long dirtyStart = isUsable ? checkpoint : log.logStart();

    long end = Math.min(log.lastStableOffset(), activeBase);
    if (config.keepsHistory()) end = Math.min(end, log.unseenFrom());
    long earliestMs = Long.MAX_VALUE;
    List<Segment> dirty = from(segments, dirtyStart);
    for (Segment segment : dirty) {
      if (segment.baseOffset() >= activeBase) break;
      boolean isYoung =
          config.compactionLagMsMin() > 0
              && segment.maxTimestampMs() > nowMs - config.compactionLagMsMin();
      if (isYoung) end = Math.min(end, segment.baseOffset());
      long firstMs = segment.firstTimestampMs();
      if (firstMs > 0) earliestMs = Math.min(earliestMs, firstMs);
    }
    end = Math.max(end, dirtyStart);
    long dirtyEnd = Math.min(floorBase(segments, end), activeBase);
    boolean isOverdue = earliestMs < nowMs - Math.max(0, config.compactionLagMsMax());

    long cleanBytes = 0;
    long dirtyBytes = 0;
    long cleanEnd = Math.min(dirtyStart, dirtyEnd);
    for (Segment segment : segments) {
      if (segment.baseOffset() < dirtyStart) cleanBytes += segment.sizeBytes();
    }
    for (Segment segment : from(segments, cleanEnd)) {
      if (segment.baseOffset() < dirtyEnd) dirtyBytes += segment.sizeBytes();
    }
    return new CleanRange(dirtyStart, dirtyEnd, cleanBytes, dirtyBytes, isOverdue);
  }

  double dirtyRatio() {
    long bytes = cleanBytes + dirtyBytes;
    return bytes == 0 ? 0 : dirtyBytes / (double) bytes;
  }

  /** Compaction would do something, and is asked for. */
  boolean isDue(double dirtyRatioMin) {
    return cleanBytes + dirtyBytes > 0
        && ((isOverdue && dirtyBytes > 0) || dirtyRatio() > dirtyRatioMin);
  }

  /** The segments from the one on that holds an offset. */
  static List<Segment> from(List<Segment> segments, long offset) {
    int first = 0;
    while (first + 1 < segments.size() && segments.get(first + 1).baseOffset() <= offset) first++;
    return segments.subList(first, segments.size());
  }

  private static long floorBase(List<Segment> segments, long offset) {
    return from(segments, offset).getFirst().baseOffset();
  }
}
