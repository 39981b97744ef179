package oxbow.log;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicIdPartition;

/**
 * Serves offsets that left the local disk. The cold tier implements it; every call reports its
 * failure through the stage it returns, and none waits on the caller's thread.
 */
public interface ColdReads {
  /** Whole batches from the one that holds the offset, or empty if the cold tier ends before it. */
  CompletionStage<Optional<ColdBatches>> read(
      TopicIdPartition partition, long offset, int bytesMax, ReadLimit limit);

  /** The first record at or after a time. */
  CompletionStage<Optional<TimestampedOffset>> find(TopicIdPartition partition, long timestampMs);

  /** Where a leader epoch ended, among cold records. */
  CompletionStage<Optional<EpochEnd>> endOf(TopicIdPartition partition, int leaderEpoch);

  /** Batches in the log's own format. The receiver calls {@link #release} once. */
  interface ColdBatches {
    ByteBuffer bytes();

    List<LogRead.AbortedTransaction> aborted();

    void release();
  }
}
