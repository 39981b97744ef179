package oxbow.query.jobs;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.query.Topics.Topic;

/** What jobs ask of the cluster beside reading and appending. Thread-safe. */
public interface JobCluster {
  /**
   * Makes a topic; fails with one of Kafka's errors, {@code UnknownTopicOrPartitionException} if
   * topics are not to be made by those who write to them.
   */
  CompletableFuture<Topic> create(String name, int partitions);

  /** An id that no producer has or will have. */
  CompletableFuture<Long> producerId();

  /** Sets what a group has committed, which may have no members. */
  CompletableFuture<Void> moveGroup(String group, Map<TopicIdPartition, Long> offsets);
}
