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

  /** More was appended. */
  LogOffsets endingAt(long newLogEnd) {
    return new LogOffsets(logStart, localStart, coldEnd, highWatermark, newLogEnd);
  }

  /** More may be read, and of what the cold tier is known to hold more is below the watermark. */
  LogOffsets visibleTo(long newHighWatermark, long coldEndKnown) {
    long newColdEnd = Math.max(coldEnd, Math.min(coldEndKnown, newHighWatermark));
    return new LogOffsets(logStart, localStart, newColdEnd, newHighWatermark, logEnd);
  }

  /** The log begins later: so do its local records, if they began before. */
  LogOffsets startingAt(long newLogStart) {
    long newLocalStart = Math.max(localStart, newLogStart);
    return new LogOffsets(
        newLogStart, newLocalStart, Math.max(coldEnd, newLocalStart), highWatermark, logEnd);
  }

  /** What the cold tier has is known for certain. */
  LogOffsets withCold(long newLogStart, long tableEnd) {
    long newColdEnd = Math.clamp(tableEnd, localStart, highWatermark);
    return new LogOffsets(newLogStart, localStart, newColdEnd, highWatermark, logEnd);
  }

  /** Local records were trimmed; the log begins where it did. */
  LogOffsets trimmedTo(long newLocalStart) {
    return new LogOffsets(
        logStart, newLocalStart, Math.max(coldEnd, newLocalStart), highWatermark, logEnd);
  }

  /** The cold tier is left: what is local is all there is. */
  LogOffsets onlyLocal() {
    return new LogOffsets(localStart, localStart, localStart, highWatermark, logEnd);
  }

  /** Records were cut off at the end. */
  LogOffsets truncatedTo(long newLogStart, long newLogEnd) {
    long newLocalStart = Math.min(localStart, newLogEnd);
    long newHighWatermark = Math.min(highWatermark, newLogEnd);
    return new LogOffsets(
        newLogStart,
        newLocalStart,
        Math.clamp(coldEnd, newLocalStart, newHighWatermark),
        newHighWatermark,
        newLogEnd);
  }
}
