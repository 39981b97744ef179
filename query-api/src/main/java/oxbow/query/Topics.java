package oxbow.query;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import oxbow.log.LogRead.AbortedTransaction;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;

/**
 * The topics and their records, whatever tier they lie in, as queries and replays see them. Calls
 * that may wait report through a future, their failures too: a {@code LogException} or one of
 * Kafka's own. Whoever gives up cancels the future. Thread-safe.
 */
public interface Topics {
  /** All topics, by name; those that the broker writes itself among them. */
  List<Topic> all();

  Optional<Topic> find(String name);

  /**
   * The topic of this name, made if it isn't there and the broker makes topics that are produced
   * to; {@code UnknownTopicOrPartitionException}: it doesn't.
   */
  CompletableFuture<Topic> create(String name);

  /**
   * A topic.
   *
   * @param settings its effective ones
   */
  record Topic(
      String name, Uuid id, int partitions, boolean isInternal, Map<String, String> settings) {
    public TopicIdPartition partition(int index) {
      return new TopicIdPartition(id, index, name);
    }
  }

  /** Where a partition's records lie at this instant; empty: it is not led here, or is offline. */
  Optional<Bounds> bounds(TopicIdPartition partition);

  /**
   * A partition's bounds: starts inclusive, ends exclusive.
   *
   * @param localStart below it records are cold only
   * @param coldEnd below it records are in the table
   * @param highWatermark end of what was acknowledged
   * @param lastStable end of what {@code read_committed} may see
   */
  record Bounds(
      long logStart, long localStart, long coldEnd, long highWatermark, long lastStable) {}

  /**
   * Whole batches from the one that holds the offset, or the next one. At the end there are none.
   *
   * @param bytesMax where it may stop; the first batch comes whole
   */
  CompletableFuture<Batches> read(
      TopicIdPartition partition, long offset, int bytesMax, ReadLimit limit);

  /** Batches in the log's own format. The receiver calls {@link #release} once. */
  interface Batches {
    /** Borrowed until they are released. */
    ByteBuffer bytes();

    /** Aborted transactions that overlap them, for {@link ReadLimit#LAST_STABLE}. */
    List<AbortedTransaction> aborted();

    /** They came from the object store. */
    boolean isCold();

    void release();
  }

  /** The first record at or after a time; empty: all are older. */
  CompletableFuture<Optional<TimestampedOffset>> find(TopicIdPartition partition, long timestampMs);

  /** Completes once {@code read} finds something at or behind the offset. */
  CompletableFuture<Void> await(TopicIdPartition partition, long offset, ReadLimit limit);

  /**
   * Appends one batch as a producer with {@code acks=all} would.
   *
   * @return its first offset, once it is acknowledged
   */
  CompletableFuture<Long> append(TopicIdPartition partition, ByteBuffer batch);
}
