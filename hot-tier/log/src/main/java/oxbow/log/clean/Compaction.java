package oxbow.log.clean;

import java.io.IOException;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.BrokenInvariantException;
import oxbow.log.NanoClock;
import oxbow.log.batch.BatchValidator;
import oxbow.log.io.LogFiles;
import oxbow.log.recovery.OffsetCheckpoint;
import oxbow.log.segment.DamagedSegmentException;

/**
 * Compacts the logs that ask for it, always the one with the largest dirty share next, and writes
 * down how far each is. One log at a time, whoever calls; the offset map is made when first needed.
 */
public final class Compaction implements AutoCloseable {
  /** The checkpoint's file, Kafka's name and format. */
  public static final String CHECKPOINT = "cleaner-offset-checkpoint";

  private static final Logger log = LoggerFactory.getLogger(Compaction.class);

  private final OffsetCheckpoint checkpoint;
  private final InstantSource clock;
  private final int mapBytes;
  private final BatchValidator validator;
  private final Pace pace;
  private final CleanCounters counters = new CleanCounters();
  private final Set<TopicPartition> uncleanable = ConcurrentHashMap.newKeySet();
  private final ReentrantLock turn = new ReentrantLock();
  private volatile Supplier<? extends Collection<? extends CleanableLog>> logs = List::of;
  private @Nullable Cleaner cleaner;

  /** Up to where each log was compacted; guarded by itself. */
  private final Map<TopicPartition, Long> cleanEnds;

  /** Reads the checkpoint. */
  public Compaction(
      LogFiles files,
      Path directory,
      InstantSource clock,
      NanoClock nanoClock,
      int mapBytes,
      long bytesPerSecondMax,
      BatchValidator validator)
      throws IOException {
    this.checkpoint = new OffsetCheckpoint(files, directory.resolve(CHECKPOINT));
    this.clock = clock;
    this.mapBytes = mapBytes;
    this.validator = validator;
    this.pace = new Pace(nanoClock, bytesPerSecondMax);
    this.cleanEnds = new HashMap<>(checkpoint.read().orElse(Map.of()));
  }

  /** The logs to look after. */
  public void of(Supplier<? extends Collection<? extends CleanableLog>> openLogs) {
    logs = openLogs;
  }

  public CleanCounters counters() {
    return counters;
  }

  /** The log, or its leader's, was compacted: offsets may be missing in it. */
  public boolean isCompacted(TopicPartition partition) {
    synchronized (cleanEnds) {
      return cleanEnds.containsKey(partition);
    }
  }

  /** Up to where the log was compacted, or its leader's; empty: neither was. */
  public OptionalLong compactedEnd(TopicPartition partition) {
    synchronized (cleanEnds) {
      Long end = cleanEnds.get(partition);
      return end == null ? OptionalLong.empty() : OptionalLong.of(end);
    }
  }

  /** Offsets are missing in a log because they were in its leader's, too. Durable on return. */
  public void noteGap(TopicPartition partition, long logStart) throws IOException {
    if (!isCompacted(partition)) note(partition, logStart);
  }

  /** Logs that are left alone since a damaged batch was found in them. */
  public Set<TopicPartition> uncleanable() {
    return Set.copyOf(uncleanable);
  }

  /** Compacts as long as a log asks for it. Returns at once if that goes on already. */
  public void run() {
    if (!turn.tryLock()) return;
    try {
      boolean goesOn = true;
      while (goesOn && !pace.isClosed() && !turn.hasQueuedThreads()) goesOn = runOnce();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      turn.unlock();
    }
  }

  /** Work on a log's segments. */
  public interface Work {
    boolean run() throws IOException;
  }

  /** Does what must not meet compaction: waits for its round, and keeps the next from beginning. */
  public boolean aside(Work work) throws IOException {
    turn.lock();
    try {
      return work.run();
    } finally {
      turn.unlock();
    }
  }

  private record Choice(CleanableLog log, CleanRange range) {}

  /** True: a log was compacted, and another may wait. */
  private boolean runOnce() throws InterruptedException {
    Choice choice = dirtiest();
    if (choice == null) return false;
    TopicPartition partition = choice.log.partition();
    try {
      // Written before the first gap is made, so that no opening takes a gap for a loss.
      if (!isCompacted(partition)) note(partition, choice.range.dirtyStart());
      choice.log.settle(choice.range.dirtyEnd());
      long end = cleaner().clean(choice.log, choice.range, clock.millis());
      note(partition, end);
      return end > choice.range.dirtyStart();
    } catch (Cleaner.AbandonedException e) {
      counters.abandonedRounds.increment();
      log.atInfo()
          .addKeyValue("partition", partition)
          .log("compaction abandoned: {}", e.getMessage());
    } catch (DamagedSegmentException e) {
      leaveAlone(partition, e);
      return true;
    } catch (IOException e) {
      if (choice.log.isGone()) return false;
      counters.abandonedRounds.increment();
      log.atWarn().addKeyValue("partition", partition).setCause(e).log("compaction postponed");
    } catch (BrokenInvariantException e) {
      choice.log.takeOffline(e);
      return true;
    } catch (RuntimeException e) {
      // Kafka's record classes say by many kinds of exceptions that a batch makes no sense.
      leaveAlone(partition, e);
      return true;
    }
    return false;
  }

  private void leaveAlone(TopicPartition partition, Exception reason) {
    if (!uncleanable.add(partition)) return;
    counters.uncleanablePartitions.increment();
    log.atError()
        .addKeyValue("partition", partition)
        .setCause(reason)
        .log("partition is not compacted any more");
  }

  private @Nullable Choice dirtiest() {
    Choice dirtiest = null;
    for (CleanableLog each : logs.get()) {
      if (!each.config().isCompacted() || each.isGone()) continue;
      if (uncleanable.contains(each.partition())) continue;
      try {
        CleanRange range = CleanRange.of(each, cleanEnd(each), clock.millis());
        if (!range.isDue(each.config().dirtyRatioMin())) continue;
        if (dirtiest == null || range.dirtyRatio() > dirtiest.range.dirtyRatio()) {
          dirtiest = new Choice(each, range);
        }
      } catch (BrokenInvariantException e) {
        each.takeOffline(e);
      } catch (IOException | RuntimeException e) {
        if (!each.isGone()) leaveAlone(each.partition(), e);
      }
    }
    return dirtiest;
  }

  private long cleanEnd(CleanableLog each) {
    synchronized (cleanEnds) {
      return cleanEnds.getOrDefault(each.partition(), each.logStart());
    }
  }

  private Cleaner cleaner() {
    if (cleaner == null) {
      try {
        cleaner = new Cleaner(new SkimpyOffsetMap(mapBytes), validator, pace, counters);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has MD5", e);
      }
    }
    return cleaner;
  }

  private void note(TopicPartition partition, long end) throws IOException {
    synchronized (cleanEnds) {
      cleanEnds.put(partition, end);
      checkpoint.write(cleanEnds);
    }
  }

  /** Other records may follow from an offset on now: they are not compacted. */
  public void truncated(TopicPartition partition, long offset) throws IOException {
    synchronized (cleanEnds) {
      Long end = cleanEnds.get(partition);
      if (end != null && end > offset) note(partition, offset);
    }
  }

  /** The partition was deleted; another of its name begins anew. */
  public void forget(TopicPartition partition) throws IOException {
    uncleanable.remove(partition);
    synchronized (cleanEnds) {
      if (cleanEnds.remove(partition) != null) checkpoint.write(cleanEnds);
    }
  }

  /** Ends what is going on soon; what was begun is dropped. */
  @Override
  public void close() {
    pace.close();
  }
}
