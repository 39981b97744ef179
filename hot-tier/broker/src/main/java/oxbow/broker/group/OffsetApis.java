package oxbow.broker.group;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import oxbow.broker.net.Request;

/**
 * Commits, fetches and deletes offsets. The coordinator knows groups only; which topics there are,
 * and their names and ids, is settled here.
 */
final class OffsetApis {
  private final GroupCoordinator service;
  private final GroupCoordinators groups;

  OffsetApis(GroupCoordinator service, GroupCoordinators groups) {
    this.service = service;
    this.groups = groups;
  }

  void commit(Request request) {
    OffsetCommitRequestData asked = ((OffsetCommitRequest) request.body()).data();
    boolean byId = OffsetCommitResponse.useTopicIds(request.header().apiVersion());
    OffsetCommitResponse.Builder answer = OffsetCommitResponse.newBuilder(byId);
    var known = new ArrayList<OffsetCommitRequestTopic>(asked.topics().size());
    GroupMetadata metadata = groups.metadata();
    for (OffsetCommitRequestTopic topic : asked.topics()) {
      if (byId) topic.setName(metadata.topicName(topic.topicId()));
      else topic.setTopicId(metadata.topicId(topic.name()));
      Errors unknown = unknown(byId, topic.name(), topic.topicId());
      if (unknown != Errors.NONE) {
        answer.addPartitions(
            topic.topicId(),
            topic.name(),
            topic.partitions(),
            OffsetCommitRequestPartition::partitionIndex,
            unknown);
        continue;
      }
      OffsetCommitRequestTopic existing = existing(topic, metadata, answer);
      if (!existing.partitions().isEmpty()) known.add(existing);
    }
    if (known.isEmpty()) {
      request.answer(answer.build());
      return;
    }
    Answers.answer(
        request,
        service.commitOffsets(
            Answers.context(request),
            asked.duplicate().setTopics(known),
            BufferSupplier.NO_CACHING),
        committed -> answer.merge(committed).build());
  }

  /** The same for whoever is no client. */
  CompletableFuture<Void> commit(String group, Map<TopicIdPartition, Long> offsets) {
    Map<Uuid, OffsetCommitRequestTopic> topics = new LinkedHashMap<>();
    offsets.forEach((partition, offset) ->
        topics
            .computeIfAbsent(
                partition.topicId(),
                id -> new OffsetCommitRequestTopic().setTopicId(id).setName(partition.topic()))
            .partitions()
            .add(
                new OffsetCommitRequestPartition()
                    .setPartitionIndex(partition.partition())
                    .setCommittedOffset(offset)));
    var asked =
        new OffsetCommitRequestData().setGroupId(group).setTopics(List.copyOf(topics.values()));
    return service
        .commitOffsets(Answers.ownContext(ApiKeys.OFFSET_COMMIT), asked, BufferSupplier.NO_CACHING)
        .thenAccept(answer -> {
          for (OffsetCommitResponseTopic topic : answer.topics()) {
            for (OffsetCommitResponsePartition partition : topic.partitions()) {
              Errors.forCode(partition.errorCode()).maybeThrow();
            }
          }
        });
  }

  private static Errors unknown(boolean byId, String name, Uuid id) {
    if (byId && name.isEmpty()) return Errors.UNKNOWN_TOPIC_ID;
    return id.equals(Uuid.ZERO_UUID) ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.NONE;
  }

  private static OffsetCommitRequestTopic existing(
      OffsetCommitRequestTopic topic, GroupMetadata metadata, OffsetCommitResponse.Builder answer) {
    var existing = new OffsetCommitRequestTopic().setTopicId(topic.topicId()).setName(topic.name());
    for (OffsetCommitRequestPartition partition : topic.partitions()) {
      if (metadata.hasPartition(topic.name(), partition.partitionIndex())) {
        existing.partitions().add(partition);
      } else {
        answer.addPartition(
            topic.topicId(),
            topic.name(),
            partition.partitionIndex(),
            Errors.UNKNOWN_TOPIC_OR_PARTITION);
      }
    }
    return existing;
  }

