package oxbow.broker.group;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.jspecify.annotations.Nullable;

/** Requests as members of groups send them. */
final class Members {
  static final int SESSION_MS = 60_000;
  private static final byte[] METADATA = {1, 2, 3};

  private Members() {}

  /** A member that has joined and got its assignment. */
  record Classic(
      GroupRig broker, String group, String id, @Nullable String instance, int generation) {
    Errors heartbeat() {
      var data =
          new HeartbeatRequestData()
              .setGroupId(group)
              .setMemberId(id)
              .setGenerationId(generation)
              .setGroupInstanceId(instance);
      return broker.ask(new HeartbeatRequest.Builder(data), HeartbeatResponse.class).error();
    }
  }

  /** Joins as the only member, or as the leader of those who wait. */
  static Classic joined(GroupRig broker, String group) {
    String id = broker.ask(join(group, "", null), JoinGroupResponse.class).data().memberId();
    JoinGroupResponseData joined =
        broker.ask(join(group, id, null), JoinGroupResponse.class).data();
    sync(broker, group, id, joined.generationId(), Map.of(id, new byte[] {9}));
    return new Classic(broker, group, id, null, joined.generationId());
  }

  static JoinGroupRequest.Builder join(String group, String member, @Nullable String instance) {
    var protocols = new JoinGroupRequestProtocolCollection();
    protocols.add(new JoinGroupRequestProtocol().setName("range").setMetadata(METADATA));
    return new JoinGroupRequest.Builder(
        new JoinGroupRequestData()
            .setGroupId(group)
            .setMemberId(member)
            .setGroupInstanceId(instance)
            .setProtocolType("consumer")
            .setProtocols(protocols)
            .setSessionTimeoutMs(SESSION_MS)
            .setRebalanceTimeoutMs(SESSION_MS));
  }

  static SyncGroupResponse sync(
      GroupRig broker,
      String group,
      String member,
      int generation,
      Map<String, byte[]> assignments) {
    return broker.ask(syncing(group, member, generation, assignments), SyncGroupResponse.class);
  }

  static SyncGroupRequest.Builder syncing(
      String group, String member, int generation, Map<String, byte[]> assignments) {
    return new SyncGroupRequest.Builder(
        new SyncGroupRequestData()
            .setGroupId(group)
            .setMemberId(member)
            .setGenerationId(generation)
            .setProtocolType("consumer")
            .setProtocolName("range")
            .setAssignments(
                assignments.entrySet().stream()
                    .map(assigned ->
                        new SyncGroupRequestAssignment()
                            .setMemberId(assigned.getKey())
                            .setAssignment(assigned.getValue()))
                    .toList()));
  }

  static LeaveGroupRequest.Builder leave(String group, String member) {
    return new LeaveGroupRequest.Builder(group, List.of(new MemberIdentity().setMemberId(member)));
  }

  static ConsumerGroupHeartbeatResponseData beat(
      GroupRig broker, String group, String member, int epoch) {
    var data =
        new ConsumerGroupHeartbeatRequestData()
            .setGroupId(group)
            .setMemberId(member)
            .setMemberEpoch(epoch)
            .setRebalanceTimeoutMs(SESSION_MS);
    if (epoch == 0) data.setSubscribedTopicNames(List.of("orders")).setTopicPartitions(List.of());
    return broker
        .ask(new ConsumerGroupHeartbeatRequest.Builder(data), ConsumerGroupHeartbeatResponse.class)
        .data();
  }

  static OffsetCommitRequestData committing(String group, int partition, long offset) {
    return new OffsetCommitRequestData()
        .setGroupId(group)
        .setGenerationIdOrMemberEpoch(OffsetCommitRequest.DEFAULT_GENERATION_ID)
        .setTopics(
            List.of(
                new OffsetCommitRequestTopic()
                    .setName("orders")
                    .setTopicId(GroupRig.ORDERS)
                    .setPartitions(
                        List.of(
                            new OffsetCommitRequestPartition()
                                .setPartitionIndex(partition)
                                .setCommittedOffset(offset)
                                .setCommittedMetadata("note")))));
  }

  static OffsetCommitRequest.Builder commit(OffsetCommitRequestData data) {
    return OffsetCommitRequest.Builder.forTopicIdsOrNames(data);
  }

  static OffsetCommitRequest.Builder commit(String group, int partition, long offset) {
    return commit(committing(group, partition, offset));
  }

  static OffsetFetchRequest.Builder fetch(String group, int... partitions) {
    return fetch(
        new OffsetFetchRequestGroup()
            .setGroupId(group)
            .setTopics(
                List.of(
                    new OffsetFetchRequestTopics()
                        .setName("orders")
                        .setTopicId(GroupRig.ORDERS)
                        .setPartitionIndexes(Arrays.stream(partitions).boxed().toList()))));
  }

  static OffsetFetchRequest.Builder fetchAll(String group) {
    return fetch(new OffsetFetchRequestGroup().setGroupId(group).setTopics(null));
  }

  static OffsetFetchRequest.Builder fetch(OffsetFetchRequestGroup... groups) {
    return OffsetFetchRequest.Builder.forTopicIdsOrNames(
        new OffsetFetchRequestData().setGroups(List.of(groups)).setRequireStable(true), false);
  }

  /** What is committed for one partition of orders; -1: nothing. */
  static long committed(GroupRig broker, String group, int partition) {
    return broker
        .ask(fetch(group, partition), OffsetFetchResponse.class)
        .group(group)
        .topics()
        .getFirst()
        .partitions()
        .getFirst()
        .committedOffset();
  }
}
