package oxbow.query.testing;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.query.QueryException;
import oxbow.query.Topics.Topic;
import oxbow.query.jobs.JobCluster;

/** A cluster that makes topics in memory and keeps what groups have committed. Thread-safe. */
public final class FakeCluster implements JobCluster {
  private final FakeTopics topics;
  private final AtomicLong producerIds = new AtomicLong(1000);
  private final Map<String, Map<TopicIdPartition, Long>> groups = new TreeMap<>();
  private Optional<QueryException> refusal = Optional.empty();

  public FakeCluster(FakeTopics topics) {
    this.topics = topics;
  }

  /** Groups can't be moved, or with nothing given they can again. */
  public synchronized void refuse(Optional<QueryException> reason) {
    refusal = reason;
  }

  public synchronized Map<TopicIdPartition, Long> group(String name) {
    return Map.copyOf(groups.getOrDefault(name, Map.of()));
  }

  @Override
  public CompletableFuture<Topic> create(String name, int partitions) {
    return CompletableFuture.completedFuture(topics.add(name, partitions, Map.of()));
  }

  @Override
  public CompletableFuture<Long> producerId() {
    return CompletableFuture.completedFuture(producerIds.getAndIncrement());
  }

  @Override
  public synchronized CompletableFuture<Void> moveGroup(
      String group, Map<TopicIdPartition, Long> offsets) {
    if (refusal.isPresent()) return CompletableFuture.failedFuture(refusal.get());
    groups.put(group, Map.copyOf(offsets));
    return CompletableFuture.completedFuture(null);
  }
}
