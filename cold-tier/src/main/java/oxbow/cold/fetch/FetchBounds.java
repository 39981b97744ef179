package oxbow.cold.fetch;

import java.time.Duration;

/**
 * What cold reads may take from the rest of the process.
 *
 * @param parallelMax reads that run at a time
 * @param queuedMax reads that wait for their turn; more are refused until later
 * @param chunkBytes how much is brought back at once for a consumer that reads on
 * @param cacheBytes of batches brought back and not yet consumed
 * @param rangeCacheBytes of files' ranges, as they lie in the store
 * @param indexCacheBytes of files' indexes
 * @param cursorsMax consumers whose place in a file is kept, with what is decoded there
 * @param aheadMax ranges fetched ahead of one consumer
 * @param manifestAge how old what is known of a table may get before it is read anew
 */
public record FetchBounds(
    int parallelMax,
    int queuedMax,
    int chunkBytes,
    long cacheBytes,
    long rangeCacheBytes,
    long indexCacheBytes,
    int cursorsMax,
    int aheadMax,
    Duration manifestAge) {}
