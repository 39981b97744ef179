package oxbow.log;

/**
 * Where a leader epoch ended: the epoch at or below the asked one, and the offset that follows it.
 */
public record EpochEnd(int leaderEpoch, long endOffset) {}
