package oxbow.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static oxbow.broker.group.Members.commit;
import static oxbow.broker.group.Members.committed;
import static oxbow.broker.group.Members.committing;
import static oxbow.broker.group.Members.fetch;
import static oxbow.broker.group.Members.fetchAll;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import oxbow.broker.testing.Await;
import oxbow.broker.testing.FakeRequest;

final class OffsetsTest {
  private GroupRig broker = GroupRig.started();

  @AfterEach
  void stop() {
    broker.close();
  }

  private static Errors error(OffsetCommitResponse response) {
    return Errors.forCode(response.data().topics().getFirst().partitions().getFirst().errorCode());
  }

  @Test
  void aCommitIsAnsweredOnlyWhenTheWatermarkHasPassedIt() {
    // Given
    broker.log.hold();
    FakeRequest commit = broker.send(commit("g", 0, 42));
    Await.until("it is written", GroupRig.PATIENCE, () -> !broker.log.records().isEmpty());
    boolean answeredEarly = commit.isAnswered();
    // When
    broker.log.release();
    // Then
    assertThat(answeredEarly).isFalse();
    assertThat(error(commit.answer(OffsetCommitResponse.class))).isEqualTo(Errors.NONE);
    assertThat(committed(broker, "g", 0)).isEqualTo(42);
  }

  @Test
  void aCommitThatIsNeverSafeTimesOutAndTheClientTriesAgain() {
    // Given
    broker.log.hold();
    FakeRequest commit = broker.send(commit("g", 0, 42));
    Await.until("it is written", GroupRig.PATIENCE, () -> !broker.log.records().isEmpty());
    // When
    broker.time.advanceClock(5_001);
    // Then
    assertThat(error(commit.answer(OffsetCommitResponse.class)))
        .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
  }

  @Test
  void offsetsAreCommittedAndFetchedByNameAndById() {
    for (int version = 2; version <= 10; version++) {
      // When
      OffsetCommitResponse committed =
          broker.ask(commit("g", 1, version), version, OffsetCommitResponse.class);
      // Then
      assertThat(error(committed)).isEqualTo(Errors.NONE);
      assertThat(committed(broker, "g", 1)).isEqualTo(version);
    }
  }

  @Test
  void everyFetchVersionTellsOffsetMetadataAndNothing() {
    // Given
    broker.ask(commit("g", 1, 42), OffsetCommitResponse.class);
    for (int version = 1; version <= 10; version++) {
      var unstable =
          OffsetFetchRequest.Builder.forTopicIdsOrNames(
              new OffsetFetchRequestData().setGroups(List.of(group("g"))), false);
      // When
      OffsetFetchResponseTopics topic =
          broker.ask(unstable, version, OffsetFetchResponse.class).group("g").topics().getFirst();
      // Then
      assertThat(topic.name()).isEqualTo(version < 10 ? "orders" : "");
      assertThat(topic.topicId()).isEqualTo(version < 10 ? Uuid.ZERO_UUID : GroupRig.ORDERS);
      assertThat(topic.partitions())
          .extracting(
              OffsetFetchResponsePartitions::committedOffset,
              OffsetFetchResponsePartitions::metadata)
          .containsExactly(tuple(42L, "note"), tuple(-1L, ""));
    }
  }

  private static OffsetFetchRequestGroup group(String name) {
    return new OffsetFetchRequestGroup()
        .setGroupId(name)
        .setTopics(
            List.of(
                new OffsetFetchRequestTopics()
                    .setName("orders")
                    .setTopicId(GroupRig.ORDERS)
                    .setPartitionIndexes(List.of(1, 2))));
  }

  @Test
  void oneFetchAsksForManyGroups() {
    // Given
    broker.ask(commit("a", 1, 10), OffsetCommitResponse.class);
    broker.ask(commit("b", 1, 20), OffsetCommitResponse.class);
    // When
    OffsetFetchResponse fetched =
        broker.ask(fetch(group("a"), group("b"), group("")), OffsetFetchResponse.class);
    // Then
    assertThat(fetched.data().groups())
        .extracting(OffsetFetchResponseGroup::groupId)
        .containsExactly("a", "b", "");
    assertThat(offset(fetched, "a")).isEqualTo(10);
    assertThat(offset(fetched, "b")).isEqualTo(20);
  }

  private static long offset(OffsetFetchResponse fetched, String group) {
    return fetched.group(group).topics().getFirst().partitions().getFirst().committedOffset();
  }

  @Test
  void allOffsetsOfAGroupAreFetchedWithoutNamingThem() {
    // Given
    broker.ask(commit("g", 0, 1), OffsetCommitResponse.class);
    broker.ask(commit("g", 3, 2), OffsetCommitResponse.class);
    for (int version : new int[] {7, 9, 10}) {
      // When
      var topics =
          broker.ask(fetchAll("g"), version, OffsetFetchResponse.class).group("g").topics();
      // Then
      assertThat(topics).hasSize(1);
      assertThat(topics.getFirst().partitions())
          .extracting(OffsetFetchResponsePartitions::committedOffset)
          .containsExactlyInAnyOrder(1L, 2L);
    }
  }

