package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.control.ControlRig.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TopicApisTest {
  private static ControlRig rig;

  @BeforeAll
  static void start(@TempDir Path directory) {
    rig =
        ControlRig.serving(
            ControlConfig.of(1, directory.resolve("metadata"))
                .withSettings(Map.of("num.partitions", "4")));
  }

  @AfterAll
  static void stop() {
    rig.close();
  }

  @Test
  void aCreatedTopicIsInTheViewWhenItIsAnswered() {
    CreatableTopicResult result = create(topic("created", 3, 1));

    assertThat(Errors.forCode(result.errorCode())).isEqualTo(Errors.NONE);
    assertThat(result.numPartitions()).isEqualTo(3);
    assertThat(result.replicationFactor()).isEqualTo((short) 1);
    ClusterView.Topic topic = rig.plane.view().topic("created").orElseThrow();
    assertThat(topic.id()).isEqualTo(result.topicId());
    assertThat(topic.partitions()).hasSize(3);
    assertThat(rig.plane.view().topic(result.topicId())).contains(topic);
  }

  @Test
  void defaultsOfPartitionsAndReplicasAreTheBrokers() {
    CreatableTopicResult result = create(topic("defaults", -1, -1));

    assertThat(Errors.forCode(result.errorCode())).isEqualTo(Errors.NONE);
    assertThat(rig.plane.view().topic("defaults").orElseThrow().partitions()).hasSize(4);
  }

  @Test
  void validatingCreatesNothing() {
    var response =
        rig.call(
            CreateTopicsResponse.class, request(true, topic("validated", 1, 1)).build((short) 7));

    assertThat(response.data().topics().find("validated").errorCode()).isZero();
    assertThat(rig.plane.view().topic("validated")).isEmpty();
  }

  @Test
  void settingsOfANewTopicAreAnsweredAndKept() {
    CreatableTopic topic = topic("configured", 1, 1);
    topic.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue("1234"));

    CreatableTopicResult result = create(topic);

    assertThat(result.configs())
        .filteredOn(config -> config.name().equals("retention.ms"))
        .extracting(CreatableTopicConfigs::value)
        .containsExactly("1234");
    assertThat(rig.plane.view().topicSettings("configured"))
        .containsExactlyEntriesOf(Map.of("retention.ms", "1234"));
    assertThat(rig.plane.view().effectiveTopicSettings("configured"))
        .containsEntry("retention.ms", "1234")
        .containsEntry("cleanup.policy", "delete");
  }

  @Test
  void replicasAsAssignedAreTaken() {
    var topic = new CreatableTopic().setName("assigned").setNumPartitions(-1);
    topic.setReplicationFactor((short) -1);
    topic
        .assignments()
        .add(new CreatableReplicaAssignment().setPartitionIndex(0).setBrokerIds(List.of(1)));
    topic
        .assignments()
        .add(new CreatableReplicaAssignment().setPartitionIndex(1).setBrokerIds(List.of(1)));

    assertThat(create(topic).errorCode()).isZero();
    assertThat(rig.plane.view().topic("assigned").orElseThrow().partitions()).hasSize(2);
  }

  @Test
  void badTopicsGetKafkasErrors() {
    assertError(create(topic("no/slash", 1, 1)), Errors.INVALID_TOPIC_EXCEPTION);
    assertError(create(topic("", 1, 1)), Errors.INVALID_TOPIC_EXCEPTION);
    assertError(create(topic("x".repeat(250), 1, 1)), Errors.INVALID_TOPIC_EXCEPTION);
    assertError(create(topic("none", 0, 1)), Errors.INVALID_PARTITIONS);
    assertError(create(topic("two", 1, 2)), Errors.INVALID_REPLICATION_FACTOR);
    assertError(create(topic("zero", 1, 0)), Errors.INVALID_REPLICATION_FACTOR);
    assertError(create(topic(Topic.CLUSTER_METADATA_TOPIC_NAME, 1, 1)), Errors.INVALID_REQUEST);
    assertError(create(topic("huge", 1_000_000, 1)), Errors.POLICY_VIOLATION);
    CreatableTopic unknownSetting = topic("unknown-setting", 1, 1);
    unknownSetting.configs().add(new CreatableTopicConfig().setName("no.such").setValue("1"));
    assertError(create(unknownSetting), Errors.INVALID_CONFIG);
    CreatableTopic badValue = topic("bad-value", 1, 1);
    badValue.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue("-7"));
    assertError(create(badValue), Errors.INVALID_CONFIG);
    CreatableTopic unknownBroker = topic("unknown-broker", -1, -1);
    unknownBroker
        .assignments()
        .add(new CreatableReplicaAssignment().setPartitionIndex(0).setBrokerIds(List.of(7)));
    assertError(create(unknownBroker), Errors.INVALID_REPLICA_ASSIGNMENT);
  }

  @Test
  void aNameTakenOrCollidingIsRefused() {
    assertError(create(topic("taken.name", 1, 1)), Errors.NONE);

    assertError(create(topic("taken.name", 1, 1)), Errors.TOPIC_ALREADY_EXISTS);
    assertError(create(topic("taken_name", 1, 1)), Errors.INVALID_TOPIC_EXCEPTION);
  }

  @Test
  void aTopicNamedTwiceIsCreatedNever() {
    CreateTopicsRequestData data = new CreateTopicsRequestData().setTimeoutMs(5_000);
    data.topics().add(topic("twice", 1, 1));
    data.topics().add(topic("twice", 2, 1));
    data.topics().add(topic("beside-twice", 1, 1));

    var response =
        rig.call(
            CreateTopicsResponse.class, new CreateTopicsRequest.Builder(data).build((short) 7));

    assertError(response.data().topics().find("twice"), Errors.INVALID_REQUEST);
    assertError(response.data().topics().find("beside-twice"), Errors.NONE);
    assertThat(rig.plane.view().topic("twice")).isEmpty();
  }

  @Test
  void topicsAreDeletedByNameAndById() {
    create(topic("doomed-by-name", 1, 1));
    Uuid id = create(topic("doomed-by-id", 1, 1)).topicId();

    List<DeletableTopicResult> results =
        delete(
            new DeleteTopicState().setName("doomed-by-name"),
            new DeleteTopicState().setTopicId(id));

    assertThat(results).hasSize(2).allMatch(result -> result.errorCode() == 0);
    assertThat(rig.plane.view().topic("doomed-by-name")).isEmpty();
    assertThat(rig.plane.view().topic(id)).isEmpty();
  }

  @Test
  void badDeletionsGetKafkasErrors() {
    Uuid id = create(topic("kept", 1, 1)).topicId();

    assertThat(errors(delete(new DeleteTopicState().setName("absent"))))
        .containsExactly(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(errors(delete(new DeleteTopicState().setTopicId(Uuid.randomUuid()))))
        .containsExactly(Errors.UNKNOWN_TOPIC_ID);
    assertThat(errors(delete(new DeleteTopicState().setName(null))))
        .containsExactly(Errors.INVALID_REQUEST);
    assertThat(errors(delete(new DeleteTopicState().setName("kept").setTopicId(id))))
        .containsExactly(Errors.INVALID_REQUEST);
    assertThat(
            errors(
                delete(
                    new DeleteTopicState().setName("kept"), new DeleteTopicState().setTopicId(id))))
        .containsExactly(Errors.INVALID_REQUEST);
    assertThat(
            errors(
                delete(
                    new DeleteTopicState().setName("kept"),
                    new DeleteTopicState().setName("kept"))))
        .containsExactly(Errors.INVALID_REQUEST);
    assertThat(rig.plane.view().topic("kept")).isPresent();
  }

  @Test
  void partitionsAreAdded() {
    create(topic("growing", 2, 1));

    assertThat(grow("growing", 5).errorCode()).isZero();
    assertThat(rig.plane.view().topic("growing").orElseThrow().partitions())
        .hasSize(5)
        .allMatch(partition -> partition.leader() == 1);
    assertThat(Errors.forCode(grow("growing", 5).errorCode())).isEqualTo(Errors.INVALID_PARTITIONS);
    assertThat(Errors.forCode(grow("growing", 4).errorCode())).isEqualTo(Errors.INVALID_PARTITIONS);
    assertThat(Errors.forCode(grow("absent", 4).errorCode()))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void manyWhoNeedATopicGetOneAnswer() {
    var answers = new ArrayList<CompletionStage<Map<String, ApiError>>>();
    for (int i = 0; i < 20; i++) {
      answers.add(rig.plane.autoTopics().create(List.of("needed", "needed-too", "bad/name")));
    }

    for (var answer : answers) {
      assertThat(await(answer))
          .extractingFromEntries(entry -> entry.getKey() + " " + entry.getValue().error())
          .containsExactly("needed NONE", "needed-too NONE", "bad/name INVALID_TOPIC_EXCEPTION");
    }
    assertThat(rig.plane.view().topic("needed").orElseThrow().partitions()).hasSize(4);
  }

  @Test
  void internalTopicsHaveTheSettingsTheirCoordinatorsNeed() {
    await(
        rig.plane
            .autoTopics()
            .create(
                List.of(
                    Topic.GROUP_METADATA_TOPIC_NAME,
                    Topic.TRANSACTION_STATE_TOPIC_NAME,
                    Topic.SHARE_GROUP_STATE_TOPIC_NAME)));

    ClusterView view = rig.plane.view();
    ClusterView.Topic offsets = view.topic(Topic.GROUP_METADATA_TOPIC_NAME).orElseThrow();
    assertThat(offsets.isInternal()).isTrue();
    assertThat(offsets.partitions()).hasSize(50);
    assertThat(view.topicSettings(offsets.name()))
        .containsOnly(
            Map.entry("cleanup.policy", "compact"),
            Map.entry("compression.type", "producer"),
            Map.entry("segment.bytes", "104857600"));
    assertThat(view.topicSettings(Topic.TRANSACTION_STATE_TOPIC_NAME))
        .containsOnly(
            Map.entry("cleanup.policy", "compact"),
            Map.entry("compression.type", "uncompressed"),
            Map.entry("min.insync.replicas", "1"),
            Map.entry("segment.bytes", "104857600"),
            Map.entry("unclean.leader.election.enable", "false"));
    assertThat(view.topicSettings(Topic.SHARE_GROUP_STATE_TOPIC_NAME))
        .containsOnly(
            Map.entry("cleanup.policy", "delete"),
            Map.entry("compression.type", "producer"),
            Map.entry("min.insync.replicas", "1"),
            Map.entry("retention.ms", "-1"),
            Map.entry("segment.bytes", "104857600"));
  }

  @Test
  void whoeverAsksForAnInternalTopicNeedNotKnowItsSettings() {
    var request = new CreateTopicsRequestData().setTimeoutMs(30_000);
    request.topics().add(topic(Topic.GROUP_METADATA_TOPIC_NAME, 1, 1));
    request.topics().add(topic("plain", 1, 1));

    await(rig.plane.autoTopics().create(request));

    ClusterView view = rig.plane.view();
    assertThat(view.topic(Topic.GROUP_METADATA_TOPIC_NAME).orElseThrow().partitions()).hasSize(50);
    assertThat(view.topicSettings(Topic.GROUP_METADATA_TOPIC_NAME))
        .containsEntry("cleanup.policy", "compact");
    assertThat(view.topic("plain").orElseThrow().partitions()).hasSize(1);
    assertThat(view.topicSettings("plain")).isEmpty();
  }

  @Test
  void producerIdBlocksFollowEachOther() {
    var first = await(rig.plane.allocateProducerIds());
    var second = await(rig.plane.allocateProducerIds());

    assertThat(first.size()).isEqualTo(1_000);
    assertThat(second.firstProducerId()).isEqualTo(first.nextBlockFirstId());
  }

  private static CreatableTopic topic(String name, int partitions, int replicas) {
    return new CreatableTopic()
        .setName(name)
        .setNumPartitions(partitions)
        .setReplicationFactor((short) replicas);
  }

  private static CreateTopicsRequest.Builder request(boolean validateOnly, CreatableTopic topic) {
    var data = new CreateTopicsRequestData().setTimeoutMs(5_000).setValidateOnly(validateOnly);
    data.topics().add(topic);
    return new CreateTopicsRequest.Builder(data);
  }

  private static CreatableTopicResult create(CreatableTopic topic) {
    var response = rig.call(CreateTopicsResponse.class, request(false, topic).build((short) 7));
    assertThat(response.data().topics()).hasSize(1);
    return response.data().topics().find(topic.name());
  }

  private static void assertError(CreatableTopicResult result, Errors expected) {
    assertThat(Errors.forCode(result.errorCode()))
        .as("%s: %s", result.name(), result.errorMessage())
        .isEqualTo(expected);
  }

  private static List<DeletableTopicResult> delete(DeleteTopicState... topics) {
    var data = new DeleteTopicsRequestData().setTimeoutMs(5_000).setTopics(List.of(topics));
    var response =
        rig.call(
            DeleteTopicsResponse.class, new DeleteTopicsRequest.Builder(data).build((short) 6));
    return List.copyOf(response.data().responses());
  }

  private static List<Errors> errors(List<DeletableTopicResult> results) {
    return results.stream().map(result -> Errors.forCode(result.errorCode())).toList();
  }

  private static CreatePartitionsTopicResult grow(String name, int count) {
    var data = new CreatePartitionsRequestData().setTimeoutMs(5_000);
    data.topics()
        .add(new CreatePartitionsTopic().setName(name).setCount(count).setAssignments(null));
    var response =
        rig.call(
            CreatePartitionsResponse.class,
            new CreatePartitionsRequest.Builder(data).build((short) 3));
    return response.data().results().get(0);
  }
}
