package oxbow.log;

/**
 * What happened in all logs since start, for metrics.
 *
 * @param appends batches or groups of batches written
 * @param appendedBytes bytes of them
 * @param duplicates appends answered with an earlier one's offsets
 * @param refusedForSpace appends refused because the disk is full
 * @param rolls segments sealed
 * @param flushes fsyncs of segments
 * @param flushNanos time spent in them
 * @param recoveredPartitions partitions of which something had to be verified
 * @param verifiedBytes bytes read for it
 * @param truncatedBytes bytes cut off because they weren't whole batches
 * @param rebuiltIndexes segments whose indexes were damaged or absent
 * @param deletedSegments segments that retention removed
 * @param deletedBytes bytes of them
 * @param brokenInvariants bugs of ours that showed themselves
 * @param partitions logs open at the moment
 * @param offlinePartitions those of them that are offline
 */
public record LogStats(
    long appends,
    long appendedBytes,
    long duplicates,
    long refusedForSpace,
    long rolls,
    long flushes,
    long flushNanos,
    long recoveredPartitions,
    long verifiedBytes,
    long truncatedBytes,
    long rebuiltIndexes,
    long deletedSegments,
    long deletedBytes,
    long brokenInvariants,
    int partitions,
    int offlinePartitions) {}
