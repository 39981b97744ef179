package oxbow.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.LogException.Kind;
import oxbow.log.recovery.EpochFile;
import oxbow.log.recovery.LogLoader;
import oxbow.log.segment.Segment;

/**
 * What the parts of one partition's log share: its bounds and segments, what is known beside them,
 * the locks that guard it, and what becomes of it when something fails.
 */
final class LogState {
  private static final Logger log = LoggerFactory.getLogger(LogState.class);

  final LogEnvironment env;
  final TopicIdPartition id;
  final Path directory;
  final Producers producers;
  final LeaderEpochFileCache epochs;
  final EpochFile epochFile;

  /** Held by writers. Taken after {@link #maintenance}, never before. */
  final ReentrantLock lock = new ReentrantLock();

  /** Held by whoever forces, deletes or truncates files: these wait for the disk. */
  final ReentrantLock maintenance = new ReentrantLock();

  volatile LogConfig config;
  volatile LogView view;
  volatile @Nullable LogException offline;
  volatile boolean isClosed;

  /** How often records were cut off. */
  final AtomicInteger truncations = new AtomicInteger();

  /** Everything below is on disk. */
  volatile long flushedEnd;

  /** Written down, or found out from the cold tier; else it is where local records begin. */
  volatile boolean isLogStartKnown;

  /** What the log is about to be restarted at. */
  volatile @Nullable ColdStart nextStart;

  // Under the lock.
  int latestEpoch;

  /** What the cold tier said last that it has; some of it may lie above the watermark. */
  long coldEndKnown;

  final Set<Path> unforcedFiles = new HashSet<>();
  boolean isDirectoryUnforced;

  // Under the maintenance lock.
  final DroppedSegments dropped;

  // Under its own monitor.
  final List<Waiter> waiters = new ArrayList<>();

  /** Somebody who waits until everything below an offset is on disk. */
  record Waiter(long endOffset, CompletableFuture<Void> durable) {}

  LogState(
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
    this.epochFile = loaded.epochFile();
    this.latestEpoch = epochs.latestEpoch().orElse(-1);
    this.isLogStartKnown = isLogStartKnown;
    this.flushedEnd = loaded.recoveryPoint();
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

  // Bounds, under the lock.

  void publish(LogOffsets offsets) {
    view = view.with(offsets, lastStable(offsets));
  }

  long lastStable(LogOffsets offsets) {
    long unstable = Math.max(producers.firstUnstable(), offsets.logStart());
    return Math.min(unstable, offsets.highWatermark());
  }

  /** The log begins later. */
  void startAt(long offset) {
    isLogStartKnown = true; // whatever it was before: what the cold tier has below is deleted
    producers.state().onLogStartOffsetIncremented(offset);
    epochs.truncateFromStartAsyncFlush(offset);
    publish(view.offsets().startingAt(offset));
  }

  /** The bounds to be written down: where it will begin, if it is just being restarted. */
  LogOffsets lastingOffsets() {
    ColdStart next = nextStart;
    if (next == null) return view.offsets();
    long end = next.coldEnd();
    return new LogOffsets(next.logStart(), end, end, end, end);
  }

  // Failures.

  void checkOnline() {
    LogException reason = offline;
    if (reason != null)
      throw new LogException(Kind.OFFLINE, String.valueOf(reason.getMessage()), reason);
    if (isClosed) throw new LogException(Kind.CLOSED, id.topicPartition() + " was closed");
  }

  /** Makes of a disk's failure what the caller is told, and takes the log offline if it must. */
  LogException failed(IOException e) {
    if (isDiskFull(e)) {
      env.space().ranOut();
      env.counters().refusedForSpace.increment();
      return new LogException(
          Kind.DISK_FULL, id.topicPartition() + " takes no records: the disk is full", e);
    }
    return takeOffline(e);
  }

  static boolean isDiskFull(IOException e) {
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

  void failWaiters(LogException reason) {
    List<Waiter> failed;
    synchronized (waiters) {
      failed = List.copyOf(waiters);
      waiters.clear();
    }
    for (Waiter waiter : failed) waiter.durable.completeExceptionally(reason);
  }
}
