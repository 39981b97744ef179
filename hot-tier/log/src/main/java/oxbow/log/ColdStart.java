package oxbow.log;

import static oxbow.log.Invariants.invariant;

import java.util.List;

/**
 * Where a log goes on whose records are all in the cold tier: {@code logStart <= localStart ==
 * coldEnd == logEnd}.
 *
 * @param logStart first offset of the log
 * @param coldEnd offset that follows the last cold record
 * @param epochs leader epochs of the cold records, in order, the first from the log start on; none
 *     above the one the partition is led in. Another cluster counts them anew: what is restored
 *     there is of epoch 0, in this list and in the batches that are served
 * @param batches the last batches of each producer, in offset order: a producer that goes on is
 *     known, and what it sends twice is not appended twice. Those silent for longer than {@code
 *     producer.id.expiration.ms} may be left out
 */
public record ColdStart(
    long logStart, long coldEnd, List<EpochStart> epochs, List<ProducerBatch> batches) {
  public ColdStart {
    invariant(0 <= logStart, "log start is negative", logStart);
    invariant(logStart <= coldEnd, "the cold tier ends before the log begins", coldEnd);
    epochs = List.copyOf(epochs);
    batches = List.copyOf(batches);
  }

  /** A batch as its producer numbered it. */
  public record ProducerBatch(
      long producerId,
      short producerEpoch,
      int baseSequence,
      int lastSequence,
      long baseOffset,
      long lastOffset,
      long maxTimestampMs) {}
}
