package oxbow.cold.table;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFiles;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.PartitionField;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.PartitionStatisticsFile;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.StatisticsFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.UpdatePartitionSpec;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.expressions.Term;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ForeignObjects;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.ObjectStore.ObjectInfo;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;

/**
 * A topic's table. A change is made in three steps: read the newest version, check it and build the
 * next one upon it, then make that the next version, which succeeds only if no other was made
 * meanwhile. So whatever was checked holds when the change takes effect.
 *
 * <pre>
 *   refresh -> check -> stage -> commit: next pointer created -> done
 *      ^                            |
 *      +---- another was faster <---+
 * </pre>
 */
public final class IcebergTable implements ColdTable {
  /** Partitioned by Kafka partition only: every file of ours fits. */
  static final int BASE_SPEC_ID = 0;

  /**
   * A file that has lain in the bucket for longer isn't added: cleaning might take it as left
   * behind. Must be well below the age at which cleaning does.
   */
  public static final Duration UPLOAD_AGE_MAX = Duration.ofHours(1);

  /** Somebody always wins, so this many lost races in a row mean that something is wrong. */
  private static final int COMMIT_ATTEMPTS = 50;

  private static final int LIST_COUNT = 1000;
  private static final long NO_SNAPSHOT = -1;

  private final String path;
  private final ObjectTableOperations operations;
  private final ObjectStore store;
  private final ObjectFileIO io;
  private final InstantSource clock;
  private final Fence fence;
  private final Pins pins;
  private final ManifestBounds bounds;

  /** Threads of one process take turns instead of racing each other. */
  private final ReentrantLock commits = new ReentrantLock();

  private volatile TableFiles files = TableFiles.NONE;

  IcebergTable(
      String path,
      ObjectTableOperations operations,
      ObjectStore store,
      ObjectFileIO io,
      InstantSource clock,
      Fence fence,
      Pins pins,
      ManifestBounds bounds) {
    this.path = path;
    this.operations = operations;
    this.store = store;
    this.io = io;
    this.clock = clock;
    this.fence = fence;
    this.pins = pins;
    this.bounds = bounds;
  }

  @Override
  public void takeOver() {
    change(_ -> Staged::unchanged);
  }

  @Override
  public Map<Integer, Long> ends() {
    return TopicProperties.ends(refresh());
  }

  @Override
  public Map<Integer, Long> starts() {
    return TopicProperties.starts(refresh());
  }

  @Override
  public List<ColdFile> files(int partition) {
    return files(refresh()).files(partition);
  }

  @Override
  public List<Rewritten> rewritten(int partition) {
    TableMetadata metadata = refresh();
    Long start = TopicProperties.starts(metadata).get(partition);
    Long end = TopicProperties.ends(metadata).get(partition);
    if (start == null || end == null) return List.of();
    return files(metadata).rewritten(partition, start, end);
  }

  @Override
  public List<ColdFile> replayed(int partition) {
    TableMetadata metadata = refresh();
    Long start = TopicProperties.starts(metadata).get(partition);
    Long end = TopicProperties.ends(metadata).get(partition);
    TableFiles known = files(metadata);
    if (start == null || end == null) return known.files(partition);
    return known.replayed(partition, start, end, TopicProperties.topicId(metadata));
  }

  private TableMetadata refresh() {
    return translated(operations::refresh);
  }

  private TableFiles files(TableMetadata metadata) {
    TableFiles known = files;
    if (known.isOf(metadata)) return known;
    TableFiles next = translated(() -> known.next(metadata, path, io));
    files = next;
    return next;
  }

  @Override
  public String name(ColdFile file, String attempt) {
    return BucketLayout.dataFile(path, file, attempt);
  }

  @Override
  public long append(List<NewFile> added, Map<Integer, Long> expectedEnds) {
    if (added.isEmpty()) throw new StoreException(Kind.INVALID, "no files to add");
    Map<Integer, Long> newEnds = chainedEnds(added, expectedEnds);
    checkUploaded(added);
    return change(base -> {
      Map<Integer, Long> ends = new HashMap<>(TopicProperties.ends(base));
      Map<Integer, Long> starts = new HashMap<>(TopicProperties.starts(base));
      for (NewFile one : added) {
        int partition = one.file().partition();
        checkEnd(partition, ends.get(partition), expectedEnds.get(partition));
        starts.putIfAbsent(partition, one.file().baseOffset());
      }
      ends.putAll(newEnds);
      return staged -> {
        DataFileMapping mapping = mapping(staged.table());
        AppendFiles append = staged.table().newAppend();
        for (NewFile one : added) append.appendFile(mapping.dataFile(one));
        stage(append.set(TopicProperties.RANGES, ranges(added)));
        staged.set(TopicProperties.ENDS, TopicProperties.format(ends));
        staged.set(TopicProperties.STARTS, TopicProperties.format(starts));
      };
    });
  }

