package oxbow.cold;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.erase.ErasedKeys;
import oxbow.cold.erase.Eraser;
import oxbow.cold.erase.Erasure;
import oxbow.cold.erase.Erasures;
import oxbow.cold.fetch.ColdFetch;
import oxbow.cold.fetch.Manifests;
import oxbow.cold.fetch.ReadCounters;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.IndexedFileReader;
import oxbow.cold.file.RawCounts;
import oxbow.cold.offload.FileWriters;
import oxbow.cold.offload.OffloadCounters;
import oxbow.cold.offload.Offloader;
import oxbow.cold.offload.TopicOffload;
import oxbow.cold.offload.Uploads;
import oxbow.cold.offload.Writers;
import oxbow.cold.rewrite.BatchFilter;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.state.ClusterSource;
import oxbow.cold.state.Owners;
import oxbow.cold.state.RestoredStarts;
import oxbow.cold.state.StateKeeper;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.ForeignCommits;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Pins;
import oxbow.cold.table.TableVersion;
import oxbow.cold.upkeep.Pace;
import oxbow.cold.upkeep.Upkeep;
import oxbow.cold.upkeep.UpkeepCounters;
import oxbow.log.ColdPartitions;
import oxbow.log.ColdReads;
import oxbow.log.ColdStart;
import oxbow.log.NanoClock;
import oxbow.log.SealedSegments;
import oxbow.schema.Schemas;

/**
 * The cold tier of this node: takes old records of the partitions led here to the bucket, where
 * they are the topics' tables, and serves them from there. Owns its threads; never the log's or the
 * network's.
 *
 * <pre>
 *   log --{@link SealedSegments}--> {@link Offloader} --> cold file --> {@link ObjectStore}
 *                                                  \--> {@link ColdTable}    |
 *   fetch --{@link ColdReads}--> {@link ColdFetch} <-------------------------+
 *                                {@link Upkeep}: expires, merges, cleans
 * </pre>
 */
