package oxbow.cold.table;

import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.exceptions.ValidationException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a topic's table a topic's table: what consumers replay and what commits are checked against
 * stays, whatever another engine asks of the catalog. Tables that are no topic's are their makers'.
 */
final class ForeignCommitRules implements ObjectTableOperations.CommitRules {
  /** What follows is the unique part of a location, and plain names below it. */
  private static final Pattern BELOW_OWN = Pattern.compile("[0-9a-f-]{36}(/[A-Za-z0-9_-][^/]*)*");

  private final String ownLocations;

  /**
   * @param ownLocations what the location of every table of this name begins with: what lies
   *     elsewhere is another's, and would go with this one
   */
  ForeignCommitRules(String ownLocations) {
    this.ownLocations = ownLocations;
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

  private static void checkSnapshots(TableMetadata base, TableMetadata next) {
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
              + " them need oxbow.foreign.commits of the topic to allow it");
      at = at.parentId() == null ? null : next.snapshot(at.parentId());
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
