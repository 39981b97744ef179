package oxbow.log;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;

/**
 * Serves offsets that left the local disk. The cold tier implements it; every call reports its
 * failure through the future it returns, and none waits on the caller's thread.
 *
 * <p>A failure is a {@link LogException} ({@code OFFLINE}: the store can't be reached, refuses or
 * holds damaged bytes; clients are told {@code KAFKA_STORAGE_ERROR} and ask again) or one of
 * Kafka's own exceptions ({@code OffsetOutOfRangeException}: what was asked for expired meanwhile).
 * Anything else is taken for a bug and logged.
 *
 * <p>Whoever gives up cancels the future; the read may then be stopped. A read that completes after
 * that finds {@code complete} refused, and releases its batches itself.
 */
public interface ColdReads {
  /**
   * Whole batches from the one that holds the offset, or the next one if compaction removed it;
   * empty: there is none below the cold tier's end, the log goes on behind it. May reach into what
   * is local, too.
   *
   * @param bytesMax where it may stop; the first batch comes whole, also if it is longer
   * @param limit {@link ReadLimit#LAST_STABLE}: with the aborted transactions
   */
  CompletableFuture<Optional<ColdBatches>> read(
      TopicIdPartition partition, long offset, int bytesMax, ReadLimit limit);

  /** The first record at or after a time, among those with offsets of a range. */
  CompletableFuture<Optional<TimestampedOffset>> find(
      TopicIdPartition partition, long timestampMs, long from, long to);

  /** The first record with the largest timestamp, among those with offsets of a range. */
  CompletableFuture<Optional<TimestampedOffset>> findMaxTimestamp(
      TopicIdPartition partition, long from, long to);

  /**
   * Where a leader epoch ended, among cold records: the latest epoch at or below the asked one.
   * Asked only where the local history of epochs doesn't reach.
   */
  CompletableFuture<Optional<EpochEnd>> endOf(TopicIdPartition partition, int leaderEpoch);

  /** Batches in the log's own format. The receiver calls {@link #release} once. */
  interface ColdBatches {
    /** The batches; borrowed until they are released. */
    ByteBuffer bytes();

    /** Aborted transactions that overlap them. */
    List<LogRead.AbortedTransaction> aborted();

    void release();
  }
}