  @Test
  void unknownTopicsAndPartitionsAreRefusedAloneByNameAndById() {
    // Given
    OffsetCommitRequestData strange = committing("g", 0, 1);
    strange
        .topics()
        .getFirst()
        .setName("nowhere")
        .setTopicId(Uuid.fromString("AAAAAAAAAAAAAAAAAAAA_w"));
    OffsetCommitRequestData beyond = committing("g", 0, 1);
    beyond
        .topics()
        .getFirst()
        .setPartitions(
            List.of(
                new OffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(8),
                new OffsetCommitRequestPartition().setPartitionIndex(9).setCommittedOffset(9)));
    // When
    OffsetCommitResponse byName = broker.ask(commit(strange), 9, OffsetCommitResponse.class);
    OffsetCommitResponse byId = broker.ask(commit(strange), 10, OffsetCommitResponse.class);
    OffsetCommitResponse mixed = broker.ask(commit(beyond), OffsetCommitResponse.class);
    // Then
    assertThat(error(byName)).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(error(byId)).isEqualTo(Errors.UNKNOWN_TOPIC_ID);
    assertThat(mixed.data().topics().getFirst().partitions())
        .extracting(partition -> partition.partitionIndex() + ":" + partition.errorCode())
        .containsExactlyInAnyOrder("0:0", "9:" + Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(committed(broker, "g", 0)).isEqualTo(8);
  }

  @Test
  void aFetchByAnUnknownIdTellsSoForThatTopicOnly() {
    // Given
    broker.ask(commit("g", 0, 5), OffsetCommitResponse.class);
    Uuid gone = Uuid.fromString("AAAAAAAAAAAAAAAAAAAA_w");
    var asked =
        new OffsetFetchRequestGroup()
            .setGroupId("g")
            .setTopics(
                List.of(
                    new OffsetFetchRequestTopics().setTopicId(gone).setPartitionIndexes(List.of(0)),
                    new OffsetFetchRequestTopics()
                        .setTopicId(GroupRig.ORDERS)
                        .setPartitionIndexes(List.of(0))));
    // When
    var topics = broker.ask(fetch(asked), OffsetFetchResponse.class).group("g").topics();
    // Then
    assertThat(topics)
        .extracting(topic -> topic.topicId() + ":" + topic.partitions().getFirst().errorCode())
        .containsExactlyInAnyOrder(
            GroupRig.ORDERS + ":0", gone + ":" + Errors.UNKNOWN_TOPIC_ID.code());
  }

  @Test
  void deletedOffsetsAreGone() {
    // Given
    broker.ask(commit("g", 0, 5), OffsetCommitResponse.class);
    broker.ask(commit("g", 1, 6), OffsetCommitResponse.class);
    var topics = new OffsetDeleteRequestTopicCollection();
    topics.add(
        new OffsetDeleteRequestTopic()
            .setName("orders")
            .setPartitions(
                List.of(
                    new OffsetDeleteRequestPartition().setPartitionIndex(0),
                    new OffsetDeleteRequestPartition().setPartitionIndex(77))));
    // When
    var deleted =
        broker.ask(
            new OffsetDeleteRequest.Builder(
                new OffsetDeleteRequestData().setGroupId("g").setTopics(topics)),
            OffsetDeleteResponse.class);
    // Then
    assertThat(deleted.data().errorCode()).isZero();
    assertThat(deleted.data().topics().find("orders").partitions())
        .extracting(partition -> partition.partitionIndex() + ":" + partition.errorCode())
        .containsExactlyInAnyOrder("0:0", "77:" + Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    assertThat(committed(broker, "g", 0)).isEqualTo(-1);
    assertThat(committed(broker, "g", 1)).isEqualTo(6);
  }

  @Test
  void offsetsOfAGroupNobodyUsesExpireAndLeaveTombstones() {
    // Given
    broker.close();
    broker =
        GroupRig.started(
            new CoordinatorLog(), new ManualTime(), Map.of("offsets.retention.minutes", "1"));
    broker.ask(commit("g", 0, 5), OffsetCommitResponse.class);
    int before = broker.log.records().size();
    // When
    broker.time.advanceClock(600_000 + 60_000);
    // Then
    Await.until("it is forgotten", GroupRig.PATIENCE, () -> committed(broker, "g", 0) == -1);
    assertThat(broker.log.records().subList(before, broker.log.records().size()))
        .isNotEmpty()
        .allMatch(record -> record.value() == null);
    assertThat(broker.meters.get("oxbow.group.offset.expirations").functionCounter().count())
        .isEqualTo(1);
  }

  @Test
  void offsetsOfADeletedTopicGoWithIt() {
    // Given
    broker.ask(commit("g", 0, 5), OffsetCommitResponse.class);
    // When
    broker.metadata.deleted(GroupRig.ORDERS).publish();
    broker.metadata.topic("orders", Uuid.fromString("AAAAAAAAAAAAAAAAAAAA_g"), 4).publish();
    // Then
    Await.until(
        "its offsets are gone",
        GroupRig.PATIENCE,
        () ->
            broker.ask(fetchAll("g"), 9, OffsetFetchResponse.class).group("g").topics().isEmpty());
  }

  @Test
  void aRefusedWriteLeavesTheOldOffset() {
    // Given
    broker.ask(commit("g", 0, 5), OffsetCommitResponse.class);
    broker.log.refuse(new CoordinatorNotAvailableException("the disk is full"));
    // When
    Errors refused = error(broker.ask(commit("g", 0, 6), OffsetCommitResponse.class));
    broker.log.refuse(null);
    // Then
    assertThat(refused).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    assertThat(committed(broker, "g", 0)).isEqualTo(5);
    assertThat(error(broker.ask(commit("g", 0, 7), OffsetCommitResponse.class)))
        .isEqualTo(Errors.NONE);
  }
}
