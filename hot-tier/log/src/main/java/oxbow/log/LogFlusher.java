package oxbow.log;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.LogException.Kind;
import oxbow.log.io.LogFiles;
import oxbow.log.segment.Segment;

/**
 * Brings what was appended to disk and says so: to those who wait for it, and in the recovery
 * point. Group commit: one fsync serves all who wait by then.
 */
final class LogFlusher {
  private static final Logger log = LoggerFactory.getLogger(LogFlusher.class);

  private static final CompletionStage<Void> DURABLE = CompletableFuture.completedStage(null);

  private final LogState state;
  private final AtomicBoolean isFlushDue = new AtomicBoolean();
  private final AtomicBoolean isFlushHandedOver = new AtomicBoolean();
  private volatile long lastFlushMs;

  /** The disk is full: flushing is tried again now and then. */
  private volatile boolean isFlushPostponed;

  // Under the maintenance lock.
  private boolean isParentUnforced;

  LogFlusher(LogState state) {
    this.state = state;
    this.isParentUnforced = state.flushedEnd == 0;
    this.lastFlushMs = state.env.clock().millis();
  }

  /**
   * Completes once everything below {@code endOffset} is as durable as the topic asks: at once
   * without fsync before acknowledgement, else after the next fsync, which many appends and
   * partitions share. Fails with {@code DISK_FULL} if the disk is: the records are there, and
   * whoever asks again is told when they are safe.
   */
  CompletionStage<Void> durable(long endOffset) {
    if (state.config.flushMessages() != 1 || state.flushedEnd >= endOffset) return DURABLE;
    var durable = new CompletableFuture<Void>();
    LogException reason;
    synchronized (state.waiters) {
      reason = state.offline;
      if (reason == null) state.waiters.add(new LogState.Waiter(endOffset, durable));
    }
    if (reason != null) durable.completeExceptionally(reason);
    else if (!isFlushPostponed && isFlushDue.compareAndSet(false, true)) {
      state.env.groupCommit().request(this);
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
      isFlushed = !state.isClosed && state.offline == null && flushOrFail(false);
    } finally {
      isFlushDue.set(false);
    }
    if (isFlushed) requestFlushIfAwaited();
  }

  /** Whoever came after the last flush began is served by the next. */
  private void requestFlushIfAwaited() {
    boolean isAwaited;
    synchronized (state.waiters) {
      isAwaited = !state.waiters.isEmpty();
    }
    if (isAwaited && isFlushDue.compareAndSet(false, true)) state.env.groupCommit().request(this);
  }

