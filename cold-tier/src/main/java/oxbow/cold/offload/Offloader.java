package oxbow.cold.offload;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.BackgroundThreads;
import oxbow.cold.TopicTiering;
import oxbow.cold.offload.OffloadState.Waiting;
import oxbow.cold.store.StoreException;
import oxbow.log.LogOffsets;
import oxbow.log.NanoClock;
import oxbow.log.SealedSegments;
import oxbow.log.SealedSegments.Backlog;

/**
 * Looks after every partition that is led here and has a cold tier: says now and then whose records
 * have to go, and runs the passes on threads of its own ({@code offload-*}), a topic on one at a
 * time. While the store is away it tries again, ever more rarely, and the log keeps what it has.
 */
public final class Offloader implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Offloader.class);
  private static final Duration PAUSE_FIRST = Duration.ofMillis(500);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration MEASURE_EVERY = Duration.ofSeconds(5);

  /** A pass that is behind takes no more log: others get their turn before its next. */
  private static final long PASS_BYTES_MAX = 256 << 20;

  /** Percent of the time that a pass took the last times: the next one may take longer. */
  private static final int SPARE = 150;

  private static final long CATCH_UP_BYTES_PER_SECOND = 64 << 20;

  private final SealedSegments segments;
  private final Tables tables;
  private final Uploads uploads;
  private final OffloadCounters counters;
  private final NanoClock clock;
  private final Random random;
  private final Map<Uuid, Topic> topics = new ConcurrentHashMap<>();
  private final Duration lookEvery;
  private final Outage outage;
  private final CatchUp catchUp;
  private long measuredNanos; // of offload-clock alone
  private final ExecutorService threads;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Opens what a topic's passes work on. May wait for the store. */
  public interface Tables {
    TopicOffload open(Uuid topicId, String topic, TopicTiering tiering);
  }

  /**
   * How a partition is doing.
   *
   * @param offsets the log's bounds; null: it is offline
   * @param backlogBytes of log that the table does not have yet
   * @param ageMs how long the oldest of it has waited
   * @param trouble why the last pass failed; null: it did not
   */
  public record Status(
      TopicIdPartition partition,
      @Nullable LogOffsets offsets,
      long backlogBytes,
      long ageMs,
      @Nullable String trouble) {}

  /** One that catches up at the usual pace. */
  public Offloader(
      SealedSegments segments,
      Tables tables,
      Uploads uploads,
      OffloadCounters counters,
      int parallelMax,
      Duration lookEvery,
      NanoClock clock,
      Random random) {
    this(
        segments,
        tables,
        uploads,
        counters,
        parallelMax,
        lookEvery,
        CATCH_UP_BYTES_PER_SECOND,
        clock,
        random);
  }

  /**
   * @param parallelMax topics at a time
   * @param lookEvery how often it is asked what waits
   * @param catchUpBytesPerSecond what topics that are far behind take together; more if that is
   *     what comes in
   */
  public Offloader(
      SealedSegments segments,
      Tables tables,
      Uploads uploads,
      OffloadCounters counters,
      int parallelMax,
      Duration lookEvery,
      long catchUpBytesPerSecond,
      NanoClock clock,
      Random random) {
    this.segments = segments;
    this.tables = tables;
    this.uploads = uploads;
    this.counters = counters;
    this.clock = clock;
    this.random = random;
    this.lookEvery = lookEvery;
    this.outage = new Outage(clock);
    this.catchUp = new CatchUp(catchUpBytesPerSecond, clock);
    this.measuredNanos = clock.nanos();
    this.threads = Executors.newFixedThreadPool(parallelMax, BackgroundThreads.named("offload"));
  }

  /** A topic of which partitions are led here, as it is from now on. */
  private final class Topic {
    final Uuid id;
    final String name;
    final Map<TopicIdPartition, Due> led = new ConcurrentHashMap<>();
    final List<TopicIdPartition> takenOver = new ArrayList<>();
    volatile TopicTiering tiering;
    volatile @Nullable String trouble;
    private @Nullable TopicOffload offload;
    private boolean isOld;
    private boolean isRunning;
    private final PassTimes passTimes = new PassTimes();
    private long dueNanos;
    private long dueBytes;
    private int failures;
    private long notBeforeNanos;

    Topic(Uuid id, String name, TopicTiering tiering) {
      this.id = id;
      this.name = name;
      this.tiering = tiering;
      this.notBeforeNanos = clock.nanos();
    }

    synchronized void lead(TopicIdPartition partition, TopicTiering now) {
      isOld |= !now.equals(tiering);
      tiering = now;
      if (led.putIfAbsent(partition, new Due()) == null) takenOver.add(partition);
    }

    synchronized void leave(TopicIdPartition partition) {
      led.remove(partition);
      takenOver.remove(partition);
    }

    /** Whether a pass has to run; if so, one is taken to be running from now on. */
    synchronized boolean look(long now) {
      if (isRunning || now - notBeforeNanos < 0) return false;
      boolean isDue = !takenOver.isEmpty();
      TopicTiering wanted = tiering;
      Map<Due, Optional<Backlog>> backlogs = new HashMap<>();
      long bytes = 0;
      for (Map.Entry<TopicIdPartition, Due> one : led.entrySet()) {
        Optional<Backlog> backlog = segments.backlog(one.getKey());
        backlogs.put(one.getValue(), backlog);
        long backlogBytes = backlog.map(Backlog::sizeBytes).orElse(0L);
        bytes += Math.min(backlogBytes, Due.logBytes(wanted.fileBytes()));
      }
      // It is looked at now and then only, and the next look may be too late.
      long passMs = passTimes.expectedMs(bytes) * SPARE / 100 + lookEvery.toMillis();
      for (Map.Entry<Due, Optional<Backlog>> one : backlogs.entrySet()) {
        isDue |=
            one.getKey().look(one.getValue(), wanted.lagMsMax(), passMs, wanted.fileBytes(), now);
      }
      isRunning = isDue;
      dueNanos = now;
      dueBytes = bytes;
      return isDue;
    }

    void run() {
      try {
        Turn turn = pass();
        succeeded(turn);
        // A backlog of many files does not wait for the next look between each two of them.
        if (turn.hasMoved() && look(clock.nanos())) submit(this);
      } catch (CancellationException _) {
        // The process ends, and what was under way is begun anew after the next start.
      } catch (IOException | RuntimeException | Error e) {
        failed(e);
      }
    }

    /** What passes work on, as the topic's settings are now. */
    private TopicOffload open() {
      TopicOffload last;
      TopicTiering now;
      synchronized (this) {
        last = isOld ? null : offload;
        isOld = false;
        now = tiering;
      }
      if (last != null) return last;
      TopicOffload opened = tables.open(id, name, now);
      synchronized (this) {
        offload = opened;
      }
      if (closed.getCount() == 0) opened.stop();
      return opened;
    }

    private Turn pass() throws IOException {
      if (closed.getCount() == 0) throw new CancellationException("closed");
      TopicOffload mine = open();
      List<TopicIdPartition> toTakeOver;
      synchronized (this) {
        toTakeOver = List.copyOf(takenOver);
      }
      if (!toTakeOver.isEmpty()) {
        mine.takeOver(toTakeOver);
        synchronized (this) {
          takenOver.removeAll(toTakeOver);
        }
      }
      Lock shared = uploads.shared(id);
      shared.lock();
      try {
        return pass(mine);
      } finally {
        shared.unlock();
      }
    }

    private Turn pass(TopicOffload mine) throws IOException {
      PassPlan plan = plan();
      List<Waiting> waiting = new ArrayList<>();
      for (PassPlan.Candidate one : plan.chosen()) {
        Due due = led.get(one.partition());
        if (due == null) continue;
        due.passBegins(clock.nanos());
        waiting.add(new Waiting(one.partition(), one.coldEnd()));
      }
      boolean hasMoved = !waiting.isEmpty() && !mine.pass(waiting, plan.isBehind()).isEmpty();
      return new Turn(hasMoved, plan.isBehind() ? plan.bytes() : 0);
    }

    private PassPlan plan() {
      long fileLogBytes = Due.logBytes(tiering.fileBytes());
      long now = clock.nanos();
      List<PassPlan.Candidate> candidates = new ArrayList<>();
      led.forEach((partition, due) -> {
        Optional<Backlog> backlog = segments.backlog(partition);
        if (backlog.isEmpty()) return;
        candidates.add(
            new PassPlan.Candidate(
                partition,
                backlog.get().offsets().coldEnd(),
                backlog.get().sizeBytes(),
                due.ageMs(now)));
      });
      return PassPlan.of(candidates, fileLogBytes, Math.max(PASS_BYTES_MAX, fileLogBytes));
    }

    synchronized void stop() {
      if (offload != null) offload.stop();
    }

    private synchronized void succeeded(Turn turn) {
      outage.answered();
      if (failures > 0) {
        log.atInfo()
            .addKeyValue("topic", name)
            .addKeyValue("tries", failures)
            .log("offload goes on");
      }
      failures = 0;
      trouble = null;
      if (turn.hasMoved()) passTimes.took(clock.nanos() - dueNanos, dueBytes);
      if (turn.bytesBehind() > 0) notBeforeNanos = catchUp.next(turn.bytesBehind());
      isRunning = false;
    }

    private synchronized void failed(Throwable failure) {
      if (closed.getCount() == 0) return; // begun anew after the next start
      counters.failures.increment();
      failures++;
      trouble = String.valueOf(failure.getMessage());
      long pauseMs =
          Math.min(PAUSE_MAX.toMillis(), PAUSE_FIRST.toMillis() << Math.min(failures - 1, 10));
      notBeforeNanos =
          clock.nanos() + TimeUnit.MILLISECONDS.toNanos(pauseMs / 2 + random.nextLong(pauseMs));
      isRunning = false;
      if (TopicOffload.isTroubleOfTheStore(failure)) {
        outage.noAnswer(failure);
        return;
      }
      log.atError()
          .addKeyValue("topic", name)
          .addKeyValue("tries", failures)
          .setCause(failure)
          .log("offload postponed");
    }
  }

  /**
   * What a pass did.
   *
   * @param hasMoved there is more in the table now
   * @param bytesBehind of log that it took while being far behind; 0: it is not
   */
  private record Turn(boolean hasMoved, long bytesBehind) {}

  private void submit(Topic topic) {
    try {
      threads.execute(topic::run);
    } catch (RejectedExecutionException _) {
      // Closed meanwhile.
    }
  }

  /** Begins to look. */
  public void start() {
    Thread.ofPlatform().name("offload-clock").daemon().start(this::lookOften);
  }

  private void lookOften() {
    try {
      while (!closed.await(lookEvery.toMillis(), TimeUnit.MILLISECONDS)) look();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A partition is led here, or its topic's settings are other ones now. */
  public void lead(TopicIdPartition partition, TopicTiering tiering) {
    Topic topic =
        topics.computeIfAbsent(
            partition.topicId(), id -> new Topic(id, partition.topic(), tiering));
    topic.lead(partition, tiering);
  }

  /** A partition is led elsewhere, deleted, or has no cold tier any more. */
  public void leave(TopicIdPartition partition) {
    topics.computeIfPresent(
        partition.topicId(),
        (_, topic) -> {
          topic.leave(partition);
          return topic.led.isEmpty() ? null : topic;
        });
  }

  /** Looks at every topic once, and begins the passes that are due. */
  void look() {
    try {
      long now = clock.nanos();
      if (now - measuredNanos >= MEASURE_EVERY.toNanos()) measure(now);
      for (Topic topic : topics.values()) if (topic.look(now)) submit(topic);
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("a look at what waits for the cold tier failed");
    }
  }

  private void measure(long now) {
    long backlogBytes = 0;
    for (Topic topic : topics.values()) {
      for (TopicIdPartition partition : topic.led.keySet()) {
        backlogBytes += segments.backlog(partition).map(Backlog::sizeBytes).orElse(0L);
      }
    }
    catchUp.measured(backlogBytes, counters.readBytes.sum());
    measuredNanos = now;
  }

  /** How long the store has not answered; zero: it does. */
  public Duration storeAway() {
    return outage.length();
  }

  /** Why the store does not take records; empty: it does. */
  public Optional<String> storeTrouble() {
    return outage.reason();
  }

  /** Somebody else asked the store for something that concerns all topics, in vain. */
  public void storeFailed(StoreException failure) {
    outage.noAnswer(failure);
  }

  /** Somebody else got an answer from it. */
  public void storeAnswered() {
    outage.answered();
  }

  /** How every partition is doing that is led here. */
  public List<Status> status() {
    List<Status> all = new ArrayList<>();
    long now = clock.nanos();
    for (Topic topic : topics.values()) {
      topic.led.forEach((partition, due) -> {
        Optional<Backlog> backlog = segments.backlog(partition);
        @Nullable LogOffsets offsets = segments.offsets(partition).orElse(null);
        long bytes = backlog.map(Backlog::sizeBytes).orElse(0L);
        all.add(new Status(partition, offsets, bytes, due.ageMs(now), topic.trouble));
      });
    }
    return all;
  }

  /**
   * Has what runs end, and waits for nothing. No thread is interrupted: that would close the log's
   * own files under it.
   */
  public void end() {
    closed.countDown();
    topics.values().forEach(Topic::stop);
    threads.shutdown();
  }

  /** Waits for what runs, if it ends soon; what is not committed is begun anew after the start. */
  @Override
  public void close() {
    end();
    try {
      if (!threads.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        log.atWarn().addKeyValue("patience", PATIENCE).log("an offload was still under way");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