  void fetch(Request request) {
    var asked = (OffsetFetchRequest) request.body();
    short version = request.header().apiVersion();
    RequestContext context = Answers.context(request);
    List<CompletableFuture<OffsetFetchResponseGroup>> answers =
        asked.groups().stream()
            .map(group -> fetch(context, group, asked.requireStable(), version))
            .toList();
    Answers.answer(
        request,
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)),
        _ ->
            new OffsetFetchResponse.Builder(
                    answers.stream().map(CompletableFuture::resultNow).toList())
                .build(version));
  }

  /** Fetches for one group; a failure is that group's, not the request's. */
  private CompletableFuture<OffsetFetchResponseGroup> fetch(
      RequestContext context, OffsetFetchRequestGroup group, boolean requireStable, short version) {
    CompletableFuture<OffsetFetchResponseGroup> answer =
        group.topics() == null
            ? fetchAll(context, group, requireStable, version)
            : fetchSome(context, group, requireStable, version);
    return answer.exceptionally(
        failure -> OffsetFetchResponse.groupError(group, Errors.forException(failure), version));
  }

  private CompletableFuture<OffsetFetchResponseGroup> fetchAll(
      RequestContext context, OffsetFetchRequestGroup group, boolean requireStable, short version) {
    boolean byId = OffsetFetchRequest.useTopicIds(version);
    return service
        .fetchOffsets(context, group, requireStable)
        .thenApply(found -> {
          if (!byId || found.errorCode() != Errors.NONE.code()) return found;
          GroupMetadata metadata = groups.metadata();
          // What is committed for a topic that is gone has no id to be named by.
          return found.setTopics(
              found.topics().stream()
                  .map(topic -> identified(topic, metadata))
                  .filter(topic -> !topic.topicId().equals(Uuid.ZERO_UUID))
                  .toList());
        });
  }

  private static OffsetFetchResponseTopics identified(
      OffsetFetchResponseTopics topic, GroupMetadata metadata) {
    return topic.topicId().equals(Uuid.ZERO_UUID)
        ? topic.setTopicId(metadata.topicId(topic.name()))
        : topic;
  }

  private CompletableFuture<OffsetFetchResponseGroup> fetchSome(
      RequestContext context, OffsetFetchRequestGroup group, boolean requireStable, short version) {
    boolean byId = OffsetFetchRequest.useTopicIds(version);
    GroupMetadata metadata = groups.metadata();
    var known = new ArrayList<OffsetFetchRequestTopics>();
    var unknown = new ArrayList<OffsetFetchResponseTopics>();
    for (OffsetFetchRequestTopics topic : group.topics()) {
      if (byId) topic.setName(metadata.topicName(topic.topicId()));
      if (byId && topic.name().isEmpty()) unknown.add(unknown(topic));
      else known.add(topic);
    }
    return service
        .fetchOffsets(context, group.duplicate().setTopics(known), requireStable)
        .thenApply(found -> {
          if (unknown.isEmpty() || found.errorCode() != Errors.NONE.code()) return found;
          var all = new ArrayList<>(found.topics());
          all.addAll(unknown);
          return found.setTopics(all);
        });
  }

  private static OffsetFetchResponseTopics unknown(OffsetFetchRequestTopics topic) {
    return new OffsetFetchResponseTopics()
        .setTopicId(topic.topicId())
        .setPartitions(
            topic.partitionIndexes().stream()
                .map(partition ->
                    new OffsetFetchResponsePartitions()
                        .setPartitionIndex(partition)
                        .setCommittedOffset(OffsetFetchResponse.INVALID_OFFSET)
                        .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code()))
                .toList());
  }

  void delete(Request request) {
    OffsetDeleteRequestData asked = ((OffsetDeleteRequest) request.body()).data();
    var answer = new OffsetDeleteResponse.Builder();
    var known = new OffsetDeleteRequestTopicCollection();
    GroupMetadata metadata = groups.metadata();
    for (OffsetDeleteRequestTopic topic : asked.topics()) {
      var existing = new OffsetDeleteRequestTopic().setName(topic.name());
      for (OffsetDeleteRequestPartition partition : topic.partitions()) {
        if (metadata.hasPartition(topic.name(), partition.partitionIndex())) {
          existing.partitions().add(partition);
        } else {
          answer.addPartition(
              topic.name(), partition.partitionIndex(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
      }
      if (!existing.partitions().isEmpty()) known.add(existing);
    }
    Answers.answer(
        request,
        service.deleteOffsets(
            Answers.context(request),
            new OffsetDeleteRequestData().setGroupId(asked.groupId()).setTopics(known),
            BufferSupplier.NO_CACHING),
        deleted -> answer.merge(deleted).build());
  }
}
