package oxbow.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.LogFileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.SealedSegments.Erased;
import oxbow.log.SealedSegments.Keys;
import oxbow.log.batch.BatchView;
import oxbow.log.batch.RecordCutter;
import oxbow.log.segment.DamagedSegmentException;
import oxbow.log.segment.Segment;

/**
 * Takes the records of some keys out of a log's local segments. A segment with such records is
 * written anew without them, next to the old one, and takes its place; a crash leaves the one or
 * the other. Each batch stays, if only as its header, so offsets, epochs and producers are what
 * they were. Waits for the disk, and for compaction.
 */
final class LogErasing {
  private static final Logger log = LoggerFactory.getLogger(LogErasing.class);
  private static final int BUFFER_BYTES = 1 << 20;

  private final LogState state;
  private final LogRolling rolling;
  private final LogCleaning cleaning;
  private final LogTrimming trimming;

  LogErasing(LogState state, LogRolling rolling, LogCleaning cleaning, LogTrimming trimming) {
    this.state = state;
    this.rolling = rolling;
    this.cleaning = cleaning;
    this.trimming = trimming;
  }

  /** See {@link SealedSegments#erase}. */
  Erased erase(Keys keys, SealedSegments.Budget budget) throws InterruptedException {
    try (var work = new Work(keys, budget)) {
      long end = sealAll();
      for (List<Segment> left = work.left(end); !left.isEmpty(); left = work.left(end)) {
        for (Segment segment : left) work.erase(segment);
      }
      deleteDropped();
      Erased erased = work.erased(end, 0);
      if (erased.records() > 0) {
        log.atInfo()
            .addKeyValue("partition", state.id.topicPartition())
            .addKeyValue("endOffset", end)
            .addKeyValue("records", erased.records())
            .addKeyValue("segments", erased.rewrittenSegments())
            .log("records erased from the log");
      }
      return erased;
    } catch (IOException e) {
      throw failed(e);
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    }
  }

