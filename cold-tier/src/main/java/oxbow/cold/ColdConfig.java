package oxbow.cold;

import java.nio.file.Path;
import java.time.Duration;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.upkeep.UpkeepConfig;

/**
 * How this node keeps its cold tier.
 *
 * @param directory for files under way; emptied at the start
 * @param namespace that the topics' tables are in
 * @param offloadThreads topics that are offloaded at a time
 * @param lookEvery how often it is asked what waits to be offloaded
 * @param upkeepBytesPerSecondMax pace of merging
 * @param catchUpBytesPerSecond pace of topics that are far behind; more if that is what comes in
 */
public record ColdConfig(
    Path directory,
    String namespace,
    int offloadThreads,
    Duration lookEvery,
    long upkeepBytesPerSecondMax,
    long catchUpBytesPerSecond,
    FetchBounds fetch,
    UpkeepConfig upkeep) {
  private static final long CATCH_UP_BYTES_PER_SECOND = 64 << 20;

  /** One that catches up at the usual pace. */
  public ColdConfig(
      Path directory,
      String namespace,
      int offloadThreads,
      Duration lookEvery,
      long upkeepBytesPerSecondMax,
      FetchBounds fetch,
      UpkeepConfig upkeep) {
    this(
        directory,
        namespace,
        offloadThreads,
        lookEvery,
        upkeepBytesPerSecondMax,
        CATCH_UP_BYTES_PER_SECOND,
        fetch,
        upkeep);
  }
}
