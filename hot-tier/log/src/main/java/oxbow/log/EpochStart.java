package oxbow.log;

/** A leader epoch and the offset of its first record. */
public record EpochStart(int leaderEpoch, long startOffset) {}
