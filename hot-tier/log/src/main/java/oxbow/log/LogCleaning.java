package oxbow.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.log.LastRecord;
import oxbow.log.clean.CleanableLog;
import oxbow.log.segment.Segment;

/** A log as compaction sees it. */
final class LogCleaning implements CleanableLog {
  private final LogState state;
  private final LogFlusher flusher;

  LogCleaning(LogState state, LogFlusher flusher) {
    this.state = state;
    this.flusher = flusher;
  }

  @Override
  public TopicPartition partition() {
    return state.id.topicPartition();
  }

  @Override
  public LogConfig config() {
    return state.config;
  }

  @Override
  public List<Segment> segments() {
    return List.of(state.view.copyOfSegments());
  }

  @Override
  public long logStart() {
    return state.view.offsets().logStart();
  }

  @Override
  public long lastStableOffset() {
    return state.view.lastStable();
  }

  @Override
  public long logEnd() {
    return state.view.offsets().logEnd();
  }

  @Override
  public long unseenFrom() {
    return state.config.isOffloaded() ? state.view.offsets().coldEnd() : Long.MAX_VALUE;
  }

  @Override
  public Map<Long, LastRecord> lastRecords() {
    state.lock.lock();
    try {
      return state.producers.lastRecords();
    } finally {
      state.lock.unlock();
    }
  }

  @Override
  public int truncations() {
    return state.truncations.get();
  }

  @Override
  public boolean replace(List<Segment> old, Segment cleaned, int truncationsSeen)
      throws IOException {
    state.maintenance.lock();
    try {
      if (state.truncations.get() == truncationsSeen) {
        return replace(old, List.of(cleaned));
      }
      cleaned.delete();
      return false;
    } finally {
      state.maintenance.unlock();
    }
  }

  @Override
  public void settle(long endOffset) throws IOException {
    if (state.env.checkpoints().writtenRecoveryPoint(partition()) >= endOffset) return;
    if (state.flushedEnd < endOffset && !flusher.flushOrFail(false)) {
      throw new IOException("what is to be compacted can't be flushed");
    }
    state.env.checkpoints().write();
  }

  @Override
  public void takeOffline(BrokenInvariantException reason) {
    state.takeOffline((Exception) reason);
  }

  @Override
  public boolean isGone() {
    return state.isClosed || state.offline != null;
  }

  @Override
  public Segment newCleaned(long baseOffset) throws IOException {
    return Segment.createCleaned(
        state.env.files(), state.directory, baseOffset, state.env.clock().millis());
  }

  /**
   * Puts compacted segments in the place of those they were made from, which have to be neighbours.
   * Readers that hold slices of the old ones go on. After a crash the log has the old or the new
   * ones. False: some of the old ones are gone meanwhile, and so are the new ones.
   */
  private boolean replace(List<Segment> old, List<Segment> cleaned) throws IOException {
    state.maintenance.lock();
    try {
      state.checkOnline();
      for (Segment segment : cleaned) {
        segment.seal();
        segment.force(segment.sizeBytes());
        segment.forceTransactions();
        Segment.Unstored unstored = segment.unstored();
        segment.store(unstored, true);
        segment.stored(unstored);
      }
      state.env.files().forceDirectory(state.directory);
      state.lock.lock();
      try {
        List<Segment> all = new ArrayList<>(List.of(state.view.copyOfSegments()));
        int at = Collections.indexOfSubList(all.subList(0, all.size() - 1), old);
        if (at < 0 || state.isClosed) {
          for (Segment segment : cleaned) segment.delete();
          return false;
        }
        for (Segment segment : cleaned) segment.markSwap();
        all.subList(at, at + old.size()).clear();
        all.addAll(at, cleaned);
        state.view =
            state.view.with(
                all.toArray(new Segment[0]), state.view.offsets(), state.view.lastStable());
      } finally {
        state.lock.unlock();
      }
      state.env.files().forceDirectory(state.directory);
      state.dropped.deleteLater(old, state.config.fileDeleteDelayMs());
      // Until the old names are gone for good, the swap suffix says which segments count.
      state.env.files().forceDirectory(state.directory);
      for (Segment segment : cleaned) segment.markLive();
      state.isDirectoryUnforced = true;
      return true;
    } finally {
      state.maintenance.unlock();
    }
  }
}
