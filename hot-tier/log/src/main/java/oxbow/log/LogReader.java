package oxbow.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import oxbow.log.batch.BatchView;
import oxbow.log.segment.BatchCursor;
import oxbow.log.segment.Segment;

/**
 * Finds records in one view of a log, without a lock. What it means that a file of the view is gone
 * is for the caller to say. Any thread.
 */
final class LogReader {
  private final Runnable damagedIndexFound;

  /** Takes what is to be done about an index that readers have to do without. */
  LogReader(Runnable damagedIndexFound) {
    this.damagedIndexFound = damagedIndexFound;
  }

  /** The batches from the one that holds an offset, as {@link PartitionLog#read} promises. */
  LogRead read(LogView now, long offset, int bytesMax, ReadLimit limit, boolean wholeFirstBatch)
      throws IOException {
    long end = now.limit(limit);
    for (int i = now.floor(offset); i < now.count() && offset < end; i++) {
      Segment segment = now.segment(i);
      if (segment.baseOffset() >= end) break;
      int segmentEnd = now.endOf(i);
      int limitPosition =
          end >= now.offsets().logEnd() || isBelow(now, i, end)
              ? segmentEnd
              : segment.locate(end, segmentEnd);
      int position = segment.locate(offset, segmentEnd);
      if (segment.isIndexDamaged()) damagedIndexFound.run();
      if (position >= limitPosition) continue; // compaction left nothing here
      return slice(now, i, offset, position, limitPosition, bytesMax, limit, wholeFirstBatch);
    }
    return new LogRead(now.offsets(), now.lastStable(), null, List.of(), false);
  }

  private static boolean isBelow(LogView now, int segment, long end) {
    return segment + 1 < now.count() && now.segment(segment + 1).baseOffset() <= end;
  }

  private static LogRead slice(
      LogView now,
      int index,
      long offset,
      int position,
      int limitPosition,
      int bytesMax,
      ReadLimit limit,
      boolean wholeFirstBatch)
      throws IOException {
    Segment segment = now.segment(index);
    int bytes = limitPosition - position;
    boolean isCut = false;
    if (bytes > bytesMax) {
      bytes = bytesMax <= 0 ? 0 : segment.boundary(position, bytesMax) - position;
      if (bytes == 0 && wholeFirstBatch) {
        bytes = segment.batchBytes(position);
      } else if (bytes == 0) {
        bytes = Math.max(0, bytesMax);
        isCut = true;
      }
    }
    if (bytes == 0) {
      return new LogRead(now.offsets(), now.lastStable(), null, List.of(), isCut);
    }
    List<LogRead.AbortedTransaction> aborted =
        limit == ReadLimit.LAST_STABLE ? aborted(now, index, offset, position + bytes) : List.of();
    return new LogRead(
        now.offsets(), now.lastStable(), segment.slice(position, bytes), aborted, isCut);
  }

  private static List<LogRead.AbortedTransaction> aborted(
      LogView now, int index, long offset, int endPosition) throws IOException {
    if (!hasAborted(now, index)) return List.of();
    long upper = now.segment(index).offsetAt(endPosition, now.endOf(index));
    List<AbortedTxn> found = new ArrayList<>();
    for (int i = index; i < now.count(); i++) {
      if (now.segment(i).collectAborted(offset, upper, found)) break;
    }
    List<LogRead.AbortedTransaction> aborted = new ArrayList<>(found.size());
    for (AbortedTxn transaction : found) {
      aborted.add(
          new LogRead.AbortedTransaction(transaction.producerId(), transaction.firstOffset()));
    }
    return aborted;
  }

  private static boolean hasAborted(LogView now, int from) {
    for (int i = from; i < now.count(); i++) {
      if (now.segment(i).hasAborted()) return true;
    }
    return false;
  }

  /** The first record at or after a time, among those below the limit. */
  Optional<TimestampedOffset> find(LogView now, long timestampMs, ReadLimit limit)
      throws IOException {
    for (int i = 0; i < now.count(); i++) {
      Optional<TimestampedOffset> found = find(now, i, timestampMs);
      if (found.isPresent()) return found.filter(it -> it.offset() < now.limit(limit));
    }
    return Optional.empty();
  }

  /** The record with the largest timestamp. */
  Optional<TimestampedOffset> findMaxTimestamp(LogView now) throws IOException {
    int latest = -1;
    long maxMs = -1;
    for (int i = 0; i < now.count(); i++) {
      if (now.endOf(i) == 0 || now.segment(i).maxTimestampMs() <= maxMs) continue;
      latest = i;
      maxMs = now.segment(i).maxTimestampMs();
    }
    if (latest < 0) return Optional.empty();
    Optional<TimestampedOffset> found = find(now, latest, maxMs);
    return found.isPresent() ? found : findMaxOfRecords(now);
  }

  /** The largest timestamp was that of a batch whose records were erased or compacted away. */
  private static Optional<TimestampedOffset> findMaxOfRecords(LogView now) throws IOException {
    Optional<TimestampedOffset> largest = Optional.empty();
    long start = now.offsets().localStart();
    for (int i = 0; i < now.count(); i++) {
      BatchCursor cursor = now.segment(i).cursor(0, now.endOf(i));
      while (cursor.next()) {
        long maxMs = largest.map(TimestampedOffset::timestampMs).orElse(-1L);
        if (cursor.maxTimestampMs() <= maxMs || cursor.lastOffset() < start) continue;
        int epoch = BatchView.leaderEpoch(cursor.header(), cursor.headerAt());
        for (Record record : MemoryRecords.readableRecords(cursor.batch()).records()) {
          if (record.timestamp() <= maxMs || record.offset() < start) continue;
          maxMs = record.timestamp();
          largest = Optional.of(new TimestampedOffset(maxMs, record.offset(), epoch));
        }
      }
    }
    return largest;
  }

  private static Optional<TimestampedOffset> find(LogView now, int index, long timestampMs)
      throws IOException {
    Segment segment = now.segment(index);
    int end = now.endOf(index);
    if (end == 0 || segment.maxTimestampMs() < timestampMs) return Optional.empty();
    long start = now.offsets().localStart();
    BatchCursor cursor = segment.cursor(segment.locateTime(timestampMs, start, end), end);
    while (cursor.next()) {
      if (cursor.maxTimestampMs() < timestampMs || cursor.lastOffset() < start) continue;
      int epoch = BatchView.leaderEpoch(cursor.header(), cursor.headerAt());
      for (Record record : MemoryRecords.readableRecords(cursor.batch()).records()) {
        if (record.timestamp() >= timestampMs && record.offset() >= start) {
          return Optional.of(new TimestampedOffset(record.timestamp(), record.offset(), epoch));
        }
      }
    }
    return Optional.empty();
  }
}
