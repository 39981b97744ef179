package oxbow.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.EpochEntry;
import oxbow.log.SealedSegments.Aborted;
import oxbow.log.SealedSegments.Backlog;
import oxbow.log.SealedSegments.Range;
import oxbow.log.segment.Segment;

/**
 * Finds in one view of a log what waits for the cold tier, without a lock. What lies at or above
 * the last stable offset doesn't: it may still be aborted.
 */
final class BacklogReader {
  private final LeaderEpochFileCache epochs;

  BacklogReader(LeaderEpochFileCache epochs) {
    this.epochs = epochs;
  }

  Optional<Backlog> backlog(LogView now) throws IOException {
    long from = now.offsets().coldEnd();
    long end = now.lastStable();
    long bytes = 0;
    long firstTimestampMs = -1;
    for (int i = now.floor(from); i < now.count() && now.segment(i).baseOffset() < end; i++) {
      Segment segment = now.segment(i);
      int position = segment.locate(from, now.endOf(i));
      int endPosition = endPosition(now, i, end);
      if (position >= endPosition) continue;
      if (bytes == 0) firstTimestampMs = segment.batchTimestampMs(position);
      bytes += endPosition - position;
    }
    if (bytes == 0) return Optional.empty();
    long sealedEnd = Math.clamp(now.active().baseOffset(), from, end);
    return Optional.of(new Backlog(now.offsets(), end, sealedEnd, bytes, firstTimestampMs));
  }

  /** Where batches end, within a segment, that lie below an offset in full. */
  private static int endPosition(LogView now, int index, long offset) throws IOException {
    int end = now.endOf(index);
    return following(now, index) <= offset ? end : now.segment(index).locate(offset, end);
  }

  /** Where the next segment begins, or may begin. */
  private static long following(LogView now, int index) {
    return index + 1 < now.count() ? now.segment(index + 1).baseOffset() : now.offsets().logEnd();
  }

  /** The first range at or after an offset, as {@link SealedSegments#take} promises. */
  Optional<Range> range(LogView now, long from, long end, int bytesMax) throws IOException {
    for (int i = now.floor(from); i < now.count() && now.segment(i).baseOffset() < end; i++) {
      int position = now.segment(i).locate(from, now.endOf(i));
      int endPosition = endPosition(now, i, end);
      if (position < endPosition) {
        return Optional.of(range(now, i, from, end, position, endPosition, bytesMax));
      }
    }
    return Optional.empty();
  }

  /** All ranges from the cold tier's end to the last stable offset. */
  LocalRecords local(LogView now) throws IOException {
    long end = now.lastStable();
    List<Range> ranges = new ArrayList<>();
    boolean isComplete = false;
    try {
      for (long from = now.offsets().coldEnd(); from < end; from = ranges.getLast().endOffset()) {
        Optional<Range> next = range(now, from, end, Integer.MAX_VALUE);
        if (next.isEmpty()) break;
        ranges.add(next.get());
      }
      isComplete = true;
      return new LocalRecords(now.offsets(), end, ranges);
    } finally {
      if (!isComplete) ranges.forEach(Range::release);
    }
  }

  private Range range(
      LogView now, int index, long from, long end, int position, int endPosition, int bytesMax)
      throws IOException {
    Segment segment = now.segment(index);
    int bytes = endPosition - position;
    if (bytes > bytesMax) {
      bytes = segment.boundary(position, bytesMax) - position;
      if (bytes == 0) bytes = segment.batchBytes(position);
    }
    int segmentEnd = now.endOf(index);
    boolean isToEnd = position + bytes == segmentEnd;
    long endOffset =
        isToEnd
            ? following(now, index)
            : Math.min(end, segment.offsetAt(position + bytes, segmentEnd));
    return new Range(
        from,
        endOffset,
        segment.slice(position, bytes),
        isToEnd && index + 1 < now.count(),
        segment.maxTimestampMs(),
        now.offsets().logStart(),
        epochs(from, endOffset),
        aborted(now, index, from, endOffset));
  }

  private List<EpochStart> epochs(long from, long end) {
    List<EpochStart> within = new ArrayList<>();
    for (EpochEntry entry : epochs.epochEntries()) {
      if (entry.startOffset() >= end) break;
      if (entry.startOffset() <= from) within.clear();
      within.add(new EpochStart(entry.epoch(), entry.startOffset()));
    }
    return within;
  }

  private static List<Aborted> aborted(LogView now, int index, long from, long end)
      throws IOException {
    List<AbortedTxn> found = new ArrayList<>();
    for (int i = index; i < now.count(); i++) {
      if (now.segment(i).collectAborted(from, end, found)) break;
    }
    List<Aborted> aborted = new ArrayList<>(found.size());
    for (AbortedTxn transaction : found) {
      aborted.add(
          new Aborted(
              transaction.producerId(), transaction.firstOffset(), transaction.lastOffset()));
    }
    return aborted;
  }
}
