package oxbow.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.StreamsGroupDescribeRequest;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatRequest;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class VersionsTest {
  /** Each join has a group of its own: the second one in a group waits for the first. */
  private static final AtomicInteger JOINS = new AtomicInteger();

  private static final Map<ApiKeys, Supplier<AbstractRequest.Builder<?>>> REQUESTS =
      Map.ofEntries(
          Map.entry(
              ApiKeys.FIND_COORDINATOR,
              () ->
                  new FindCoordinatorRequest.Builder(
                      new FindCoordinatorRequestData().setCoordinatorKeys(List.of("g")))),
          Map.entry(
              ApiKeys.JOIN_GROUP, () -> Members.join("group-" + JOINS.incrementAndGet(), "", null)),
          Map.entry(
              ApiKeys.SYNC_GROUP,
              () ->
                  new SyncGroupRequest.Builder(
                      new SyncGroupRequestData().setGroupId("g").setMemberId("m"))),
          Map.entry(
              ApiKeys.HEARTBEAT,
              () ->
                  new HeartbeatRequest.Builder(
                      new HeartbeatRequestData().setGroupId("g").setMemberId("m"))),
          Map.entry(
              ApiKeys.LEAVE_GROUP,
              () ->
                  new LeaveGroupRequest.Builder(
                      "g", List.of(new MemberIdentity().setMemberId("m")))),
          Map.entry(ApiKeys.OFFSET_COMMIT, () -> Members.commit("g", 0, 1)),
          Map.entry(
              ApiKeys.OFFSET_FETCH,
              () ->
                  OffsetFetchRequest.Builder.forTopicIdsOrNames(
                      new OffsetFetchRequestData()
                          .setGroups(
                              List.of(
                                  new OffsetFetchRequestGroup()
                                      .setGroupId("g")
                                      .setTopics(
                                          List.of(
                                              new OffsetFetchRequestTopics()
                                                  .setName("orders")
                                                  .setTopicId(GroupRig.ORDERS)
                                                  .setPartitionIndexes(List.of(0)))))),
                      false)),
          Map.entry(
              ApiKeys.OFFSET_DELETE,
              () -> new OffsetDeleteRequest.Builder(new OffsetDeleteRequestData().setGroupId("g"))),
          Map.entry(
              ApiKeys.LIST_GROUPS,
              () -> new ListGroupsRequest.Builder(new ListGroupsRequestData())),
          Map.entry(
              ApiKeys.DESCRIBE_GROUPS,
              () ->
                  new DescribeGroupsRequest.Builder(
                      new DescribeGroupsRequestData().setGroups(List.of("g")))),
          Map.entry(
              ApiKeys.DELETE_GROUPS,
              () ->
                  new DeleteGroupsRequest.Builder(
                      new DeleteGroupsRequestData().setGroupsNames(List.of("g")))),
          Map.entry(
              ApiKeys.CONSUMER_GROUP_HEARTBEAT,
              () ->
                  new ConsumerGroupHeartbeatRequest.Builder(
                      new ConsumerGroupHeartbeatRequestData().setGroupId("g").setMemberId("m"))),
          Map.entry(
              ApiKeys.CONSUMER_GROUP_DESCRIBE,
              () ->
                  new ConsumerGroupDescribeRequest.Builder(
                      new ConsumerGroupDescribeRequestData().setGroupIds(List.of("g")))),
          Map.entry(
              ApiKeys.STREAMS_GROUP_HEARTBEAT,
              () ->
                  new StreamsGroupHeartbeatRequest.Builder(
                      new StreamsGroupHeartbeatRequestData().setGroupId("g").setMemberId("m"))),
          Map.entry(
              ApiKeys.STREAMS_GROUP_DESCRIBE,
              () ->
                  new StreamsGroupDescribeRequest.Builder(
                      new StreamsGroupDescribeRequestData().setGroupIds(List.of("g")))));

  private final GroupRig broker = GroupRig.started();

  @AfterEach
  void stop() {
    broker.close();
  }

  @Test
  void everyVersionOfEveryApiIsAnsweredInItsOwnForm() {
    // When
    var answered = new ArrayList<String>();
    REQUESTS.forEach((api, request) -> {
      for (short version : api.allVersions()) {
        broker.ask(request.get(), version, AbstractResponse.class);
        answered.add(api + " " + version);
      }
    });
    // Then
    assertThat(broker.served()).isEqualTo(REQUESTS.keySet());
    assertThat(answered).contains("OFFSET_FETCH 10", "FIND_COORDINATOR 0", "JOIN_GROUP 9");
  }
}
