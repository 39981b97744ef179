package oxbow.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.apache.kafka.storage.internals.log.LastRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.LogException.Kind;
import oxbow.log.batch.BatchView;
import oxbow.log.batch.ValidBatch;
import oxbow.log.clean.CleanableLog;
import oxbow.log.io.LogFiles;
import oxbow.log.recovery.EpochFile;
import oxbow.log.recovery.LogLoader;
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
  private static final CompletionStage<Void> DURABLE = CompletableFuture.completedStage(null);

  private static final short TRANSACTIONS_WITHOUT_EPOCH_BUMP = 0;
  private static final short UNKNOWN_TRANSACTION_VERSION = -1;

  /** Unflushed bytes of a segment that start a flush, so that a crash leaves little to verify. */
  static final int UNFLUSHED_BYTES_MAX = 64 << 20;

  private final LogEnvironment env;
  private final TopicIdPartition id;
  private final Producers producers;
  private final LeaderEpochFileCache epochs;
  private final EpochFile epochFile;
  private final @Nullable DamagedSegmentException gap;

  /** Held by writers. Taken after {@link #maintenance}, never before. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Held by whoever forces, deletes or truncates files: these wait for the disk. */
  private final ReentrantLock maintenance = new ReentrantLock();

  private final CleanableLog cleanable = new Cleanable();
  private final LogReader reader = new LogReader(this::handOverRebuild);
  private final BacklogReader backlog;
  private final AtomicBoolean isFlushDue = new AtomicBoolean();
  private final AtomicBoolean isFlushHandedOver = new AtomicBoolean();
  private final AtomicBoolean isRebuildHandedOver = new AtomicBoolean();
  private final List<Waiter> waiters = new ArrayList<>();

  private volatile Path directory;
  private volatile LogConfig config;
  private volatile LogView view;
  private volatile @Nullable LogException offline;
  private volatile boolean isClosed;

  /** How often records were cut off. */
  private final AtomicInteger truncations = new AtomicInteger();

  /** Everything below is on disk. */
  private volatile long flushedEnd;

  private volatile long lastFlushMs;

  /** The disk is full: flushing is tried again now and then. */
  private volatile boolean isFlushPostponed;

  /** Written down, or found out from the cold tier; else it is where local records begin. */
  private volatile boolean isLogStartKnown;

  /** What the log is about to be restarted at. */
  private volatile @Nullable ColdStart nextStart;

  // Under the lock.
  private int latestEpoch;

  /** What the cold tier said last that it has; some of it may lie above the watermark. */
  private long coldEndKnown;

  private final Set<Path> unforcedFiles = new HashSet<>();
  private boolean isDirectoryUnforced;

  // Under the maintenance lock.
  private boolean isParentUnforced;
  private final DroppedSegments dropped;

  private record Waiter(long endOffset, CompletableFuture<Void> durable) {}

  PartitionLog(
      LogEnvironment env,
      TopicIdPartition id,
      Path directory,
      LogConfig config,
      LogLoader.Loaded loaded,
      long highWatermark,
      long coldEnd,
      boolean isLogStartKnown) {
    this.env = env;
    this.id = id;
    this.directory = directory;
    this.config = config;
    this.dropped = new DroppedSegments(env.threads(), id.topicPartition());
    this.producers = new Producers(loaded.producers());
    this.epochs = loaded.epochs();
    this.backlog = new BacklogReader(epochs);
    this.epochFile = loaded.epochFile();
    this.latestEpoch = epochs.latestEpoch().orElse(-1);
    this.gap = loaded.gap();
    this.isLogStartKnown = isLogStartKnown;
    this.flushedEnd = loaded.recoveryPoint();
    this.isParentUnforced = flushedEnd == 0;
    this.lastFlushMs = env.clock().millis();
    Segment[] segments = loaded.segments().toArray(new Segment[0]);
    long logEnd = segments[segments.length - 1].nextOffset();
    long localStart = Math.max(loaded.logStart(), segments[0].baseOffset());
    // What was offloaded was below the watermark, whenever that was written down last.
    long watermark = Math.clamp(Math.max(highWatermark, coldEnd), localStart, logEnd);
    this.coldEndKnown = coldEnd;
    var offsets =
        new LogOffsets(
            loaded.logStart(),
            localStart,
            Math.clamp(coldEnd, localStart, watermark),
            watermark,
            logEnd);
    producers.state().onHighWatermarkUpdated(watermark);
    this.isDirectoryUnforced = loaded.isChanged();
    this.view = LogView.of(segments, offsets, lastStable(offsets));
  }

  /** Topic id, name and partition. */
  public TopicIdPartition id() {
    return id;
  }

  public LogConfig config() {
    return config;
  }

  /** Goes offline if offsets are missing that no compaction can have removed. */
  void judgeGap(LogConfig settings) {
    DamagedSegmentException missing = gap;
    if (missing != null && !settings.isCompacted()) takeOffline(missing);
  }

  /** Takes new settings from now on. */
  public void reconfigure(LogConfig newConfig) {
    config = newConfig;
    if (!newConfig.isTiered()) isLogStartKnown = true;
    LogOffsets offsets = view.offsets();
    boolean hasCold =
        offsets.logStart() < offsets.coldEnd() || offsets.localStart() < offsets.coldEnd();
    if (hasCold && newConfig.leavesColdTier() && offline == null) leaveColdTier();
  }

  /** The log is from now on what is local of it. */
  private void leaveColdTier() {
    lock.lock();
    try {
      LogOffsets offsets = view.offsets().onlyLocal();
      coldEndKnown = offsets.coldEnd();
      producers.state().onLogStartOffsetIncremented(offsets.logStart());
      epochs.truncateFromStartAsyncFlush(offsets.logStart());
      publish(offsets);
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    } finally {
      lock.unlock();
    }
    env.checkpoints().soon();
  }

  /** The bounds at this moment. */
  public LogOffsets offsets() {
    return view.offsets();
  }

  /** End of what {@code read_committed} may see. */
  public long lastStableOffset() {
    return view.lastStable();
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
    ValidBatch valid = env.validator().validate(batches, config, origin, env.clock().millis());
    long logAppendTimeMs = valid.isLogAppendTime() ? valid.maxTimestampMs() : -1;
    lock.lock();
    try {
      checkWritable(origin);
      valid.stamp(view.offsets().logEnd(), leaderEpoch);
      return append(valid.bytes(), origin, logAppendTimeMs, transactionVersion);
    } finally {
      lock.unlock();
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
    List<ValidBatch> valid = env.validator().checkReplicated(batches, leaderEpochMax);
    if (!valid.isEmpty() && valid.getFirst().baseOffset() > view.offsets().logEnd()) noteGap();
    lock.lock();
    try {
      checkWritable(AppendOrigin.REPLICATION);
      LogOffsets now = view.offsets();
      if (valid.isEmpty()) {
        return new AppendResult(now.logEnd(), now.logEnd(), -1, now.logStart(), false);
      }
      if (valid.getFirst().baseOffset() < now.logEnd()) {
        throw new OffsetOutOfRangeException(
            "%s ends at %d, but %d was to be appended"
                .formatted(id.topicPartition(), now.logEnd(), valid.getFirst().baseOffset()));
      }
      int from = valid.getFirst().position();
      int end = valid.getLast().position() + valid.getLast().sizeBytes();
      return append(
          batches.slice(from, end - from),
          AppendOrigin.REPLICATION,
          -1,
          UNKNOWN_TRANSACTION_VERSION);
    } finally {
      lock.unlock();
    }
  }

  /** The leader's log was compacted: an opening must not take what is missing for a loss. */
  private void noteGap() {
    try {
      env.compaction().noteGap(id.topicPartition(), view.offsets().logStart());
    } catch (IOException e) {
      throw failed(e);
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
      Segment active = activeFor(firstOffset, lastOffset, bytes, maxTimestampMs);
      Producers.Changes changes = null;
      if (hasProducers) {
        changes = new Producers.Changes();
        for (int at = from; at < from + bytes; at += BatchView.sizeBytes(batches, at)) {
          if (BatchView.producerId(batches, at) < 0) continue;
          BatchMetadata duplicate =
              origin == AppendOrigin.CLIENT ? producers.duplicate(batches, at) : null;
          if (duplicate != null) return duplicate(duplicate);
          int position = active.sizeBytes() + at - from;
          producers.check(
              changes, batches, at, origin, transactionVersion, active.baseOffset(), position);
        }
      }
      write(active, batches);
      note(active, batches, changes, lastOffset + 1);
    } catch (IOException e) {
      throw failed(e);
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    }
    env.counters().appends.increment();
    env.counters().appendedBytes.add(bytes);
    env.space().took(bytes);
    return new AppendResult(
        firstOffset, lastOffset + 1, logAppendTimeMs, view.offsets().logStart(), false);
  }

  /** Brings everything up to what was written. If that fails the log and what it knows differ. */
  private void note(
      Segment active, ByteBuffer batches, Producers.@Nullable Changes changes, long logEnd) {
    try {
      noteEpochs(batches);
      if (changes != null) isDirectoryUnforced |= producers.apply(changes, active);
      producers.appendedUpTo(logEnd);
      publishEnd(logEnd, active);
    } catch (IOException | RuntimeException e) {
      throw takeOffline(e);
    }
  }

  private AppendResult duplicate(BatchMetadata first) {
    env.counters().duplicates.increment();
    return new AppendResult(
        first.firstOffset(),
        first.lastOffset() + 1,
        first.timestamp(),
        view.offsets().logStart(),
        true);
  }

  private void write(Segment active, ByteBuffer batches) throws IOException {
    boolean isFirst = active.sizeBytes() == 0;
    try {
      active.append(batches, config.indexIntervalBytes());
    } catch (IOException e) {
      cutTorn(active);
      throw e;
    }
    if (isFirst) isDirectoryUnforced = true;
  }

  private void cutTorn(Segment active) {
    try {
      // Perhaps not even the file was made: then there is nothing to cut.
      if (env.files().exists(active.file().path())) active.cutTorn();
    } catch (IOException e) {
      throw takeOffline(e);
    }
  }

  private void noteEpochs(ByteBuffer batches) {
    for (int at = batches.position();
        at < batches.limit();
        at += BatchView.sizeBytes(batches, at)) {
      int epoch = BatchView.leaderEpoch(batches, at);
      if (epoch == latestEpoch || epoch < 0) continue;
      epochs.assign(epoch, BatchView.baseOffset(batches, at));
      latestEpoch = epochs.latestEpoch().orElse(-1);
    }
  }

  /** The segment to append to: a new one if the active one is full or old enough. */
  private Segment activeFor(long firstOffset, long lastOffset, int bytes, long maxTimestampMs)
      throws IOException {
    Segment active = view.active();
    LogConfig settings = config;
    // A leader's compaction leaves gaps: they lie within segments, so that none between two is
    // right.
    long logEnd = view.offsets().logEnd();
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
        firstMs >= 0 ? maxTimestampMs - firstMs : env.clock().millis() - active.createdMs();
    return waitedMs > settings.segmentMs();
  }

  /** Seals the active segment and opens the next; what the disk is slow at is left to a thread. */
  private Segment roll(long baseOffset) throws IOException {
    LogView now = view;
    Segment active = now.active();
    producers.appendedUpTo(baseOffset);
    producers.snapshot().ifPresent(unforcedFiles::add);
    active.seal();
    Segment next = Segment.create(env.files(), directory, baseOffset, env.clock().millis());
    Segment[] segments = now.copyOfSegments();
    if (active.sizeBytes() == 0) active.delete();
    else segments = Arrays.copyOf(segments, segments.length + 1);
    segments[segments.length - 1] = next;
    view = now.with(segments, now.offsets(), now.lastStable());
    env.counters().rolls.increment();
    handOverFlush();
    return next;
  }

  private void publishEnd(long logEnd, Segment active) {
    LogView now = view;
    view = now.with(now.offsets().endingAt(logEnd), active.sizeBytes());
    LogConfig settings = config;
    if (active.unforcedBytes() > UNFLUSHED_BYTES_MAX
        || (settings.flushMessages() > 1 && logEnd - flushedEnd >= settings.flushMessages())) {
      handOverFlush();
    }
  }

  private void checkWritable(AppendOrigin origin) {
    checkOnline();
    boolean isFull = origin == AppendOrigin.COORDINATOR ? env.space().isOut() : env.space().isLow();
    if (isFull) {
      env.counters().refusedForSpace.increment();
      throw new LogException(
          Kind.DISK_FULL, id.topicPartition() + " takes no records: the disk is full");
    }
  }

  private void checkOnline() {
    LogException reason = offline;
    if (reason != null)
      throw new LogException(Kind.OFFLINE, String.valueOf(reason.getMessage()), reason);
    if (isClosed) throw new LogException(Kind.CLOSED, id.topicPartition() + " was closed");
  }

  /** Makes of a disk's failure what the caller is told, and takes the log offline if it must. */
  private LogException failed(IOException e) {
    if (isDiskFull(e)) {
      env.space().ranOut();
      env.counters().refusedForSpace.increment();
      return new LogException(
          Kind.DISK_FULL, id.topicPartition() + " takes no records: the disk is full", e);
    }
    return takeOffline(e);
  }

  private static boolean isDiskFull(IOException e) {
    String message = e.getMessage();
    return message != null
        && (message.contains("No space left on device") || message.contains("Disk quota exceeded"));
  }

  LogException takeOffline(Exception e) {
    if (e instanceof BrokenInvariantException) env.counters().brokenInvariants.increment();
    LogException reason =
        new LogException(
            Kind.OFFLINE, "%s is offline: %s".formatted(id.topicPartition(), e.getMessage()), e);
    synchronized (waiters) {
      if (offline != null) return offline;
      offline = reason;
    }
    log.atError()
        .addKeyValue("partition", id.topicPartition())
        .setCause(e)
        .log("partition taken offline");
    failWaiters(reason);
    return reason;
  }

  // Durability.

  /**
   * Completes once everything below {@code endOffset} is as durable as the topic asks: at once
   * without fsync before acknowledgement, else after the next fsync, which many appends and
   * partitions share. Fails with {@code DISK_FULL} if the disk is: the records are there, and
   * whoever asks again is told when they are safe.
   */
  public CompletionStage<Void> durable(long endOffset) {
    if (config.flushMessages() != 1 || flushedEnd >= endOffset) return DURABLE;
    var durable = new CompletableFuture<Void>();
    LogException reason;
    synchronized (waiters) {
      reason = offline;
      if (reason == null) waiters.add(new Waiter(endOffset, durable));
    }
    if (reason != null) durable.completeExceptionally(reason);
    else if (!isFlushPostponed && isFlushDue.compareAndSet(false, true)) {
      env.groupCommit().request(this);
    }
    return durable;
  }

  /**
   * Flushes for those who wait for it; on a flushing thread. Until it is done the log is not due
   * again, so that a second thread does not wait here for the first.
   */
  void flushForWaiters() {
    boolean isFlushed = false;
    try {
      isFlushed = !isClosed && offline == null && flushOrFail(false);
    } finally {
      isFlushDue.set(false);
    }
    if (isFlushed) requestFlushIfAwaited();
  }

  /** Whoever came after the last flush began is served by the next. */
  private void requestFlushIfAwaited() {
    boolean isAwaited;
    synchronized (waiters) {
      isAwaited = !waiters.isEmpty();
    }
    if (isAwaited && isFlushDue.compareAndSet(false, true)) env.groupCommit().request(this);
  }

  /** False: it could not be done, now or ever. */
  private boolean flushOrFail(boolean withIndexes) {
    try {
      flush(withIndexes);
      return true;
    } catch (IOException e) {
      if (isDiskFull(e) && !(e instanceof UnforcedException)) {
        // An index or snapshot found no room. Nothing is lost, but who knows until when.
        boolean isNews = !env.space().isLow();
        isFlushPostponed = true;
        env.space().ranOut();
        lock.lock();
        try {
          isDirectoryUnforced = true;
        } finally {
          lock.unlock();
        }
        if (isNews) {
          log.atWarn()
              .addKeyValue("partition", id.topicPartition())
              .addKeyValue("reason", e.getMessage())
              .log("flush postponed");
        }
        failWaiters(
            new LogException(
                Kind.DISK_FULL, id.topicPartition() + " is not on disk yet: the disk is full", e));
      } else {
        takeOffline(e);
      }
    } catch (RuntimeException e) {
      takeOffline(e);
    }
    return false;
  }

  /** A failed fsync may have dropped what it could not write: trying again proves nothing. */
  private static final class UnforcedException extends IOException {
    UnforcedException(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /**
   * Flushes on a background thread; while it does, no other thread is kept waiting for its turn.
   */
  private void handOverFlush() {
    if (!isFlushHandedOver.compareAndSet(false, true)) return;
    env.threads()
        .execute(() -> {
          boolean isFlushed = !isClosed && offline == null && flushOrFail(true);
          isFlushHandedOver.set(false);
          if (isFlushed && isFlushOverdue()) handOverFlush();
        });
  }

  /** Much was appended or a segment was sealed, perhaps while the last flush went on. */
  private boolean isFlushOverdue() {
    LogView now = view;
    boolean isSealedLeft = now.count() > 1 && !now.segment(now.count() - 2).areIndexesStored();
    return isSealedLeft || now.active().unforcedBytes() > UNFLUSHED_BYTES_MAX;
  }

  /**
   * Forces everything appended so far and then says so: to those who wait, and in the recovery
   * point. With indexes also what makes the next opening quick.
   */
  private void flush(boolean withIndexes) throws IOException {
    maintenance.lock();
    try {
      LogView now;
      Set<Path> files;
      boolean isNewFile;
      lock.lock();
      try {
        now = view;
        if (withIndexes) snapshot(now);
        files = Set.copyOf(unforcedFiles);
        isNewFile = isDirectoryUnforced || !files.isEmpty();
        isDirectoryUnforced = false;
      } finally {
        lock.unlock();
      }
      long end = now.offsets().logEnd();
      long startNanos = env.nanoClock().nanos();
      boolean isForced = false;
      for (int i = 0; i < now.count(); i++) {
        Segment segment = now.segment(i);
        boolean isDone = segment.isSealed() && segment.areIndexesStored();
        if (isDone && segment.isForced()) continue;
        isForced |= flush(segment, now.endOf(i), withIndexes);
      }
      boolean hasNewRecords = end > flushedEnd;
      epochFile.store(hasNewRecords);
      force(files, isNewFile, hasNewRecords);
      if (isForced) {
        env.counters().flushes.increment();
        env.counters().flushNanos.add(env.nanoClock().nanos() - startNanos);
      }
      lock.lock();
      try {
        unforcedFiles.removeAll(files);
      } finally {
        lock.unlock();
      }
      flushedEnd = Math.max(flushedEnd, end);
      isFlushPostponed = false;
      env.checkpoints().soon();
      lastFlushMs = env.clock().millis();
    } finally {
      maintenance.unlock();
    }
    completeWaiters();
  }

  private void forceIfThere(Path file) throws IOException {
    try {
      env.files().force(file);
    } catch (NoSuchFileException _) {
      // A snapshot that a later one, a truncation or retention made superfluous.
    }
  }

  /** Notes the producers at the log end, so that recovery need not look at what came before. */
  private void snapshot(LogView now) throws IOException {
    if (!producers.hasNews()) return;
    List<Long> bases = new ArrayList<>(now.count());
    for (int i = 0; i < now.count(); i++) bases.add(now.segment(i).baseOffset());
    producers.deleteStraySnapshots(
        bases, env.checkpoints().writtenRecoveryPoint(id.topicPartition()));
    producers.snapshot().ifPresent(unforcedFiles::add);
  }

  private void force(Set<Path> unforced, boolean isNewFile, boolean hasNewRecords)
      throws IOException {
    try {
      for (Path file : unforced) forceIfThere(file);
      if (isNewFile) env.files().forceDirectory(directory);
      if (hasNewRecords && isParentUnforced) {
        env.files().force(directory.resolve(PartitionDirectory.METADATA));
        env.files().forceDirectory(LogFiles.parent(directory));
        isParentUnforced = false;
      }
    } catch (IOException e) {
      throw new UnforcedException(e);
    }
  }

  private boolean flush(Segment segment, int end, boolean withIndexes) throws IOException {
    boolean isForced;
    try {
      isForced = end > 0 && segment.force(end);
      segment.forceTransactions();
    } catch (IOException e) {
      throw new UnforcedException(e);
    }
    if ((withIndexes || segment.isSealed()) && !segment.areIndexesStored()) {
      Segment.Unstored unstored;
      lock.lock();
      try {
        unstored = segment.unstored();
      } finally {
        lock.unlock();
      }
      segment.store(unstored, true);
      lock.lock();
      try {
        segment.stored(unstored);
        isDirectoryUnforced = true;
      } finally {
        lock.unlock();
      }
    }
    return isForced;
  }

  private void completeWaiters() {
    List<Waiter> done = new ArrayList<>();
    synchronized (waiters) {
      waiters.removeIf(waiter -> waiter.endOffset <= flushedEnd && done.add(waiter));
    }
    requestFlushIfAwaited();
    for (Waiter waiter : done) waiter.durable.complete(null);
  }

  private void failWaiters(LogException reason) {
    List<Waiter> failed;
    synchronized (waiters) {
      failed = List.copyOf(waiters);
      waiters.clear();
    }
    for (Waiter waiter : failed) waiter.durable.completeExceptionally(reason);
  }

  /** Flushes if the interval says so, or somebody still waits; on a background thread. */
  void flushIfDue() {
    requestFlushIfAwaited();
    long everyMs = config.flushMs();
    boolean isDue =
        everyMs < Long.MAX_VALUE
            && view.offsets().logEnd() > flushedEnd
            && env.clock().millis() - lastFlushMs >= everyMs;
    if (isDue) handOverFlush();
  }

  /** Everything below is on disk. */
  long recoveryPoint() {
    return flushedEnd;
  }

  // Bounds.

  /** Moves the watermark up; lower values change nothing, higher ones are cut at the log end. */
  public void advanceHighWatermark(long highWatermark) {
    if (highWatermark <= view.offsets().highWatermark()) return;
    lock.lock();
    try {
      LogOffsets old = view.offsets();
      long watermark = Math.min(highWatermark, old.logEnd());
      if (watermark <= old.highWatermark()) return;
      producers.state().onHighWatermarkUpdated(watermark);
      publish(old.visibleTo(watermark, coldEndKnown));
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    } finally {
      lock.unlock();
    }
  }

  private void publish(LogOffsets offsets) {
    view = view.with(offsets, lastStable(offsets));
  }

  private long lastStable(LogOffsets offsets) {
    long unstable = Math.max(producers.firstUnstable(), offsets.logStart());
    return Math.min(unstable, offsets.highWatermark());
  }

  // Reading.

  /**
   * Finds the batches from the one that holds {@code offset}. At most {@code bytesMax} bytes, but
   * with {@code wholeFirstBatch} the first batch in full. Nothing is found between the limit and
   * the log end. Throws Kafka's {@code OffsetOutOfRangeException} below {@link
   * LogOffsets#localStart} (the caller asks the cold tier) and above the log end.
   */
  public LogRead read(long offset, int bytesMax, ReadLimit limit, boolean wholeFirstBatch) {
    return read(now -> {
      LogOffsets offsets = now.offsets();
      if (offset < offsets.localStart() || offset > offsets.logEnd()) {
        throw new OffsetOutOfRangeException(
            "%s has offsets %d to %d, not %d"
                .formatted(id.topicPartition(), offsets.localStart(), offsets.logEnd(), offset));
      }
      return reader.read(now, offset, bytesMax, limit, wholeFirstBatch);
    });
  }

  /** The first record at or after a time, among those below the limit. */
  public Optional<TimestampedOffset> find(long timestampMs, ReadLimit limit) {
    return read(now -> reader.find(now, timestampMs, limit));
  }

  /** The record with the largest timestamp. */
  public Optional<TimestampedOffset> findMaxTimestamp() {
    return read(reader::findMaxTimestamp);
  }

  private interface Reading<T> {
    T of(LogView now) throws IOException;
  }

  private <T> T read(Reading<T> reading) {
    while (true) {
      checkOnline();
      LogView now = view;
      try {
        return reading.of(now);
      } catch (IOException | LogException e) {
        // Segments were dropped or cut meanwhile: what replaced them answers.
        if (!view.hasSegmentsOf(now)) continue;
        if (e instanceof LogException known) throw known;
        throw takeOffline(e);
      } catch (BrokenInvariantException e) {
        throw takeOffline(e);
      }
    }
  }

  private void handOverRebuild() {
    if (!isRebuildHandedOver.compareAndSet(false, true)) return;
    env.threads()
        .execute(() -> {
          try {
            rebuildIndexes();
          } catch (IOException e) {
            failed(e);
          } catch (BrokenInvariantException e) {
            takeOffline(e);
          } finally {
            isRebuildHandedOver.set(false);
          }
        });
  }

  /** Makes indexes new that readers found damaged; until then they walk over all batches. */
  private void rebuildIndexes() throws IOException {
    maintenance.lock();
    try {
      LogView now = view;
      for (int i = 0; i < now.count() && !isClosed; i++) {
        Segment segment = now.segment(i);
        if (!segment.isIndexDamaged()) continue;
        log.atWarn()
            .addKeyValue("partition", id.topicPartition())
            .addKeyValue("segment", segment.baseOffset())
            .log("damaged index rebuilt");
        env.counters().rebuiltIndexes.increment();
        lock.lock(); // the active segment must not grow meanwhile
        try {
          segment.rebuildIndexes(config.indexIntervalBytes());
        } finally {
          lock.unlock();
        }
      }
    } finally {
      maintenance.unlock();
    }
    handOverFlush();
  }

  /** Gives back file handles and memory that sealed segments keep for readers to come. */
  void rest() {
    LogView now = view;
    for (int i = 0; i + 1 < now.count(); i++) now.segment(i).rest();
  }

  // Epochs.

  /** Notes that a leader epoch begins at the log end. */
  public void beginEpoch(int leaderEpoch) {
    lock.lock();
    try {
      checkOnline();
      epochs.assign(leaderEpoch, view.offsets().logEnd());
      latestEpoch = epochs.latestEpoch().orElse(-1);
    } finally {
      lock.unlock();
    }
  }

  /** The latest leader epoch that has records, if any. */
  public Optional<Integer> latestEpoch() {
    return epochs.latestEpoch();
  }

  /** The earliest leader epoch it knows of, if any. */
  public Optional<Integer> earliestEpoch() {
    return epochs.earliestEntry().map(EpochEntry::epoch);
  }

  /** Its history of epochs reaches back to an offset. */
  public boolean knowsEpochsFrom(long offset) {
    return epochs.earliestEntry().filter(entry -> entry.startOffset() <= offset).isPresent();
  }

  /** The epoch of the record at an offset. */
  public Optional<Integer> epochOf(long offset) {
    var epoch = epochs.epochForOffset(offset);
    return epoch.isPresent() ? Optional.of(epoch.getAsInt()) : Optional.empty();
  }

  /** Where an epoch ended, as OffsetForLeaderEpoch answers; empty: no such epoch known. */
  public Optional<EpochEnd> endOf(int leaderEpoch) {
    Map.Entry<Integer, Long> end = epochs.endOffsetFor(leaderEpoch, view.offsets().logEnd());
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
    lock.lock();
    try {
      checkOnline();
      LogOffsets old = view.offsets();
      if (offset > old.highWatermark()) {
        throw new OffsetOutOfRangeException(
            "%s can't start at %d, its high watermark is %d"
                .formatted(id.topicPartition(), offset, old.highWatermark()));
      }
      if (offset <= old.logStart()) return;
      startAt(offset);
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    } finally {
      lock.unlock();
    }
    env.checkpoints().soon();
  }

  private void startAt(long offset) {
    producers.state().onLogStartOffsetIncremented(offset);
    epochs.truncateFromStartAsyncFlush(offset);
    publish(view.offsets().startingAt(offset));
  }

  /**
   * Drops everything from {@code offset} on: a follower that diverged. Waits for the disk, so that
   * the recovery point is down before other records take the place of those dropped.
   */
  public void truncateTo(long offset) {
    maintenance.lock();
    try {
      checkOnline();
      if (offset >= view.offsets().logEnd()) return;
      if (offset < view.segment(0).baseOffset()) {
        restartAt(offset);
        return;
      }
      flushedEnd = Math.min(flushedEnd, offset);
      truncations.incrementAndGet();
      env.compaction().truncated(id.topicPartition(), offset);
      env.checkpoints().write();
      List<Segment> cut = new ArrayList<>();
      lock.lock();
      try {
        LogView now = view;
        int last = now.floor(offset);
        List<Segment> all = List.of(now.copyOfSegments());
        cut.addAll(all.subList(last + 1, all.size()));
        Segment[] segments = all.subList(0, last + 1).toArray(new Segment[0]);
        segments[last].truncateTo(offset, config.indexIntervalBytes());
        epochs.truncateFromEndAsyncFlush(offset);
        LogOffsets old = now.offsets();
        long start = Math.min(old.logStart(), offset);
        producers.state().truncateAndReload(start, offset, env.clock().millis());
        LogLoader.replay(
            List.of(segments), producers.state(), epochs, producers.state().mapEndOffset());
        producers.appendedUpTo(offset);
        latestEpoch = epochs.latestEpoch().orElse(-1);
        restart(segments, old, start, offset);
      } finally {
        lock.unlock();
      }
      deleteFiles(cut);
    } catch (IOException e) {
      throw failed(e);
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    } finally {
      maintenance.unlock();
    }
  }

  private void restart(Segment[] segments, LogOffsets old, long start, long end) {
    LogOffsets offsets = old.truncatedTo(start, end);
    coldEndKnown = Math.min(coldEndKnown, end);
    // Replaying put all transactions among those that end above it.
    producers.state().onHighWatermarkUpdated(offsets.highWatermark());
    view = view.with(segments, offsets, lastStable(offsets));
  }

  /** Drops everything and goes on at {@code offset}. Waits for the disk. */
  public void restartAt(long offset) {
    restart(new ColdStart(offset, offset, List.of(), List.of()));
  }

  /** Drops everything local and goes on where the cold tier ends. Waits for the disk. */
  public void beginAt(ColdStart start) {
    restart(start);
    log.atInfo()
        .addKeyValue("partition", id.topicPartition())
        .addKeyValue("logStart", start.logStart())
        .addKeyValue("coldEnd", start.coldEnd())
        .log("log goes on where the cold tier ends");
  }

  private void restart(ColdStart start) {
    long offset = start.coldEnd();
    maintenance.lock();
    try {
      checkOnline();
      List<Segment> old;
      flushedEnd = Math.min(flushedEnd, offset);
      truncations.incrementAndGet();
      env.compaction().truncated(id.topicPartition(), offset);
      // Written before any file goes: an opening that finds the old ones begins at the cold end.
      nextStart = start;
      env.checkpoints().write();
      lock.lock();
      try {
        old = List.of(view.copyOfSegments());
        for (Segment segment : old) segment.markDeleted();
        producers.startAt(start);
        producers.snapshot().ifPresent(unforcedFiles::add);
        epochs.clearAndFlush();
        for (EpochStart epoch : start.epochs()) {
          epochs.assign(epoch.leaderEpoch(), epoch.startOffset());
        }
        latestEpoch = epochs.latestEpoch().orElse(-1);
        Segment active = Segment.create(env.files(), directory, offset, env.clock().millis());
        active.createFile();
        isDirectoryUnforced = true;
        coldEndKnown = offset;
        var offsets = new LogOffsets(start.logStart(), offset, offset, offset, offset);
        view = view.with(new Segment[] {active}, offsets, offset);
        nextStart = null;
      } finally {
        lock.unlock();
      }
      flushedEnd = offset;
      epochFile.store(true);
      env.files().forceDirectory(directory);
      env.checkpoints().write();
      for (Segment segment : old) segment.delete();
    } catch (IOException e) {
      throw failed(e);
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    } finally {
      maintenance.unlock();
    }
  }

  /** The bounds to be written down: where it will begin, if it is just being restarted. */
  LogOffsets lastingOffsets() {
    ColdStart next = nextStart;
    if (next == null) return view.offsets();
    long end = next.coldEnd();
    return new LogOffsets(next.logStart(), end, end, end, end);
  }

  private void deleteFiles(List<Segment> segments) throws IOException {
    if (segments.isEmpty()) return;
    for (Segment segment : segments) segment.markDeleted();
    env.files().forceDirectory(directory);
    for (Segment segment : segments) segment.delete();
  }

  // Retention and the cold tier.

  /**
   * Takes segments off the log that are past retention, below the log start or trimmed after their
   * way into the cold tier. True: {@link #deleteDetached} has something to do.
   */
  boolean detachExpired() {
    maintenance.lock();
    try {
      lock.lock();
      try {
        if (isClosed || offline != null) return false;
        LogConfig settings = config;
        int count = Retention.expired(view, settings, env.clock().millis());
        if (count > 0) detach(count, settings);
      } finally {
        lock.unlock();
      }
      return dropped.isHolding();
    } catch (IOException e) {
      failed(e);
      return false;
    } catch (BrokenInvariantException e) {
      takeOffline(e);
      return false;
    } finally {
      maintenance.unlock();
    }
  }

  private void detach(int count, LogConfig settings) throws IOException {
    if (count == view.count()) {
      Segment next = roll(view.offsets().logEnd());
      // Without a file of its own a log that lost all others would not know where it ended.
      next.createFile();
      isDirectoryUnforced = true;
    }
    LogView now = view;
    LogOffsets old = now.offsets();
    Segment[] segments = Arrays.copyOfRange(now.copyOfSegments(), count, now.count());
    long localStart = Math.max(old.localStart(), segments[0].baseOffset());
    LogOffsets offsets;
    if (settings.isOffloaded()) {
      offsets = old.trimmedTo(localStart);
    } else {
      offsets = old.startingAt(localStart);
      producers.state().onLogStartOffsetIncremented(localStart);
      epochs.truncateFromStartAsyncFlush(localStart);
    }
    for (int i = 0; i < count; i++) {
      dropped.hold(now.segment(i));
      env.counters().deletedSegments.increment();
      env.counters().deletedBytes.add(now.endOf(i));
    }
    view = now.with(segments, offsets, lastStable(offsets));
    log.atInfo()
        .addKeyValue("partition", id.topicPartition())
        .addKeyValue("segments", count)
        .addKeyValue("localStart", localStart)
        .log("segments expired");
  }

  /** Deletes the files of detached segments, once where the log begins is written down. */
  void deleteDetached() {
    maintenance.lock();
    try {
      if (isClosed) return;
      lock.lock();
      try {
        producers.state().deleteSnapshotsBefore(view.segment(0).baseOffset());
        unforcedFiles.removeIf(file -> !env.files().exists(file));
      } finally {
        lock.unlock();
      }
      dropped.deleteHeld(config.fileDeleteDelayMs());
    } catch (IOException e) {
      failed(e);
    } finally {
      maintenance.unlock();
    }
  }

  /** See {@link SealedSegments#backlog}. */
  Optional<SealedSegments.Backlog> backlog() {
    if (!config.isOffloaded() || isClosed || offline != null) return Optional.empty();
    return read(backlog::backlog);
  }

  /** See {@link SealedSegments#take}. */
  Optional<SealedSegments.Range> take(long from, int bytesMax) {
    if (!config.isOffloaded() || isClosed || offline != null) return Optional.empty();
    // What a power loss can take back is not offered: the table would have what the log lost.
    if (view.lastStable() > flushedEnd && !flushOrFail(false)) return Optional.empty();
    return read(now ->
        backlog.range(
            now,
            Math.max(from, now.offsets().coldEnd()),
            Math.min(now.lastStable(), flushedEnd),
            bytesMax));
  }

  boolean isLogStartKnown() {
    return isLogStartKnown;
  }

  /** See {@link SealedSegments#found}. */
  void foundCold(long coldStart, long coldEnd) {
    lock.lock();
    try {
      LogOffsets old = view.offsets();
      requireNotAhead(coldEnd, old);
      boolean isLonger = coldStart < old.logStart() && old.localStart() <= coldEnd;
      long logStart = !isLogStartKnown && isLonger ? coldStart : old.logStart();
      isLogStartKnown = true;
      coldEndKnown = coldEnd;
      publish(old.withCold(logStart, coldEnd));
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    } finally {
      lock.unlock();
    }
    env.checkpoints().soon();
  }

  private void requireNotAhead(long coldEnd, LogOffsets offsets) {
    if (coldEnd <= offsets.logEnd()) return;
    throw takeOffline(
        new IOException(
            "the cold tier has offsets up to %d, the log ends at %d"
                .formatted(coldEnd, offsets.logEnd())));
  }

  /** See {@link SealedSegments#committed}. */
  void committed(long coldEnd) {
    lock.lock();
    try {
      LogOffsets old = view.offsets();
      requireNotAhead(coldEnd, old);
      coldEndKnown = Math.max(coldEndKnown, coldEnd);
      if (coldEnd <= old.coldEnd()) return;
      publish(old.visibleTo(old.highWatermark(), coldEnd));
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    } finally {
      lock.unlock();
    }
    env.checkpoints().soon();
  }

  /** See {@link SealedSegments#expire}. */
  void expireBefore(long logStart) {
    lock.lock();
    try {
      checkOnline();
      LogOffsets old = view.offsets();
      long start = Math.min(logStart, old.coldEnd());
      if (start <= old.logStart()) return;
      startAt(start);
    } catch (BrokenInvariantException e) {
      throw takeOffline(e);
    } finally {
      lock.unlock();
    }
    env.checkpoints().soon();
  }

  /** See {@link SealedSegments#localBytes}. */
  long localBytes(long from) {
    return read(now -> {
      long bytes = 0;
      for (int i = Math.max(0, now.floor(from)); i < now.count(); i++) {
        bytes += now.endOf(i) - now.segment(i).locate(from, now.endOf(i));
      }
      return bytes;
    });
  }

  // Compaction.

  /**
   * Sealed segments in offset order: compaction reads these and {@linkplain #replace replaces}
   * them.
   */
  public List<Segment> sealedSegments() {
    LogView now = view;
    return List.of(now.copyOfSegments()).subList(0, now.count() - 1);
  }

  /** A new segment for compaction to write to, with names of its own until it replaces others. */
  public Segment newCleaned(long baseOffset) throws IOException {
    return Segment.createCleaned(env.files(), directory, baseOffset, env.clock().millis());
  }

  /**
   * Puts compacted segments in the place of those they were made from, which have to be neighbours.
   * Readers that hold slices of the old ones go on. After a crash the log has the old or the new
   * ones. False: some of the old ones are gone meanwhile, and so are the new ones.
   */
  public boolean replace(List<Segment> old, List<Segment> cleaned) throws IOException {
    maintenance.lock();
    try {
      checkOnline();
      for (Segment segment : cleaned) {
        segment.seal();
        segment.force(segment.sizeBytes());
        segment.forceTransactions();
        Segment.Unstored unstored = segment.unstored();
        segment.store(unstored, true);
        segment.stored(unstored);
      }
      env.files().forceDirectory(directory);
      lock.lock();
      try {
        List<Segment> all = new ArrayList<>(List.of(view.copyOfSegments()));
        int at = Collections.indexOfSubList(all.subList(0, all.size() - 1), old);
        if (at < 0 || isClosed) {
          for (Segment segment : cleaned) segment.delete();
          return false;
        }
        for (Segment segment : cleaned) segment.markSwap();
        all.subList(at, at + old.size()).clear();
        all.addAll(at, cleaned);
        view = view.with(all.toArray(new Segment[0]), view.offsets(), view.lastStable());
      } finally {
        lock.unlock();
      }
      env.files().forceDirectory(directory);
      dropped.deleteLater(old, config.fileDeleteDelayMs());
      // Until the old names are gone for good, the swap suffix says which segments count.
      env.files().forceDirectory(directory);
      for (Segment segment : cleaned) segment.markLive();
      isDirectoryUnforced = true;
      return true;
    } finally {
      maintenance.unlock();
    }
  }

  /** This log as compaction sees it. */
  CleanableLog cleanable() {
    return cleanable;
  }

  private final class Cleanable implements CleanableLog {
    @Override
    public TopicPartition partition() {
      return id.topicPartition();
    }

    @Override
    public LogConfig config() {
      return config;
    }

    @Override
    public List<Segment> segments() {
      return List.of(view.copyOfSegments());
    }

    @Override
    public long logStart() {
      return view.offsets().logStart();
    }

    @Override
    public long lastStableOffset() {
      return view.lastStable();
    }

    @Override
    public long logEnd() {
      return view.offsets().logEnd();
    }

    @Override
    public long unseenFrom() {
      return config.isOffloaded() ? view.offsets().coldEnd() : Long.MAX_VALUE;
    }

    @Override
    public Map<Long, LastRecord> lastRecords() {
      lock.lock();
      try {
        return producers.lastRecords();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public Segment newCleaned(long baseOffset) throws IOException {
      return PartitionLog.this.newCleaned(baseOffset);
    }

    @Override
    public int truncations() {
      return truncations.get();
    }

    @Override
    public boolean replace(List<Segment> old, Segment cleaned, int truncationsSeen)
        throws IOException {
      maintenance.lock();
      try {
        if (truncations.get() == truncationsSeen) {
          return PartitionLog.this.replace(old, List.of(cleaned));
        }
        cleaned.delete();
        return false;
      } finally {
        maintenance.unlock();
      }
    }

    @Override
    public void takeOffline(BrokenInvariantException reason) {
      PartitionLog.this.takeOffline((Exception) reason);
    }

    @Override
    public boolean isGone() {
      return isClosed || offline != null;
    }
  }

  /** Producers with state in this log. */
  public List<ProducerView> producers() {
    lock.lock();
    try {
      return producers.views();
    } finally {
      lock.unlock();
    }
  }

  /** Forgets producers that were silent for too long. */
  void expireProducers() {
    lock.lock();
    try {
      producers.state().removeExpiredProducers(env.clock().millis());
    } finally {
      lock.unlock();
    }
  }

  /** Bytes of local segments. */
  public long sizeBytes() {
    LogView now = view;
    long bytes = 0;
    for (int i = 0; i < now.count(); i++) bytes += now.endOf(i);
    return bytes;
  }

  /** Why this log takes no more writes and reads, if so. */
  public Optional<LogException> offline() {
    return Optional.ofNullable(offline);
  }

  /** Fsyncs, writes indexes, snapshots and checkpoints; the next opening needs no recovery. */
  @Override
  public void close() {
    maintenance.lock();
    try {
      lock.lock();
      try {
        if (isClosed) return;
        isClosed = true;
        if (offline == null) completeActive();
      } finally {
        lock.unlock();
      }
      if (offline == null) flush(true);
    } catch (IOException e) {
      takeOffline(e);
    } finally {
      maintenance.unlock();
      closeSegments();
    }
    env.checkpoints().note(this);
    failWaiters(new LogException(Kind.CLOSED, id.topicPartition() + " was closed"));
  }

  /** The next opening finds the segments as they are, also one that was rolled for nothing. */
  private void completeActive() throws IOException {
    LogView now = view;
    now.active().noteMaxTimestamp();
    if (now.count() > 1 && now.active().sizeBytes() == 0) {
      now.active().createFile();
      isDirectoryUnforced = true;
    }
  }

  boolean isClosed() {
    return isClosed;
  }

  /** Closes without writing anything down: the files are about to be deleted. */
  void abandon() {
    maintenance.lock();
    try {
      isClosed = true;
    } finally {
      maintenance.unlock();
    }
    closeSegments();
    failWaiters(new LogException(Kind.CLOSED, id.topicPartition() + " was deleted"));
  }

  private void closeSegments() {
    List<Segment> all = dropped.left();
    all.addAll(List.of(view.copyOfSegments()));
    for (Segment segment : all) {
      try {
        segment.close();
      } catch (IOException e) {
        log.atWarn()
            .addKeyValue("partition", id.topicPartition())
            .setCause(e)
            .log("segment not closed");
      }
    }
  }
}
