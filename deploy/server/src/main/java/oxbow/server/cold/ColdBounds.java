package oxbow.server.cold;

import oxbow.cold.ColdConfig;

/**
 * How this server keeps its cold tier.
 *
 * @param isDefault topics have a cold tier unless they say no
 * @param uploadBytesPerSecondMax bandwidth to the bucket; 0: without bound
 * @param downloadBytesPerSecondMax bandwidth from it; 0: without bound
 */
public record ColdBounds(
    BucketBounds bucket,
    boolean isDefault,
    long uploadBytesPerSecondMax,
    long downloadBytesPerSecondMax,
    ColdConfig config) {}