  /** Where partitions will end; refuses files that don't follow each other. */
  private static Map<Integer, Long> chainedEnds(
      List<NewFile> added, Map<Integer, Long> expectedEnds) {
    Map<Integer, Long> ends = new HashMap<>();
    for (NewFile one : added) {
      ColdFile file = one.file();
      int partition = file.partition();
      Long end = ends.getOrDefault(partition, expectedEnds.get(partition));
      if ((end != null && file.baseOffset() < end) || file.endOffset() <= file.baseOffset()) {
        throw new StoreException(Kind.INVALID, file + " doesn't follow offset " + end);
      }
      ends.put(partition, file.endOffset());
    }
    return ends;
  }

  private static void checkEnd(int partition, @Nullable Long end, @Nullable Long expected) {
    if (!Objects.equals(end, expected)) {
      throw new StoreException(
          Kind.EXISTS,
          "partition " + partition + " ends at " + end + " in the table, not at " + expected);
    }
  }

  private void checkUploaded(List<NewFile> added) {
    long oldest = clock.millis() - UPLOAD_AGE_MAX.toMillis();
    for (NewFile one : added) {
      ColdFile file = one.file();
      ObjectInfo object =
          store
              .find(file.name())
              .filter(found -> found.modifiedMs() >= oldest)
              .orElseThrow(
                  () -> new StoreException(Kind.NOT_FOUND, "not in the bucket of late: " + file));
      if (object.bytes() != file.bytes()) {
        throw new StoreException(Kind.CORRUPT, "the bucket has " + object + " for " + file);
      }
      boolean tellsItsFacts =
          BucketLayout.coldFile(path, file.name(), file.topicId(), file.records(), file.bytes())
              .equals(Optional.of(file));
      if (!tellsItsFacts) throw new StoreException(Kind.INVALID, "wrongly named: " + file);
    }
  }

  private static String ranges(List<NewFile> added) {
    return added.stream()
        .map(NewFile::file)
        .map(file -> file.partition() + ":" + file.baseOffset() + "-" + file.endOffset())
        .collect(Collectors.joining(" "));
  }

  private DataFileMapping mapping(Table table) {
    return new DataFileMapping(
        table.schema(), requireNonNull(table.specs().get(BASE_SPEC_ID)), table.spec(), io);
  }

  @Override
  public long replace(List<ColdFile> old, List<NewFile> now) {
    checkSameRanges(old, now.stream().map(NewFile::file).toList());
    checkUploaded(now);
    Set<String> gone =
        old.stream()
            .flatMap(file -> ForeignObjects.objects(file).stream())
            .collect(Collectors.toSet());
    long recordsBefore = old.stream().mapToLong(ColdFile::records).sum();
    long recordsAfter = now.stream().mapToLong(one -> one.file().records()).sum();
    return change(base -> {
      files(base).checkWithin(old);
      List<DataFile> before = files(base).dataFiles(gone, base, io);
      return staged -> {
        DataFileMapping mapping = mapping(staged.table());
        List<DataFile> after = now.stream().map(mapping::dataFile).toList();
        // To engines that read changes, the one says that no row did, the other that some did.
        if (recordsBefore == recordsAfter) rewrite(staged.table(), base, before, after);
        else overwrite(staged.table(), before, after);
      };
    });
  }

  private static void rewrite(
      Table table, TableMetadata base, List<DataFile> before, List<DataFile> after) {
    RewriteFiles rewrite = table.newRewrite();
    // Upon this very version: what was before it need not be known any more.
    Snapshot current = base.currentSnapshot();
    if (current != null) rewrite.validateFromSnapshot(current.snapshotId());
    before.forEach(rewrite::deleteFile);
    after.forEach(rewrite::addFile);
    stage(rewrite);
  }

