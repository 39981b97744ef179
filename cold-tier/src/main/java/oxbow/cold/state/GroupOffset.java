package oxbow.cold.state;

/**
 * How far a group has come in a partition.
 *
 * @param leaderEpoch of the record before it; -1: unknown
 * @param metadata what the consumer wrote beside it
 */
public record GroupOffset(
    String group, String topic, int partition, long offset, int leaderEpoch, String metadata) {}
