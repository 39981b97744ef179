package oxbow.broker.fetch;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.utils.ImplicitLinkedHashCollection;
import org.jspecify.annotations.Nullable;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;

/**
 * What a client wants of one partition, and what it was told last. Lives as long as its session, so
 * it is small: a thousand of them are a session like any other. Guarded by its session.
 */
final class WantedPartition implements ImplicitLinkedHashCollection.Element {
  private static final long UNKNOWN = -1;

  /** Its topic: a name up to version 12, an id from 13 on. */
  private final Object topic;

  private final int index;

  private int bytesMax;
  private long offset;
  private int leaderEpoch; // as the client knows it, or negative
  private int lastFetchedEpoch; // of the record before the offset, or negative
  private @Nullable Partition partition; // as found last

  private long toldHighWatermark = UNKNOWN;
  private long toldLogStart = UNKNOWN;

  // What the last look found: a parked fetch counts from there.
  private long seenEnd;
  private int seenBytes;

  private int next = ImplicitLinkedHashCollection.INVALID_INDEX;
  private int prev = ImplicitLinkedHashCollection.INVALID_INDEX;

  WantedPartition(Object topic, int index) {
    this.topic = topic;
    this.index = index;
  }

  WantedPartition(Object topic, FetchPartition asked) {
    this(topic, asked.partition());
    update(asked);
  }

  void update(FetchPartition asked) {
    bytesMax = Math.max(0, asked.partitionMaxBytes());
    offset = asked.fetchOffset();
    leaderEpoch = asked.currentLeaderEpoch();
    lastFetchedEpoch = asked.lastFetchedEpoch();
  }

  int index() {
    return index;
  }

  /** By name: empty where the client asked by id. */
  String topicName() {
    return topic instanceof String name ? name : "";
  }

  /** By id: zero where the client asked by name. */
  Uuid topicId() {
    return topic instanceof Uuid id ? id : Uuid.ZERO_UUID;
  }

  boolean isSameTopic(WantedPartition other) {
    return topic.equals(other.topic);
  }

  int bytesMax() {
    return bytesMax;
  }

  long offset() {
    return offset;
  }

  int lastFetchedEpoch() {
    return lastFetchedEpoch;
  }

  /** The partition, if this broker leads it in the epoch the client knows; else Kafka's error. */
  Partition resolve(Partitions partitions) {
    Partition found = partition;
    if (found == null || found.isGone()) {
      found =
          (topic instanceof String name
                  ? partitions.find(new TopicPartition(name, index))
                  : partitions.find((Uuid) topic, index))
              .orElse(null);
      partition = found;
    }
    if (found == null) {
      return topic instanceof String name
          ? partitions.leading(new TopicPartition(name, index))
          : partitions.leading((Uuid) topic, index);
    }
    found.requireEpoch(leaderEpoch);
    found.requireLeader();
    return found;
  }

  /** Where the last look found it, if it did. */
  @Nullable Partition partition() {
    return partition;
  }

  void seen(long end, int bytes) {
    seenEnd = end;
    seenBytes = bytes;
  }

  long seenEnd() {
    return seenEnd;
  }

  int seenBytes() {
    return seenBytes;
  }

  boolean isTold(long highWatermark, long logStart) {
    return toldHighWatermark == highWatermark && toldLogStart == logStart;
  }

  void told(long highWatermark, long logStart) {
    toldHighWatermark = highWatermark;
    toldLogStart = logStart;
  }

  /** It was told an error: once that has passed, it is told everything again. */
  void toldError() {
    toldHighWatermark = UNKNOWN;
  }

  @Override
  public int prev() {
    return prev;
  }

  @Override
  public void setPrev(int prev) {
    this.prev = prev;
  }

  @Override
  public int next() {
    return next;
  }

  @Override
  public void setNext(int next) {
    this.next = next;
  }

  @Override
  public int hashCode() {
    return 31 * index + topic.hashCode();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WantedPartition that && index == that.index && isSameTopic(that);
  }
}
