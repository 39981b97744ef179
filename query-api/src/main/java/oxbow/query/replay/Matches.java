package oxbow.query.replay;

import java.util.Arrays;

/**
 * The wanted offsets of one partition, found window by window: small ones at first, since whoever
 * asks may want few records, larger ones where little is found. Confined to the replay's thread.
 */
final class Matches {
  private static final long WINDOW_MIN = 100_000;
  private static final long WINDOW_MAX = 1L << 32;
  private static final int FEW = 1_000;

  private final RecordFilter filter;
  private final int partition;
  private final Waiting waiting;

  private long[] offsets = {};
  private int at;
  private long windowEnd;
  private long windowSize = WINDOW_MIN;

  Matches(RecordFilter filter, int partition, Waiting waiting) {
    this.filter = filter;
    this.partition = partition;
    this.waiting = waiting;
  }

  /**
   * The first wanted offset from {@code start} on, or {@code end} if there is none before it.
   *
   * @param start never smaller than the time before
   */
  long next(long start, long end) {
    long from = start;
    while (true) {
      while (at < offsets.length && offsets[at] < from) at++;
      if (at < offsets.length) return Math.min(offsets[at], end);
      from = Math.max(from, windowEnd);
      if (from >= end) return end;
      waiting.check();
      look(from, Math.min(end, from + windowSize));
    }
  }

  private void look(long start, long end) {
    RecordFilter.Found found = filter.find(partition, start, end, waiting);
    // Whatever a predicate is made of: it can't lead out of its range.
    offsets = Arrays.stream(found.offsets()).filter(each -> each >= start && each < end).toArray();
    at = 0;
    windowEnd = Math.clamp(found.end(), start + 1, end);
    if (offsets.length < FEW) windowSize = Math.min(WINDOW_MAX, windowSize * 4);
    else if (windowEnd < end) windowSize = Math.max(WINDOW_MIN, windowSize / 4);
  }
}
