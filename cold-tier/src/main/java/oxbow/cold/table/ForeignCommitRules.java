package oxbow.cold.table;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.StaticTableOperations;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;

/**
 * Keeps a topic's table a topic's table: what consumers replay and what commits are checked against
 * stays, whatever another engine asks of the catalog. Tables that are no topic's are their makers'.
 */
final class ForeignCommitRules implements ObjectTableOperations.CommitRules {
  /**
   * What follows is the unique part of a location, which Trino writes without its dashes, and plain
   * names below it.
   */
  private static final Pattern BELOW_OWN =
      Pattern.compile("([0-9a-f-]{36}|[0-9a-f]{32})(/[A-Za-z0-9_-][^/]*)*");

  private final String ownLocations;
  private final ObjectFileIO io;
  private final ForeignReplays replays;

  /**
   * @param ownLocations what the location of every table of this name begins with: what lies
   *     elsewhere is another's, and would go with this one
   */
  ForeignCommitRules(String ownLocations, ObjectFileIO io, ForeignReplays replays) {
    this.ownLocations = ownLocations;
    this.io = io;
    this.replays = replays;
  }

  @Override
  public void check(@Nullable TableMetadata base, TableMetadata next) {
    checkLocation(base == null ? null : base.location(), next.location());
    checkLocation(metadataPath(base), metadataPath(next));
    if (base == null) {
      require(ours(next).isEmpty(), "properties that begin with oxbow. belong to topics' tables");
      return;
    }
    require(ours(base).equals(ours(next)), "properties that begin with oxbow. belong to the topic");
    if (!TopicProperties.isTopic(base)) return;
    require(base.location().equals(next.location()), "a topic's table stays where it is");
    require(base.uuid().equals(next.uuid()), "a topic's table is not replaced");
    require(
        base.schema().sameSchema(next.schema()) && base.lastColumnId() == next.lastColumnId(),
        "the columns of a topic's table follow its schema");
    require(
        next.specsById().containsKey(IcebergTable.BASE_SPEC_ID),
        "files of a topic's table need its first partition spec");
    checkSnapshots(base, next);
  }

  private static @Nullable String metadataPath(@Nullable TableMetadata metadata) {
    return metadata == null
        ? null
        : metadata.properties().get(TableProperties.WRITE_METADATA_LOCATION);
  }

  private void checkLocation(@Nullable String before, @Nullable String after) {
    if (after == null || after.equals(before)) return;
    require(
        after.startsWith(ownLocations)
            && BELOW_OWN.matcher(after.substring(ownLocations.length())).matches(),
        "a table lies where the catalog puts it, in " + ownLocations + "...");
  }

  private void checkSnapshots(TableMetadata base, TableMetadata next) {
    ForeignCommits allowed =
        ForeignCommits.parse(
            next.property(TopicProperties.FOREIGN_COMMITS, ForeignCommits.APPEND.toString()));
    Snapshot before = base.currentSnapshot();
    Snapshot at = next.currentSnapshot();
    while (!isSame(at, before)) {
      require(
          at != null || allowed == ForeignCommits.ALL,
          "a snapshot of a topic's table is not rolled back");
      if (at == null) return;
      String operation = at.operation();
      boolean isAllowed =
          switch (operation) {
            case DataOperations.APPEND -> true;
            case DataOperations.REPLACE -> allowed != ForeignCommits.APPEND;
            case null, default -> allowed == ForeignCommits.ALL;
          };
      require(
          isAllowed || changesNoFiles(at),
          "consumers replay these files: commits that "
              + operation
              + " them need oxbow.cold.foreign.files of the topic to allow it");
      if (DataOperations.REPLACE.equals(operation) && allowed == ForeignCommits.REPLACE) {
        checkReplaced(at, next);
      }
      at = at.parentId() == null ? null : next.snapshot(at.parentId());
    }
  }

  /** What takes the place of our files has to hold their records, so far as can be told of it. */
  private void checkReplaced(Snapshot snapshot, TableMetadata next) {
    SnapshotChanges changes =
        SnapshotChanges.builderFor(new BaseTable(new StaticTableOperations(next, io), "topic"))
            .snapshot(snapshot)
            .build();
    require(
        !changes.addedDeleteFiles().iterator().hasNext(),
        "rows of a topic's table are not deleted one by one");
    String table = io.name(next.location());
    Uuid topicId = TopicProperties.topicId(next);
    long removedRecords = 0;
    var removed = new Hull();
    for (DataFile file : changes.removedDataFiles()) {
      removedRecords += file.recordCount();
      Optional<ColdFile> ours =
          BucketLayout.coldFile(
              table, io.name(file.location()), topicId, file.recordCount(), file.fileSizeInBytes());
      if (ours.isEmpty()) {
        removed.add(TableFiles.offsets(file).orElse(new long[] {0, Long.MAX_VALUE}));
        continue;
      }
      removed.add(new long[] {ours.get().baseOffset(), ours.get().endOffset() - 1});
      Optional<String> reason = replays.whyKept(ours.get());
      require(reason.isEmpty(), ours.get().name() + " stays as it is: " + reason.orElse(""));
    }
    long addedRecords = 0;
    for (DataFile file : changes.addedDataFiles()) {
      addedRecords += file.recordCount();
      require(
          file.format() == FileFormat.PARQUET,
          "files that consumers replay are Parquet, not " + file.format());
      Optional<long[]> offsets = TableFiles.offsets(file);
      require(
          offsets.isPresent(),
          "a file in the place of ours needs bounds of kafka_partition and kafka_offset");
      require(
          removed.contains(offsets.orElseThrow()), "the new files hold offsets that the old don't");
    }
    require(
        addedRecords == removedRecords,
        "the new files hold " + addedRecords + " records, the old ones " + removedRecords);
  }

  /** What offsets lie between. */
  private static final class Hull {
    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;

    void add(long[] offsets) {
      min = Math.min(min, offsets[0]);
      max = Math.max(max, offsets[1]);
    }

    boolean contains(long[] offsets) {
      return min <= offsets[0] && offsets[1] <= max;
    }
  }

  private static boolean isSame(@Nullable Snapshot a, @Nullable Snapshot b) {
    if (a == null || b == null) return a == null && b == null;
    return a.snapshotId() == b.snapshotId();
  }

  /** Rewriting manifests replaces, and yet leaves every file where it is. */
  private static boolean changesNoFiles(Snapshot snapshot) {
    Map<String, String> summary = snapshot.summary();
    return summary.getOrDefault("deleted-data-files", "0").equals("0")
        && summary.getOrDefault("added-data-files", "0").equals("0")
        && summary.getOrDefault("added-delete-files", "0").equals("0")
        && summary.getOrDefault("manifests-created", "").matches("\\d+");
  }

  private static Map<String, String> ours(TableMetadata metadata) {
    return metadata.properties().entrySet().stream()
        .filter(property -> property.getKey().startsWith(TopicProperties.PREFIX))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static void require(boolean holds, String rule) {
    if (!holds) throw new ValidationException("%s", Objects.requireNonNull(rule));
  }
}