  /** False: it could not be done, now or ever. */
  boolean flushOrFail(boolean withIndexes) {
    try {
      flush(withIndexes);
      return true;
    } catch (IOException e) {
      if (LogState.isDiskFull(e) && !(e instanceof UnforcedException)) {
        // An index or snapshot found no room. Nothing is lost, but who knows until when.
        boolean isNews = !state.env.space().isLow();
        isFlushPostponed = true;
        state.env.space().ranOut();
        state.lock.lock();
        try {
          state.isDirectoryUnforced = true;
        } finally {
          state.lock.unlock();
        }
        if (isNews) {
          log.atWarn()
              .addKeyValue("partition", state.id.topicPartition())
              .addKeyValue("reason", e.getMessage())
              .log("flush postponed");
        }
        state.failWaiters(
            new LogException(
                Kind.DISK_FULL,
                state.id.topicPartition() + " is not on disk yet: the disk is full",
                e));
      } else {
        state.takeOffline(e);
      }
    } catch (RuntimeException e) {
      state.takeOffline(e);
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
  void handOverFlush() {
    if (!isFlushHandedOver.compareAndSet(false, true)) return;
    state
        .env
        .threads()
        .execute(() -> {
          boolean isFlushed = !state.isClosed && state.offline == null && flushOrFail(true);
          isFlushHandedOver.set(false);
          if (isFlushed && isFlushOverdue()) handOverFlush();
        });
  }

  /** Much was appended or a segment was sealed, perhaps while the last flush went on. */
  private boolean isFlushOverdue() {
    LogView now = state.view;
    boolean isSealedLeft = now.count() > 1 && !now.segment(now.count() - 2).areIndexesStored();
    return isSealedLeft || now.active().unforcedBytes() > PartitionLog.UNFLUSHED_BYTES_MAX;
  }

  /**
   * Forces everything appended so far and then says so: to those who wait, and in the recovery
   * point. With indexes also what makes the next opening quick.
   */
  void flush(boolean withIndexes) throws IOException {
    state.maintenance.lock();
    try {
      LogView now;
      Set<Path> files;
      boolean isNewFile;
      state.lock.lock();
      try {
        now = state.view;
        if (withIndexes) snapshot(now);
        files = Set.copyOf(state.unforcedFiles);
        isNewFile = state.isDirectoryUnforced || !files.isEmpty();
        state.isDirectoryUnforced = false;
      } finally {
        state.lock.unlock();
      }
      long end = now.offsets().logEnd();
      long startNanos = state.env.nanoClock().nanos();
      boolean isForced = false;
      for (int i = 0; i < now.count(); i++) {
        Segment segment = now.segment(i);
        boolean isDone = segment.isSealed() && segment.areIndexesStored();
        if (isDone && segment.isForced()) continue;
        isForced |= flush(segment, now.endOf(i), withIndexes);
      }
      boolean hasNewRecords = end > state.flushedEnd;
      state.epochFile.store(hasNewRecords);
      force(files, isNewFile, hasNewRecords);
      if (isForced) {
        state.env.counters().flushes.increment();
        state.env.counters().flushNanos.add(state.env.nanoClock().nanos() - startNanos);
      }
      state.lock.lock();
      try {
        state.unforcedFiles.removeAll(files);
      } finally {
        state.lock.unlock();
      }
      state.flushedEnd = Math.max(state.flushedEnd, end);
      isFlushPostponed = false;
      state.env.checkpoints().soon();
      lastFlushMs = state.env.clock().millis();
    } finally {
      state.maintenance.unlock();
    }
    completeWaiters();
  }

  private void forceIfThere(Path file) throws IOException {
    try {
      state.env.files().force(file);
    } catch (NoSuchFileException _) {
      // A snapshot that a later one, a truncation or retention made superfluous.
    }
  }

  /** Notes the producers at the log end, so that recovery need not look at what came before. */
  private void snapshot(LogView now) throws IOException {
    if (!state.producers.hasNews()) return;
    List<Long> bases = new ArrayList<>(now.count());
    for (int i = 0; i < now.count(); i++) bases.add(now.segment(i).baseOffset());
    state.producers.deleteStraySnapshots(
        bases, state.env.checkpoints().writtenRecoveryPoint(state.id.topicPartition()));
    state.producers.snapshot().ifPresent(state.unforcedFiles::add);
  }

  private void force(Set<Path> unforced, boolean isNewFile, boolean hasNewRecords)
      throws IOException {
    try {
      for (Path file : unforced) forceIfThere(file);
      if (isNewFile) state.env.files().forceDirectory(state.directory);
      if (hasNewRecords && isParentUnforced) {
        state.env.files().force(state.directory.resolve(PartitionDirectory.METADATA));
        state.env.files().forceDirectory(LogFiles.parent(state.directory));
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
      state.lock.lock();
      try {
        unstored = segment.unstored();
      } finally {
        state.lock.unlock();
      }
      segment.store(unstored, true);
      state.lock.lock();
      try {
        segment.stored(unstored);
        state.isDirectoryUnforced = true;
      } finally {
        state.lock.unlock();
      }
    }
    return isForced;
  }

  private void completeWaiters() {
    List<LogState.Waiter> done = new ArrayList<>();
    synchronized (state.waiters) {
      state.waiters.removeIf(waiter -> waiter.endOffset() <= state.flushedEnd && done.add(waiter));
    }
    requestFlushIfAwaited();
    for (LogState.Waiter waiter : done) waiter.durable().complete(null);
  }

  /** Flushes if the interval says so, or somebody still waits; on a background thread. */
  void flushIfDue() {
    requestFlushIfAwaited();
    long everyMs = state.config.flushMs();
    boolean isDue =
        everyMs < Long.MAX_VALUE
            && state.view.offsets().logEnd() > state.flushedEnd
            && state.env.clock().millis() - lastFlushMs >= everyMs;
    if (isDue) handOverFlush();
  }
}
