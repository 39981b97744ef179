package oxbow.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.LogException.Kind;
import oxbow.log.batch.BatchView;
import oxbow.log.batch.RecordCheck;
import oxbow.log.batch.ValidBatch;
import oxbow.log.segment.DamagedSegmentException;
import oxbow.log.segment.Segment;

/**
 * All local records of one partition, in Kafka's v2 batches as received. Writers take the
 * partition's lock for the length of a page-cache write; readers take none. Nothing here waits for
 * a disk but {@link #close}, {@link #truncateTo}, {@link #restartAt} and what background threads
 * call.
 */
public final class PartitionLog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PartitionLog.class);

  private static final short TRANSACTIONS_WITHOUT_EPOCH_BUMP = 0;
  private static final short UNKNOWN_TRANSACTION_VERSION = -1;

  /** Unflushed bytes of a segment that start a flush, so that a crash leaves little to verify. */
  static final int UNFLUSHED_BYTES_MAX = 64 << 20;

  private final LogState state;
  private final LogFlusher flusher;
  private final LogRolling rolling;
  private final LogReading reading;
  private final LogCutting cutting;
  private final LogTrimming trimming;
  private final LogOffload offload;
  private final LogCleaning cleaning;
  private final LogErasing erasing;
  private final @Nullable DamagedSegmentException gap;

  PartitionLog(LogState state, @Nullable DamagedSegmentException gap) {
    this.state = state;
    this.gap = gap;
    this.flusher = new LogFlusher(state);
    this.rolling = new LogRolling(state, flusher);
    this.reading = new LogReading(state, flusher);
    this.cutting = new LogCutting(state);
    this.trimming = new LogTrimming(state, rolling);
    this.offload = new LogOffload(state, flusher, reading);
    this.cleaning = new LogCleaning(state, flusher);
    this.erasing = new LogErasing(state, rolling, cleaning, trimming);
  }

  /** Topic id, name and partition. */
  public TopicIdPartition id() {
    return state.id;
  }

  public LogConfig config() {
    return state.config;
  }

  /** Goes offline if offsets are missing that no compaction can have removed. */
  void judgeGap(LogConfig settings) {
    DamagedSegmentException missing = gap;
    if (missing != null && !settings.isCompacted()) state.takeOffline(missing);
  }

  /** Takes new settings from now on. */
  public void reconfigure(LogConfig newConfig) {
    state.config = newConfig;
    if (!newConfig.isTiered()) state.isLogStartKnown = true;
    LogOffsets offsets = state.view.offsets();
    boolean hasCold =
        offsets.logStart() < offsets.coldEnd() || offsets.localStart() < offsets.coldEnd();
    if (hasCold && newConfig.leavesColdTier() && state.offline == null) offload.leaveColdTier();
  }

  /** The bounds at this moment. */
  public LogOffsets offsets() {
    return state.view.offsets();
  }

  /** End of what {@code read_committed} may see. */
  public long lastStableOffset() {
    return state.view.lastStable();
  }

  // Appending.

  /**
   * Validates what a leader was given to append, stamps offsets, epoch and (if the topic says so)
   * time in place, and writes it to the page cache. The buffer, direct or not, is borrowed for the
   * call. All batches are appended or none. A refusal is Kafka's own exception ({@code
   * RecordTooLargeException}, {@code CorruptRecordException}, {@code RecordValidationException},
   * {@code OutOfOrderSequenceException}, ...); a failing disk is a {@link LogException}.
   */
  public AppendResult append(ByteBuffer batches, int leaderEpoch, AppendOrigin origin) {
    return append(batches, leaderEpoch, origin, TRANSACTIONS_WITHOUT_EPOCH_BUMP);
  }

  /**
   * The same, with the version of the transaction protocol (feature {@code transaction.version})
   * that a coordinator's marker follows: from 2 on each transaction ends with an epoch of its own.
   */
  public AppendResult append(
      ByteBuffer batches, int leaderEpoch, AppendOrigin origin, short transactionVersion) {
    return append(batches, leaderEpoch, origin, transactionVersion, null);
  }

  /**
   * The same for a client, whose records have to pass a check besides.
   *
   * @param check what the topic asks; null: nothing
   */
  public AppendResult append(
      ByteBuffer batches, int leaderEpoch, AppendOrigin origin, @Nullable RecordCheck check) {
    return append(batches, leaderEpoch, origin, TRANSACTIONS_WITHOUT_EPOCH_BUMP, check);
  }

  private AppendResult append(
      ByteBuffer batches,
      int leaderEpoch,
      AppendOrigin origin,
      short transactionVersion,
      @Nullable RecordCheck check) {
    long nowMs = state.env.clock().millis();
    ValidBatch valid = state.env.validator().validate(batches, state.config, origin, nowMs, check);
    long logAppendTimeMs = valid.isLogAppendTime() ? valid.maxTimestampMs() : -1;
    state.lock.lock();
    try {
      checkWritable(origin);
      valid.stamp(state.view.offsets().logEnd(), leaderEpoch);
      return append(valid.bytes(), origin, logAppendTimeMs, transactionVersion);
    } finally {
      state.lock.unlock();
    }
  }

  /**
   * Appends what a follower fetched from its leader: offsets and epochs are as they stand in it. A
   * cut last batch is left out.
   */
  public AppendResult replicate(ByteBuffer batches) {
    return replicate(batches, Integer.MAX_VALUE);
  }

  /** The same, but nothing of a newer epoch than the one the follower follows is taken. */
  public AppendResult replicate(ByteBuffer batches, int leaderEpochMax) {
    List<ValidBatch> valid = state.env.validator().checkReplicated(batches, leaderEpochMax);
    if (!valid.isEmpty() && valid.getFirst().baseOffset() > state.view.offsets().logEnd())
      noteGap();
    state.lock.lock();
    try {
      checkWritable(AppendOrigin.REPLICATION);
      LogOffsets now = state.view.offsets();
      if (valid.isEmpty()) {
        return new AppendResult(now.logEnd(), now.logEnd(), -1, now.logStart(), false);
      }
      if (valid.getFirst().baseOffset() < now.logEnd()) {
        throw new OffsetOutOfRangeException(
            "%s ends at %d, but %d was to be appended"
                .formatted(state.id.topicPartition(), now.logEnd(), valid.getFirst().baseOffset()));
      }
      int from = valid.getFirst().position();
      int end = valid.getLast().position() + valid.getLast().sizeBytes();
      return append(
          batches.slice(from, end - from),
          AppendOrigin.REPLICATION,
          -1,
          UNKNOWN_TRANSACTION_VERSION);
    } finally {
      state.lock.unlock();
    }
  }

  /** The leader's log was compacted: an opening must not take what is missing for a loss. */
  private void noteGap() {
    try {
      state.env.compaction().noteGap(state.id.topicPartition(), state.view.offsets().logStart());
    } catch (IOException e) {
      throw state.failed(e);
    }
  }

  /** Appends stamped batches; everything that can be refused is checked first. */
  private AppendResult append(
      ByteBuffer batches, AppendOrigin origin, long logAppendTimeMs, short transactionVersion) {
    int from = batches.position();
    int bytes = batches.remaining();
    long maxTimestampMs = -1;
    long lastOffset = -1;
    boolean hasProducers = false;
    for (int at = from; at < from + bytes; at += BatchView.sizeBytes(batches, at)) {
      maxTimestampMs = Math.max(maxTimestampMs, BatchView.maxTimestampMs(batches, at));
      lastOffset = BatchView.lastOffset(batches, at);
      hasProducers |= BatchView.producerId(batches, at) >= 0;
    }
    long firstOffset = BatchView.baseOffset(batches, from);
    try {
      Segment active = rolling.activeFor(firstOffset, lastOffset, bytes, maxTimestampMs);
      Producers.Changes changes = null;
      if (hasProducers) {
        changes = new Producers.Changes();
        for (int at = from; at < from + bytes; at += BatchView.sizeBytes(batches, at)) {
          if (BatchView.producerId(batches, at) < 0) continue;
          BatchMetadata duplicate =
              origin == AppendOrigin.CLIENT ? state.producers.duplicate(batches, at) : null;
          if (duplicate != null) return duplicate(duplicate);
          int position = active.sizeBytes() + at - from;
          state.producers.check(
              changes, batches, at, origin, transactionVersion, active.baseOffset(), position);
        }
      }
      write(active, batches);
      note(active, batches, changes, lastOffset + 1);
    } catch (IOException e) {
      throw state.failed(e);
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    }
    state.env.counters().appends.increment();
    state.env.counters().appendedBytes.add(bytes);
    state.env.space().took(bytes);
    return new AppendResult(
        firstOffset, lastOffset + 1, logAppendTimeMs, state.view.offsets().logStart(), false);
  }

  /** Brings everything up to what was written. If that fails the log and what it knows differ. */
  private void note(
      Segment active, ByteBuffer batches, Producers.@Nullable Changes changes, long logEnd) {
    try {
      noteEpochs(batches);
      if (changes != null) state.isDirectoryUnforced |= state.producers.apply(changes, active);
      state.producers.appendedUpTo(logEnd);
      publishEnd(logEnd, active);
    } catch (IOException | RuntimeException e) {
      throw state.takeOffline(e);
    }
  }

  private AppendResult duplicate(BatchMetadata first) {
    state.env.counters().duplicates.increment();
    return new AppendResult(
        first.firstOffset(),
        first.lastOffset() + 1,
        first.timestamp(),
        state.view.offsets().logStart(),
        true);
  }

  private void write(Segment active, ByteBuffer batches) throws IOException {
    boolean isFirst = active.sizeBytes() == 0;
    try {
      active.append(batches, state.config.indexIntervalBytes());
    } catch (IOException e) {
      cutTorn(active);
      throw e;
    }
    if (isFirst) state.isDirectoryUnforced = true;
  }

  private void cutTorn(Segment active) {
    try {
      // Perhaps not even the file was made: then there is nothing to cut.
      if (state.env.files().exists(active.file().path())) active.cutTorn();
    } catch (IOException e) {
      throw state.takeOffline(e);
    }
  }

  private void noteEpochs(ByteBuffer batches) {
    for (int at = batches.position();
        at < batches.limit();
        at += BatchView.sizeBytes(batches, at)) {
      int epoch = BatchView.leaderEpoch(batches, at);
      if (epoch == state.latestEpoch || epoch < 0) continue;
      state.epochs.assign(epoch, BatchView.baseOffset(batches, at));
      state.latestEpoch = state.epochs.latestEpoch().orElse(-1);
    }
  }

  private void publishEnd(long logEnd, Segment active) {
    LogView now = state.view;
    state.view = now.with(now.offsets().endingAt(logEnd), active.sizeBytes());
    LogConfig settings = state.config;
    if (active.unforcedBytes() > UNFLUSHED_BYTES_MAX
        || (settings.flushMessages() > 1
            && logEnd - state.flushedEnd >= settings.flushMessages())) {
      flusher.handOverFlush();
    }
  }

  private void checkWritable(AppendOrigin origin) {
    state.checkOnline();
    boolean isFull =
        origin == AppendOrigin.COORDINATOR ? state.env.space().isOut() : state.env.space().isLow();
    if (isFull) {
      state.env.counters().refusedForSpace.increment();
      throw new LogException(
          Kind.DISK_FULL, state.id.topicPartition() + " takes no records: the disk is full");
    }
  }

  /** Goes offline for a reason found where it was opened. */
  LogException takeOffline(Exception reason) {
    return state.takeOffline(reason);
  }

  // Durability.

  /**
   * Completes once everything below {@code endOffset} is as durable as the topic asks: at once
   * without fsync before acknowledgement, else after the next fsync, which many appends and
   * partitions share. Fails with {@code DISK_FULL} if the disk is: the records are there, and
   * whoever asks again is told when they are safe.
   */
  public CompletionStage<Void> durable(long endOffset) {
    return flusher.durable(endOffset);
  }

  /** Flushes if the interval says so, or somebody still waits; on a background thread. */
  void flushIfDue() {
    flusher.flushIfDue();
  }

  /** Everything below is on disk. */
  long recoveryPoint() {
    return state.flushedEnd;
  }

  /** The bounds to be written down: where it will begin, if it is just being restarted. */
  LogOffsets lastingOffsets() {
    return state.lastingOffsets();
  }

  // Bounds.

  /** Moves the watermark up; lower values change nothing, higher ones are cut at the log end. */
  public void advanceHighWatermark(long highWatermark) {
    if (highWatermark <= state.view.offsets().highWatermark()) return;
    state.lock.lock();
    try {
      LogOffsets old = state.view.offsets();
      long watermark = Math.min(highWatermark, old.logEnd());
      if (watermark <= old.highWatermark()) return;
      state.producers.state().onHighWatermarkUpdated(watermark);
      state.publish(old.visibleTo(watermark, state.coldEndKnown));
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    } finally {
      state.lock.unlock();
    }
  }

  // Reading.

  /**
   * Finds the batches from the one that holds {@code offset}. At most {@code bytesMax} bytes, but
   * with {@code wholeFirstBatch} the first batch in full. Nothing is found between the limit and
   * the log end. Throws Kafka's {@code OffsetOutOfRangeException} below {@link
   * LogOffsets#localStart} (the caller asks the cold tier) and above the log end.
   */
  public LogRead read(long offset, int bytesMax, ReadLimit limit, boolean wholeFirstBatch) {
    return reading.read(offset, bytesMax, limit, wholeFirstBatch);
  }

  /** What lies here and not in the cold tier, up to the last stable offset: held until released. */
  public LocalRecords local() {
    return offload.local();
  }

  /** The first record at or after a time, among those below the limit. */
  public Optional<TimestampedOffset> find(long timestampMs, ReadLimit limit) {
    return reading.find(timestampMs, limit);
  }

  /** The record with the largest timestamp. */
  public Optional<TimestampedOffset> findMaxTimestamp() {
    return reading.findMaxTimestamp();
  }

  /** Gives back file handles and memory that sealed segments keep for readers to come. */
  void rest() {
    LogView now = state.view;
    for (int i = 0; i + 1 < now.count(); i++) now.segment(i).rest();
  }

  // Epochs.

  /** Notes that a leader epoch begins at the log end. */
  public void beginEpoch(int leaderEpoch) {
    state.lock.lock();
    try {
      state.checkOnline();
      state.epochs.assign(leaderEpoch, state.view.offsets().logEnd());
      state.latestEpoch = state.epochs.latestEpoch().orElse(-1);
    } finally {
      state.lock.unlock();
    }
  }

  /** The latest leader epoch that has records, if any. */
  public Optional<Integer> latestEpoch() {
    return state.epochs.latestEpoch();
  }

  /** The earliest leader epoch it knows of, if any. */
  public Optional<Integer> earliestEpoch() {
    return state.epochs.earliestEntry().map(EpochEntry::epoch);
  }

  /** Its history of epochs reaches back to an offset. */
  public boolean knowsEpochsFrom(long offset) {
    return state.epochs.earliestEntry().filter(entry -> entry.startOffset() <= offset).isPresent();
  }

  /** The epoch of the record at an offset. */
  public Optional<Integer> epochOf(long offset) {
    var epoch = state.epochs.epochForOffset(offset);
    return epoch.isPresent() ? Optional.of(epoch.getAsInt()) : Optional.empty();
  }

  /** Where an epoch ended, as OffsetForLeaderEpoch answers; empty: no such epoch known. */
  public Optional<EpochEnd> endOf(int leaderEpoch) {
    Map.Entry<Integer, Long> end =
        state.epochs.endOffsetFor(leaderEpoch, state.view.offsets().logEnd());
    return end.getKey() < 0 || end.getValue() < 0
        ? Optional.empty()
        : Optional.of(new EpochEnd(end.getKey(), end.getValue()));
  }

  // Losing records on purpose.

  /**
   * Moves the log start up to {@code offset} (DeleteRecords). Throws Kafka's {@code
   * OffsetOutOfRangeException} above the watermark.
   */
  public void deleteBefore(long offset) {
    state.lock.lock();
    try {
      state.checkOnline();
      LogOffsets old = state.view.offsets();
      if (offset > old.highWatermark()) {
        throw new OffsetOutOfRangeException(
            "%s can't start at %d, its high watermark is %d"
                .formatted(state.id.topicPartition(), offset, old.highWatermark()));
      }
      if (offset <= old.logStart()) return;
      state.startAt(offset);
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    } finally {
      state.lock.unlock();
    }
    state.env.checkpoints().soon();
  }

  /**
   * Drops everything from {@code offset} on: a follower that diverged. Waits for the disk, so that
   * the recovery point is down before other records take the place of those dropped.
   */
  public void truncateTo(long offset) {
    cutting.truncateTo(offset);
  }

  /** Drops everything and goes on at {@code offset}. Waits for the disk. */
  public void restartAt(long offset) {
    cutting.restartAt(offset);
  }

  /** Drops everything local and goes on where the cold tier ends. Waits for the disk. */
  public void beginAt(ColdStart start) {
    cutting.beginAt(start);
  }

  // What background threads and the cold tier do with it.

  LogTrimming trimming() {
    return trimming;
  }

  LogOffload offload() {
    return offload;
  }

  LogCleaning cleanable() {
    return cleaning;
  }

  LogErasing erasing() {
    return erasing;
  }

  boolean isLogStartKnown() {
    return state.isLogStartKnown;
  }

  /** Sealed segments in offset order. */
  public List<Segment> sealedSegments() {
    LogView now = state.view;
    return List.of(now.copyOfSegments()).subList(0, now.count() - 1);
  }

  /** Producers with state in this log. */
  public List<ProducerView> producers() {
    state.lock.lock();
    try {
      return state.producers.views();
    } finally {
      state.lock.unlock();
    }
  }

  /** Forgets producers that were silent for too long. */
  void expireProducers() {
    state.lock.lock();
    try {
      state.producers.state().removeExpiredProducers(state.env.clock().millis());
    } finally {
      state.lock.unlock();
    }
  }

  /** Bytes of local segments. */
  public long sizeBytes() {
    LogView now = state.view;
    long bytes = 0;
    for (int i = 0; i < now.count(); i++) bytes += now.endOf(i);
    return bytes;
  }

  /** Why this log takes no more writes and reads, if so. */
  public Optional<LogException> offline() {
    return Optional.ofNullable(state.offline);
  }

  /** Fsyncs, writes indexes, snapshots and checkpoints; the next opening needs no recovery. */
  @Override
  public void close() {
    state.maintenance.lock();
    try {
      state.lock.lock();
      try {
        if (state.isClosed) return;
        state.isClosed = true;
        if (state.offline == null) completeActive();
      } finally {
        state.lock.unlock();
      }
      if (state.offline == null) flusher.flush(true);
    } catch (IOException e) {
      state.takeOffline(e);
    } finally {
      state.maintenance.unlock();
      closeSegments();
    }
    state.env.checkpoints().note(this);
    state.failWaiters(new LogException(Kind.CLOSED, state.id.topicPartition() + " was closed"));
  }

  /** The next opening finds the segments as they are, also one that was rolled for nothing. */
  private void completeActive() throws IOException {
    LogView now = state.view;
    now.active().noteMaxTimestamp();
    if (now.count() > 1 && now.active().sizeBytes() == 0) {
      now.active().createFile();
      state.isDirectoryUnforced = true;
    }
  }

  boolean isClosed() {
    return state.isClosed;
  }

  /** Closes without writing anything down: the files are about to be deleted. */
  void abandon() {
    state.maintenance.lock();
    try {
      state.isClosed = true;
    } finally {
      state.maintenance.unlock();
    }
    closeSegments();
    state.failWaiters(new LogException(Kind.CLOSED, state.id.topicPartition() + " was deleted"));
  }

  private void closeSegments() {
    List<Segment> all = state.dropped.left();
    all.addAll(List.of(state.view.copyOfSegments()));
    for (Segment segment : all) {
      try {
        segment.close();
      } catch (IOException e) {
        log.atWarn()
            .addKeyValue("partition", state.id.topicPartition())
            .setCause(e)
            .log("segment not closed");
      }
    }
  }
}
