package oxbow.broker.group;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.Subtopology;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.TopicInfo;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatRequest;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse.Status;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.streams.StreamsGroupHeartbeatResult;
import oxbow.broker.net.Request;

/** Lets members of classic, consumer and streams groups join, live and leave. */
final class MemberApis {
  private static final int FAILURES_TOLD_MAX = 3;

  private final GroupCoordinator service;
  private final GroupCoordinators groups;
  private final GroupTopics topics;
  private final GroupCoordinatorConfig config;

  MemberApis(
      GroupCoordinator service,
      GroupCoordinators groups,
      GroupTopics topics,
      GroupCoordinatorConfig config) {
    this.service = service;
    this.groups = groups;
    this.topics = topics;
    this.config = config;
  }

  void join(Request request) {
    short version = request.header().apiVersion();
    Answers.answer(
        request,
        service.joinGroup(
            Answers.context(request),
            ((JoinGroupRequest) request.body()).data(),
            BufferSupplier.NO_CACHING),
        joined -> new JoinGroupResponse(joined, version));
  }

  void sync(Request request) {
    var asked = (SyncGroupRequest) request.body();
    if (!asked.areMandatoryProtocolTypeAndNamePresent()) {
      request.fail(Errors.INCONSISTENT_GROUP_PROTOCOL.exception());
      return;
    }
    Answers.answer(
        request,
        service.syncGroup(Answers.context(request), asked.data(), BufferSupplier.NO_CACHING),
        SyncGroupResponse::new);
  }

  void heartbeat(Request request) {
    Answers.answer(
        request,
        service.heartbeat(Answers.context(request), ((HeartbeatRequest) request.body()).data()),
        HeartbeatResponse::new);
  }

  void leave(Request request) {
    short version = request.header().apiVersion();
    Answers.answer(
        request,
        service.leaveGroup(
            Answers.context(request), ((LeaveGroupRequest) request.body()).normalizedData()),
        left -> new LeaveGroupResponse(left, version));
  }

  void consumerHeartbeat(Request request) {
    if (!groups.servesConsumerGroups()) {
      request.fail(Errors.UNSUPPORTED_VERSION.exception());
      return;
    }
    Answers.answer(
        request,
        service.consumerGroupHeartbeat(
            Answers.context(request), ((ConsumerGroupHeartbeatRequest) request.body()).data()),
        ConsumerGroupHeartbeatResponse::new);
  }

  void streamsHeartbeat(Request request) {
    StreamsGroupHeartbeatRequestData asked = ((StreamsGroupHeartbeatRequest) request.body()).data();
    if (!groups.servesStreamsGroups()) {
      request.fail(Errors.UNSUPPORTED_VERSION.exception());
      return;
    }
    Optional<String> objection = objection(asked);
    if (objection.isPresent()) {
      request.answer(
          new StreamsGroupHeartbeatResponse(
              new StreamsGroupHeartbeatResponseData()
                  .setErrorCode(Errors.STREAMS_INVALID_TOPOLOGY.code())
                  .setErrorMessage(objection.get())));
      return;
    }
    Answers.answer(
        request,
        service.streamsGroupHeartbeat(Answers.context(request), asked),
        beaten -> {
          if (!beaten.creatableTopics().isEmpty()) makeTopics(asked.groupId(), beaten);
          return new StreamsGroupHeartbeatResponse(beaten.data());
        });
  }

  /** What is wrong with a topology's topics, if something is. */
  private static Optional<String> objection(StreamsGroupHeartbeatRequestData asked) {
    if (asked.topology() == null) return Optional.empty();
    List<String> names =
        asked.topology().subtopologies().stream().flatMap(MemberApis::topics).distinct().toList();
    List<String> internal = names.stream().filter(Topic::isInternal).toList();
    if (!internal.isEmpty()) {
      return Optional.of(
          "Use of Kafka internal topics "
              + String.join(",", internal)
              + " in a Kafka Streams topology is prohibited.");
    }
    List<String> invalid = names.stream().filter(name -> !isValid(name)).toList();
    return invalid.isEmpty()
        ? Optional.empty()
        : Optional.of("Topic names " + String.join(",", invalid) + " are not valid topic names.");
  }

  private static Stream<String> topics(Subtopology subtopology) {
    return Stream.of(
            subtopology.sourceTopics().stream(),
            subtopology.repartitionSinkTopics().stream(),
            subtopology.repartitionSourceTopics().stream().map(TopicInfo::name),
            subtopology.stateChangelogTopics().stream().map(TopicInfo::name))
        .flatMap(names -> names);
  }

  private static boolean isValid(String topic) {
    try {
      Topic.validate(topic);
      return true;
    } catch (InvalidTopicException invalid) {
      return false;
    }
  }

  /** Has the group's internal topics made, and tells the member which ones lately could not be. */
  private void makeTopics(String group, StreamsGroupHeartbeatResult beaten) {
    Map<String, CreatableTopic> missing = beaten.creatableTopics();
    // Two heartbeats: the one after a refusal tells the member, the next one tries again.
    long refusalMs = 2L * heartbeatMs(group);
    topics.create(missing.values(), refusalMs);
    if (beaten.data().status() == null) return;
    Map<String, String> refused = topics.refusals(missing.keySet());
    if (refused.isEmpty()) return;
    String told =
        refused.entrySet().stream()
            .limit(FAILURES_TOLD_MAX)
            .map(refusal -> refusal.getKey() + " (" + refusal.getValue() + ")")
            .collect(Collectors.joining(", "));
    String more = refused.size() > FAILURES_TOLD_MAX ? ", ..." : "";
    for (StreamsGroupHeartbeatResponseData.Status status : beaten.data().status()) {
      if (status.statusCode() != Status.MISSING_INTERNAL_TOPICS.code()) continue;
      status.setStatusDetail(status.statusDetail() + "; Creation failed: " + told + more + ".");
    }
  }

  private int heartbeatMs(String group) {
    return service
        .groupConfig(group)
        .map(GroupConfig::streamsHeartbeatIntervalMs)
        .orElseGet(config::streamsGroupHeartbeatIntervalMs);
  }
}
