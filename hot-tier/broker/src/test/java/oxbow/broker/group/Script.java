package oxbow.broker.group;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.Subtopology;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.TopicInfo;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData.Topology;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.GetTelemetrySubscriptionsRequest;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.StreamsGroupDescribeRequest;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatRequest;
import org.apache.kafka.common.requests.SyncGroupRequest;

/**
 * Some two hundred requests to groups, good and bad, in most versions, and what a broker answers:
 * one line each, without what differs from run to run. Sent over one plain connection to a broker
 * that has no topics yet and {@code group.initial.rebalance.delay.ms=0}.
 */
final class Script {
  private static final Uuid NOWHERE = Uuid.fromString("AAAAAAAAAAAAAAAAAAAA_w");

  private final DataInputStream in;
  private final DataOutputStream out;
  private final Uuid orders;
  private final List<String> lines = new ArrayList<>();

  private Script(Socket socket, Uuid orders) throws IOException {
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    this.orders = orders;
  }

  /** Plays the script to a broker; its answers, line by line. */
  static List<String> play(String host, int port)
      throws IOException, InterruptedException, ExecutionException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", host + ":" + port))) {
      Uuid orders =
          admin.createTopics(List.of(new NewTopic("orders", 4, (short) 1))).topicId("orders").get();
      admin // so that the offsets topic is there
          .alterConsumerGroupOffsets(
              "warm", Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(1)))
          .all()
          .get();
      try (var socket = new Socket(host, port)) {
        socket.setSoTimeout(30_000);
        var script = new Script(socket, orders);
        script.coordinators();
        script.strangers();
        script.classicLife();
        script.commits();
        script.fetches();
        script.offsetDeletions();
        script.consumerGroups();
        script.streamsGroups();
        script.listsAndDeletions();
        return script.lines;
      }
    }
  }

  /** Records the answers of the broker whose host and port are given. */
  public static void main(String[] args) throws Exception {
    play(args[0], Integer.parseInt(args[1])).forEach(System.out::println);
  }

  private AbstractResponse ask(AbstractRequest.Builder<?> builder, int version) {
    AbstractRequest request = builder.build((short) version);
    var header = new RequestHeader(request.apiKey(), (short) version, "script", 5);
    ByteBuffer bytes = request.serializeWithHeader(header);
    try {
      out.writeInt(bytes.remaining());
      out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      out.flush();
      byte[] answer = new byte[in.readInt()];
      in.readFully(answer);
      return AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
    } catch (IOException e) {
      throw new AssertionError(request.apiKey() + " v" + version + " was not answered", e);
    }
  }

  private void tell(String what, AbstractRequest.Builder<?> builder, int version) {
    String answer =
        ask(builder, version)
            .data()
            .toString()
            .replaceAll("(script|i1)-[0-9a-f-]{36}", "MEMBER")
            .replaceAll("memberId='[A-Za-z0-9_-]{22}'", "memberId=MEMBER")
            .replaceAll("clientInstanceId=[A-Za-z0-9_-]{22}", "clientInstanceId=CLIENT")
            .replaceAll("subscriptionId=-?\\d+", "subscriptionId=S")
            .replaceAll("port=\\d+", "port=P")
            .replaceAll("host='[^']*'", "host=H")
            .replaceAll("(localhost)?/127.0.0.1", "/ADDRESS")
            .replace(orders.toString(), "ORDERS");
    lines.add(what + " v" + version + ": " + answer);
  }

  private void tellLatest(String what, AbstractRequest.Builder<?> builder) {
    tell(what, builder, builder.latestAllowedVersion());
  }

  private void tellAll(
      String what, ApiKeys api, Supplier<? extends AbstractRequest.Builder<?>> builder) {
    for (short version : api.allVersions()) tell(what, builder.get(), version);
  }

  private void coordinators() {
    tellAll("find group", ApiKeys.FIND_COORDINATOR, () -> find(0, "g"));
    tell("find what there is none of", find(9, "g"), 4);
    tell("find nameless", find(0, ""), 4);
    tell("find two", find(0, "a", "b"), 6);
  }

  private static FindCoordinatorRequest.Builder find(int type, String... keys) {
    return new FindCoordinatorRequest.Builder(
        new FindCoordinatorRequestData().setKeyType((byte) type).setCoordinatorKeys(List.of(keys)));
  }

  private static HeartbeatRequest.Builder beat(String group, String member, int generation) {
    return new HeartbeatRequest.Builder(
        new HeartbeatRequestData()
            .setGroupId(group)
            .setMemberId(member)
            .setGenerationId(generation));
  }

  private void strangers() {
    tellAll("beat of stranger", ApiKeys.HEARTBEAT, () -> beat("none", "m", 1));
    tellAll("leave of stranger", ApiKeys.LEAVE_GROUP, () -> Members.leave("none", "m"));
    tellAll(
        "sync of stranger", ApiKeys.SYNC_GROUP, () -> Members.syncing("none", "m", 1, Map.of()));
    tell(
        "sync without protocol",
        new SyncGroupRequest.Builder(
            new SyncGroupRequestData().setGroupId("none").setMemberId("m")),
        5);
    for (short version : ApiKeys.JOIN_GROUP.allVersions()) {
      tell("first join", Members.join("join-" + version, "", null), version);
    }
    tell("join nameless group", Members.join("", "", null), 9);
    tell("join of stranger", Members.join("join-x", "nobody", null), 9);
    tell("join of static member", Members.join("static", "", "i1"), 9);
    tell(
        "join without protocols",
        new JoinGroupRequest.Builder(
            new JoinGroupRequestData()
                .setGroupId("np")
                .setProtocolType("consumer")
                .setSessionTimeoutMs(10_000)
                .setRebalanceTimeoutMs(10)),
        9);
    tell(
        "leave of static stranger",
        new LeaveGroupRequest.Builder(
            "static", List.of(new MemberIdentity().setGroupInstanceId("i2"))),
        5);
  }

  private void classicLife() {
    String member = ((JoinGroupResponse) ask(Members.join("life", "", null), 9)).data().memberId();
    tell("second join", Members.join("life", member, null), 9);
    tell("describe while it completes", describe("life"), 6);
    tell("sync", Members.syncing("life", member, 1, Map.of(member, new byte[] {1})), 5);
    tell("sync of another generation", Members.syncing("life", member, 7, Map.of()), 5);
    tell("beat", beat("life", member, 1), 4);
    tell("beat of another generation", beat("life", member, 2), 4);
    tell("commit of stranger", Members.commit("life", 0, 5), 9);
    OffsetCommitRequestData own = committing("life", _ -> {});
    own.setMemberId(member).setGenerationIdOrMemberEpoch(1);
    tell("commit of member", Members.commit(own), 10);
    tell("commit of member", Members.commit(own), 9);
    tellAll("describe", ApiKeys.DESCRIBE_GROUPS, () -> describe("life", "none", ""));
  }

  private static DescribeGroupsRequest.Builder describe(String... groups) {
    return new DescribeGroupsRequest.Builder(
        new DescribeGroupsRequestData().setGroups(List.of(groups)));
  }

  private OffsetCommitRequestData committing(
      String group, Consumer<OffsetCommitRequestTopic> change) {
    OffsetCommitRequestData data = Members.committing(group, 1, 7);
    OffsetCommitRequestTopic topic = data.topics().getFirst().setTopicId(orders);
    change.accept(topic);
    return data;
  }

  private void tellCommits(String what, Supplier<OffsetCommitRequestData> data) {
    tellAll(what, ApiKeys.OFFSET_COMMIT, () -> Members.commit(data.get()));
  }

  private void commits() {
    tellCommits("commit", () -> committing("offs", _ -> {}));
    tellCommits("commit of nameless group", () -> committing("", _ -> {}));
    tellCommits(
        "commit beyond",
        () -> committing("offs", topic -> topic.partitions().getFirst().setPartitionIndex(99)));
    tellCommits(
        "commit nowhere",
        () -> committing("offs", topic -> topic.setName("nope").setTopicId(NOWHERE)));
    tell(
        "commit to no id",
        Members.commit(committing("offs", topic -> topic.setTopicId(NOWHERE).setName("orders"))),
        10);
    tellCommits("commit of nothing", () -> committing("offs", _ -> {}).setTopics(List.of()));
    tellCommits(
        "commit with much metadata",
        () ->
            committing(
                "offs",
                topic -> topic.partitions().getFirst().setCommittedMetadata("x".repeat(5_000))));
  }

  private OffsetFetchRequestGroup fetching(String group) {
    return new OffsetFetchRequestGroup()
        .setGroupId(group)
        .setTopics(
            List.of(
                new OffsetFetchRequestTopics()
                    .setName("orders")
                    .setTopicId(orders)
                    .setPartitionIndexes(List.of(1, 2, 99))));
  }

  private static OffsetFetchRequest.Builder fetch(OffsetFetchRequestGroup group) {
    return OffsetFetchRequest.Builder.forTopicIdsOrNames(
        new OffsetFetchRequestData().setGroups(List.of(group)), false);
  }

  private void fetches() {
    for (String group : List.of("offs", "none", "", "life")) {
      tellAll("fetch of " + group, ApiKeys.OFFSET_FETCH, () -> fetch(fetching(group)));
    }
    for (String group : List.of("offs", "none", "")) {
      for (int version = 2; version <= 10; version++) {
        tell("fetch all of " + group, fetch(fetching(group).setTopics(null)), version);
      }
    }
    tellAll(
        "fetch nowhere",
        ApiKeys.OFFSET_FETCH,
        () -> {
          OffsetFetchRequestGroup group = fetching("offs");
          group.topics().getFirst().setName("nope").setTopicId(NOWHERE);
          return fetch(group);
        });
    tell("fetch of an epoch", fetch(fetching("offs").setMemberId("m").setMemberEpoch(3)), 9);
  }

  private void offsetDeletions() {
    for (String group : List.of("offs", "none", "", "life")) {
      var topics = new OffsetDeleteRequestTopicCollection();
      topics.add(
          new OffsetDeleteRequestTopic()
              .setName("orders")
              .setPartitions(
                  List.of(
                      new OffsetDeleteRequestPartition().setPartitionIndex(1),
                      new OffsetDeleteRequestPartition().setPartitionIndex(99))));
      topics.add(
          new OffsetDeleteRequestTopic()
              .setName("nope")
              .setPartitions(List.of(new OffsetDeleteRequestPartition().setPartitionIndex(0))));
      tell(
          "delete offsets of " + group,
          new OffsetDeleteRequest.Builder(
              new OffsetDeleteRequestData().setGroupId(group).setTopics(topics)),
          0);
    }
  }

  private static ConsumerGroupHeartbeatRequestData joining(String group, String member) {
    return new ConsumerGroupHeartbeatRequestData()
        .setGroupId(group)
        .setMemberId(member)
        .setMemberEpoch(0)
        .setRebalanceTimeoutMs(1_000)
        .setSubscribedTopicNames(List.of("orders"))
        .setTopicPartitions(List.of());
  }

  private void tell(String what, ConsumerGroupHeartbeatRequestData data) {
    tell(what, new ConsumerGroupHeartbeatRequest.Builder(data), 1);
  }

  private void consumerGroups() {
    tell("nameless group", joining("", "m"));
    tell("no topics", joining("cg", "m").setSubscribedTopicNames(null));
    tell("member joins", joining("cg", "m1"));
    tell("unknown assignor", joining("cg", "m2").setServerAssignor("magic"));
    tell(
        "bad expression",
        joining("cg2", "m2").setSubscribedTopicNames(null).setSubscribedTopicRegex("((("));
    tell("unknown member", joining("cg", "m9").setMemberEpoch(3));
    tell("classic beat in consumer group", beat("cg", "m1", 1), 4);
    tell("classic join in consumer group", Members.join("cg", "", null), 9);
    tell(
        "describe consumer groups",
        new ConsumerGroupDescribeRequest.Builder(
            new ConsumerGroupDescribeRequestData()
                .setGroupIds(List.of("cg", "none", "life", ""))
                .setIncludeAuthorizedOperations(true)),
        1);
    tell("describe as classic", describe("cg"), 6);
  }

  private static StreamsGroupHeartbeatRequest.Builder streams(String source) {
    return new StreamsGroupHeartbeatRequest.Builder(
        new StreamsGroupHeartbeatRequestData()
            .setGroupId("st")
            .setMemberId("m")
            .setMemberEpoch(0)
            .setProcessId("p")
            .setRebalanceTimeoutMs(1_000)
            .setActiveTasks(List.of())
            .setStandbyTasks(List.of())
            .setWarmupTasks(List.of())
            .setTopology(
                new Topology()
                    .setEpoch(0)
                    .setSubtopologies(
                        List.of(
                            new Subtopology()
                                .setSubtopologyId("0")
                                .setSourceTopics(List.of(source))
                                .setStateChangelogTopics(
                                    List.of(new TopicInfo().setName("st-changelog")))))));
  }

  private void streamsGroups() {
    tellLatest("internal source", streams("__consumer_offsets"));
    tellLatest("impossible source", streams("a b"));
    tellLatest("streams member joins", streams("orders"));
    tellLatest(
        "describe streams groups",
        new StreamsGroupDescribeRequest.Builder(
            new StreamsGroupDescribeRequestData()
                .setGroupIds(List.of("st", "cg", "none"))
                .setIncludeAuthorizedOperations(true)));
  }

  private void listsAndDeletions() {
    for (String state : List.of("Stable", "Assigning", "Bogus")) {
      tell(
          "list " + state,
          new ListGroupsRequest.Builder(
              new ListGroupsRequestData().setStatesFilter(List.of(state))),
          5);
    }
    for (String type : List.of("consumer", "streams", "Bogus")) {
      tell(
          "list " + type,
          new ListGroupsRequest.Builder(new ListGroupsRequestData().setTypesFilter(List.of(type))),
          5);
    }
    tellAll(
        "delete groups",
        ApiKeys.DELETE_GROUPS,
        () ->
            new DeleteGroupsRequest.Builder(
                new DeleteGroupsRequestData()
                    .setGroupsNames(List.of("offs", "none", "", "life", "cg", "offs"))));
    tellLatest(
        "telemetry",
        new GetTelemetrySubscriptionsRequest.Builder(
            new GetTelemetrySubscriptionsRequestData().setClientInstanceId(Uuid.ZERO_UUID)));
  }
}
