package oxbow.server.cold;

import java.nio.file.Path;
import oxbow.cold.ColdConfig;

/**
 * How this server keeps its cold tier.
 *
 * @param bucket directory that stands in for one
 * @param isDefault topics have a cold tier unless they say no
 */
public record ColdBounds(Path bucket, boolean isDefault, ColdConfig config) {}
