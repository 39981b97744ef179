package oxbow.cold.state;

/** Where a partition's log begins, which is not at offset zero. */
public record LogStart(String topic, int partition, long offset) {}
