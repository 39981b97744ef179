package oxbow.log;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.segment.Segment;

/**
 * Reads a log that changes meanwhile: what a reader finds gone is looked for again in the view that
 * took its place, and damaged indexes are made new behind the readers.
 */
final class LogReading {
  private static final Logger log = LoggerFactory.getLogger(LogReading.class);

  private final LogState state;
  private final LogFlusher flusher;
  private final LogReader reader = new LogReader(this::handOverRebuild);
  private final AtomicBoolean isRebuildHandedOver = new AtomicBoolean();

  LogReading(LogState state, LogFlusher flusher) {
    this.state = state;
    this.flusher = flusher;
  }

  LogRead read(long offset, int bytesMax, ReadLimit limit, boolean wholeFirstBatch) {
    return read(now -> {
      LogOffsets offsets = now.offsets();
      if (offset < offsets.localStart() || offset > offsets.logEnd()) {
        throw new OffsetOutOfRangeException(
            "%s has offsets %d to %d, not %d"
                .formatted(
                    state.id.topicPartition(), offsets.localStart(), offsets.logEnd(), offset));
      }
      return reader.read(now, offset, bytesMax, limit, wholeFirstBatch);
    });
  }

  Optional<TimestampedOffset> find(long timestampMs, ReadLimit limit) {
    return read(now -> reader.find(now, timestampMs, limit));
  }

  Optional<TimestampedOffset> findMaxTimestamp() {
    return read(reader::findMaxTimestamp);
  }

  /** One reading of a view. */
  interface Reading<T> {
    T of(LogView now) throws IOException;
  }

  /** Reads until the view it read is still there. */
  <T> T read(Reading<T> reading) {
    while (true) {
      state.checkOnline();
      LogView now = state.view;
      try {
        return reading.of(now);
      } catch (IOException | LogException e) {
        // Segments were dropped or cut meanwhile: what replaced them answers.
        if (!state.view.hasSegmentsOf(now)) continue;
        if (e instanceof LogException known) throw known;
        throw state.takeOffline(e);
      } catch (BrokenInvariantException e) {
        throw state.takeOffline(e);
      }
    }
  }

  private void handOverRebuild() {
    if (!isRebuildHandedOver.compareAndSet(false, true)) return;
    state
        .env
        .threads()
        .execute(() -> {
          try {
            rebuildIndexes();
          } catch (IOException e) {
            state.failed(e);
          } catch (BrokenInvariantException e) {
            state.takeOffline(e);
          } finally {
            isRebuildHandedOver.set(false);
          }
        });
  }

  /** Makes indexes new that readers found damaged; until then they walk over all batches. */
  private void rebuildIndexes() throws IOException {
    state.maintenance.lock();
    try {
      LogView now = state.view;
      for (int i = 0; i < now.count() && !state.isClosed; i++) {
        Segment segment = now.segment(i);
        if (!segment.isIndexDamaged()) continue;
        log.atWarn()
            .addKeyValue("partition", state.id.topicPartition())
            .addKeyValue("segment", segment.baseOffset())
            .log("damaged index rebuilt");
        state.env.counters().rebuiltIndexes.increment();
        state.lock.lock(); // the active segment must not grow meanwhile
        try {
          segment.rebuildIndexes(state.config.indexIntervalBytes());
        } finally {
          state.lock.unlock();
        }
      }
    } finally {
      state.maintenance.unlock();
    }
    flusher.handOverFlush();
  }
}
