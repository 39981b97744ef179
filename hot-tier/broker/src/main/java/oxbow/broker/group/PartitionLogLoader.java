package oxbow.broker.group;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.common.runtime.Deserializer.UnknownRecordTypeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.log.FileSlice;
import oxbow.log.LogException;
import oxbow.log.LogRead;
import oxbow.log.PartitionLog;
import oxbow.log.ReadLimit;

/**
 * Plays a partition that was won back into its coordinator, in chunks of bounded size. One thread,
 * which is there only while something is loaded. A damaged partition fails with its reason; those
 * behind it in the queue go on.
 */
final class PartitionLogLoader implements CoordinatorLoader<CoordinatorRecord> {
  private static final Logger log = LoggerFactory.getLogger(PartitionLogLoader.class);
  private static final long PROGRESS_MS = 5_000;
  private static final long IDLE_SECONDS = 5;
  private static final long STOP_SECONDS = 10;

  /** Records between two snapshots: what is played back below the watermark needs no undo. */
  private static final long COMMIT_RECORDS = 16_384;

  private final Partitions partitions;
  private final Deserializer<CoordinatorRecord> deserializer;
  private final int chunkBytes;
  private final Time time;
  private final ThreadPoolExecutor thread;
  private volatile boolean closed;

  PartitionLogLoader(
      Partitions partitions,
      Deserializer<CoordinatorRecord> deserializer,
      int chunkBytes,
      Time time) {
    this.partitions = partitions;
    this.deserializer = deserializer;
    this.chunkBytes = chunkBytes;
    this.time = time;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(), // bounded by the partitions of the offsets topic
            Thread.ofPlatform().daemon().name("group-load").factory());
    thread.allowCoreThreadTimeOut(true);
  }

  @Override
  public CompletableFuture<LoadSummary> load(
      TopicPartition id, CoordinatorPlayback<CoordinatorRecord> coordinator) {
    var loaded = new CompletableFuture<LoadSummary>();
    long queuedMs = time.milliseconds();
    try {
      thread.execute(() -> load(id, coordinator, queuedMs, loaded));
    } catch (RejectedExecutionException stopped) {
      loaded.completeExceptionally(stopped(id));
    }
    return loaded;
  }

  private void load(
      TopicPartition id,
      CoordinatorPlayback<CoordinatorRecord> coordinator,
      long queuedMs,
      CompletableFuture<LoadSummary> loaded) {
    try {
      loaded.complete(new Load(id, coordinator, queuedMs).run());
    } catch (LogException failed) {
      loaded.completeExceptionally(PartitionLogWriter.asKafkas(id, failed));
    } catch (Throwable failed) {
      // Errors too: a partition nobody completes would be loading for ever.
      loaded.completeExceptionally(failed);
    }
  }

  private static NotLeaderOrFollowerException stopped(TopicPartition id) {
    return new NotLeaderOrFollowerException(id + " is not loaded: the broker stops");
  }

  /** Stops between two chunks; the runtime closes it with itself. */
  @Override
  public void close() {
    closed = true;
    thread.shutdown(); // not interrupted: that would close the segment's file under all its readers
    try {
      if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        log.atWarn().log("a partition is still being loaded while the broker stops");
      }
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    }
  }

  /** One partition's load. */
  private final class Load {
    private final TopicPartition id;
    private final CoordinatorPlayback<CoordinatorRecord> coordinator;
    private final long queuedMs;
    private final long startMs = time.milliseconds();
    private final Partition partition;
    private final PartitionLog source;
    private final int epoch;
    private @Nullable ByteBuffer buffer;
    private long offset;
    private long committedOffset = -1;
    private long records;
    private long bytes;
    private long unknownRecords;
    private long toldMs = startMs;

    Load(TopicPartition id, CoordinatorPlayback<CoordinatorRecord> coordinator, long queuedMs) {
      this.id = id;
      this.coordinator = coordinator;
      this.queuedMs = queuedMs;
      this.partition = partitions.leading(id);
      this.source = partition.log();
      this.epoch = partition.leaderEpoch();
      this.offset = source.offsets().logStart();
    }

    LoadSummary run() throws IOException {
      while (true) {
        if (closed) throw stopped(id);
        if (!partition.isLeader() || partition.leaderEpoch() != epoch) {
          throw new NotLeaderOrFollowerException(id + " is led by another broker meanwhile");
        }
        if (offset >= source.offsets().logEnd()) break;
        MemoryRecords chunk = read();
        if (chunk == null) break; // compaction emptied the rest
        play(chunk);
        tellProgress();
      }
      if (unknownRecords > 0) {
        log.atWarn()
            .addKeyValue("partition", id)
            .addKeyValue("records", unknownRecords)
            .log("records of unknown types were passed over: a newer version wrote them");
      }
      return new LoadSummary(startMs, time.milliseconds(), startMs - queuedMs, records, bytes);
    }

    private @Nullable MemoryRecords read() throws IOException {
      LogRead read = source.read(offset, chunkBytes, ReadLimit.LOG_END, true);
      FileSlice slice = read.slice();
      if (slice == null) return null;
      try {
        ByteBuffer into = buffer(slice.sizeBytes());
        long position = slice.position();
        while (into.hasRemaining()) {
          int count = slice.channel().read(into, position);
          if (count < 0) throw new CorruptRecordException(id + " ends inside a batch at " + offset);
          position += count;
        }
        return MemoryRecords.readableRecords(into.flip());
      } finally {
        slice.release();
      }
    }

    /** As large as what is read, so that small partitions cost little; kept for the next chunk. */
    private ByteBuffer buffer(int sizeBytes) {
      ByteBuffer kept = buffer;
      if (kept == null || kept.capacity() < sizeBytes) {
        kept = ByteBuffer.allocate(sizeBytes);
        buffer = kept;
      }
      return kept.clear().limit(sizeBytes);
    }

    private void play(MemoryRecords chunk) {
      long before = offset;
      for (MutableRecordBatch batch : chunk.batches()) {
        check(batch);
        if (batch.isControlBatch()) playMarkers(batch);
        else playRecords(batch);
        offset = batch.nextOffset();
        commit();
      }
      if (offset == before)
        throw new CorruptRecordException(id + " has no whole batch at " + before);
      bytes += chunk.sizeInBytes();
    }

    /** The checksum does not cover a batch's own offset, so that is held against its neighbours. */
    private void check(MutableRecordBatch batch) {
      batch.ensureValid();
      if (batch.nextOffset() <= offset || batch.nextOffset() > source.offsets().logEnd()) {
        throw new CorruptRecordException(
            id
                + " has a batch up to offset "
                + batch.lastOffset()
                + " where "
                + offset
                + " follows");
      }
    }

    private void playMarkers(MutableRecordBatch batch) {
      for (Record record : batch) {
        records++;
        switch (ControlRecordType.parse(record.key())) {
          case COMMIT -> endTransaction(batch, TransactionResult.COMMIT);
          case ABORT -> endTransaction(batch, TransactionResult.ABORT);
          default -> {} // nothing a coordinator keeps
        }
      }
    }

    private void endTransaction(MutableRecordBatch batch, TransactionResult result) {
      coordinator.replayEndTransactionMarker(batch.producerId(), batch.producerEpoch(), result);
    }

    private void playRecords(MutableRecordBatch batch) {
      try (CloseableIterator<Record> each = batch.streamingIterator(BufferSupplier.NO_CACHING)) {
        while (each.hasNext()) play(batch, each.next());
      }
    }

    private void play(MutableRecordBatch batch, Record record) {
      records++;
      CoordinatorRecord known;
      try {
        known = deserializer.deserialize(record.key(), record.value());
      } catch (UnknownRecordTypeException unknown) {
        unknownRecords++;
        return;
      } catch (RuntimeException unreadable) {
        throw new CorruptRecordException(
            id + " has an unreadable record at offset " + record.offset(), unreadable);
      }
      try {
        coordinator.replay(record.offset(), batch.producerId(), batch.producerEpoch(), known);
      } catch (RuntimeException contradiction) {
        throw new CorruptRecordException(
            id + " can't be played back at offset " + record.offset(), contradiction);
      }
    }

    /** The watermark moves on while the partition is loaded. */
    private void commit() {
      long highWatermark = source.offsets().highWatermark();
      if (offset >= highWatermark) {
        coordinator.updateLastWrittenOffset(offset);
        if (highWatermark > committedOffset) {
          coordinator.updateLastCommittedOffset(highWatermark);
          committedOffset = highWatermark;
        }
      } else if (offset - committedOffset >= COMMIT_RECORDS) {
        coordinator.updateLastWrittenOffset(offset);
        coordinator.updateLastCommittedOffset(offset);
        committedOffset = offset;
      }
    }

    private void tellProgress() {
      long nowMs = time.milliseconds();
      if (nowMs - toldMs < PROGRESS_MS) return;
      toldMs = nowMs;
      log.atInfo()
          .addKeyValue("partition", id)
          .addKeyValue("records", records)
          .addKeyValue("offset", offset)
          .addKeyValue("logEnd", source.offsets().logEnd())
          .log("offsets and groups are being loaded");
    }
  }
}
