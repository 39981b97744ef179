package oxbow.log;

import static oxbow.log.Invariants.invariant;

import oxbow.log.segment.Segment;

/** What readers see: bounds and segments that belong together. Immutable. */
final class LogView {
  private final Segment[] segments;
  private final int segmentsVersion;
  private final LogOffsets offsets;
  private final long lastStable;
  private final int endPosition;

  private LogView(
      Segment[] segments,
      int segmentsVersion,
      LogOffsets offsets,
      long lastStable,
      int endPosition) {
    invariant(segments.length > 0, "a log has an active segment", segments.length);
    invariant(lastStable <= offsets.highWatermark(), "unstable records are stable", lastStable);
    this.segments = segments;
    this.segmentsVersion = segmentsVersion;
    this.offsets = offsets;
    this.lastStable = lastStable;
    this.endPosition = endPosition;
  }

  /** Takes the array: nobody writes to it any more. */
  static LogView of(Segment[] segments, LogOffsets offsets, long lastStable) {
    int end = segments[segments.length - 1].sizeBytes();
    return new LogView(segments, 0, offsets, lastStable, end);
  }

  /** Other segments. Takes the array: nobody writes to it any more. */
  LogView with(Segment[] newSegments, LogOffsets newOffsets, long newLastStable) {
    int end = newSegments[newSegments.length - 1].sizeBytes();
    return new LogView(newSegments, segmentsVersion + 1, newOffsets, newLastStable, end);
  }

  /** Other bounds. */
  LogView with(LogOffsets newOffsets, long newLastStable) {
    return new LogView(segments, segmentsVersion, newOffsets, newLastStable, endPosition);
  }

  /** Another end, after an append. */
  LogView with(LogOffsets newOffsets, int newEndPosition) {
    return new LogView(segments, segmentsVersion, newOffsets, lastStable, newEndPosition);
  }

  /** Both see the same segments, perhaps with another end. */
  boolean hasSegmentsOf(LogView other) {
    return segmentsVersion == other.segmentsVersion;
  }

  LogOffsets offsets() {
    return offsets;
  }

  /** End of what {@code read_committed} may see. */
  long lastStable() {
    return lastStable;
  }

  /** Number of segments; the last one is the active one. */
  int count() {
    return segments.length;
  }

  /** In offset order. */
  Segment segment(int number) {
    return segments[number];
  }

  Segment active() {
    return segments[segments.length - 1];
  }

  /** All of them, in an array of the caller's own. */
  Segment[] copyOfSegments() {
    return segments.clone();
  }

  /** Which segment has an offset or, between two, begins before it. */
  int floor(long offset) {
    int low = 0;
    int high = segments.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (segments[middle].baseOffset() <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** End of a segment, as far as it may be read. */
  int endOf(int number) {
    return number == segments.length - 1 ? endPosition : segments[number].sizeBytes();
  }

  /** The end that a reader may see. */
  long limit(ReadLimit limit) {
    return switch (limit) {
      case LOG_END -> offsets.logEnd();
      case HIGH_WATERMARK -> offsets.highWatermark();
      case LAST_STABLE -> lastStable;
    };
  }
}
