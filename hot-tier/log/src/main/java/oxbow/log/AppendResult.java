package oxbow.log;

/**
 * What became of an append.
 *
 * @param firstOffset offset of the first record appended
 * @param followingOffset the log end after this append
 * @param logAppendTimeMs the time stamped on the records, or -1 where they keep their own
 * @param logStart the log start at that moment
 * @param isDuplicate the batch was already here; the offsets are those of its first append
 */
public record AppendResult(
    long firstOffset,
    long followingOffset,
    long logAppendTimeMs,
    long logStart,
    boolean isDuplicate) {}
