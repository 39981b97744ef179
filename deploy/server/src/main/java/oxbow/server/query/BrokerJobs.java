package oxbow.server.query;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import oxbow.broker.Broker;
import oxbow.broker.produce.ProducerIds;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Topic;
import oxbow.query.jobs.JobCluster;

/** What jobs ask of this broker. */
final class BrokerJobs implements JobCluster {
  private static final int CREATE_TIMEOUT_MS = 10_000;

  private final Broker broker;
  private final Topics topics;
  private final boolean isCreating;
  private final ProducerIds producerIds;

  /**
   * @param isCreating topics are made by those who write to them
   */
  BrokerJobs(Broker broker, Topics topics, boolean isCreating) {
    this.broker = broker;
    this.topics = topics;
    this.isCreating = isCreating;
    this.producerIds = new ProducerIds(broker.control()::allocateProducerIds);
  }

  @Override
  public CompletableFuture<Topic> create(String name, int partitions) {
    if (!isCreating) {
      return CompletableFuture.failedFuture(
          new UnknownTopicOrPartitionException(
              "there is no topic " + name + ", and none is made (auto.create.topics.enable)"));
    }
    var wanted = new CreatableTopicCollection();
    wanted.add(
        new CreatableTopic()
            .setName(name)
            .setNumPartitions(partitions)
            .setReplicationFactor(CreateTopicsRequest.NO_REPLICATION_FACTOR));
    return broker
        .control()
        .autoTopics()
        .create(new CreateTopicsRequestData().setTopics(wanted).setTimeoutMs(CREATE_TIMEOUT_MS))
        .thenApply(answer -> created(name, answer.topics().find(name)))
        .toCompletableFuture();
  }

  private Topic created(String name, CreatableTopicResult result) {
    Errors error = Errors.forCode(result.errorCode());
    if (error != Errors.NONE && error != Errors.TOPIC_ALREADY_EXISTS) {
      throw error.exception(result.errorMessage());
    }
    return topics
        .find(name)
        .orElseThrow(
            () -> new QueryException(Kind.UNAVAILABLE, "the topic " + name + " is being made"));
  }

  @Override
  public CompletableFuture<Long> producerId() {
    return producerIds.next().toCompletableFuture();
  }

  @Override
  public CompletableFuture<Void> moveGroup(String group, Map<TopicIdPartition, Long> offsets) {
    return broker
        .groups()
        .commit(group, offsets)
        .exceptionallyCompose(failure -> {
          Throwable cause = failure.getCause() == null ? failure : failure.getCause();
          return CompletableFuture.failedFuture(
              cause instanceof UnknownMemberIdException
                  ? new QueryException(
                      Kind.CONFLICT, "the group " + group + " has members: end them first", cause)
                  : cause);
        });
  }
}
