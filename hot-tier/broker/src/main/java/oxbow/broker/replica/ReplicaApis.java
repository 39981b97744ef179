package oxbow.broker.replica;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirPartitionResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirTopicResult;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterReplicaLogDirsResponse;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;
import org.apache.kafka.common.requests.DescribeProducersResponse;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Request;
import oxbow.broker.wire.ApiTable;
import oxbow.log.LogOffsets;
import oxbow.log.Logs;
import oxbow.log.PartitionLog;

/** What admin tools ask and change of this broker's own replicas. Runs on log threads. */
public final class ReplicaApis {
  private final Partitions partitions;
  private final Logs logs;
  private final Executor logThreads;

  public ReplicaApis(Partitions partitions, Logs logs, Executor logThreads) {
    this.partitions = partitions;
    this.logs = logs;
    this.logThreads = logThreads;
  }

  /** Registers DeleteRecords, DescribeProducers, DescribeLogDirs and AlterReplicaLogDirs. */
  public void serve(ApiTable table) {
    serve(table, ApiKeys.DELETE_RECORDS, this::deleteRecords);
    serve(table, ApiKeys.DESCRIBE_PRODUCERS, this::describeProducers);
    serve(table, ApiKeys.DESCRIBE_LOG_DIRS, this::describeLogDirs);
    serve(table, ApiKeys.ALTER_REPLICA_LOG_DIRS, this::alterLogDirs);
  }

  private void serve(ApiTable table, ApiKeys api, Handler handler) {
    table.serve(
        api,
        request ->
            logThreads.execute(() -> {
              try {
                handler.handle(request);
              } catch (RuntimeException e) {
                request.fail(e);
              }
            }));
  }

  @FunctionalInterface
  private interface Handler {
    void handle(Request request);
  }

  private void deleteRecords(Request request) {
    var data = (DeleteRecordsRequestData) request.body().data();
    var response = new DeleteRecordsResponseData();
    for (var topic : data.topics()) {
      var result = new DeleteRecordsTopicResult().setName(topic.name());
      for (var asked : topic.partitions()) {
        var name = new TopicPartition(topic.name(), asked.partitionIndex());
        var answer =
            new DeleteRecordsPartitionResult()
                .setPartitionIndex(asked.partitionIndex())
                .setLowWatermark(DeleteRecordsResponse.INVALID_LOW_WATERMARK);
        try {
          answer.setLowWatermark(deleteBefore(name, asked.offset()));
        } catch (RuntimeException e) {
          answer.setErrorCode(Failures.errorOf(e, name).code());
        }
        result.partitions().add(answer);
      }
      response.topics().add(result);
    }
    request.answer(new DeleteRecordsResponse(response));
  }

  /** Deletes what lies before an offset and returns the first that is left. */
  private long deleteBefore(TopicPartition name, long offset) {
    Partition partition = partitions.leading(name);
    if (Topic.isInternal(name.topic())) {
      throw new InvalidTopicException("records of " + name.topic() + " cannot be deleted");
    }
    PartitionLog log = partition.log();
    if (!log.config().isDeleted()) {
      throw new PolicyViolationException(name + " has no cleanup.policy that deletes records");
    }
    LogOffsets offsets = log.offsets();
    long before = offset == DeleteRecordsRequest.HIGH_WATERMARK ? offsets.highWatermark() : offset;
    if (before < 0 || before > offsets.highWatermark()) {
      throw new OffsetOutOfRangeException(
          "offset " + before + " is beyond the watermark " + offsets.highWatermark());
    }
    log.deleteBefore(before);
    return log.offsets().logStart();
  }

  private void describeProducers(Request request) {
    var data = (DescribeProducersRequestData) request.body().data();
    var response = new DescribeProducersResponseData();
    for (var topic : data.topics()) {
      var result = new TopicResponse().setName(topic.name());
      for (int index : topic.partitionIndexes()) {
        result.partitions().add(producersOf(topic.name(), index));
      }
      response.topics().add(result);
    }
    request.answer(new DescribeProducersResponse(response));
  }

