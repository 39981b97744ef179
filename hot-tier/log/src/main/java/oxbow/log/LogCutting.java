package oxbow.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.recovery.LogLoader;
import oxbow.log.segment.Segment;

/** Drops records from the end of a log, or all of them. Waits for the disk. */
final class LogCutting {
  private static final Logger log = LoggerFactory.getLogger(LogCutting.class);

  private final LogState state;

  LogCutting(LogState state) {
    this.state = state;
  }

  /**
   * Drops everything from {@code offset} on: a follower that diverged. Waits for the disk, so that
   * the recovery point is down before other records take the place of those dropped.
   */
  void truncateTo(long offset) {
    state.maintenance.lock();
    try {
      state.checkOnline();
      if (offset >= state.view.offsets().logEnd()) return;
      if (offset < state.view.segment(0).baseOffset()) {
        restartAt(offset);
        return;
      }
      state.flushedEnd = Math.min(state.flushedEnd, offset);
      state.truncations.incrementAndGet();
      state.env.compaction().truncated(state.id.topicPartition(), offset);
      state.env.checkpoints().write();
      List<Segment> cut = new ArrayList<>();
      state.lock.lock();
      try {
        LogView now = state.view;
        int last = now.floor(offset);
        List<Segment> all = List.of(now.copyOfSegments());
        cut.addAll(all.subList(last + 1, all.size()));
        Segment[] segments = all.subList(0, last + 1).toArray(new Segment[0]);
        segments[last].truncateTo(offset, state.config.indexIntervalBytes());
        state.epochs.truncateFromEndAsyncFlush(offset);
        LogOffsets old = now.offsets();
        long start = Math.min(old.logStart(), offset);
        state.producers.state().truncateAndReload(start, offset, state.env.clock().millis());
        LogLoader.replay(
            List.of(segments),
            state.producers.state(),
            state.epochs,
            state.producers.state().mapEndOffset());
        state.producers.appendedUpTo(offset);
        state.latestEpoch = state.epochs.latestEpoch().orElse(-1);
        restart(segments, old, start, offset);
      } finally {
        state.lock.unlock();
      }
      deleteFiles(cut);
    } catch (IOException e) {
      throw state.failed(e);
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    } finally {
      state.maintenance.unlock();
    }
  }

  private void restart(Segment[] segments, LogOffsets old, long start, long end) {
    LogOffsets offsets = old.truncatedTo(start, end);
    state.coldEndKnown = Math.min(state.coldEndKnown, end);
    // Replaying put all transactions among those that end above it.
    state.producers.state().onHighWatermarkUpdated(offsets.highWatermark());
    state.view = state.view.with(segments, offsets, state.lastStable(offsets));
  }

  /** Drops everything and goes on at {@code offset}. Waits for the disk. */
  void restartAt(long offset) {
    restart(new ColdStart(offset, offset, List.of(), List.of()));
  }

  /** Drops everything local and goes on where the cold tier ends. Waits for the disk. */
  void beginAt(ColdStart start) {
    restart(start);
    log.atInfo()
        .addKeyValue("partition", state.id.topicPartition())
        .addKeyValue("logStart", start.logStart())
        .addKeyValue("coldEnd", start.coldEnd())
        .log("log goes on where the cold tier ends");
  }

  private void restart(ColdStart start) {
    long offset = start.coldEnd();
    state.maintenance.lock();
    try {
      state.checkOnline();
      List<Segment> old;
      state.flushedEnd = Math.min(state.flushedEnd, offset);
      state.truncations.incrementAndGet();
      state.env.compaction().truncated(state.id.topicPartition(), offset);
      // Written before any file goes: an opening that finds the old ones begins at the cold end.
      state.nextStart = start;
      state.env.checkpoints().write();
      state.lock.lock();
      try {
        old = List.of(state.view.copyOfSegments());
        for (Segment segment : old) segment.markDeleted();
        state.producers.startAt(start);
        state.producers.snapshot().ifPresent(state.unforcedFiles::add);
        state.epochs.clearAndFlush();
        for (EpochStart epoch : start.epochs()) {
          state.epochs.assign(epoch.leaderEpoch(), epoch.startOffset());
        }
        state.latestEpoch = state.epochs.latestEpoch().orElse(-1);
        Segment active =
            Segment.create(state.env.files(), state.directory, offset, state.env.clock().millis());
        active.createFile();
        state.isDirectoryUnforced = true;
        state.coldEndKnown = offset;
        var offsets = new LogOffsets(start.logStart(), offset, offset, offset, offset);
        state.view = state.view.with(new Segment[] {active}, offsets, offset);
      } finally {
        state.lock.unlock();
      }
      state.flushedEnd = offset;
      state.epochFile.store(true);
      state.env.files().forceDirectory(state.directory);
      state.env.checkpoints().write();
      for (Segment segment : old) segment.delete();
    } catch (IOException e) {
      throw state.failed(e);
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    } finally {
      state.nextStart = null; // what was written down of it in vain, the next checkpoint corrects
      state.maintenance.unlock();
    }
  }

  private void deleteFiles(List<Segment> segments) throws IOException {
    if (segments.isEmpty()) return;
    for (Segment segment : segments) segment.markDeleted();
    state.env.files().forceDirectory(state.directory);
    for (Segment segment : segments) segment.delete();
  }
}