  private static void overwrite(Table table, List<DataFile> before, List<DataFile> after) {
    OverwriteFiles overwrite = table.newOverwrite();
    before.forEach(overwrite::deleteFile);
    after.forEach(overwrite::addFile);
    stage(overwrite);
  }

  private static void checkSameRanges(List<ColdFile> old, List<ColdFile> now) {
    if (old.isEmpty()) throw new StoreException(Kind.INVALID, "no files to replace");
    for (ColdFile file : now) {
      boolean isInside =
          old.stream()
              .anyMatch(one ->
                  one.partition() == file.partition()
                      && one.baseOffset() <= file.baseOffset()
                      && file.baseOffset() < one.endOffset());
      if (!isInside) throw new StoreException(Kind.INVALID, "replaces nothing: " + file);
    }
    if (!hulls(old).equals(hulls(now))) {
      throw new StoreException(Kind.INVALID, "other ranges than before: " + old + " -> " + now);
    }
  }

  /** What files of each partition cover from end to end. */
  private static Map<Integer, List<Long>> hulls(List<ColdFile> files) {
    Map<Integer, List<Long>> hulls = new HashMap<>();
    for (ColdFile file : files) {
      hulls.merge(
          file.partition(),
          List.of(file.baseOffset(), file.endOffset()),
          (a, b) ->
              List.of(Math.min(a.getFirst(), b.getFirst()), Math.max(a.getLast(), b.getLast())));
    }
    return hulls;
  }

  @Override
  public long expire(int partition, long logStart) {
    return change(base -> {
      Map<Integer, Long> starts = new HashMap<>(TopicProperties.starts(base));
      starts.merge(partition, logStart, Math::max);
      TableFiles known = files(base);
      Set<String> gone = new HashSet<>(known.foreignBelow(partition, logStart));
      for (ColdFile file : known.files(partition)) {
        if (file.endOffset() <= logStart) gone.add(file.name());
      }
      List<DataFile> before = known.dataFiles(gone, base, io);
      return staged -> {
        if (!before.isEmpty()) {
          DeleteFiles delete = staged.table().newDelete();
          before.forEach(delete::deleteFile);
          stage(delete);
        }
        staged.set(TopicProperties.STARTS, TopicProperties.format(starts));
      };
    });
  }

  @Override
  public TableVersion version() {
    TableMetadata metadata = refresh();
    TableFiles now = files(metadata);
    return new TableVersion(
        metadata,
        now,
        (some, ranges) ->
            translated(() -> now.without(some, ranges, metadata.specsById(), bounds, io)));
  }

  @Override
  public TableColumns columns() {
    return TopicProperties.columns(refresh());
  }

  @Override
  public void evolve(TableColumns next) {
    Schema schema = SchemaMapping.schema(next);
    change(base -> {
      if (TopicProperties.columns(base).equals(next)) return Staged::unchanged;
      SchemaMapping.checkPromotion(base.schema(), schema);
      if (next.values().lastId() < TopicProperties.columns(base).values().lastId()) {
        throw new StoreException(Kind.EXISTS, "the table has given ids beyond these columns'");
      }
      return staged -> {
        int version = Math.max(base.formatVersion(), SchemaMapping.formatVersion(schema));
        int lastId = Math.max(base.lastColumnId(), SchemaMapping.lastId(next));
        staged.edit(
            builder -> builder.upgradeFormatVersion(version).setCurrentSchema(schema, lastId));
        staged.set(TopicProperties.COLUMNS, ColumnsJson.write(next));
      };
    });
  }

  @Override
  public void repartition(Partitioning partitioning) {
    change(base -> {
      Partitioning known = partitioning.of(column -> base.schema().findField(column) != null);
      return staged -> {
        UpdatePartitionSpec update = staged.table().updateSpec();
        if (updateSpec(update, staged.table(), known)) update.commit();
      };
    });
  }

  private static boolean updateSpec(
      UpdatePartitionSpec update, Table table, Partitioning partitioning) {
    PartitionSpec wanted = spec(table.schema(), partitioning);
    PartitionSpec now = table.spec();
    if (now.compatibleWith(wanted)) return false;
    for (PartitionField field : now.fields()) {
      if (find(wanted, field).isEmpty() && !field.transform().isVoid()) {
        update.removeField(field.name());
      }
    }
    for (int i = 0; i < partitioning.fields().size(); i++) {
      PartitionField field = wanted.fields().get(i + 1);
      if (find(now, field).isEmpty()) update.addField(term(partitioning.fields().get(i)));
    }
    return true;
  }

