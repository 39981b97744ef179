package oxbow.log;

import java.util.List;

/**
 * A partition's local records at one instant, for whoever reads them at leisure: compacting,
 * trimming and expiring go on and take nothing from it. Whoever is given it releases it once.
 *
 * @param offsets the log's bounds at that instant
 * @param lastStable end of what {@code read_committed} may see
 * @param ranges from {@link LogOffsets#coldEnd} to there, in order: what isn't in the cold tier yet
 */
public record LocalRecords(LogOffsets offsets, long lastStable, List<SealedSegments.Range> ranges) {
  public LocalRecords {
    ranges = List.copyOf(ranges);
  }

  /** Gives the files back. */
  public void release() {
    ranges.forEach(SealedSegments.Range::release);
  }
}
