package oxbow.cold.upkeep;

import java.time.Duration;

/**
 * How often upkeep works, and what it leaves alone.
 *
 * @param every pause between two rounds
 * @param cleanEvery between two cleanings of a table
 * @param snapshotAge older snapshots are forgotten: a query may run this long
 * @param snapshotsMin how many are kept whatever their age
 * @param orphanAge younger objects may belong to a commit that is under way
 * @param compactionMapBytes of the map of keys while a partition is compacted; a smaller one takes
 *     more rounds
 */
public record UpkeepConfig(
    Duration every,
    Duration cleanEvery,
    Duration snapshotAge,
    int snapshotsMin,
    Duration orphanAge,
    int compactionMapBytes) {
  private static final int COMPACTION_MAP_BYTES = 8 << 20;

  /** One with a map of the usual size. */
  public UpkeepConfig(
      Duration every,
      Duration cleanEvery,
      Duration snapshotAge,
      int snapshotsMin,
      Duration orphanAge) {
    this(every, cleanEvery, snapshotAge, snapshotsMin, orphanAge, COMPACTION_MAP_BYTES);
  }
}