  private static Optional<PartitionField> find(PartitionSpec spec, PartitionField like) {
    return spec.fields().stream()
        .filter(field -> field.sourceId() == like.sourceId())
        .filter(field -> field.transform().equals(like.transform()))
        .findAny();
  }

  private static Term term(Partitioning.Field field) {
    String column = field.column();
    return switch (field.transform()) {
      case IDENTITY -> Expressions.ref(column);
      case HOUR -> Expressions.hour(column);
      case DAY -> Expressions.day(column);
      case MONTH -> Expressions.month(column);
      case YEAR -> Expressions.year(column);
      case BUCKET -> Expressions.bucket(column, field.width());
      case TRUNCATE -> Expressions.truncate(column, field.width());
    };
  }

  /** By Kafka partition, then as the topic asks. */
  static PartitionSpec spec(Schema schema, Partitioning partitioning) {
    try {
      PartitionSpec.Builder builder =
          PartitionSpec.builderFor(schema).identity(SystemColumns.PARTITION.name());
      for (Partitioning.Field field : partitioning.fields()) {
        String column = field.column();
        switch (field.transform()) {
          case IDENTITY -> builder.identity(column);
          case HOUR -> builder.hour(column);
          case DAY -> builder.day(column);
          case MONTH -> builder.month(column);
          case YEAR -> builder.year(column);
          case BUCKET -> builder.bucket(column, field.width());
          case TRUNCATE -> builder.truncate(column, field.width());
        }
      }
      return builder.build();
    } catch (IllegalArgumentException | ValidationException e) {
      throw new StoreException(
          Kind.INVALID, "the table can't be partitioned by " + partitioning, e);
    }
  }

  @Override
  public void allow(ForeignCommits allowed) {
    change(base -> staged -> staged.set(TopicProperties.FOREIGN_COMMITS, allowed.toString()));
  }

  @Override
  public int expireSnapshots(Instant olderThan, int keptMin) {
    int[] expired = new int[1];
    change(base ->
        staged -> {
          staged
              .table()
              .expireSnapshots()
              .expireOlderThan(olderThan.toEpochMilli())
              .retainLast(Math.max(1, keptMin))
              .cleanupLevel(ExpireSnapshots.CleanupLevel.NONE)
              .commit();
          expired[0] = base.snapshots().size() - staged.metadata().snapshots().size();
        });
    return expired[0];
  }

  @Override
  public int clean(Duration age) {
    // By the store's clock, and by ours if it is behind: one that jumped ahead must delete nothing.
    long before = Math.min(clock.millis(), storeMillis()) - age.toMillis();
    Set<String> old = new HashSet<>();
    for (ObjectInfo object : objects(path + "/")) {
      if (object.modifiedMs() < before) old.add(object.name());
    }
    // Read after listing: what a commit meanwhile took in is known, or too young to be listed here.
    if (!old.isEmpty()) old.removeAll(reachable());
    // What is pinned from now on was read of a version that is reachable, or too young.
    Optional<Set<String>> pinned = pins.objects();
    if (pinned.isEmpty()) return 0;
    old.removeAll(pinned.get());
    store.delete(old);
    return old.size();
  }

  private long storeMillis() {
    String probe = BucketLayout.metadata(path) + "clock-" + UUID.randomUUID();
    store.put(probe, ByteBuffer.allocate(0));
    long now = store.find(probe).map(ObjectInfo::modifiedMs).orElse(0L);
    store.delete(List.of(probe));
    return now;
  }

  @Override
  public Set<String> purge(Collection<String> names) {
    Set<String> known = new HashSet<>(names);
    known.retainAll(reachable());
    store.delete(names.stream().filter(name -> !known.contains(name)).toList());
    return known;
  }

  private Set<String> reachable() {
    return reachable(refresh());
  }

  private Set<String> reachable(TableMetadata metadata) {
    return translated(() -> ReachableObjects.of(metadata, io));
  }

