package oxbow.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.io.LogFiles;
import oxbow.log.recovery.OffsetCheckpoint;

/**
 * What is written down about all partitions of a directory: how far each is flushed, where it
 * starts, its watermark, and its end in the cold tier. The first three have Kafka's file names.
 * Partitions that are offline or not open yet keep what was last known of them.
 */
final class Checkpoints {
  private static final Logger log = LoggerFactory.getLogger(Checkpoints.class);

  /** Flushes come in crowds: one checkpoint serves all of a second. */
  private static final long SOON_MS = 1_000;

  private final LogThreads threads;
  private final ReentrantLock writing = new ReentrantLock();
  private final AtomicBoolean isSoon = new AtomicBoolean();
  private final Kept recoveryPoints;
  private final Kept logStarts;
  private final Kept highWatermarks;
  private final Kept coldEnds;
  private volatile Supplier<List<PartitionLog>> logs = List::of;

  /** One of the files, and what it holds. */
  private static final class Kept {
    private final OffsetCheckpoint file;
    private Map<TopicPartition, Long> written;

    Kept(LogFiles files, Path directory, String name) throws IOException {
      file = new OffsetCheckpoint(files, directory.resolve(name));
      written = Map.copyOf(file.read());
    }

    void write(Map<TopicPartition, Long> now) throws IOException {
      if (now.equals(written)) return;
      file.write(now);
      written = now;
    }
  }

  Checkpoints(LogFiles files, Path directory, LogThreads threads) throws IOException {
    this.threads = threads;
    recoveryPoints = new Kept(files, directory, "recovery-point-offset-checkpoint");
    logStarts = new Kept(files, directory, "log-start-offset-checkpoint");
    highWatermarks = new Kept(files, directory, "replication-offset-checkpoint");
    coldEnds = new Kept(files, directory, "cold-end-offset-checkpoint");
  }

  /** The logs to write about. */
  void of(Supplier<List<PartitionLog>> openLogs) {
    logs = openLogs;
  }

  long recoveryPoint(TopicPartition partition) {
    return get(recoveryPoints, partition);
  }

  long logStart(TopicPartition partition) {
    return get(logStarts, partition);
  }

  long highWatermark(TopicPartition partition) {
    return get(highWatermarks, partition);
  }

  long coldEnd(TopicPartition partition) {
    return get(coldEnds, partition);
  }

  private long get(Kept kept, TopicPartition partition) {
    writing.lock();
    try {
      return kept.written.getOrDefault(partition, 0L);
    } finally {
      writing.unlock();
    }
  }

  /** A recovery point moved: written within about a second. */
  void soon() {
    if (isSoon.compareAndSet(false, true)) {
      threads.after(
          SOON_MS,
          () -> {
            isSoon.set(false);
            writeOrWarn();
          });
    }
  }

  void writeOrWarn() {
    try {
      write();
    } catch (IOException e) {
      // The older checkpoint stays valid: the next opening verifies more.
      log.atWarn().setCause(e).log("checkpoint not written");
    }
  }

  /** Writes what changed, durably. */
  void write() throws IOException {
    writing.lock();
    try {
      var points = new HashMap<>(recoveryPoints.written);
      var starts = new HashMap<>(logStarts.written);
      var watermarks = new HashMap<>(highWatermarks.written);
      var ends = new HashMap<>(coldEnds.written);
      for (PartitionLog partition : logs.get()) {
        if (partition.offline().isPresent()) continue;
        TopicPartition name = partition.id().topicPartition();
        LogOffsets offsets = partition.offsets();
        points.put(name, partition.recoveryPoint());
        starts.put(name, offsets.logStart());
        watermarks.put(name, offsets.highWatermark());
        if (offsets.coldEnd() > offsets.localStart()) ends.put(name, offsets.coldEnd());
      }
      recoveryPoints.write(points);
      logStarts.write(starts);
      highWatermarks.write(watermarks);
      coldEnds.write(ends);
    } finally {
      writing.unlock();
    }
  }

  /** Forgets a partition, before another of its name can be made. */
  void forget(TopicPartition partition) throws IOException {
    writing.lock();
    try {
      for (Kept kept : List.of(recoveryPoints, logStarts, highWatermarks, coldEnds)) {
        if (!kept.written.containsKey(partition)) continue;
        var now = new HashMap<>(kept.written);
        now.remove(partition);
        kept.write(now);
      }
    } finally {
      writing.unlock();
    }
  }
}
