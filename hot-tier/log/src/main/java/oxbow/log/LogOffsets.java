package oxbow.log;

import static oxbow.log.Invariants.invariant;

/** Where a partition's records lie: starts inclusive, ends exclusive; the chain never breaks. */
public record LogOffsets(
    long logStart, long localStart, long coldEnd, long highWatermark, long logEnd) {
  public LogOffsets {
    invariant(0 <= logStart, "log start is negative", logStart);
    invariant(logStart <= localStart, "the local log begins before the log", localStart);
    invariant(localStart <= coldEnd, "a gap lies between cold and local records", coldEnd);
    invariant(coldEnd <= highWatermark, "records above the watermark were offloaded", coldEnd);
    invariant(highWatermark <= logEnd, "the watermark passed the log end", highWatermark);
  }
}
