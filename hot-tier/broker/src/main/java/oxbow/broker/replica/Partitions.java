package oxbow.broker.replica;

import java.util.Collection;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import oxbow.broker.control.ClusterListener;
import oxbow.broker.control.ClusterView;
import oxbow.log.Logs;

/**
 * The partitions this broker has a replica of. Follows the cluster's metadata: opens and deletes
 * logs, takes and gives up leadership.
 */
public final class Partitions implements ClusterListener {
  public Partitions(int brokerId, Logs logs) {}

  private static AssertionError contract() {
    return new AssertionError("contract only");
  }

  @Override
  public void changed(ClusterView now, Change change) {
    throw contract();
  }

  public Optional<Partition> find(TopicPartition partition) {
    throw contract();
  }

  /**
   * The partition, if this broker leads it. Throws Kafka's {@code
   * UnknownTopicOrPartitionException}, {@code NotLeaderOrFollowerException} or {@code
   * KafkaStorageException} (its log is offline).
   */
  public Partition leading(TopicPartition partition) {
    throw contract();
  }

  public Collection<Partition> all() {
    throw contract();
  }

  /** Tells from now on, and at once for those already led, who leads what. */
  public void watchLeadership(LeadershipListener listener) {
    throw contract();
  }

  /** Learns when this broker becomes or stops being a partition's leader. Must not wait. */
  public interface LeadershipListener {
    void elected(TopicPartition partition, int leaderEpoch);

    void resigned(TopicPartition partition, int leaderEpoch);
  }
}