  @Override
  public List<ColdFile> past(int partition) {
    TableMetadata metadata = refresh();
    TableFiles now = files(metadata);
    return objects(BucketLayout.data(path, partition)).stream()
        .map(object -> coldFile(object, metadata))
        .flatMap(Optional::stream)
        .filter(file -> !now.has(file))
        .toList();
  }

  @Override
  public boolean hasForeignPast() {
    TableMetadata metadata = refresh();
    Snapshot current = metadata.currentSnapshot();
    if (current == null || metadata.snapshots().size() < 2) return false;
    Set<String> past = new HashSet<>(reachable(metadata));
    past.removeAll(translated(() -> ReachableObjects.of(current, io)));
    Uuid topicId = TopicProperties.topicId(metadata);
    return past.stream()
        .anyMatch(
            name -> isData(name) && BucketLayout.coldFile(path, name, topicId, 0, 0).isEmpty());
  }

  private Optional<ColdFile> coldFile(ObjectInfo object, TableMetadata metadata) {
    return BucketLayout.coldFile(
        path, object.name(), TopicProperties.topicId(metadata), 0, object.bytes());
  }

  private List<ObjectInfo> objects(String prefix) {
    List<ObjectInfo> all = new ArrayList<>();
    String after = "";
    while (true) {
      List<ObjectInfo> page = store.list(prefix, after, LIST_COUNT);
      if (page.isEmpty()) return all;
      all.addAll(page);
      after = page.getLast().name();
    }
  }

  @Override
  public Forgotten forgetPast(Set<Integer> partitions) {
    TableMetadata before = refresh();
    // What was known is deleted for good; what another engine is about to commit is not known yet.
    Set<String> gone = new HashSet<>(reachable(before));
    Set<String> references = new TreeSet<>();
    int[] snapshots = new int[1];
    change(base ->
        staged -> {
          references.clear();
          references.addAll(base.refs().keySet());
          references.remove(SnapshotRef.MAIN_BRANCH);
          snapshots[0] = Math.max(0, base.snapshots().size() - 1);
          // Also of a table without files: a commit that was sent before and still is on its way
          // must not find the version that it is made upon.
          staged.set(TopicProperties.FORGOTTEN, UUID.randomUUID().toString());
          if (base.currentSnapshot() == null) return;
          // Manifests tell of files that are gone what their smallest and largest keys were.
          stage(staged.table().rewriteManifests().clusterBy(_ -> "all"));
          staged.edit(builder -> withoutPast(staged.metadata(), builder));
        });
    TableMetadata now = refresh();
    Set<String> known = reachable(now);
    gone.removeAll(known);
    for (int partition : partitions) {
      for (ObjectInfo object : objects(BucketLayout.data(path, partition))) {
        boolean isOurs = coldFile(object, now).isPresent();
        if (isOurs && !known.contains(object.name())) gone.add(object.name());
      }
    }
    // Files come last: as long as they are there, whoever begins anew knows that there is a past.
    store.delete(gone.stream().filter(name -> !isData(name)).toList());
    store.delete(gone.stream().filter(this::isData).toList());
    return new Forgotten(snapshots[0], List.copyOf(references), gone);
  }

  private boolean isData(String name) {
    return !name.startsWith(BucketLayout.metadata(path));
  }

  private static TableMetadata.Builder withoutPast(
      TableMetadata staged, TableMetadata.Builder builder) {
    for (String name : staged.refs().keySet()) {
      if (!name.equals(SnapshotRef.MAIN_BRANCH)) builder.removeRef(name);
    }
    long current = staged.currentSnapshot().snapshotId();
    for (StatisticsFile file : staged.statisticsFiles()) {
      if (file.snapshotId() != current) builder.removeStatistics(file.snapshotId());
    }
    for (PartitionStatisticsFile file : staged.partitionStatisticsFiles()) {
      if (file.snapshotId() != current) builder.removePartitionStatistics(file.snapshotId());
    }
    List<Long> past =
        staged.snapshots().stream().map(Snapshot::snapshotId).filter(id -> id != current).toList();
    return builder.removeSnapshots(past);
  }

  @Override
  public Map<Integer, List<Compacted>> compacted() {
    return TopicProperties.compacted(refresh());
  }

