package oxbow.query.overview;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The facts about the cluster, its topics and groups as they are at this moment. Never waits for
 * the object store; groups may wait for their coordinators. Thread-safe.
 */
public interface Overview {
  Cluster cluster();

  /** All topics by name. */
  List<TopicFacts> topics();

  /** One topic, partition by partition. */
  Optional<TopicDetail> topic(String name);

  /** All groups by name. */
  List<GroupFacts> groups();

  Optional<GroupFacts> group(String name);

  /**
   * The cluster.
   *
   * @param brokerAddress where clients find this broker; empty: it isn't registered yet
   * @param listeners addresses by the name of what listens there
   */
  record Cluster(
      String id,
      String version,
      String kafkaVersion,
      Instant startedAt,
      int brokerId,
      String brokerAddress,
      Map<String, String> listeners,
      int topics,
      int partitions,
      Sizes sizes,
      Cold cold,
      long heapUsed,
      long heapMax) {}

  /**
   * The cold tier.
   *
   * @param store the bucket's name; null: there is none
   * @param trouble why the store does not answer; null: it does
   * @param lagMs how long the oldest record has waited that is to go there
   */
  record Cold(boolean isOn, @Nullable String store, @Nullable String trouble, long lagMs) {}

  /**
   * What lies where.
   *
   * @param isCounted false: what the cold tier has isn't known yet
   */
  record Sizes(long hotBytes, long coldBytes, int coldFiles, boolean isCounted) {
    public static final Sizes NONE = new Sizes(0, 0, 0, true);

    public Sizes plus(Sizes other) {
      return new Sizes(
          hotBytes + other.hotBytes,
          coldBytes + other.coldBytes,
          coldFiles + other.coldFiles,
          isCounted && other.isCounted);
    }
  }

  /**
   * A topic.
   *
   * @param records offsets from log start to high watermark
   * @param cleanup its {@code cleanup.policy}
   * @param lagMs how long the oldest record has waited that is to go to the cold tier
   */
  record TopicFacts(
      String name,
      String id,
      boolean isInternal,
      int partitions,
      long records,
      Sizes sizes,
      boolean hasColdTier,
      String cleanup,
      long lagMs) {}

  /** A topic with everything about it. */
  record TopicDetail(TopicFacts facts, List<Setting> settings, List<PartitionFacts> partitions) {
    public TopicDetail {
      settings = List.copyOf(settings);
      partitions = List.copyOf(partitions);
    }
  }

  /**
   * A topic's setting.
   *
   * @param isDefault nobody set it for this topic
   */
  record Setting(String name, String value, boolean isDefault) {}

  /** How a partition is. */
  enum State {
    ONLINE,
    /** It is served, and something about it goes wrong. */
    DEGRADED,
    OFFLINE,
    /** Led by another broker, or by none. */
    ELSEWHERE
  }

  /**
   * A partition.
   *
   * @param leader a broker's id, or -1
   * @param bounds null: its log isn't here, or is offline
   * @param reason what is wrong; null: nothing is
   * @param firstTimestamp of its first record; null: it has none, or it isn't known yet
   * @param lastTimestamp the largest there is; null as above
   */
  record PartitionFacts(
      int partition,
      int leader,
      @Nullable Bounds bounds,
      Sizes sizes,
      long lagMs,
      State state,
      @Nullable String reason,
      @Nullable Long firstTimestamp,
      @Nullable Long lastTimestamp) {}

  /** Where a partition's records lie: starts inclusive, ends exclusive. */
  record Bounds(long logStart, long localStart, long coldEnd, long highWatermark, long logEnd) {}

  /**
   * A group.
   *
   * @param type {@code classic}, {@code consumer}, {@code streams}
   */
  record GroupFacts(
      String name, String type, String state, List<Member> members, List<GroupOffset> offsets) {
    public GroupFacts {
      members = List.copyOf(members);
      offsets = List.copyOf(offsets);
    }

    /** Records that it still has to read, of all partitions whose end is known. */
    public long lag() {
      long lag = 0;
      for (GroupOffset each : offsets) if (each.lag() != null) lag += each.lag();
      return lag;
    }

    /** Of which it committed offsets. */
    public List<String> topics() {
      return offsets.stream().map(GroupOffset::topic).distinct().toList();
    }
  }

  /**
   * A member of a group.
   *
   * @param partitions {@code topic-partition}, what it was told to read
   */
  record Member(String id, String clientId, String host, List<String> partitions) {
    public Member {
      partitions = List.copyOf(partitions);
    }
  }

  /**
   * What a group has committed for a partition.
   *
   * @param end the partition's high watermark; null: it isn't known here
   * @param lag records up to there; null as above
   * @param isCold what it reads next has left the local disk
   */
  record GroupOffset(
      String topic,
      int partition,
      long committed,
      @Nullable Long end,
      @Nullable Long lag,
      boolean isCold,
      String metadata) {}
}
