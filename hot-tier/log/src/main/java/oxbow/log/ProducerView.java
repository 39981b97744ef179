package oxbow.log;

/** What the log remembers of one idempotent or transactional producer. */
public record ProducerView(
    long producerId,
    int producerEpoch,
    int lastSequence,
    long lastTimestampMs,
    int coordinatorEpoch,
    long currentTransactionStart) {}
