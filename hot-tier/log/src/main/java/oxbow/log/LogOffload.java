package oxbow.log;

import java.io.IOException;
import java.util.Optional;

/** One log's side of {@link SealedSegments}: what it offers the cold tier and hears from it. */
final class LogOffload {
  private final LogState state;
  private final LogFlusher flusher;
  private final LogReading reading;
  private final BacklogReader backlog;

  LogOffload(LogState state, LogFlusher flusher, LogReading reading) {
    this.state = state;
    this.flusher = flusher;
    this.reading = reading;
    this.backlog = new BacklogReader(state.epochs);
  }

  /** See {@link SealedSegments#backlog}. */
  Optional<SealedSegments.Backlog> backlog() {
    if (!state.config.isOffloaded() || state.isClosed || state.offline != null)
      return Optional.empty();
    return reading.read(backlog::backlog);
  }

  /** See {@link SealedSegments#take}. */
  Optional<SealedSegments.Range> take(long from, int bytesMax) {
    if (!state.config.isOffloaded() || state.isClosed || state.offline != null)
      return Optional.empty();
    // What a power loss can take back is not offered: the table would have what the log lost.
    Optional<SealedSegments.Range> forced = forced(from, bytesMax);
    boolean isMoreToForce = state.view.lastStable() > state.flushedEnd;
    if (forced.isPresent() || !isMoreToForce || !flusher.flushOrFail(false)) return forced;
    return forced(from, bytesMax);
  }

  private Optional<SealedSegments.Range> forced(long from, int bytesMax) {
    return reading.read(now ->
        backlog.range(
            now,
            Math.max(from, now.offsets().coldEnd()),
            Math.min(now.lastStable(), state.flushedEnd),
            bytesMax));
  }

  /** See {@link PartitionLog#local}. */
  LocalRecords local() {
    return reading.read(backlog::local);
  }

  /** See {@link SealedSegments#found}. */
  void foundCold(long coldStart, long coldEnd) {
    state.lock.lock();
    try {
      LogOffsets old = state.view.offsets();
      requireNotAhead(coldEnd, old);
      boolean isLonger = coldStart < old.logStart() && old.localStart() <= coldEnd;
      long logStart = !state.isLogStartKnown && isLonger ? coldStart : old.logStart();
      state.isLogStartKnown = true;
      state.coldEndKnown = coldEnd;
      state.publish(old.withCold(logStart, coldEnd));
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    } finally {
      state.lock.unlock();
    }
    state.env.checkpoints().soon();
  }

  private void requireNotAhead(long coldEnd, LogOffsets offsets) {
    if (coldEnd <= offsets.logEnd()) return;
    throw state.takeOffline(
        new IOException(
            "the cold tier has offsets up to %d, the log ends at %d"
                .formatted(coldEnd, offsets.logEnd())));
  }

  /** See {@link SealedSegments#committed}. */
  void committed(long coldEnd) {
    state.lock.lock();
    try {
      LogOffsets old = state.view.offsets();
      requireNotAhead(coldEnd, old);
      state.coldEndKnown = Math.max(state.coldEndKnown, coldEnd);
      if (coldEnd <= old.coldEnd()) return;
      state.publish(old.visibleTo(old.highWatermark(), coldEnd));
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    } finally {
      state.lock.unlock();
    }
    state.env.checkpoints().soon();
  }

  /** See {@link SealedSegments#expire}. */
  void expireBefore(long logStart) {
    state.lock.lock();
    try {
      state.checkOnline();
      LogOffsets old = state.view.offsets();
      long start = Math.min(logStart, old.coldEnd());
      if (start <= old.logStart()) return;
      state.startAt(start);
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    } finally {
      state.lock.unlock();
    }
    state.env.checkpoints().soon();
  }

  /** See {@link SealedSegments#localBytes}. */
  long localBytes(long from) {
    return reading.read(now -> {
      long bytes = 0;
      for (int i = Math.max(0, now.floor(from)); i < now.count(); i++) {
        bytes += now.endOf(i) - now.segment(i).locate(from, now.endOf(i));
      }
      return bytes;
    });
  }

  /** The log is from now on what is local of it. */
  void leaveColdTier() {
    state.lock.lock();
    try {
      LogOffsets offsets = state.view.offsets().onlyLocal();
      state.coldEndKnown = offsets.coldEnd();
      state.producers.state().onLogStartOffsetIncremented(offsets.logStart());
      state.epochs.truncateFromStartAsyncFlush(offsets.logStart());
      state.publish(offsets);
    } catch (BrokenInvariantException e) {
      throw state.takeOffline(e);
    } finally {
      state.lock.unlock();
    }
    state.env.checkpoints().soon();
  }
}
