package oxbow.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.group.Members.beat;
import static oxbow.broker.group.Members.commit;
import static oxbow.broker.group.Members.committed;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.Subtopology;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.TopicInfo;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.Topology;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.StreamsGroupDescribeRequest;
import org.apache.kafka.common.requests.StreamsGroupDescribeResponse;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatRequest;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import oxbow.broker.testing.Await;

final class GroupCoordinatorsTest {
  private static final String MEMBER = "member-1";

  private @Nullable GroupRig running;

  @AfterEach
  void stop() {
    if (running != null) running.close();
  }

  private GroupRig with(GroupRig broker) {
    running = broker;
    return broker;
  }

  private static FindCoordinatorRequest.Builder find(CoordinatorType type, String... keys) {
    return new FindCoordinatorRequest.Builder(
        new FindCoordinatorRequestData().setKeyType(type.id()).setCoordinatorKeys(List.of(keys)));
  }

  @Test
  void theFirstGroupBringsTheOffsetsTopicAbout() {
    // Given
    GroupRig broker = with(GroupRig.unused());
    // When
    var before = broker.ask(find(CoordinatorType.GROUP, "a", "b"), FindCoordinatorResponse.class);
    broker.lead();
    var after = broker.ask(find(CoordinatorType.GROUP, "a", "b"), FindCoordinatorResponse.class);
    var old = broker.ask(find(CoordinatorType.GROUP, "a"), 3, FindCoordinatorResponse.class);
    // Then
    assertThat(before.coordinators())
        .hasSize(2)
        .allMatch(found -> found.errorCode() == Errors.COORDINATOR_NOT_AVAILABLE.code());
    assertThat(broker.asked).extracting(CreatableTopic::name).containsOnly("__consumer_offsets");
    assertThat(after.coordinators())
        .hasSize(2)
        .allMatch(found -> found.errorCode() == 0 && found.port() == Metadata.PORT);
    assertThat(old.node().id()).isEqualTo(Metadata.BROKER);
  }

  @Test
  void aRefusedOffsetsTopicIsNotAskedForWithEveryRequest() {
    // Given
    GroupRig broker = with(GroupRig.unused());
    broker.refuseTopics(Errors.INVALID_REPLICATION_FACTOR);
    // When
    for (int i = 0; i < 10; i++) broker.send(find(CoordinatorType.GROUP, "a"));
    broker.time.advanceClock(1_001);
    broker.send(find(CoordinatorType.GROUP, "a"));
    // Then
    assertThat(broker.asked).hasSize(2);
  }

