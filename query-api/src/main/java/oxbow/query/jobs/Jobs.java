package oxbow.query.jobs;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.query.Failures;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Topic;
import oxbow.query.jobs.Progress.State;
import oxbow.query.replay.Position;
import oxbow.query.replay.Ranges;
import oxbow.query.replay.ReplayRequest;
import oxbow.query.replay.Waiting;

/**
 * All jobs there are. What runs when the server stops goes on when it starts again; what passes, a
 * full disk or a store that is away, is waited for. Thread-safe.
 */
public final class Jobs implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Jobs.class);

  /** Jobs that have ended and are still shown; the oldest go first. */
  private static final int ENDED_MAX = 100;

  private static final int DELAY_DOUBLINGS = 7;
  private static final Duration STOP = Duration.ofSeconds(5);

  private final Topics topics;
  private final JobCluster cluster;
  private final JobBounds bounds;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final JobStore store;
  private final Map<String, Entry> all = new LinkedHashMap<>(); // guarded by this, as the entries
  private boolean isClosed;
  private final AtomicLong recordsCopied = new AtomicLong();
  private final AtomicLong bytesCopied = new AtomicLong();

  /** A job, and who works on it. */
  private static final class Entry {
    final Job job;
    Progress kept;
    @Nullable Work work;

    Entry(Job job, Progress kept) {
      this.job = job;
      this.kept = kept;
    }
  }

  /** One go at a job, on a thread of its own. */
  private static final class Work {
    final Waiting waiting = new Waiting();
    final long beganNanos = System.nanoTime();
    final long beganAt;
    volatile @Nullable Copying copying;
    volatile @Nullable Thread thread;
    volatile String trouble = "";

    Work(long beganAt) {
      this.beganAt = beganAt;
    }
  }

  /**
   * @param directory where they are kept
   */
  public Jobs(
      Topics topics,
      JobCluster cluster,
      Path directory,
      JobBounds bounds,
      InstantSource clock,
      RandomGenerator random) {
    this.topics = topics;
    this.cluster = cluster;
    this.store = new JobStore(directory);
    this.bounds = bounds;
    this.clock = clock;
    this.random = random;
  }

  /** Goes on with what ran when the server stopped. Called once, when topics can be read. */
  public synchronized void open() {
    if (isClosed) return;
    List<JobStore.Stored> kept;
    try {
      kept = store.load();
    } catch (UncheckedIOException e) {
      log.atError().setCause(e).log("jobs can't be read; none goes on until the next start");
      return;
    }
    for (JobStore.Stored stored : kept) {
      var entry = new Entry(stored.job(), stored.progress());
      all.put(entry.job.id(), entry);
      if (entry.kept.state() == State.RUNNING) begin(entry);
    }
  }

  // ---- facts for operators

  /** Jobs in a state, by its name in lower case. */
  public synchronized long count(String state) {
    return all.values().stream().filter(entry -> JobText.name(entry.kept).equals(state)).count();
  }

  /** Since the start. */
  public long recordsCopied() {
    return recordsCopied.get();
  }

  /** Since the start. */
  public long bytesCopied() {
    return bytesCopied.get();
  }

  // ---- making

  /** Makes a job and begins it. Throws {@link QueryException}. */
  Shown create(String topicName, JobRequest request, Waiting waiting) {
    Topic from =
        topics
            .find(topicName)
            .orElseThrow(() -> new QueryException(Kind.NO_TOPIC, "there is no topic " + topicName));
    synchronized (this) {
      requireRoom();
    }
    List<Job.Range> ranges = ranges(from, request, waiting);
    Job.Target target =
        request.group().isPresent()
            ? new Job.Group(request.group().get())
            : copy(from, request, ranges, waiting);
    List<Long> scanned = target instanceof Job.Copy copy ? copy.ends() : List.of();
    var job =
        new Job(
            Long.toString(random.nextLong() >>> 1, Character.MAX_RADIX),
            clock.millis(),
            new Job.Source(from.name(), from.id().toString(), request.isolation(), ranges),
            target,
            request.recordsPerSecond(),
            request.bytesPerSecond());
    List<Progress.Part> parts =
        ranges.stream().map(range -> new Progress.Part(range.from(), 0, 0, List.of())).toList();
    var entry = new Entry(job, new Progress(State.RUNNING, "", 0, parts, scanned, 0, 0));
    synchronized (this) {
      requireRoom();
      write(entry);
      all.put(job.id(), entry);
      forgetOldest();
      begin(entry);
      return shown(entry);
    }
  }

  private List<Job.Range> ranges(Topic from, JobRequest request, Waiting waiting) {
    List<Integer> partitions =
        request.partitions().isEmpty()
            ? IntStream.range(0, from.partitions()).boxed().toList()
            : request.partitions();
    var asked =
        new ReplayRequest(
            from,
            partitions,
            Position.parse("from", request.from().orElse("earliest"), clock.instant()),
            request.to().map(text -> Position.parse("to", text, clock.instant())),
            false,
            Optional.empty(),
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            ReplayRequest.Order.PARTITION,
            request.isolation());
    boolean isGroup = request.group().isPresent();
    return new Ranges(topics, waiting, request.isolation())
        .of(asked).stream()
            .map(range -> {
              long end = isGroup ? range.start() : Math.max(range.start(), range.end());
              return new Job.Range(range.partition().partition(), range.start(), end);
            })
            .toList();
  }

  private Job.Copy copy(Topic from, JobRequest request, List<Job.Range> ranges, Waiting waiting) {
    String name = request.topic().orElseThrow();
    if (name.equals(from.name())) {
      throw new QueryException(Kind.BAD_BODY, "a topic isn't copied into itself");
    }
    Optional<Topic> known = topics.find(name);
    Topic to =
        known.isPresent() ? known.get() : waiting.await(cluster.create(name, from.partitions()));
    if (to.isInternal()) {
      throw new QueryException(
          Kind.FORBIDDEN, name + " is written by the broker itself and by nobody else");
    }
    int needed = ranges.stream().mapToInt(Job.Range::partition).max().orElse(0) + 1;
    boolean isWideEnough = to.partitions() >= needed;
    if (request.mapping().equals(Optional.of(Job.Mapping.SAME)) && !isWideEnough) {
      throw new QueryException(
          Kind.BAD_BODY,
          "%s has %d partitions, and %d are needed; or let keys decide: partitioning=key"
              .formatted(name, to.partitions(), needed));
    }
    List<Long> producers = new ArrayList<>();
    for (Job.Range _ : ranges) producers.add(waiting.await(cluster.producerId()));
    List<Long> ends = new ArrayList<>();
    for (int partition = 0; partition < to.partitions(); partition++) {
      ends.add(known.isPresent() ? end(to, partition) : 0L);
    }
    return new Job.Copy(
        to.name(),
        to.id().toString(),
        to.partitions(),
        request.mapping().orElse(isWideEnough ? Job.Mapping.SAME : Job.Mapping.KEY),
        producers,
        ends);
  }

  private long end(Topic topic, int partition) {
    return topics
        .bounds(topic.partition(partition))
        .map(Topics.Bounds::highWatermark)
        .orElseThrow(() ->
            new QueryException(
                Kind.UNAVAILABLE,
                "partition " + partition + " of " + topic.name() + " is not available now"));
  }

  private void requireRoom() {
    if (isClosed) throw new QueryException(Kind.UNAVAILABLE, "the server stops");
    long running = all.values().stream().filter(entry -> entry.work != null).count();
    if (running < bounds.runningMax()) return;
    throw new QueryException(
        Kind.BUSY, running + " jobs are under way, and no more at a time (query.jobs.max)");
  }

  private void forgetOldest() {
    List<Entry> ended =
        all.values().stream().filter(entry -> entry.kept.state().isEnded()).toList();
    for (Entry entry : ended.subList(0, Math.max(0, ended.size() - ENDED_MAX))) forget(entry);
  }

  private void forget(Entry entry) {
    try {
      store.delete(entry.job);
    } catch (UncheckedIOException e) {
      throw unwritten(e);
    }
    all.remove(entry.job.id());
  }

  // ---- asking and changing

  /**
   * A job as it is shown.
   *
   * @param perSecond offsets that it passes, since it began to run; zero: it doesn't, or not yet
   */
  record Shown(Job job, Progress progress, double perSecond) {}

  synchronized List<Shown> list() {
    List<Shown> list = new ArrayList<>();
    for (Entry entry : all.values()) list.add(shown(entry));
    return list.reversed();
  }

  synchronized Shown find(String id) {
    return shown(entry(id));
  }

  private Entry entry(String id) {
    Entry entry = all.get(id);
    if (entry == null) throw new QueryException(Kind.NO_JOB, "there is no job " + id);
    return entry;
  }

  private static Shown shown(Entry entry) {
    Progress kept = entry.kept;
    Work work = entry.work;
    if (work == null) return new Shown(entry.job, kept, 0);
    Copying copying = work.copying;
    Progress now = copying == null ? kept : copying.shown();
    String reason = kept.reason().isEmpty() ? work.trouble : kept.reason();
    double seconds = (System.nanoTime() - work.beganNanos) / 1e9;
    double perSecond = Math.max(0, passed(now) - work.beganAt) / Math.max(seconds, 1e-3);
    return new Shown(
        entry.job,
        now.with(kept.state(), reason, kept.endedMs()),
        kept.state() == State.RUNNING ? perSecond : 0);
  }

  private static long passed(Progress progress) {
    return progress.parts().stream().mapToLong(Progress.Part::next).sum();
  }

  /** It stays as it is until it is resumed. */
  Shown pause(String id) {
    return stop(id, State.PAUSED);
  }

  /** What was copied stays. A job that has ended already is forgotten. */
  Shown cancel(String id) {
    synchronized (this) {
      Entry entry = entry(id);
      if (entry.kept.state().isEnded()) {
        forget(entry);
        return shown(entry);
      }
    }
    return stop(id, State.CANCELLED);
  }

  private Shown stop(String id, State state) {
    Work work;
    synchronized (this) {
      Entry entry = entry(id);
      if (entry.kept.state() == state) return shown(entry);
      boolean isStopping = state == State.CANCELLED && entry.kept.state() == State.PAUSED;
      if (entry.kept.state() != State.RUNNING && !isStopping) throw not(entry, "running");
      entry.kept = entry.kept.with(state, "", state.isEnded() ? clock.millis() : 0);
      write(entry);
      work = entry.work;
    }
    if (work != null) end(work);
    synchronized (this) {
      return shown(entry(id));
    }
  }

  /** Goes on with a job that was paused, or tries again what has failed. */
  synchronized Shown resume(String id) {
    Entry entry = entry(id);
    State state = entry.kept.state();
    if (state == State.RUNNING) return shown(entry);
    if (state != State.PAUSED && state != State.FAILED) throw not(entry, "paused or failed");
    if (entry.work != null) {
      throw new QueryException(Kind.UNAVAILABLE, "the job is still ending; try again");
    }
    requireRoom();
    entry.kept = entry.kept.with(State.RUNNING, "", 0);
    write(entry);
    begin(entry);
    return shown(entry);
  }

  private static QueryException not(Entry entry, String wanted) {
    return new QueryException(
        Kind.CONFLICT, "the job is " + JobText.name(entry.kept) + ", not " + wanted);
  }

  private void write(Entry entry) {
    try {
      store.write(entry.job, entry.kept);
    } catch (UncheckedIOException e) {
      throw unwritten(e);
    }
  }

  private static QueryException unwritten(UncheckedIOException e) {
    log.atError().setCause(e).log("a job's progress can't be written down");
    return new QueryException(
        Kind.UNAVAILABLE, "the job's progress can't be written down: " + e.getMessage(), e);
  }

  // ---- working

  private void begin(Entry entry) {
    var work = new Work(passed(entry.kept));
    entry.work = work;
    work.thread = Thread.ofVirtual().name("job-" + entry.job.id()).start(() -> workOn(entry, work));
  }

  private void workOn(Entry entry, Work work) {
    try {
      for (int failures = 0; ; failures++) {
        try {
          switch (entry.job.target()) {
            case Job.Copy copy -> copy(entry, work, copy);
            case Job.Group group -> move(entry.job, group, work.waiting);
          }
          ended(entry, work, State.DONE, "");
          return;
        } catch (QueryException e) {
          work.waiting.check();
          if (!isPassing(e)) {
            log.atWarn().addKeyValue("job", entry.job.id()).setCause(e).log("a job failed");
            ended(entry, work, State.FAILED, e.text());
            return;
          }
          if (work.trouble.isEmpty()) {
            log.atWarn().addKeyValue("job", entry.job.id()).setCause(e).log("a job waits");
          }
          work.trouble = e.text();
          work.waiting.pause(bounds.retryDelay().toNanos() << Math.min(failures, DELAY_DOUBLINGS));
        }
      }
    } catch (Waiting.StoppedException _) {
      // whoever stopped it has said what it is now
    } catch (RuntimeException e) {
      ended(entry, work, State.FAILED, Failures.of(e).text());
    } finally {
      release(entry, work);
    }
  }

  private static boolean isPassing(QueryException failure) {
    return failure.kind() == Kind.UNAVAILABLE
        || failure.kind() == Kind.TIMED_OUT
        || failure.kind() == Kind.BUSY;
  }

  private void copy(Entry entry, Work work, Job.Copy target) {
    Progress before;
    synchronized (this) {
      before = entry.kept;
    }
    var copying =
        new Copying(
            topics,
            entry.job,
            target,
            before,
            work.waiting,
            bounds.checkpointEvery().toNanos(),
            progress -> keep(entry, work, progress));
    work.copying = copying;
    copying.run();
  }

  private synchronized void keep(Entry entry, Work work, Progress progress) {
    Progress before = entry.kept;
    recordsCopied.addAndGet(records(progress) - records(before));
    bytesCopied.addAndGet(bytes(progress) - bytes(before));
    if (progress.parts().equals(before.parts()) && progress.scanned().equals(before.scanned())) {
      return;
    }
    work.trouble = "";
    entry.kept = progress.with(before.state(), before.reason(), before.endedMs());
    if (all.containsKey(entry.job.id())) write(entry);
  }

  private static long records(Progress progress) {
    return progress.parts().stream().mapToLong(Progress.Part::records).sum();
  }

  private static long bytes(Progress progress) {
    return progress.parts().stream().mapToLong(Progress.Part::bytes).sum();
  }

  private void move(Job job, Job.Group group, Waiting waiting) {
    Topic topic = Job.same(topics, job.source().topic(), job.source().topicId());
    Map<TopicIdPartition, Long> offsets = new HashMap<>();
    for (Job.Range range : job.source().ranges()) {
      offsets.put(topic.partition(range.partition()), range.from());
    }
    waiting.await(cluster.moveGroup(group.group(), offsets));
  }

  private synchronized void release(Entry entry, Work work) {
    if (entry.work == work) entry.work = null;
  }

  /** From here on it may be resumed: with its state goes the work. */
  private synchronized void ended(Entry entry, Work work, State state, String reason) {
    release(entry, work);
    if (entry.kept.state() != State.RUNNING) return; // cancelled in its last moment
    entry.kept = entry.kept.with(state, reason, clock.millis());
    try {
      write(entry);
    } catch (QueryException _) {
      // logged; the next start finds it running, and that there is nothing left to do
    }
  }

  /** Stops what is under way and waits for it, a while. */
  private static void end(Work work) {
    work.waiting.stop();
    Thread thread = work.thread;
    try {
      if (thread != null && !thread.join(STOP)) {
        log.atWarn().log("a job still waits for an append while it is stopped");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops all; those that run go on at the next start. */
  @Override
  public void close() {
    List<Work> under = new ArrayList<>();
    synchronized (this) {
      isClosed = true;
      for (Entry entry : all.values()) if (entry.work != null) under.add(entry.work);
    }
    under.forEach(work -> work.waiting.stop());
    under.forEach(Jobs::end);
  }
}
