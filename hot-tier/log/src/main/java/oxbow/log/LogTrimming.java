package oxbow.log;

import java.io.IOException;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.segment.Segment;

/**
 * Takes segments off the start of a log: past retention, below the log start, or trimmed after
 * their way into the cold tier.
 */
final class LogTrimming {
  private static final Logger log = LoggerFactory.getLogger(LogTrimming.class);

  private final LogState state;
  private final LogRolling rolling;

  LogTrimming(LogState state, LogRolling rolling) {
    this.state = state;
    this.rolling = rolling;
  }

  /**
   * Takes segments off the log that are past retention, below the log start or trimmed after their
   * way into the cold tier. True: {@link #deleteDetached} has something to do.
   */
  boolean detachExpired() {
    state.maintenance.lock();
    try {
      state.lock.lock();
      try {
        if (state.isClosed || state.offline != null) return false;
        LogConfig settings = state.config;
        int count = Retention.expired(state.view, settings, state.env.clock().millis());
        if (count > 0) detach(count, settings);
      } finally {
        state.lock.unlock();
      }
      return state.dropped.isHolding();
    } catch (IOException e) {
      state.failed(e);
      return false;
    } catch (BrokenInvariantException e) {
      state.takeOffline(e);
      return false;
    } finally {
      state.maintenance.unlock();
    }
  }

  /**
   * Takes segments off the log that the cold tier has, whatever the topic wants to keep here, for
   * so many bytes. {@link #deleteDetachedNow} deletes them; returns their bytes.
   */
  long detachOffloaded(long bytesWanted) {
    state.maintenance.lock();
    try {
      state.lock.lock();
      try {
        if (state.isClosed || state.offline != null || !state.config.isOffloaded()) return 0;
        int count = Retention.offloaded(state.view, bytesWanted);
        long bytes = 0;
        for (int i = 0; i < count; i++) bytes += state.view.endOf(i);
        if (count > 0) detach(count, state.config);
        return bytes;
      } finally {
        state.lock.unlock();
      }
    } catch (IOException e) {
      state.failed(e);
      return 0;
    } catch (BrokenInvariantException e) {
      state.takeOffline(e);
      return 0;
    } finally {
      state.maintenance.unlock();
    }
  }

  private void detach(int count, LogConfig settings) throws IOException {
    if (count == state.view.count()) {
      Segment next = rolling.roll(state.view.offsets().logEnd());
      // Without a file of its own a log that lost all others would not know where it ended.
      next.createFile();
      state.isDirectoryUnforced = true;
    }
    LogView now = state.view;
    LogOffsets old = now.offsets();
    Segment[] segments = Arrays.copyOfRange(now.copyOfSegments(), count, now.count());
    long localStart = Math.max(old.localStart(), segments[0].baseOffset());
    LogOffsets offsets;
    if (settings.isOffloaded()) {
      offsets = old.trimmedTo(localStart);
    } else {
      offsets = old.startingAt(localStart);
      state.producers.state().onLogStartOffsetIncremented(localStart);
      state.epochs.truncateFromStartAsyncFlush(localStart);
    }
    for (int i = 0; i < count; i++) {
      state.dropped.hold(now.segment(i));
      state.env.counters().deletedSegments.increment();
      state.env.counters().deletedBytes.add(now.endOf(i));
    }
    state.view = now.with(segments, offsets, state.lastStable(offsets));
    log.atInfo()
        .addKeyValue("partition", state.id.topicPartition())
        .addKeyValue("segments", count)
        .addKeyValue("localStart", localStart)
        .log("segments expired");
  }

  /** The same as {@link #deleteDetached}, also for what was deleted before, and without delay. */
  void deleteDetachedNow() {
    state.maintenance.lock();
    try {
      deleteDetached();
      if (!state.isClosed) state.dropped.deleteNow();
    } finally {
      state.maintenance.unlock();
    }
  }

  /** Deletes the files of detached segments, once where the log begins is written down. */
  void deleteDetached() {
    state.maintenance.lock();
    try {
      if (state.isClosed) return;
      state.lock.lock();
      try {
        state.producers.state().deleteSnapshotsBefore(state.view.segment(0).baseOffset());
        state.unforcedFiles.removeIf(file -> !state.env.files().exists(file));
      } finally {
        state.lock.unlock();
      }
      state.dropped.deleteHeld(state.config.fileDeleteDelayMs());
    } catch (IOException e) {
      state.failed(e);
    } finally {
      state.maintenance.unlock();
    }
  }
}
