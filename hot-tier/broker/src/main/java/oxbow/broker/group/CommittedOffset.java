package oxbow.broker.group;

/**
 * What a group has committed for a partition.
 *
 * @param leaderEpoch of the record before it; -1: unknown
 */
public record CommittedOffset(
    String group, String topic, int partition, long offset, int leaderEpoch, String metadata) {}
