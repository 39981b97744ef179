package oxbow.query.replay;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.log.ReadLimit;
import oxbow.query.Topics.Topic;

/**
 * What to replay.
 *
 * @param partitions in the order they are read
 * @param to exclusive; empty: the end at the time of asking
 * @param isFollowing goes on with what comes after the end
 * @param key only records with this key
 * @param filter only records that it wants
 * @param recordsMax records at most
 * @param bytesMax keys and values, in bytes, after which it ends; one record always comes
 * @param isolation how far it may see
 */
public record ReplayRequest(
    Topic topic,
    List<Integer> partitions,
    Position from,
    Optional<Position> to,
    boolean isFollowing,
    Optional<Key> key,
    Optional<RecordFilter> filter,
    long recordsMax,
    long bytesMax,
    Order order,
    ReadLimit isolation) {
  /** In which order records of several partitions come. */
  public enum Order {
    /** One partition after the other, each in the order of its offsets. */
    PARTITION,
    /**
     * Merged by timestamp; each partition stays in the order of its offsets. What is followed live
     * comes as it arrives.
     */
    TIME
  }

  /** A record's key. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Key(byte[] bytes) {}

  public ReplayRequest {
    partitions = List.copyOf(partitions);
  }

  /** One that takes records whatever is in them. */
  public ReplayRequest(
      Topic topic,
      List<Integer> partitions,
      Position from,
      Optional<Position> to,
      boolean isFollowing,
      Optional<Key> key,
      long recordsMax,
      long bytesMax,
      Order order,
      ReadLimit isolation) {
    this(
        topic,
        partitions,
        from,
        to,
        isFollowing,
        key,
        Optional.empty(),
        recordsMax,
        bytesMax,
        order,
        isolation);
  }

  List<TopicIdPartition> ids() {
    return partitions.stream().map(topic::partition).toList();
  }
}
