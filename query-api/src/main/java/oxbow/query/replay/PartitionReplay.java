package oxbow.query.replay;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;
import oxbow.log.ReadLimit;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Batches;
import oxbow.query.Topics.Bounds;

/**
 * The records of one partition, one at a time. Holds the batches of one read, no more. Confined to
 * the replay's thread.
 */
final class PartitionReplay implements AutoCloseable {
  private final Topics topics;
  private final Waiting waiting;
  private final TopicIdPartition id;
  private final long end;
  private final ReadLimit limit;
  private final int readBytes;
  private final boolean isFollowing;
  private final BufferSupplier buffers;
  private final Visible visible;
  private final @Nullable Matches matches;

  private long position;
  private @Nullable ReplayedRecord head;
  private boolean isTaken;
  private boolean isDone;

  private @Nullable Batches held;
  private Iterator<MutableRecordBatch> batches = List.<MutableRecordBatch>of().iterator();
  private @Nullable MutableRecordBatch batch;
  private @Nullable CloseableIterator<Record> records;
  private @Nullable CompletableFuture<Void> arrival;

  PartitionReplay(
      Topics topics,
      Waiting waiting,
      Ranges.Range range,
      ReadLimit limit,
      int readBytes,
      boolean isFollowing,
      BufferSupplier buffers,
      Optional<RecordFilter> filter) {
    this.topics = topics;
    this.waiting = waiting;
    this.id = range.partition();
    this.position = range.start();
    this.end = range.end();
    this.limit = limit;
    this.readBytes = readBytes;
    this.isFollowing = isFollowing;
    this.buffers = buffers;
    this.visible = new Visible(limit);
    this.isDone = position >= end;
    this.matches = filter.map(known -> new Matches(known, id.partition(), waiting)).orElse(null);
  }

  int partition() {
    return id.partition();
  }

  /** The offset that comes next. */
  long position() {
    ReplayedRecord now = head;
    if (now == null) return position;
    return isTaken ? now.offset() + 1 : now.offset();
  }

  /** There will be no more. */
  boolean isDone() {
    return isDone;
  }

  /** Something is there that costs no read. */
  boolean isHolding() {
    return held != null;
  }

  /** Completes when it is worth looking again; null: it is now, or never again. */
  @Nullable CompletableFuture<Void> arrival() {
    CompletableFuture<Void> awaited = arrival;
    return isDone || awaited == null || awaited.isDone() ? null : awaited;
  }

  /** The next record, which stays until it is taken; null: there is none, or none yet. */
  @Nullable ReplayedRecord peek() {
    if (head != null && !isTaken) return head;
    if (head != null) {
      position = head.offset() + 1;
      head = null;
      isTaken = false;
    }
    while (!isDone) {
      waiting.check();
      if (!isAtMatch()) return null;
      ReplayedRecord found = fromHeld();
      if (found != null && !isWanted(found.offset())) {
        position = found.offset() + 1;
        continue;
      }
      if (found != null) {
        head = found;
        return found;
      }
      if (isDone || !read()) return null;
    }
    return null;
  }

  /** Moves on to the next record that is wanted; false: there is none now. */
  private boolean isAtMatch() {
    Matches wanted = matches;
    if (wanted == null) return true;
    if (!hasArrived()) return false;
    long to = Math.min(end, visibleEnd());
    if (position < to) position = wanted.next(position, to);
    if (position < to) return true;
    if (isFollowing && position < end) {
      release();
      arrival = topics.await(id, position, limit);
    } else {
      finish();
    }
    return false;
  }

  /** What was found may be cleaned away meanwhile, and the record behind it is another one. */
  private boolean isWanted(long offset) {
    Matches wanted = matches;
    return wanted == null || wanted.next(offset, offset + 1) == offset;
  }

  /** It was given out; its bytes stay until the next look. */
  void take() {
    isTaken = true;
  }

  private @Nullable ReplayedRecord fromHeld() {
    Batches from = held;
    if (from == null) return null;
    try {
      while (true) {
        MutableRecordBatch current = batch;
        CloseableIterator<Record> in = records;
        if (current == null || in == null) {
          if (!batches.hasNext()) {
            release();
            return null;
          }
          begin(batches.next());
          if (isDone) return null;
          continue;
        }
        if (!in.hasNext()) {
          position = Math.max(position, current.nextOffset());
          endBatch();
          if (position >= end) finish();
          if (isDone) return null;
          continue;
        }
        Record record = in.next();
        if (record.offset() < position) continue;
        if (record.offset() >= end) {
          position = end;
          finish();
          return null;
        }
        return new ReplayedRecord(
            id.partition(),
            record.offset(),
            record.timestamp(),
            current.timestampType(),
            Arrays.asList(record.headers()),
            record.hasKey() ? record.key() : null,
            record.hasValue() ? record.value() : null,
            from.isCold());
      }
    } catch (InvalidRecordException | CorruptRecordException e) {
      throw corrupt(e);
    } catch (KafkaException e) { // what a payload fails with that can't be decompressed
      throw corrupt(e);
    }
  }

  private QueryException corrupt(RuntimeException reason) {
    return new QueryException(
        Kind.CORRUPT,
        "partition "
            + id.partition()
            + " is damaged at offset "
            + position
            + ": "
            + reason.getMessage(),
        reason);
  }

  private void begin(MutableRecordBatch next) {
    if (next.baseOffset() >= end) {
      position = end;
      finish();
      return;
    }
    if (next.nextOffset() <= position) return;
    next.ensureValid();
    if (!visible.isVisible(next)) {
      position = Math.max(position, next.nextOffset());
      if (position >= end) finish();
      return;
    }
    batch = next;
    records = next.streamingIterator(buffers);
  }

  /** Reads on; false: there is nothing now. */
  private boolean read() {
    if (!hasArrived()) return false;
    if (readOnce()) return true;
    // What lies below the end of before a read that found nothing is no record.
    long before = visibleEnd();
    if (readOnce()) return true;
    position = Math.max(position, before);
    if (isFollowing && position < end) {
      arrival = topics.await(id, position, limit);
    } else {
      finish();
    }
    return false;
  }

  /** What was waited for is there, or nothing was. */
  private boolean hasArrived() {
    CompletableFuture<Void> awaited = arrival;
    if (awaited == null) return true;
    if (!awaited.isDone()) return false;
    waiting.await(awaited); // shows a failure
    arrival = null;
    return true;
  }

  private long visibleEnd() {
    Bounds now =
        topics
            .bounds(id)
            .orElseThrow(() ->
                new QueryException(
                    Kind.UNAVAILABLE, "partition " + id.partition() + " can't be read any more"));
    return limit == ReadLimit.LAST_STABLE ? now.lastStable() : now.highWatermark();
  }

  private boolean readOnce() {
    Batches found = waiting.await(topics.read(id, position, readBytes, limit));
    if (!found.bytes().hasRemaining()) {
      found.release();
      return false;
    }
    held = found;
    batches = MemoryRecords.readableRecords(found.bytes().duplicate()).batches().iterator();
    visible.begin(found);
    return true;
  }

  private void finish() {
    isDone = true;
    release();
  }

  private void endBatch() {
    CloseableIterator<Record> in = records;
    records = null;
    batch = null;
    if (in != null) in.close();
  }

  private void release() {
    endBatch();
    batches = List.<MutableRecordBatch>of().iterator();
    Batches done = held;
    held = null;
    if (done != null) done.release();
  }

  @Override
  public void close() {
    release();
    if (arrival != null) arrival.cancel(false);
  }
}