  /** See {@link SealedSegments#find}. */
  Erased find(Keys keys, long endOffset, SealedSegments.Budget budget) throws InterruptedException {
    try (var work = new Work(keys, budget)) {
      deleteDropped();
      for (List<Segment> left = work.left(endOffset);
          !left.isEmpty();
          left = work.left(endOffset)) {
        for (Segment segment : left) work.look(segment);
      }
      return work.erased(endOffset, filesLeft());
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Nothing was changed by it: the log goes on with what it has. */
  private LogException failed(IOException e) {
    if (LogState.isDiskFull(e)) return state.failed(e);
    return new LogException(
        LogException.Kind.OFFLINE,
        "records can't be erased from " + state.id.topicPartition() + ": " + e.getMessage(),
        e);
  }

  /** What was appended so far lies in sealed segments from now on; returns where it ends. */
  private long sealAll() throws IOException {
    state.lock.lock();
    try {
      state.checkOnline();
      long end = state.view.offsets().logEnd();
      if (state.view.active().sizeBytes() > 0) {
        // Without a file of its own a log that lost all others would not know where it ended.
        rolling.roll(end).createFile();
        state.isDirectoryUnforced = true;
      }
      return end;
    } finally {
      state.lock.unlock();
    }
  }

  /** Segments that left the log before, and are still there for slow readers, go now. */
  private void deleteDropped() throws IOException {
    state.maintenance.lock();
    try {
      state.checkOnline();
      if (state.dropped.isHolding()) {
        state.env.checkpoints().write();
        trimming.deleteDetached();
      }
      state.dropped.deleteNow();
      state.env.files().forceDirectory(state.directory);
    } finally {
      state.maintenance.unlock();
    }
  }

  /** Files of batches that are no part of the log. */
  private int filesLeft() throws IOException {
    state.maintenance.lock();
    try {
      String deleted = LogFileUtils.LOG_FILE_SUFFIX + LogFileUtils.DELETED_FILE_SUFFIX;
      int left = 0;
      for (String name : state.env.files().list(state.directory)) {
        if (name.endsWith(deleted)) left++;
      }
      return left;
    } finally {
      state.maintenance.unlock();
    }
  }

  /** One walk over the segments. */
  private final class Work implements AutoCloseable {
    private final RecordCutter cutter;
    private final SealedSegments.Budget budget;
    private final Set<Segment> done = Collections.newSetFromMap(new IdentityHashMap<>());
    private ByteBuffer in = ByteBuffer.allocate(BUFFER_BYTES);
    private long endOffset = Long.MAX_VALUE;
    private int segments;
    private int rewritten;
    private long readBytes;
    private long records;

    Work(Keys keys, SealedSegments.Budget budget) {
      this.cutter =
          new RecordCutter(
              (offset, key, _) -> offset < endOffset && key != null && keys.contains(key),
              keys.bytesMax());
      this.budget = budget;
    }

    /** Segments that were not looked at: also such as compaction made meanwhile. */
    List<Segment> left(long end) {
      state.checkOnline();
      endOffset = end;
      List<Segment> left = new ArrayList<>();
      for (Segment segment : cleaning.segments()) {
        if (segment.baseOffset() < end && !done.contains(segment)) left.add(segment);
      }
      return left;
    }

    void look(Segment segment) throws IOException, InterruptedException {
      long found = countIfThere(segment);
      if (found < 0) return;
      done.add(segment);
      segments++;
      records += found;
    }

    void erase(Segment segment) throws IOException, InterruptedException {
      long found = countIfThere(segment);
      if (found < 0) return;
      if (found == 0) {
        segments++;
        done.add(segment);
      } else if (state.env.compaction().aside(() -> !isGone(segment) && rewrite(segment))) {
        segments++;
        rewritten++;
        records += found;
      }
    }

    /** -1: the segment is no part of the log any more; what took its place is looked at next. */
    private long countIfThere(Segment segment) throws IOException, InterruptedException {
      try {
        return count(segment);
      } catch (IOException | LogException e) {
        if (isGone(segment)) return -1;
        throw e;
      }
    }

    private boolean isGone(Segment segment) {
      return !cleaning.segments().contains(segment);
    }

    private long count(Segment segment) throws IOException, InterruptedException {
      long found = 0;
      int size = segment.sizeBytes();
      for (int position = 0; position < size; ) {
        ByteBuffer chunk = read(segment, position, size);
        position += chunk.limit();
        budget.spend(chunk.limit());
        while (chunk.hasRemaining()) {
          ByteBuffer batch = nextBatch(chunk);
          if (!BatchView.isControl(batch, 0)) found += counted(segment, batch);
        }
      }
      return found;
    }

    private int counted(Segment segment, ByteBuffer batch) throws IOException {
      try {
        return cutter.count(batch);
      } catch (IOException e) {
        throw unreadable(segment, batch, e);
      }
    }

    private static IOException unreadable(Segment segment, ByteBuffer batch, IOException e) {
      return new IOException(
          "%s: the records of the batch at offset %d can't be read: %s"
              .formatted(
                  segment.file().path().getFileName(),
                  BatchView.baseOffset(batch, 0),
                  e.getMessage()),
          e);
    }

    /** False: the segment is no part of the log any more. */
    private boolean rewrite(Segment segment) throws IOException {
      int truncations = cleaning.truncations();
      Segment cleaned = cleaning.newCleaned(segment.baseOffset());
      boolean isHandedOver = false;
      try {
        copy(segment, cleaned);
        List<AbortedTxn> aborted = new ArrayList<>();
        boolean _ = segment.collectAborted(0, Long.MAX_VALUE, aborted);
        for (AbortedTxn transaction : aborted) cleaned.addAborted(transaction);
        isHandedOver = true;
        boolean isReplaced = cleaning.replace(List.of(segment), cleaned, truncations);
        if (isReplaced) done.add(cleaned);
        return isReplaced;
      } finally {
        if (!isHandedOver) cleaned.delete();
      }
    }

    private void copy(Segment segment, Segment cleaned) throws IOException {
      int size = segment.sizeBytes();
      for (int position = 0; position < size; ) {
        ByteBuffer chunk = read(segment, position, size);
        position += chunk.limit();
        while (chunk.hasRemaining()) {
          ByteBuffer batch = nextBatch(chunk);
          ByteBuffer kept = BatchView.isControl(batch, 0) ? batch : cutter.cut(batch);
          cleaned.append(kept, state.config.indexIntervalBytes());
        }
      }
    }

    /** Whole batches from a position on, as many as the buffer holds, but at least one. */
    private ByteBuffer read(Segment segment, int position, int size) throws IOException {
      in.clear().limit(Math.min(in.capacity(), size - position));
      int bytes = segment.file().read(in, position);
      in.flip();
      int end = 0;
      while (bytes - end >= BatchView.HEADER_BYTES) {
        int batchBytes = BatchView.sizeBytes(in, end);
        boolean isBatch =
            BatchView.magic(in, end) == BatchView.MAGIC
                && batchBytes >= BatchView.HEADER_BYTES
                && batchBytes <= size - position - end;
        if (!isBatch) {
          throw new DamagedSegmentException(segment.file().path(), position + end, "no batch");
        }
        if (batchBytes > bytes - end) {
          if (end > 0) break;
          in = ByteBuffer.allocate(batchBytes);
          return read(segment, position, size);
        }
        if (BatchView.computeCrc(in, end) != BatchView.crc(in, end)) {
          throw new DamagedSegmentException(
              segment.file().path(), position + end, "the checksum does not fit");
        }
        end += batchBytes;
      }
      if (end == 0) {
        throw new DamagedSegmentException(
            segment.file().path(), position, "the batch is cut short");
      }
      readBytes += end;
      return in.limit(end);
    }

    private static ByteBuffer nextBatch(ByteBuffer chunk) {
      int bytes = BatchView.sizeBytes(chunk, chunk.position());
      ByteBuffer batch = chunk.slice(chunk.position(), bytes);
      chunk.position(chunk.position() + bytes);
      return batch;
    }

    Erased erased(long end, int filesLeft) {
      return new Erased(
          state.view.offsets().localStart(),
          end,
          segments,
          rewritten,
          readBytes,
          records,
          filesLeft);
    }

    @Override
    public void close() {
      cutter.close();
    }
  }
}