  @Override
  public void compacted(int partition, List<Compacted> rounds) {
    change(base -> {
      Map<Integer, List<Compacted>> all = new HashMap<>(TopicProperties.compacted(base));
      all.put(partition, rounds);
      return staged -> staged.set(TopicProperties.COMPACTED, TopicProperties.formatCompacted(all));
    });
  }

  /**
   * Commits a change.
   *
   * @param plan checks the version that the change is made upon, and says what is to be done
   * @return the current snapshot after it
   */
  private long change(Function<TableMetadata, Change> plan) {
    commits.lock();
    try {
      for (int attempt = 1; attempt <= COMMIT_ATTEMPTS; attempt++) {
        TableMetadata base = refresh();
        fence.check(base);
        Change change = plan.apply(base);
        Optional<TableMetadata> done = translated(() -> tryCommit(base, change));
        if (done.isPresent()) {
          Snapshot current = done.get().currentSnapshot();
          return current == null ? NO_SNAPSHOT : current.snapshotId();
        }
      }
      throw new StoreException(
          Kind.BUSY, path + ": other commits were faster " + COMMIT_ATTEMPTS + " times");
    } finally {
      commits.unlock();
    }
  }

  @SuppressWarnings("ReferenceEquality") // nothing was changed if the object is the same
  private Optional<TableMetadata> tryCommit(TableMetadata base, Change change) {
    Staged staged = new Staged(operations, base);
    change.apply(staged);
    if (fence.number() > 0) staged.set(TopicProperties.OWNER, Long.toString(fence.number()));
    TableMetadata next = staged.metadata();
    if (next == base) return Optional.of(base);
    try {
      operations.commit(base, next);
      return Optional.of(next);
    } catch (CommitFailedException _) {
      discard(base, next);
      return Optional.empty();
    }
  }

  private static <T extends SnapshotUpdate<T>> void stage(T update) {
    update
        .scanManifestsWith(CallersThread.INSTANCE)
        .writeManifestsWith(CallersThread.INSTANCE, 1)
        .commit();
  }

  /** Deletes what a lost race has written; if that fails, cleaning finds it. */
  private void discard(TableMetadata base, TableMetadata next) {
    Snapshot lost = next.currentSnapshot();
    if (lost == null || base.snapshot(lost.snapshotId()) != null) return;
    try {
      List<String> written = new ArrayList<>();
      for (ManifestFile manifest : lost.allManifests(io)) {
        Long writer = manifest.snapshotId();
        if (writer != null && writer == lost.snapshotId()) written.add(manifest.path());
      }
      written.add(lost.manifestListLocation());
      io.deleteFiles(written);
    } catch (StoreException | NotFoundException _) {
      // Nobody knows of them.
    }
  }

  /** Turns what Iceberg throws into what a caller can act on. */
  private <T> T translated(Supplier<T> call) {
    try {
      return call.get();
    } catch (CommitStateUnknownException e) {
      throw new StoreException(Kind.OUTCOME_UNKNOWN, path + ": no answer to a commit", e);
    } catch (NoSuchTableException e) {
      throw new StoreException(Kind.NOT_FOUND, path + ": the table was dropped", e);
    } catch (NotFoundException e) {
      throw new StoreException(Kind.CORRUPT, path + ": an object of the table is gone", e);
    } catch (ValidationException e) {
      throw new StoreException(Kind.EXISTS, path + ": " + e.getMessage(), e);
    }
  }

  /** What is to be done to a table, after checks. */
  private interface Change {
    void apply(Staged staged);
  }

  /** A version in the making. */
  private static final class Staged {
    private final StagedOperations operations;
    private final Map<String, String> properties = new HashMap<>();

    Staged(ObjectTableOperations operations, TableMetadata base) {
      this.operations = new StagedOperations(operations, base);
    }

    Table table() {
      return new BaseTable(operations, operations.current().location());
    }

    void set(String property, String value) {
      properties.put(property, value);
    }

    void edit(UnaryOperator<TableMetadata.Builder> edit) {
      TableMetadata current = operations.current();
      operations.commit(current, edit.apply(TableMetadata.buildFrom(current)).build());
    }

    void unchanged() {}

    TableMetadata metadata() {
      properties.entrySet().removeAll(operations.current().properties().entrySet());
      if (!properties.isEmpty()) edit(builder -> builder.setProperties(properties));
      return operations.current();
    }
  }
}