  private PartitionResponse producersOf(String topic, int index) {
    var answer = new PartitionResponse().setPartitionIndex(index);
    var name = new TopicPartition(topic, index);
    try {
      Topic.validate(topic);
      return answer.setActiveProducers(
          partitions.leading(name).log().producers().stream()
              .map(producer ->
                  new ProducerState()
                      .setProducerId(producer.producerId())
                      .setProducerEpoch(producer.producerEpoch())
                      .setLastSequence(producer.lastSequence())
                      .setLastTimestamp(producer.lastTimestampMs())
                      .setCoordinatorEpoch(producer.coordinatorEpoch())
                      .setCurrentTxnStartOffset(producer.currentTransactionStart()))
              .toList());
    } catch (InvalidTopicException e) {
      return answer
          .setErrorCode(Errors.INVALID_TOPIC_EXCEPTION.code())
          .setErrorMessage(e.getMessage());
    } catch (RuntimeException e) {
      return answer.setErrorCode(Failures.errorOf(e, name).code());
    }
  }

  private void describeLogDirs(Request request) {
    var data = (DescribeLogDirsRequestData) request.body().data();
    var directory =
        new DescribeLogDirsResult()
            .setLogDir(logs.directory().toAbsolutePath().toString())
            .setTotalBytes(logs.totalBytes())
            .setUsableBytes(logs.usableBytes())
            .setTopics(sizes(data.topics()));
    request.answer(
        new DescribeLogDirsResponse(
            new DescribeLogDirsResponseData().setResults(List.of(directory))));
  }

  /**
   * @param asked null: everything
   */
  private List<DescribeLogDirsTopic> sizes(
      @Nullable Collection<DescribeLogDirsRequestData.DescribableLogDirTopic> asked) {
    Map<String, List<DescribeLogDirsPartition>> byTopic = new TreeMap<>();
    for (Partition partition : partitions.all()) {
      TopicPartition name = partition.id().topicPartition();
      boolean isAsked =
          asked == null
              || asked.stream()
                  .anyMatch(topic ->
                      topic.topic().equals(name.topic())
                          && topic.partitions().contains(name.partition()));
      if (!isAsked) continue;
      byTopic
          .computeIfAbsent(name.topic(), _ -> new ArrayList<>())
          .add(
              new DescribeLogDirsPartition()
                  .setPartitionIndex(name.partition())
                  .setPartitionSize(partition.log().sizeBytes())
                  .setOffsetLag(0) // of a replica on its way to another directory; there is none
                  .setIsFutureKey(false));
    }
    return byTopic.entrySet().stream()
        .map(topic ->
            new DescribeLogDirsTopic().setName(topic.getKey()).setPartitions(topic.getValue()))
        .toList();
  }

  private void alterLogDirs(Request request) {
    var data = (AlterReplicaLogDirsRequestData) request.body().data();
    Map<String, List<AlterReplicaLogDirPartitionResult>> byTopic = new TreeMap<>();
    for (var directory : data.dirs()) {
      for (var topic : directory.topics()) {
        for (int index : topic.partitions()) {
          byTopic
              .computeIfAbsent(topic.name(), _ -> new ArrayList<>())
              .add(
                  new AlterReplicaLogDirPartitionResult()
                      .setPartitionIndex(index)
                      .setErrorCode(
                          move(new TopicPartition(topic.name(), index), directory.path()).code()));
        }
      }
    }
    request.answer(
        new AlterReplicaLogDirsResponse(
            new AlterReplicaLogDirsResponseData()
                .setResults(
                    byTopic.entrySet().stream()
                        .map(topic ->
                            new AlterReplicaLogDirTopicResult()
                                .setTopicName(topic.getKey())
                                .setPartitions(topic.getValue()))
                        .collect(Collectors.toList()))));
  }

  /** There is one directory: a replica can stay where it is, and go nowhere else. */
  private Errors move(TopicPartition name, String directory) {
    try {
      if (!logs.directory().toAbsolutePath().toString().equals(directory)) {
        throw new LogDirNotFoundException("this broker keeps no logs in " + directory);
      }
      if (partitions.find(name).isEmpty()) partitions.leading(name);
      return Errors.NONE;
    } catch (NotLeaderOrFollowerException e) {
      return Errors.REPLICA_NOT_AVAILABLE;
    } catch (ApiException e) {
      return Failures.errorOf(e, name);
    }
  }
}
