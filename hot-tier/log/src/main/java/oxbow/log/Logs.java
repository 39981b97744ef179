package oxbow.log;

import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.LogException.Kind;
import oxbow.log.batch.BatchCounters;
import oxbow.log.batch.BatchValidator;
import oxbow.log.clean.CleanCounters;
import oxbow.log.clean.CleanableLog;
import oxbow.log.clean.Compaction;
import oxbow.log.io.LocalLogFiles;
import oxbow.log.io.LogFile;
import oxbow.log.io.LogFiles;
import oxbow.log.recovery.LogLoader;

/**
 * Every partition log of this node: opens, recovers, deletes, and runs what goes on in the
 * background (retention, compaction, fsync by interval, checkpoints) on its {@code log-*} threads.
 */
public final class Logs implements SealedSegments, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Logs.class);

  private static final String LOCK = ".lock";
  private static final String CLEAN_STOP = ".kafka_cleanshutdown";
  private static final String IDENTITY = "meta.properties";
  private static final String DIRECTORY_ID = "directory.id=";

  /** The metadata log has a directory of the same form, but is KRaft's. */
  private static final String METADATA_TOPIC = "__cluster_metadata";

  /** Nothing expires before the topic's own settings are known. */
  private static final LogConfig UNTIL_KNOWN =
      LogConfig.of(Map.of(TopicConfig.RETENTION_MS_CONFIG, "-1"));

  private static final long WATERMARK_CHECKPOINT_MS = 5_000;
  private static final long COMPACTION_CHECK_MS = 15_000;
  private static final long SPACE_CHECK_MS = 1_000;
  private static final long PRODUCER_CHECK_MS = 600_000;

  private final LogsConfig config;
  private final LogFiles files;
  private final LogEnvironment env;
  private final LogFile lockFile;
  private final Uuid directoryId;
  private final boolean wasClean;
  private final ConcurrentHashMap<TopicPartition, Entry> entries = new ConcurrentHashMap<>();
  private final AtomicBoolean isClosed = new AtomicBoolean();
  private final AtomicBoolean isMakingRoom = new AtomicBoolean();

  /** A partition found or made, and the task that opens it, whoever comes first to run it. */
  private record Entry(TopicIdPartition id, FutureTask<PartitionLog> task) {
    PartitionLog log() {
      task.run();
      try {
        return task.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LogException(Kind.CLOSED, "interrupted while " + id + " was opened", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException("opening a log reports failures in it", e.getCause());
      }
    }

    @Nullable PartitionLog logIfOpen() {
      return task.state() == FutureTask.State.SUCCESS ? task.resultNow() : null;
    }
  }

  private Logs(
      LogsConfig config, LogEnvironment env, LogFile lockFile, Uuid directoryId, boolean wasClean)
      throws IOException {
    this.config = config;
    this.files = env.files();
    this.env = env;
    this.lockFile = lockFile;
    this.directoryId = directoryId;
    this.wasClean = wasClean;
    env.checkpoints().of(this::openLogs);
    env.compaction().of(this::cleanableLogs);
    findStored();
    env.threads().every(config.flushCheckMs(), this::flushDue);
    env.threads().every(config.checkpointMs(), env.checkpoints()::soon);
    env.threads().every(config.retentionCheckMs(), () -> env.threads().execute(this::expire));
    env.threads().every(WATERMARK_CHECKPOINT_MS, env.checkpoints()::soon);
    env.threads().every(COMPACTION_CHECK_MS, () -> env.threads().execute(this::compact));
    env.threads().every(SPACE_CHECK_MS, this::lookAtDisk);
    env.threads().every(PRODUCER_CHECK_MS, this::expireProducers);
  }

  /**
   * Takes possession of a directory: locks it, reads its identity (made at first use) and
   * checkpoints, and begins to open the partitions it finds on its own threads.
   */
  public static Logs open(LogsConfig config) {
    return open(config, new LocalLogFiles());
  }

  /** The same on another disk. */
  public static Logs open(LogsConfig config, LogFiles files) {
    return open(
        config, files, Clock.systemUTC(), System::nanoTime, new LogThreadPool(config.threads()));
  }

  /** The same with another disk, other clocks or other threads. */
  public static Logs open(
      LogsConfig config,
      LogFiles files,
      InstantSource clock,
      NanoClock nanoClock,
      LogThreads threads) {
    LogFile lockFile = null;
    try {
      Path directory = config.directory();
      files.createDirectory(directory);
      lockFile = lock(files, directory.resolve(LOCK));
      Path marker = directory.resolve(CLEAN_STOP);
      boolean wasClean = files.delete(marker);
      if (wasClean) files.forceDirectory(directory);
      var space = new DiskSpace(files, directory, config.diskReserveBytes());
      space.look();
      var validator = new BatchValidator(Runtime.getRuntime().availableProcessors());
      var compaction =
          new Compaction(
              files,
              directory,
              clock,
              nanoClock,
              config.cleanerBufferBytes(),
              config.cleanerBytesPerSecondMax(),
              validator);
      var env =
          new LogEnvironment(
              files,
              clock,
              nanoClock,
              threads,
              new GroupCommit(threads),
              new Checkpoints(files, directory, threads),
              validator,
              compaction,
              space,
              new LogCounters());
      return new Logs(config, env, lockFile, identity(files, directory), wasClean);
    } catch (IOException | LogException e) {
      threads.close();
      closeQuietly(lockFile);
      if (e instanceof LogException known) throw known;
      throw new LogException(
          Kind.OFFLINE, "%s can't be used: %s".formatted(config.directory(), reason(e)), e);
    }
  }

  /** In words: of some failures Java tells the file and leaves the rest to the exception's name. */
  private static String reason(Exception failure) {
    return switch (failure) {
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case NoSuchFileException absent -> absent.getFile() + ": no such file or directory";
      case FileAlreadyExistsException file -> file.getFile() + ": is not a directory";
      default -> String.valueOf(failure.getMessage());
    };
  }

  private static LogFile lock(LogFiles files, Path path) throws IOException {
    LogFile file = files.open(path);
    FileLock held;
    try {
      held = file.channel().tryLock();
    } catch (OverlappingFileLockException _) {
      held = null;
    }
    if (held == null) {
      closeQuietly(file);
      throw new LogException(Kind.OFFLINE, path.getParent() + " is in use by another process");
    }
    return file;
  }

  private static void closeQuietly(@Nullable LogFile file) {
    if (file == null) return;
    try {
      file.close();
    } catch (IOException e) {
      log.atWarn().setCause(e).log("lock file not closed");
    }
  }

  private static Uuid identity(LogFiles files, Path directory) throws IOException {
    Path path = directory.resolve(IDENTITY);
    String text = "version=1\n";
    if (files.exists(path)) {
      text = new String(files.content(path), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        if (line.startsWith(DIRECTORY_ID)) {
          return Uuid.fromString(line.substring(DIRECTORY_ID.length()).strip());
        }
      }
    }
    Uuid id = Uuid.randomUuid();
    text += DIRECTORY_ID + id + "\n";
    files.replace(path, text.getBytes(StandardCharsets.UTF_8));
    return id;
  }

  private void findStored() throws IOException {
    int found = 0;
    for (String name : files.list(config.directory())) {
      Path path = config.directory().resolve(name);
      if (PartitionDirectory.isMarkedDeleted(name)) {
        env.threads().execute(() -> deleteDirectory(path));
        continue;
      }
      TopicPartition partition = PartitionDirectory.parse(name).orElse(null);
      if (partition == null || partition.topic().equals(METADATA_TOPIC)) continue;
      if (!files.isDirectory(path)) continue;
      Uuid topicId = PartitionDirectory.topicId(files, path).orElse(Uuid.ZERO_UUID);
      Entry entry = entry(new TopicIdPartition(topicId, partition), UNTIL_KNOWN);
      entries.put(partition, entry);
      env.threads().execute(entry.task);
      found++;
    }
    if (found == 0) env.checkpoints().begin();
    if (found > 0) {
      log.atInfo()
          .addKeyValue("directory", config.directory())
          .addKeyValue("partitions", found)
          .log(wasClean ? "opening logs" : "opening logs after an unclean stop");
    }
  }

  private Entry entry(TopicIdPartition id, LogConfig logConfig) {
    return new Entry(id, new FutureTask<>(() -> load(id, logConfig)));
  }

  private PartitionLog load(TopicIdPartition id, LogConfig logConfig) {
    TopicPartition partition = id.topicPartition();
    Path directory = config.directory().resolve(PartitionDirectory.name(partition));
    Checkpoints checkpoints = env.checkpoints();
    var settings =
        new LogLoader.Settings(
            checkpoints.recoveryPoint(partition),
            checkpoints.logStart(partition),
            checkpoints.coldEnd(partition),
            compactedEnd(partition),
            logConfig.indexIntervalBytes(),
            config.producerExpirationMs());
    var time = new KafkaTime(env.clock());
    try {
      boolean isNew = !files.isDirectory(directory);
      if (isNew) {
        checkpoints.beginAnew(partition);
        files.createDirectory(directory);
        PartitionDirectory.writeTopicId(files, directory, id.topicId());
      }
      LogLoader.Loaded loaded = LogLoader.load(files, directory, partition, time, settings);
      if (loaded.verifiedBytes() + loaded.truncatedBytes() > 0) {
        env.counters().recoveredPartitions.increment();
        env.counters().verifiedBytes.add(loaded.verifiedBytes());
        env.counters().truncatedBytes.add(loaded.truncatedBytes());
      }
      env.counters().rebuiltIndexes.add(loaded.rebuiltIndexes());
      var state =
          new LogState(
              env,
              id,
              directory,
              logConfig,
              loaded,
              checkpoints.highWatermark(partition),
              checkpoints.coldEnd(partition),
              isNew || isLogStartKnown(partition, loaded));
      return new PartitionLog(state, loaded.gap());
    } catch (IOException | RuntimeException e) {
      LogLoader.Loaded nothing = LogLoader.unusable(files, directory, partition, time, settings);
      var damaged =
          new PartitionLog(new LogState(env, id, directory, logConfig, nothing, 0, 0, false), null);
      damaged.takeOffline(e);
      return damaged;
    }
  }

  /** Where the oldest segments were lost, the log begins later than it did, and may not have to. */
  private boolean isLogStartKnown(TopicPartition partition, LogLoader.Loaded loaded) {
    Checkpoints checkpoints = env.checkpoints();
    return checkpoints.knowsLogStart(partition)
        && checkpoints.logStart(partition) >= loaded.logStart();
  }

  /**
   * Segments that begin up to here may follow offsets that are missing. Without checkpoints nobody
   * knows which partitions were compacted. Nor is it known of one that was brought here while the
   * node was stopped; only after an unclean stop can it be a young one, whose gaps are losses.
   */
  private long compactedEnd(TopicPartition partition) {
    long recoveryPoint = env.checkpoints().recoveryPoint(partition);
    boolean isUnknown = recoveryPoint == 0;
    if (env.checkpoints().isLost() || (isUnknown && wasClean)) return Long.MAX_VALUE;
    OptionalLong compacted = env.compaction().compactedEnd(partition);
    // A round that did not come to its end has compacted nothing that was not flushed.
    return compacted.isPresent() ? Math.max(compacted.getAsLong(), recoveryPoint) : 0;
  }

  public Path directory() {
    return config.directory();
  }

  /** The identity of this directory, as KRaft's metadata names it. */
  public Uuid directoryId() {
    return directoryId;
  }

  /**
   * Opens a partition's log, made if absent and recovered if it was not closed. May wait for the
   * disk. A damaged log is returned offline, with its reason, instead of failing. What is left of
   * an earlier topic of that name is deleted.
   */
  public PartitionLog open(TopicIdPartition id, LogConfig logConfig) {
    if (isClosed.get()) throw new LogException(Kind.CLOSED, "logs were closed");
    TopicPartition partition = id.topicPartition();
    Entry known = entries.get(partition);
    if (known != null && known.id.topicId().equals(Uuid.ZERO_UUID)) {
      adopt(known, id);
    } else if (known != null && !known.id.equals(id)) {
      log.atWarn()
          .addKeyValue("partition", partition)
          .addKeyValue("topicId", known.id.topicId())
          .log("log of an earlier topic of that name deleted");
      delete(known.id);
    }
    PartitionLog opened = entries.computeIfAbsent(partition, _ -> entry(id, logConfig)).log();
    opened.judgeGap(logConfig);
    opened.reconfigure(logConfig);
    return opened;
  }

  /** Takes a directory whose topic was never written down for the topic's that has the name now. */
  private void adopt(Entry known, TopicIdPartition id) {
    known.log().close();
    Path directory = config.directory().resolve(PartitionDirectory.name(id.topicPartition()));
    try {
      PartitionDirectory.writeTopicId(files, directory, id.topicId());
    } catch (IOException e) {
      log.atWarn().addKeyValue("partition", id).setCause(e).log("topic id not written");
    }
    entries.remove(id.topicPartition(), known);
  }

  public Optional<PartitionLog> find(TopicPartition partition) {
    Entry entry = entries.get(partition);
    return entry == null ? Optional.empty() : Optional.ofNullable(entry.logIfOpen());
  }

  public Collection<PartitionLog> all() {
    return openLogs();
  }

  private List<PartitionLog> openLogs() {
    List<PartitionLog> open = new ArrayList<>(entries.size());
    for (Entry entry : entries.values()) {
      PartitionLog opened = entry.logIfOpen();
      if (opened != null) open.add(opened);
    }
    return open;
  }

  /**
   * Partitions found on disk, open or not: those no topic owns any more are deleted by the caller.
   */
  public Collection<TopicIdPartition> stored() {
    return entries.values().stream().map(Entry::id).toList();
  }

  /** Closes and deletes a partition's log; its files go after {@code file.delete.delay.ms}. */
  public void delete(TopicIdPartition id) {
    TopicPartition partition = id.topicPartition();
    String name = PartitionDirectory.deletedName(partition, Uuid.randomUuid());
    takeOff(id, name)
        .ifPresent(deleted ->
            env.threads()
                .after(
                    deleted.config().fileDeleteDelayMs(),
                    () -> deleteDirectory(config.directory().resolve(name))));
  }

  /**
   * Closes a partition's log and moves its directory aside, as {@code ...-stray}: it is not opened
   * any more, and only an operator deletes it. For logs that no topic owns without one having been
   * deleted before our eyes, which may be the metadata's loss and not theirs.
   */
  public void setAside(TopicIdPartition id) {
    takeOff(id, PartitionDirectory.strayName(id.topicPartition(), Uuid.randomUuid()));
  }

  /** Closes a log and gives its directory another name; empty: there is no such log. */
  private Optional<PartitionLog> takeOff(TopicIdPartition id, String newName) {
    Entry entry = entries.get(id.topicPartition());
    if (entry == null || !entry.id.equals(id)) return Optional.empty();
    PartitionLog taken = entry.log();
    taken.abandon();
    Path from = config.directory().resolve(PartitionDirectory.name(id.topicPartition()));
    try {
      files.rename(from, from.resolveSibling(newName));
      entries.remove(id.topicPartition(), entry);
      env.checkpoints().forget(id.topicPartition());
      env.compaction().forget(id.topicPartition());
      files.forceDirectory(config.directory());
    } catch (IOException e) {
      throw new LogException(
          Kind.OFFLINE, "%s can't be renamed: %s".formatted(id, e.getMessage()), e);
    }
    return Optional.of(taken);
  }

  private void deleteDirectory(Path directory) {
    try {
      for (String name : files.list(directory)) files.delete(directory.resolve(name));
      files.delete(directory);
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("directory", directory.getFileName())
          .setCause(e)
          .log("deleted partition's files are left until the next start");
    }
  }

  /** Compacts the logs that ask for it. */
  void compact() {
    env.compaction().run();
  }

  private List<CleanableLog> cleanableLogs() {
    return openLogs().stream().<CleanableLog>map(PartitionLog::cleanable).toList();
  }

  private void flushDue() {
    for (PartitionLog partition : openLogs()) partition.flushIfDue();
  }

  private void expireProducers() {
    for (PartitionLog partition : openLogs()) partition.expireProducers();
  }

  /**
   * Deletes what retention, deleted records or the cold tier made superfluous. Where the logs begin
   * is written down before: a segment that comes back after a power loss is known to be none.
   */
  void expire() {
    List<PartitionLog> shortened = new ArrayList<>();
    for (PartitionLog partition : openLogs()) {
      if (partition.trimming().detachExpired()) shortened.add(partition);
      partition.rest();
    }
    if (shortened.isEmpty()) return;
    try {
      env.checkpoints().write();
    } catch (IOException e) {
      log.atWarn().setCause(e).log("expired segments are left until the next pass");
      return;
    }
    for (PartitionLog partition : shortened) partition.trimming().deleteDetached();
  }

  private void lookAtDisk() {
    env.space().look();
    boolean isBegun = env.space().isLow() && isMakingRoom.compareAndSet(false, true);
    if (!isBegun) return;
    env.threads()
        .execute(() -> {
          try {
            makeRoom();
          } finally {
            isMakingRoom.set(false);
          }
        });
  }

  /**
   * Trims what the cold tier has, though topics would keep it here for longer: else nobody could
   * write before that time is over.
   */
  private void makeRoom() {
    long missing = env.space().missingBytes();
    long freed = 0;
    List<PartitionLog> shortened = new ArrayList<>();
    for (PartitionLog partition : openLogs()) {
      if (freed >= missing) break;
      long bytes = partition.trimming().detachOffloaded(missing - freed);
      freed += bytes;
      if (bytes > 0) shortened.add(partition);
    }
    if (shortened.isEmpty()) return;
    try {
      env.checkpoints().write();
    } catch (IOException e) {
      log.atWarn().setCause(e).log("trimmed segments are left until the next pass");
      return;
    }
    for (PartitionLog partition : shortened) partition.trimming().deleteDetachedNow();
    log.atWarn()
        .addKeyValue("directory", config.directory())
        .addKeyValue("bytes", freed)
        .addKeyValue("partitions", shortened.size())
        .log("disk is full: segments that the cold tier has were trimmed early");
    env.space().look();
  }

  @Override
  public Optional<LogOffsets> offsets(TopicIdPartition partition) {
    return find(partition).filter(found -> found.offline().isEmpty()).map(PartitionLog::offsets);
  }

  @Override
  public Optional<Backlog> backlog(TopicIdPartition partition) {
    return find(partition).flatMap(found -> found.offload().backlog());
  }

  @Override
  public Optional<Range> take(TopicIdPartition partition, long from, int bytesMax) {
    return find(partition).flatMap(found -> found.offload().take(from, bytesMax));
  }

  @Override
  public void found(TopicIdPartition partition, long coldStart, long coldEnd) {
    find(partition).ifPresent(found -> found.offload().foundCold(coldStart, coldEnd));
  }

  @Override
  public void committed(TopicIdPartition partition, long coldEnd) {
    find(partition).ifPresent(found -> found.offload().committed(coldEnd));
  }

  @Override
  public void expire(TopicIdPartition partition, long logStart) {
    find(partition).ifPresent(found -> found.offload().expireBefore(logStart));
  }

  @Override
  public long localBytes(TopicIdPartition partition, long from) {
    return find(partition).map(found -> found.offload().localBytes(from)).orElse(0L);
  }

  @Override
  public Optional<Erased> erase(TopicIdPartition partition, Keys keys, Budget budget)
      throws InterruptedException {
    Optional<PartitionLog> found = find(partition);
    if (found.isEmpty()) return Optional.empty();
    return Optional.of(found.get().erasing().erase(keys, budget));
  }

  @Override
  public Optional<Erased> find(TopicIdPartition partition, Keys keys, long endOffset, Budget budget)
      throws InterruptedException {
    Optional<PartitionLog> found = find(partition);
    if (found.isEmpty()) return Optional.empty();
    return Optional.of(found.get().erasing().find(keys, endOffset, budget));
  }

  @Override
  public void beginAt(TopicIdPartition partition, ColdStart start) {
    find(partition).ifPresent(found -> found.beginAt(start));
  }

  @Override
  public void watchLogStarts(LogStartListener listener) {
    env.checkpoints().watchLogStarts(listener);
  }

  private Optional<PartitionLog> find(TopicIdPartition id) {
    return find(id.topicPartition()).filter(found -> found.id().equals(id));
  }

  /** Bytes that the file system has in all. */
  public long totalBytes() {
    try {
      return files.totalBytes(config.directory());
    } catch (IOException e) {
      throw new LogException(Kind.OFFLINE, "size of the disk unknown", e);
    }
  }

  /** Bytes that are free on it. */
  public long usableBytes() {
    try {
      return files.usableBytes(config.directory());
    } catch (IOException e) {
      throw new LogException(Kind.OFFLINE, "free space of the disk unknown", e);
    }
  }

  /** What happened since start. */
  public LogStats stats() {
    List<PartitionLog> open = openLogs();
    int offline = 0;
    for (PartitionLog partition : open) {
      if (partition.offline().isPresent()) offline++;
    }
    return env.counters().stats(open.size(), offline);
  }

  /** How many batches were refused and why, since start. */
  public BatchCounters batchCounters() {
    return env.validator().counters();
  }

  /** What compaction did since start. */
  public CleanCounters cleanCounters() {
    return env.compaction().counters();
  }

  /** Closes all logs cleanly. */
  @Override
  public void close() {
    if (!isClosed.compareAndSet(false, true)) return;
    env.compaction().close();
    List<Entry> closing = List.copyOf(entries.values());
    var left = new CountDownLatch(closing.size());
    for (Entry entry : closing) {
      env.threads()
          .execute(() -> {
            try {
              entry.log().close();
            } finally {
              left.countDown();
            }
          });
    }
    env.threads().close();
    boolean isClean = left.getCount() == 0;
    try {
      env.checkpoints().write();
      if (isClean) writeCleanStop();
    } catch (IOException e) {
      log.atWarn().setCause(e).log("stop is not clean: the next start recovers");
    }
    env.validator().close();
    closeQuietly(lockFile);
  }

  private void writeCleanStop() throws IOException {
    files.replace(
        config.directory().resolve(CLEAN_STOP),
        "{\"version\":0,\"brokerEpoch\":-1}".getBytes(StandardCharsets.UTF_8));
  }
}
