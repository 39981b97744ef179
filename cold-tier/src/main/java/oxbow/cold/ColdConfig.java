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
 */
public record ColdConfig(
    Path directory,
    String namespace,
    int offloadThreads,
    Duration lookEvery,
    long upkeepBytesPerSecondMax,
    FetchBounds fetch,
    UpkeepConfig upkeep) {}
