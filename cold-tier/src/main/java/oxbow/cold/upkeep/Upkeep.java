package oxbow.cold.upkeep;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import oxbow.cold.BackgroundThreads;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;
import oxbow.cold.offload.Writers;
import oxbow.cold.rewrite.BatchFilter;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.log.SealedSegments;

/**
 * Looks after the cold files of every partition led here, one thread for all ({@code upkeep}): what
 * it does not get to now it gets to later, and replay is right all the while.
 */
public final class Upkeep implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MERGES_PER_ROUND = 8;

  private final SealedSegments segments;
  private final Topics topics;
  private final Rewriter rewriter;
  private final ColdCompaction compaction;
  private final UpkeepConfig config;
  private final UpkeepCounters counters;
  private final Consumer<TopicIdPartition> onChange;
  private final InstantSource clock;
  private final Map<TopicIdPartition, TopicTiering> led = new ConcurrentHashMap<>();
  private final Map<TopicIdPartition, Long> movedStarts = new ConcurrentHashMap<>();
  private final Map<Uuid, String> toDrop = new ConcurrentHashMap<>();
  private final Map<Uuid, Long> cleanedMs = new ConcurrentHashMap<>();
  private final Set<TopicIdPartition> toMerge = ConcurrentHashMap.newKeySet();
  private final Semaphore wakeUps = new Semaphore(0);
  private final CountDownLatch closed = new CountDownLatch(1);
  private @Nullable Thread thread;

  /** Opens what is worked on. May wait for the store. */
  public interface Topics {
    /** Empty: nothing of the topic is in the cold tier yet. */
    Optional<ColdTable> table(Uuid topicId, String topic);

    Writers writers(Uuid topicId, String topic, TopicTiering tiering);

    /** Deletes a table with everything in it; may be repeated until it succeeds. */
    void drop(Uuid topicId, String topic);
  }

  /**
   * @param onChange told each partition whose files are other ones now
   */
  public Upkeep(
      SealedSegments segments,
      Topics topics,
      Rewriter rewriter,
      UpkeepConfig config,
      UpkeepCounters counters,
      Consumer<TopicIdPartition> onChange,
      InstantSource clock) {
    this.segments = segments;
    this.topics = topics;
    this.rewriter = rewriter;
    this.compaction = new ColdCompaction(rewriter, config.compactionMapBytes(), counters);
    this.config = config;
    this.counters = counters;
    this.onChange = onChange;
    this.clock = clock;
  }

  /** Begins to work. */
  public synchronized void start() {
    segments.watchLogStarts(this::moved);
    thread = Thread.ofPlatform().name("upkeep").daemon().start(this::run);
  }

  /** A partition is led here, or its topic's settings are other ones now. */
  public void lead(TopicIdPartition partition, TopicTiering tiering) {
    boolean isNew = led.put(partition, tiering) == null;
    // What the log begins with at its start was written down before.
    if (isNew) segments.offsets(partition).ifPresent(log -> moved(partition, log.logStart()));
  }

  private void moved(TopicIdPartition partition, long logStart) {
    movedStarts.merge(partition, logStart, Math::max);
  }

  /** A partition is led elsewhere, deleted, or has no cold tier any more. */
  public void leave(TopicIdPartition partition) {
    led.remove(partition);
    movedStarts.remove(partition);
  }

  /**
   * What a topic asks of the cold tier.
   *
   * @throws StoreException {@code NOT_FOUND} if the partition is not led here any more
   */
  public TopicTiering tiering(TopicIdPartition partition) {
    TopicTiering tiering = led.get(partition);
    if (tiering != null) return tiering;
    throw new StoreException(
        StoreException.Kind.NOT_FOUND, partition.topicPartition() + " is not led here any more");
  }

  /** A topic was deleted: so is its table, as soon as the store lets us. */
  public void drop(Uuid topicId, String topic) {
    toDrop.put(topicId, topic);
    cleanedMs.remove(topicId);
    wakeUps.release();
  }

  /** Merges what small files there are of a partition now, however few. */
  public void mergeSoon(TopicIdPartition partition) {
    toMerge.add(partition);
    wakeUps.release();
  }

  private void run() {
    BackgroundThreads.stepBack();
    try {
      while (!isClosed()) {
        boolean _ = wakeUps.tryAcquire(config.every().toMillis(), TimeUnit.MILLISECONDS);
        wakeUps.drainPermits();
        if (!isClosed()) round();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks after everything once. What fails is begun anew in the next round. */
  void round() throws InterruptedException {
    toDrop.forEach(this::tryToDrop);
    for (Map.Entry<TopicIdPartition, TopicTiering> one : led.entrySet()) {
      if (isClosed()) return;
      try {
        lookAfter(one.getKey(), one.getValue());
      } catch (IOException | RuntimeException e) {
        if (isClosed()) return;
        counters.failures.increment();
        tell(one.getKey(), e);
      }
    }
  }

  private static void tell(TopicIdPartition partition, Exception failure) {
    boolean isOurs = !(failure instanceof StoreException || failure instanceof IOException);
    log.atLevel(isOurs ? Level.ERROR : Level.WARN)
        .addKeyValue("partition", partition.topicPartition())
        .setCause(failure)
        .log(isOurs ? "upkeep failed" : "upkeep postponed");
  }

  /** Then work that fails was interrupted, and is begun anew after the next start. */
  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private void tryToDrop(Uuid topicId, String topic) {
    try {
      topics.drop(topicId, topic);
      toDrop.remove(topicId);
      log.atInfo().addKeyValue("topic", topic).log("table of a deleted topic dropped");
    } catch (RuntimeException e) {
      if (isClosed()) return;
      counters.failures.increment();
      log.atWarn()
          .addKeyValue("topic", topic)
          .setCause(e)
          .log("table of a deleted topic stays until the store lets it go");
    }
  }

  private void lookAfter(TopicIdPartition partition, TopicTiering tiering)
      throws IOException, InterruptedException {
    Optional<ColdTable> found = topics.table(partition.topicId(), partition.topic());
    if (found.isEmpty()) return;
    ColdTable table = found.get();
    List<ColdFile> files = table.replayed(partition.partition());
    if (!files.isEmpty()) {
      expire(partition, tiering, files);
      dropBelowLogStart(partition, table, files);
      if (tiering.isColdCompacted()) compact(partition, tiering, table);
      boolean isEager = toMerge.remove(partition);
      int mergesMax = isEager ? Integer.MAX_VALUE : MERGES_PER_ROUND;
      for (int i = 0; i < mergesMax && merge(partition, tiering, table, isEager); i++) {
        if (isClosed()) return;
      }
    }
    clean(partition.topicId(), table);
  }

  private void expire(TopicIdPartition partition, TopicTiering tiering, List<ColdFile> files) {
    long coldEnd = files.getLast().endOffset();
    long start =
        ColdRetention.logStart(
            files, segments.localBytes(partition, coldEnd), tiering, clock.millis());
    if (start >= 0) segments.expire(partition, start);
  }

  /** Only a log start that was written down counts: after a crash the log must not want them. */
  private void dropBelowLogStart(
      TopicIdPartition partition, ColdTable table, List<ColdFile> files) {
    long start = movedStarts.getOrDefault(partition, 0L);
    if (files.getFirst().endOffset() > start) return;
    table.expire(partition.partition(), start);
    counters.expiredFiles.add(files.stream().filter(file -> file.endOffset() <= start).count());
    onChange.accept(partition);
  }

  private void compact(TopicIdPartition partition, TopicTiering tiering, ColdTable table)
      throws IOException, InterruptedException {
    Writers writers = topics.writers(partition.topicId(), partition.topic(), tiering);
    long before = counters.compactedFiles.sum();
    try {
      boolean goesOn = true;
      while (goesOn && !isClosed()) {
        goesOn = compaction.round(partition, table, writers, tiering.compaction(), clock.millis());
      }
    } catch (StoreException e) {
      if (e.kind() != StoreException.Kind.EXISTS) throw e;
      // Somebody else replaced one of them first; the round is begun anew with what is there.
    } finally {
      if (counters.compactedFiles.sum() > before) onChange.accept(partition);
    }
  }

  /** Returns whether files were merged: then more of them may have to be. */
  private boolean merge(
      TopicIdPartition partition, TopicTiering tiering, ColdTable table, boolean isEager)
      throws IOException, InterruptedException {
    List<ColdFile> files = table.files(partition.partition());
    List<ColdFile> run =
        isEager
            ? MergePlan.eager(files, tiering.fileBytes())
            : MergePlan.next(files, tiering.fileBytes());
    if (run.isEmpty()) return false;
    Writers writers = topics.writers(partition.topicId(), partition.topic(), tiering);
    try {
      ColdFile merged = rewriter.rewrite(partition, run, table, writers, BatchFilter.none());
      counters.mergedFiles.add(run.size());
      log.atDebug()
          .addKeyValue("partition", partition.topicPartition())
          .addKeyValue("files", run.size())
          .addKeyValue("bytes", merged.bytes())
          .log("merged");
      onChange.accept(partition);
      return true;
    } catch (StoreException e) {
      if (e.kind() != StoreException.Kind.EXISTS) throw e;
      // Somebody else replaced one of them first; what is left is looked at in the next round.
      return false;
    }
  }

  private void clean(Uuid topicId, ColdTable table) {
    long now = clock.millis();
    Long last = cleanedMs.get(topicId);
    if (last != null && now - last < config.cleanEvery().toMillis()) return;
    table.expireSnapshots(clock.instant().minus(config.snapshotAge()), config.snapshotsMin());
    counters.cleanedObjects.add(table.clean(config.orphanAge()));
    cleanedMs.put(topicId, now);
  }

  /** Interrupts what is being done, and waits for nothing. */
  public synchronized void end() {
    closed.countDown();
    if (thread != null) thread.interrupt();
  }

  @Override
  public void close() {
    end();
    Thread running;
    synchronized (this) {
      running = thread;
    }
    if (running == null) return;
    try {
      running.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
