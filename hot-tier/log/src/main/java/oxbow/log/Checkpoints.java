package oxbow.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.SealedSegments.LogStartListener;
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
  private final List<Kept> all;
  private final boolean isLost;
  private final List<LogStartListener> watching = new CopyOnWriteArrayList<>();
  private volatile Supplier<List<PartitionLog>> logs = List::of;

  /** Partitions deleted of which the files still speak. */
  private final Set<TopicPartition> stale = new HashSet<>();

  /** One of the files, what it holds, and what it will hold. */
  private static final class Kept {
    private final OffsetCheckpoint file;
    private final boolean isFound;
    private volatile Map<TopicPartition, Long> written;
    private final Map<TopicPartition, Long> known;

    Kept(LogFiles files, Path directory, String name) throws IOException {
      file = new OffsetCheckpoint(files, directory.resolve(name));
      Optional<Map<TopicPartition, Long>> found = file.read();
      isFound = found.isPresent();
      written = Map.copyOf(found.orElse(Map.of()));
      known = new HashMap<>(written);
    }

    void write() throws IOException {
      if (known.equals(written)) return;
      Map<TopicPartition, Long> now = Map.copyOf(known);
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
    // A cold end without its log start is where a log can go on; the other way round is not.
    all = List.of(recoveryPoints, coldEnds, logStarts, highWatermarks);
    isLost = !recoveryPoints.isFound;
  }

  /** No recovery point is known because they were never written down, or got lost. */
  boolean isLost() {
    return isLost;
  }

  /** Notes that a directory has no partition yet: one not spoken of later was made since. */
  void begin() throws IOException {
    if (isLost) recoveryPoints.file.write(Map.of());
  }

  /** The logs to write about. */
  void of(Supplier<List<PartitionLog>> openLogs) {
    logs = openLogs;
  }

  long recoveryPoint(TopicPartition partition) {
    return get(recoveryPoints, partition);
  }

  /** The recovery point that an opening would find if the process ended now. Never waits. */
  long writtenRecoveryPoint(TopicPartition partition) {
    return recoveryPoints.written.getOrDefault(partition, 0L);
  }

  long logStart(TopicPartition partition) {
    return get(logStarts, partition);
  }

  boolean knowsLogStart(TopicPartition partition) {
    writing.lock();
    try {
      return logStarts.known.containsKey(partition);
    } finally {
      writing.unlock();
    }
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
      return kept.known.getOrDefault(partition, 0L);
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
    Map<TopicPartition, Long> before;
    List<PartitionLog> open = logs.get();
    writing.lock();
    try {
      before = logStarts.written;
      for (PartitionLog partition : open) note(partition);
      for (Kept kept : all) kept.write();
      stale.clear();
    } finally {
      writing.unlock();
    }
    tellLogStarts(open, before);
  }

  private void tellLogStarts(List<PartitionLog> open, Map<TopicPartition, Long> before) {
    if (watching.isEmpty()) return;
    Map<TopicPartition, Long> now = logStarts.written;
    if (now.equals(before)) return;
    for (PartitionLog partition : open) {
      TopicPartition name = partition.id().topicPartition();
      Long start = now.get(name);
      if (start == null || start <= before.getOrDefault(name, 0L)) continue;
      for (LogStartListener listener : watching) listener.moved(partition.id(), start);
    }
  }

  /** Tells from now on when a log start was written down that is higher than before. */
  void watchLogStarts(LogStartListener listener) {
    watching.add(listener);
  }

  /** Remembers where a log stands, to be written with the next checkpoint. */
  void note(PartitionLog partition) {
    writing.lock();
    try {
      if (partition.offline().isPresent()) return;
      TopicPartition name = partition.id().topicPartition();
      LogOffsets offsets = partition.lastingOffsets();
      recoveryPoints.known.put(name, partition.recoveryPoint());
      if (partition.isLogStartKnown()) logStarts.known.put(name, offsets.logStart());
      highWatermarks.known.put(name, offsets.highWatermark());
      if (offsets.coldEnd() > offsets.logStart()) coldEnds.known.put(name, offsets.coldEnd());
      else coldEnds.known.remove(name);
    } finally {
      writing.unlock();
    }
  }

  /** Forgets a partition that was deleted. */
  void forget(TopicPartition partition) {
    writing.lock();
    try {
      for (Kept kept : all) kept.known.remove(partition);
      stale.add(partition);
    } finally {
      writing.unlock();
    }
    soon();
  }

  /** Sees to it that nothing written speaks of an earlier partition of that name. */
  void beginAnew(TopicPartition partition) throws IOException {
    writing.lock();
    try {
      if (stale.contains(partition)) write();
    } finally {
      writing.unlock();
    }
  }
}
