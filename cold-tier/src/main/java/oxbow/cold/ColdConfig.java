package oxbow.cold;

import java.nio.file.Path;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.upkeep.UpkeepConfig;

/**
 * How this node keeps its cold tier.
 *
 * @param directory for files under way; emptied at the start
 * @param namespace that the topics' tables are in
 * @param offloadThreads topics that are offloaded at a time
 * @param upkeepBytesPerSecondMax pace of merging
 */
public record ColdConfig(
    Path directory,
    String namespace,
    int offloadThreads,
    long upkeepBytesPerSecondMax,
    FetchBounds fetch,
    UpkeepConfig upkeep) {}