  @Test
  void coordinatorsThatAreNotServedAreRefusedForGood() {
    // Given
    GroupRig broker = with(GroupRig.started());
    // When
    var transactions =
        broker.ask(find(CoordinatorType.TRANSACTION, "t"), FindCoordinatorResponse.class);
    var share =
        broker.ask(
            find(CoordinatorType.SHARE, "g:AAAAAAAAAAAAAAAAAAAAEg:0"),
            FindCoordinatorResponse.class);
    var old = broker.ask(find(CoordinatorType.TRANSACTION, "t"), 2, FindCoordinatorResponse.class);
    // Then
    assertThat(transactions.coordinators().getFirst().errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(transactions.coordinators().getFirst().errorMessage()).contains("TRANSACTION");
    assertThat(share.coordinators().getFirst().errorCode())
        .isEqualTo(Errors.INVALID_REQUEST.code());
    assertThat(old.error()).isEqualTo(Errors.INVALID_REQUEST);
  }

  @Test
  void aConsumerGroupAssignsOnTheServerAndFencesOldEpochs() {
    // Given
    GroupRig broker = with(GroupRig.started());
    ConsumerGroupHeartbeatResponseData joined = beat(broker, "g", MEMBER, 0);
    // When
    ConsumerGroupHeartbeatResponseData assigned = beatUntilAssigned(broker, "g", joined);
    ConsumerGroupHeartbeatResponseData fenced =
        beat(broker, "g", MEMBER, assigned.memberEpoch() + 5);
    ConsumerGroupHeartbeatResponseData left = beat(broker, "g", MEMBER, -1);
    // Then
    assertThat(joined.heartbeatIntervalMs()).isEqualTo(5_000);
    assertThat(assigned.assignment().topicPartitions())
        .singleElement()
        .satisfies(topic -> {
          assertThat(topic.topicId()).isEqualTo(GroupRig.ORDERS);
          assertThat(topic.partitions()).containsExactlyInAnyOrder(0, 1, 2, 3);
        });
    assertThat(Errors.forCode(fenced.errorCode())).isEqualTo(Errors.FENCED_MEMBER_EPOCH);
    assertThat(left.errorCode()).isZero();
  }

  private static ConsumerGroupHeartbeatResponseData beatUntilAssigned(
      GroupRig broker, String group, ConsumerGroupHeartbeatResponseData first) {
    var last = new ConsumerGroupHeartbeatResponseData[] {first};
    Await.until(
        "the member has partitions",
        GroupRig.PATIENCE,
        () -> {
          if (last[0].assignment() != null && !last[0].assignment().topicPartitions().isEmpty()) {
            return true;
          }
          broker.time.advanceClock(1);
          last[0] = beat(broker, group, MEMBER, last[0].memberEpoch());
          assertThat(last[0].errorMessage()).isNull();
          return false;
        });
    return last[0];
  }

  @Test
  void groupSettingsReachTheMembers() {
    // Given
    GroupRig broker = with(GroupRig.started());
    // When
    broker.metadata.groupSetting("g", "consumer.heartbeat.interval.ms", "7000").publish();
    // Then
    assertThat(beat(broker, "g", MEMBER, 0).heartbeatIntervalMs()).isEqualTo(7_000);
  }

  @Test
  void groupsAndOffsetsComeBackAfterARestart() {
    // Given
    GroupRig before = GroupRig.started();
    Members.Classic classic = Members.joined(before, "classic");
    before.ask(commit("offsets-only", 2, 99), OffsetCommitResponse.class);
    ConsumerGroupHeartbeatResponseData member =
        beatUntilAssigned(before, "modern", beat(before, "modern", MEMBER, 0));
    before.close();
    // When
    GroupRig after = with(GroupRig.started(before.log, before.time, Map.of()));
    // Then
    var again = new Members.Classic(after, "classic", classic.id(), null, classic.generation());
    assertThat(again.heartbeat()).isEqualTo(Errors.NONE);
    assertThat(committed(after, "offsets-only", 2)).isEqualTo(99);
    assertThat(beat(after, "modern", MEMBER, member.memberEpoch()).errorCode()).isZero();
  }

  @Test
  void metersShowGroupsByTypeAndStateAndTheirOffsets() {
    // Given
    GroupRig broker = with(GroupRig.started());
    broker.ask(commit("offsets-only", 2, 99), OffsetCommitResponse.class);
    // When
    broker.time.advanceClock(60_000); // the coordinator counts its groups once a minute
    // Then
    Await.until(
        "they are counted",
        GroupRig.PATIENCE,
        () ->
            broker
                    .meters
                    .get("oxbow.groups")
                    .tags("type", "classic", "state", "empty")
                    .gauge()
                    .value()
                == 1);
    assertThat(broker.meters.get("oxbow.group.offsets").gauge().value()).isEqualTo(1);
    assertThat(broker.meters.get("oxbow.group.offset.commits").functionCounter().count())
        .isEqualTo(1);
    assertThat(broker.partitions("active")).isEqualTo(GroupRig.OFFSETS_PARTITIONS);
  }

  @Test
  void aDamagedPartitionFailsAloneAndComesBackWithAnotherLeadership() {
    // Given
    var log = new CoordinatorLog();
    log.damage(0);
    GroupRig broker = with(GroupRig.started(log, new ManualTime(), Map.of()));
    String lost = groupIn(broker, 0);
    String served = groupIn(broker, 1);
    // When
    Errors refused = commitError(broker, lost);
    Errors taken = commitError(broker, served);
    log.damage(-1);
    broker.groups.elected(new TopicPartition("__consumer_offsets", 0), 1);
    Await.until("it is loaded", GroupRig.PATIENCE, () -> broker.partitions("failed") == 0);
    // Then
    assertThat(refused).isEqualTo(Errors.NOT_COORDINATOR);
    assertThat(taken).isEqualTo(Errors.NONE);
    Await.until("it serves", GroupRig.PATIENCE, () -> commitError(broker, lost) == Errors.NONE);
  }

  @Test
  void aPartitionThatIsBeingLoadedAsksClientsToWait() {
    // Given
    GroupRig broker = with(GroupRig.started());
    broker.groups.resigned(new TopicPartition("__consumer_offsets", 0), 4);
    broker.log.holdLoads();
    broker.groups.elected(new TopicPartition("__consumer_offsets", 0), 5);
    Await.until("it is loading", GroupRig.PATIENCE, () -> broker.partitions("loading") == 1);
    String group = groupIn(broker, 0);
    // When
    Errors committing = commitError(broker, group);
    Errors joining = broker.ask(Members.join(group, "", null), JoinGroupResponse.class).error();
    broker.log.releaseLoads();
    // Then
    assertThat(committing).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
    assertThat(joining).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
    Await.until("it serves", GroupRig.PATIENCE, () -> commitError(broker, group) == Errors.NONE);
  }

  @Test
  void aBrokersDynamicSettingsTakeEffectAtOnceAndGoAgain() {
    // Given
    var live = GroupConfig.DEFAULT.live();
    var coordinator = new GroupCoordinatorConfig(live);
    // When
    live.change(Map.of("group.consumer.assignment.interval.ms", "500"), GroupConfig.DYNAMIC);
    int set = coordinator.consumerGroupAssignmentIntervalMs();
    live.change(Map.of("group.consumer.assignment.interval.ms", "900000"), GroupConfig.DYNAMIC);
    int beyond = coordinator.consumerGroupAssignmentIntervalMs();
    live.change(Map.of(), GroupConfig.DYNAMIC);
    int unset = coordinator.consumerGroupAssignmentIntervalMs();
    // Then
    assertThat(List.of(set, beyond, unset)).containsExactly(500, 15_000, 1_000);
  }

  @Test
  void aLostPartitionIsNotCoordinatedAnyMore() {
    // Given
    GroupRig broker = with(GroupRig.started());
    String group = groupIn(broker, 0);
    Errors before = commitError(broker, group);
    // When
    broker.groups.resigned(new TopicPartition("__consumer_offsets", 0), 1);
    // Then
    assertThat(before).isEqualTo(Errors.NONE);
    Await.until(
        "it is given up",
        GroupRig.PATIENCE,
        () -> commitError(broker, group) == Errors.NOT_COORDINATOR);
  }

  private static String groupIn(GroupRig broker, int partition) {
    for (int i = 0; ; i++) {
      if (broker.groups.partitionFor("group-" + i) == partition) return "group-" + i;
    }
  }

  private static Errors commitError(GroupRig broker, String group) {
    return Errors.forCode(
        broker
            .ask(commit(group, 0, 1), OffsetCommitResponse.class)
            .data()
            .topics()
            .getFirst()
            .partitions()
            .getFirst()
            .errorCode());
  }

  @Test
  void groupsAreListedDescribedAndDeleted() {
    // Given
    GroupRig broker = with(GroupRig.started());
    Members.Classic member = Members.joined(broker, "classic");
    broker.ask(commit("offsets-only", 2, 99), OffsetCommitResponse.class);
    beat(broker, "modern", MEMBER, 0);
    // When
    List<ListedGroup> all = list(broker, new ListGroupsRequestData());
    List<ListedGroup> stable =
        list(broker, new ListGroupsRequestData().setStatesFilter(List.of("stable")));
    List<ListedGroup> consumer =
        list(broker, new ListGroupsRequestData().setTypesFilter(List.of("Consumer")));
    DescribedGroup described = describe(broker, "classic", 6);
    var deleted =
        broker.ask(
            new DeleteGroupsRequest.Builder(
                new DeleteGroupsRequestData()
                    .setGroupsNames(List.of("classic", "offsets-only", "offsets-only", "none"))),
            DeleteGroupsResponse.class);
    // Then
    assertThat(all)
        .extracting(ListedGroup::groupId)
        .containsExactlyInAnyOrder("classic", "offsets-only", "modern");
    assertThat(stable).extracting(ListedGroup::groupId).contains("classic");
    assertThat(consumer).extracting(ListedGroup::groupId).containsExactly("modern");
    assertThat(described.groupState()).isEqualTo("Stable");
    assertThat(described.members().getFirst().memberId()).isEqualTo(member.id());
    assertThat(described.members().getFirst().clientHost()).endsWith("/127.0.0.1");
    assertThat(described.authorizedOperations()).isPositive();
    assertThat(deleted.errors())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "classic", Errors.NON_EMPTY_GROUP,
                "offsets-only", Errors.NONE,
                "none", Errors.GROUP_ID_NOT_FOUND));
    assertThat(describe(broker, "offsets-only", 6).errorCode())
        .isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
    assertThat(describe(broker, "offsets-only", 5).groupState()).isEqualTo("Dead");
  }

  private static List<ListedGroup> list(GroupRig broker, ListGroupsRequestData data) {
    return broker
        .ask(new ListGroupsRequest.Builder(data), ListGroupsResponse.class)
        .data()
        .groups();
  }

  private static DescribedGroup describe(GroupRig broker, String group, int version) {
    return broker
        .ask(
            new DescribeGroupsRequest.Builder(
                new DescribeGroupsRequestData()
                    .setGroups(List.of(group))
                    .setIncludeAuthorizedOperations(true)),
            version,
            DescribeGroupsResponse.class)
        .data()
        .groups()
        .getFirst();
  }

  @Test
  void modernGroupsAreDescribedWithTheirMembers() {
    // Given
    GroupRig broker = with(GroupRig.started());
    beatUntilAssigned(broker, "modern", beat(broker, "modern", MEMBER, 0));
    // When
    var described =
        broker
            .ask(
                new ConsumerGroupDescribeRequest.Builder(
                    new ConsumerGroupDescribeRequestData()
                        .setGroupIds(List.of("modern"))
                        .setIncludeAuthorizedOperations(true)),
                ConsumerGroupDescribeResponse.class)
            .data()
            .groups()
            .getFirst();
    // Then
    assertThat(described.groupState()).isEqualTo("Stable");
    assertThat(described.members().getFirst().memberId()).isEqualTo(MEMBER);
    assertThat(described.authorizedOperations()).isPositive();
  }

  private static StreamsGroupHeartbeatRequest.Builder streams(String source) {
    return new StreamsGroupHeartbeatRequest.Builder(
        new StreamsGroupHeartbeatRequestData()
            .setGroupId("app")
            .setMemberId(MEMBER)
            .setMemberEpoch(0)
            .setProcessId("process")
            .setRebalanceTimeoutMs(Members.SESSION_MS)
            .setActiveTasks(List.of())
            .setStandbyTasks(List.of())
            .setWarmupTasks(List.of())
            .setTopology(
                new Topology()
                    .setEpoch(1)
                    .setSubtopologies(
                        List.of(
                            new Subtopology()
                                .setSubtopologyId("0")
                                .setSourceTopics(List.of(source))
                                .setStateChangelogTopics(
                                    List.of(new TopicInfo().setName("app-store-changelog")))))));
  }

  @Test
  void aStreamsGroupGetsItsInternalTopics() {
    // Given
    GroupRig broker = with(GroupRig.started());
    // When
    StreamsGroupHeartbeatResponseData missing = beatStreams(broker, "orders");
    // Then
    assertThat(missing.errorCode()).isZero();
    assertThat(broker.asked)
        .singleElement()
        .satisfies(topic -> {
          assertThat(topic.name()).isEqualTo("app-store-changelog");
          assertThat(topic.numPartitions()).isEqualTo(4);
        });
    var described =
        broker
            .ask(
                new StreamsGroupDescribeRequest.Builder(
                    new StreamsGroupDescribeRequestData().setGroupIds(List.of("app"))),
                StreamsGroupDescribeResponse.class)
            .data()
            .groups()
            .getFirst();
    assertThat(described.groupId()).isEqualTo("app");
    assertThat(described.topology().subtopologies()).hasSize(1);
  }

  @Test
  void aStreamsMemberLearnsWhyItsInternalTopicsCouldNotBeMade() {
    // Given
    GroupRig broker = with(GroupRig.started());
    broker.refuseTopics(Errors.POLICY_VIOLATION);
    beatStreams(broker, "orders");
    // When
    StreamsGroupHeartbeatResponseData told = beatStreams(broker, "orders");
    // Then
    assertThat(broker.asked).hasSize(1);
    assertThat(told.status())
        .anySatisfy(status ->
            assertThat(status.statusDetail())
                .contains("Creation failed: app-store-changelog (")
                .contains(Errors.POLICY_VIOLATION.message()));
  }

  private static StreamsGroupHeartbeatResponseData beatStreams(GroupRig broker, String source) {
    return broker.ask(streams(source), StreamsGroupHeartbeatResponse.class).data();
  }

  @Test
  void aTopologyOnInternalOrImpossibleTopicsIsRefused() {
    // Given
    GroupRig broker = with(GroupRig.started());
    // When
    StreamsGroupHeartbeatResponseData internal = beatStreams(broker, "__consumer_offsets");
    StreamsGroupHeartbeatResponseData impossible = beatStreams(broker, "no good");
    // Then
    assertThat(Errors.forCode(internal.errorCode())).isEqualTo(Errors.STREAMS_INVALID_TOPOLOGY);
    assertThat(internal.errorMessage()).contains("__consumer_offsets");
    assertThat(Errors.forCode(impossible.errorCode())).isEqualTo(Errors.STREAMS_INVALID_TOPOLOGY);
    assertThat(impossible.errorMessage()).contains("no good");
  }

  @Test
  void newProtocolsNeedTheirFeature() {
    // Given
    GroupRig broker = with(GroupRig.started());
    // When
    broker.metadata.without("group.version").without("streams.version").publish();
    // Then
    assertThat(Errors.forCode(beat(broker, "g", MEMBER, 0).errorCode()))
        .isEqualTo(Errors.UNSUPPORTED_VERSION);
    assertThat(Errors.forCode(beatStreams(broker, "orders").errorCode()))
        .isEqualTo(Errors.UNSUPPORTED_VERSION);
  }

  @Test
  void aProtocolThatIsSwitchedOffIsRefused() {
    // Given
    GroupRig broker =
        with(
            GroupRig.started(
                new CoordinatorLog(),
                new ManualTime(),
                Map.of("group.coordinator.rebalance.protocols", "classic")));
    // When
    Errors consumer = Errors.forCode(beat(broker, "g", MEMBER, 0).errorCode());
    Errors streams = Errors.forCode(beatStreams(broker, "orders").errorCode());
    // Then
    assertThat(List.of(consumer, streams)).containsOnly(Errors.UNSUPPORTED_VERSION);
  }

  @Test
  void requestsForPartitionsThatAreNotLedHereAreSentAway() {
    // Given
    GroupRig broker = with(GroupRig.unused());
    // When
    Errors error = broker.ask(Members.join("g", "", null), JoinGroupResponse.class).error();
    // Then
    assertThat(error).isEqualTo(Errors.NOT_COORDINATOR);
  }

  @Test
  void aClosedCoordinatorFollowsNothingAndSendsClientsAway() {
    // Given
    GroupRig broker = GroupRig.started();
    broker.close();
    // When
    broker.metadata.topic("late", Uuid.randomUuid(), 1).publish();
    broker.groups.resigned(new TopicPartition("__consumer_offsets", 0), 1);
    broker.groups.elected(new TopicPartition("__consumer_offsets", 0), 2);
    broker.close();
    // Then
    assertThat(commitError(broker, "g")).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
  }
}
