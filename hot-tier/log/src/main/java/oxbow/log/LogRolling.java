package oxbow.log;

import java.io.IOException;
import java.util.Arrays;
import oxbow.log.segment.Segment;

/** Says which segment is appended to, and seals those that are full or old. Under the lock. */
final class LogRolling {
  private final LogState state;
  private final LogFlusher flusher;

  LogRolling(LogState state, LogFlusher flusher) {
    this.state = state;
    this.flusher = flusher;
  }

  /** The segment to append to: a new one if the active one is full or old enough. */
  Segment activeFor(long firstOffset, long lastOffset, int bytes, long maxTimestampMs)
      throws IOException {
    Segment active = state.view.active();
    LogConfig settings = state.config;
    // A leader's compaction leaves gaps: they lie within segments, so that none between two is
    // right.
    long logEnd = state.view.offsets().logEnd();
    long base = lastOffset - logEnd <= Integer.MAX_VALUE ? logEnd : firstOffset;
    boolean isFull =
        active.sizeBytes() > settings.segmentBytes() - bytes
            || active.isFullFor(lastOffset, settings.indexBytesMax());
    if (isFull && active.sizeBytes() > 0) return roll(base);
    if (firstOffset < active.baseOffset()) return roll(firstOffset); // what came before it failed
    if (isFull && lastOffset - active.baseOffset() > Integer.MAX_VALUE) return roll(firstOffset);
    if (active.sizeBytes() > 0 && isOld(active, maxTimestampMs, settings)) return roll(base);
    return active;
  }

  private boolean isOld(Segment active, long maxTimestampMs, LogConfig settings)
      throws IOException {
    long firstMs = active.firstTimestampMs();
    long waitedMs =
        firstMs >= 0 ? maxTimestampMs - firstMs : state.env.clock().millis() - active.createdMs();
    return waitedMs > settings.segmentMs();
  }

  /** Seals the active segment and opens the next; what the disk is slow at is left to a thread. */
  Segment roll(long baseOffset) throws IOException {
    LogView now = state.view;
    Segment active = now.active();
    state.producers.appendedUpTo(baseOffset);
    state.producers.snapshot().ifPresent(state.unforcedFiles::add);
    active.seal();
    Segment next =
        Segment.create(state.env.files(), state.directory, baseOffset, state.env.clock().millis());
    Segment[] segments = now.copyOfSegments();
    if (active.sizeBytes() == 0) active.delete();
    else segments = Arrays.copyOf(segments, segments.length + 1);
    segments[segments.length - 1] = next;
    state.view = now.with(segments, now.offsets(), now.lastStable());
    state.env.counters().rolls.increment();
    flusher.handOverFlush();
    return next;
  }
}