public final class ColdTier implements ColdPartitions, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ColdTier.class);
  private static final Duration BEAT_EVERY = Duration.ofSeconds(30);
  private static final Duration SAVE_EVERY = Duration.ofSeconds(15);
  private static final Duration TELL_MAX = Duration.ofSeconds(2);

  private final ObjectStore store;
  private final Bucket bucket;
  private final ColdFetch fetch;
  private final Offloader offloader;
  private final Upkeep upkeep;
  private final Pace pace;
  private final Uploads uploads = new Uploads();
  private final BucketKeeper keeper;
  private final Deletions deletions;
  private final RestoredStarts restored;
  private final StateKeeper state;
  private volatile ClusterSource cluster = ClusterSource.NONE;
  private final Verifications verifications;
  private final Retypings retypings;
  private final RawRecords rawRecords;
  private final Rewriter rewriter;
  private final Writing writing;
  private final Map<TopicIdPartition, TopicTiering> led = new ConcurrentHashMap<>();
  private final Erasures erasures;
  private final OffloadCounters offloadCounters = new OffloadCounters();
  private final ReadCounters readCounters = new ReadCounters();
  private final UpkeepCounters upkeepCounters = new UpkeepCounters();

  private ColdTier(
      ColdConfig config,
      SealedSegments segments,
      Schemas schemas,
      ObjectStore store,
      NanoClock nanos,
      InstantSource clock) {
    this.store = store;
    String writerName = UUID.randomUUID().toString();
    deletions = new Deletions(config.directory());
    restored = RestoredStarts.open(config.directory());
    var owners = new Owners(store, clock);
    state = new StateKeeper(store, owners, () -> cluster);
    bucket = new Bucket(store, config.namespace(), schemas, clock, owners, state, restored);
    var manifests = new Manifests(bucket::manifest, config.fetch().manifestAge().toNanos(), nanos);
    fetch = new ColdFetch(manifests, store, bucket::reader, config.fetch(), readCounters);
    pace = new Pace(nanos, config.upkeepBytesPerSecondMax());
    Rewriter.Readers readers = file -> bucket.reader(file, ColdFiles.source(store, file));
    verifications = new Verifications(readers, pace);
    retypings = new Retypings(readers);
    rawRecords = new RawRecords(readers);
    writing = new Writing(config.directory(), writerName);
    offloader =
        new Offloader(
            segments,
            (id, topic, tiering) -> {
              Bucket.OpenTopic open = bucket.topic(id, topic, tiering);
              open.columns().partitionBy(Bucket.partitioning(tiering));
              open.table().allow(allowed(tiering));
              return new TopicOffload(
                  open.table(),
                  segments,
                  store,
                  writing.of(open, tiering),
                  manifests::changed, // what was brought back before is still right
                  state::saveWhatRecordsNeed,
                  offloadCounters);
            },
            uploads,
            offloadCounters,
            config.offloadThreads(),
            config.lookEvery(),
            config.catchUpBytesPerSecond(),
            nanos,
            new Random());
    rewriter = new Rewriter(store, readers, pace, uploads);
    upkeep =
        new Upkeep(
            segments,
            new Upkeep.Topics() {
              @Override
              public Optional<ColdTable> table(Uuid topicId, String topic) {
                return bucket.find(topicId, topic).map(Bucket.OpenTopic::table);
              }

              @Override
              public Writers writers(Uuid topicId, String topic, TopicTiering tiering) {
                return writing.of(bucket.topic(topicId, topic, tiering), tiering);
              }

              @Override
              public void drop(Uuid topicId, String topic) {
                bucket.drop(topicId, topic);
                deletions.done(topicId);
              }
            },
            rewriter,
            config.upkeep(),
            upkeepCounters,
            fetch::changed,
            clock);
    var eraser =
        new Eraser(
            segments, erasedTables(writing), rewriter, pace::spend, uploads, fetch::changed, clock);
    erasures = new Erasures(eraser, schemas, clock);
    keeper =
        new BucketKeeper(
            bucket::catalog,
            offloader,
            List.of(
                BucketKeeper.Duty.of(
                    "leftovers",
                    config.upkeep().cleanEvery(),
                    () -> removeLeftovers(config.upkeep().orphanAge())),
                BucketKeeper.Duty.of("sign of life", BEAT_EVERY, this::beat),
                BucketKeeper.Duty.of("topics", SAVE_EVERY, state::saveWhatRecordsNeed),
                new BucketKeeper.Duty("positions", SAVE_EVERY, state::savePositions)),
            nanos);
  }

  /** The tables of topics as erasing wants them. */
  private Eraser.Tables erasedTables(Writing writing) {
    return new Eraser.Tables() {
      @Override
      public Optional<ColdTable> table(Uuid topicId, String topic) {
        return bucket.find(topicId, topic).map(Bucket.OpenTopic::table);
      }

      @Override
      public Writers writers(TopicIdPartition partition) {
        TopicTiering tiering = upkeep.tiering(partition);
        return writing.of(bucket.topic(partition.topicId(), partition.topic(), tiering), tiering);
      }
    };
  }

  private void beat() {
    try {
      state.beat();
    } catch (StoreException e) {
      offloader.storeFailed(e);
      throw e;
    }
  }

  /** Uploads that nobody completed are billed until somebody aborts them. */
  private void removeLeftovers(Duration age) {
    int removed = store.removeLeftovers(age);
    if (removed > 0) {
      log.atInfo().addKeyValue("uploads", removed).log("unfinished uploads removed");
    }
  }

  private static ForeignCommits allowed(TopicTiering tiering) {
    return switch (tiering.foreignFiles()) {
      case REPLAY -> ForeignCommits.REPLACE;
      case REFUSE -> ForeignCommits.APPEND;
    };
  }

  /** Where files are written before they are uploaded, and by whom. */
  private record Writing(Path directory, String writerName) {
    Writers of(Bucket.OpenTopic topic, TopicTiering tiering) {
      return new FileWriters(directory, writerName, tiering, topic.columns());
    }
  }

  /**
   * Opens the cold tier; returns at once, whether the store answers or not. Reads are served from
   * now on, nothing is taken to the bucket before {@link #begin}.
   *
   * @param store closed with this
   */
  public static ColdTier open(
      ColdConfig config,
      SealedSegments segments,
      Schemas schemas,
      ObjectStore store,
      NanoClock nanos,
      InstantSource clock) {
    empty(config.directory());
    return new ColdTier(config, segments, schemas, store, nanos, clock);
  }

  /**
   * Begins to work in the background: the schemas are known now.
   *
   * @param clusterId whose bucket it is; that of another cluster is refused
   */
  public void begin(String clusterId) {
    begin(clusterId, ClusterSource.NONE);
  }

  /**
   * The same, and the bucket gets what it takes to bring the whole cluster back.
   *
   * @param source the cluster, asked again and again
   */
  public void begin(String clusterId, ClusterSource source) {
    cluster = source;
    bucket.belongsTo(clusterId);
    deletions.unfinished().forEach(upkeep::drop);
    keeper.start();
    offloader.start();
    upkeep.start();
  }

  /** The cluster whose bucket a store is; empty: nobody's yet. */
  public static Optional<String> owner(ObjectStore store) {
    return Optional.of(Bucket.owner(store)).filter(owner -> !owner.isEmpty());
  }

  /** Files that a process that ended left under way. */
  private static void empty(Path directory) {
    try {
      Files.createDirectories(directory);
      try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, "*.tmp")) {
        for (Path file : left) Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("can't prepare " + directory, e);
    }
  }

  /** Serves offsets that left the disk. */
  public ColdReads reads() {
    return fetch;
  }

  /** The tables, for engines that ask for them. May wait for the store. */
  public IcebergCatalog catalog() {
    return bucket.catalog();
  }

  /** A partition's files, as the table has them now. May wait for the store. */
  public List<ColdFile> files(TopicIdPartition partition) {
    return bucket.manifest(partition).files();
  }

  /**
   * How many records of a partition have no columns of their own, and why, as its files tell. May
   * wait for the store.
   */
  public RawCounts raw(TopicIdPartition partition) {
    return rawRecords.of(files(partition));
  }

  /**
   * A topic's table as it is now; empty: nothing of it is in the cold tier. May wait for the store.
   */
  public Optional<TableVersion> version(Uuid topicId, String topic) {
    return bucket.find(topicId, topic).map(open -> open.table().version());
  }

  /**
   * Has cleaning leave what is about to be read: taken before {@link #version}, then narrowed to
   * the files that are wanted of it, and closed by whoever takes it.
   */
  public Pins.Pin pin() {
    return bucket.pins().all();
  }

  /** A file's bytes, as they lie in the store. */
  public ColdFileReader.RangeSource bytes(ColdFile file) {
    return ColdFiles.source(store, file);
  }

  /** Opens one of a table's files: reads its indexes. */
  public ColdFileReader open(ColdFile file) {
    return bucket.reader(file, ColdFiles.source(store, file));
  }

  /** A way to the files on a local disk; empty: they aren't on one. */
  public Optional<ObjectStore.LocalFiles> localFiles() {
    return store.localFiles();
  }

  /** How offload is doing, partition by partition. */
  public List<Offloader.Status> status() {
    return offloader.status();
  }

  /**
   * Begins to read back what the cold tier has of these partitions.
   *
   * @throws java.util.concurrent.RejectedExecutionException if too many have begun already
   */
  public Verification verify(List<TopicIdPartition> partitions) {
    return verifications.begin(() -> partitions.stream().map(this::files).toList());
  }

  /** A verification that was begun, of late. */
  public Optional<Verification> verification(String id) {
    return verifications.find(id);
  }

  /**
   * Begins to write files of these partitions anew in the columns that their tables have now.
   *
   * @param isAll also those that would get no more columns than they have
   * @throws java.util.concurrent.RejectedExecutionException if too many have begun already
   */
  public Retyping retype(List<TopicIdPartition> partitions, boolean isAll) {
    return retypings.begin(
        isAll,
        () ->
            partitions.stream()
                .filter(led::containsKey)
                .<Retyping.Partition>map(Retyped::new)
                .toList());
  }

  /** A retyping that was begun, of late. */
  public Optional<Retyping> retyping(String id) {
    return retypings.find(id);
  }

  /** A partition whose files are written anew. */
  private final class Retyped implements Retyping.Partition {
    private final TopicIdPartition id;
    private final TopicTiering tiering;
    private final Bucket.OpenTopic topic;

    Retyped(TopicIdPartition id) {
      this.id = id;
      this.tiering = Optional.ofNullable(led.get(id)).orElseThrow();
      this.topic = bucket.topic(id.topicId(), id.topic(), tiering);
    }

    @Override
    public TopicIdPartition id() {
      return id;
    }

    @Override
    public List<ColdFile> files() {
      return topic.table().replayed(id.partition());
    }

    @Override
    public boolean isBetter(IndexedFileReader file) {
      if (tiering.format() != ColdFormat.PARQUET) return false;
      if (file.file().format() != ColdFormat.PARQUET) return true;
      return file.absentSchemas()
          .map(absent -> topic.columns().anyPlaced(absent, tiering.mayMeetKeys()))
          .orElse(true);
    }

    @Override
    public Writers writers() {
      return writing.of(topic, tiering);
    }

    @Override
    public ColdFile rewrite(ColdFile file, Writers writers)
        throws IOException, InterruptedException {
      ColdFile now =
          rewriter.rewrite(id, List.of(file), topic.table(), writers, BatchFilter.none());
      fetch.changed(id);
      return now;
    }
  }

  /** Merges small files of these partitions now, in the background. */
  public void mergeSoon(List<TopicIdPartition> partitions) {
    partitions.forEach(upkeep::mergeSoon);
  }

  /**
   * Begins to take the records of some keys out of a topic: out of its log, its cold files, and
   * what old snapshots still have.
   *
   * @param partitions all of the topic that are led here
   * @throws java.util.concurrent.RejectedExecutionException if too many have begun already
   */
  public Erasure erase(List<TopicIdPartition> partitions, ErasedKeys keys) {
    return erasures.begin(partitions.getFirst().topic(), keys, () -> partitions);
  }

  /** An erasure that was begun, of late. */
  public Optional<Erasure> erasure(String id) {
    return erasures.find(id);
  }

  /** How long the store has not answered; zero: it does. */
  public Duration storeAway() {
    return offloader.storeAway();
  }

  /** Why it does not; empty: it does. */
  public Optional<String> storeTrouble() {
    return offloader.storeTrouble();
  }

  /** Whether the bucket was opened: it is there, may be used, and is this cluster's. */
  public boolean isBucketOpen() {
    return keeper.isOpen();
  }

  public OffloadCounters offloadCounters() {
    return offloadCounters;
  }

  public ReadCounters readCounters() {
    return readCounters;
  }

  public UpkeepCounters upkeepCounters() {
    return upkeepCounters;
  }

  @Override
  public Optional<ColdStart> startOf(TopicIdPartition partition) {
    return restored.of(partition);
  }

  @Override
  public void led(TopicIdPartition partition, int leaderEpoch, Map<String, String> settings) {
    TopicTiering tiering = TopicTiering.of(settings);
    if (tiering.isOn()) {
      led.put(partition, tiering);
      offloader.lead(partition, tiering);
      upkeep.lead(partition, tiering);
    } else {
      resigned(partition);
    }
  }

  @Override
  public void resigned(TopicIdPartition partition) {
    led.remove(partition);
    offloader.leave(partition);
    upkeep.leave(partition);
    fetch.changed(partition);
  }

  @Override
  public void deleted(TopicIdPartition partition) {
    resigned(partition);
    uploads.forget(partition.topicId());
    deletions.begun(partition.topicId(), partition.topic());
    upkeep.drop(partition.topicId(), partition.topic());
  }

  /**
   * Has all work in the background end, and waits for none of it: {@link #close} does. Reads are
   * served until then.
   */
  public void end() {
    keeper.end();
    pace.close();
    offloader.end();
    upkeep.end();
  }

  @Override
  public void close() {
    end();
    keeper.close();
    verifications.close();
    retypings.close();
    erasures.close();
    offloader.close();
    upkeep.close();
    fetch.close();
    tellThatItStopped();
    store.close();
  }

  /** Whoever restores the bucket elsewhere needn't wait then. A store that hangs is left alone. */
  private void tellThatItStopped() {
    if (!keeper.isOpen() || storeTrouble().isPresent()) return;
    Thread telling = Thread.ofPlatform().name("bucket-stop").daemon().start(this::tellStopped);
    try {
      if (!telling.join(TELL_MAX)) telling.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tellStopped() {
    try {
      state.stopped();
    } catch (StoreException e) {
      log.atDebug()
          .addKeyValue("reason", e.getMessage())
          .log("the bucket was not told of the stop");
    }
  }
}
