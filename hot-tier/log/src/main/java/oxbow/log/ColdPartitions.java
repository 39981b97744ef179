package oxbow.log;

import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;

/**
 * What the cold tier learns of the partitions of this node, and says of those that are new here.
 * The cold tier implements it; the broker calls it, for one partition in the order of the metadata,
 * on log threads. Must not wait.
 */
public interface ColdPartitions {
  /** There is no cold tier. */
  ColdPartitions NONE =
      new ColdPartitions() {
        @Override
        public Optional<ColdStart> startOf(TopicIdPartition partition) {
          return Optional.empty();
        }

        @Override
        public void led(
            TopicIdPartition partition, int leaderEpoch, Map<String, String> settings) {}

        @Override
        public void resigned(TopicIdPartition partition) {}

        @Override
        public void deleted(TopicIdPartition partition) {}
      };

  /**
   * Where a partition begins that has no records here; empty: where it is, or at offset zero. Asked
   * before it is led, if its topic has {@code remote.storage.enable}. What is being restored from a
   * bucket is known before its topics are made, so nobody has to wait for the store here.
   */
  Optional<ColdStart> startOf(TopicIdPartition partition);

  /**
   * This node leads a partition, and its log is open (or offline). Called again when it leads it in
   * a new epoch or a setting changed.
   *
   * @param settings the topic's effective settings: its own, else the cluster's, else defaults;
   *     keys that the cold tier added among them
   */
  void led(TopicIdPartition partition, int leaderEpoch, Map<String, String> settings);

  /** It leads it no longer, or stops. */
  void resigned(TopicIdPartition partition);

  /** Its topic was deleted. Where it was led, the resignation came before. */
  void deleted(TopicIdPartition partition);
}
