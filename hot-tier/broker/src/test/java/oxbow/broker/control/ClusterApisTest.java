package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.control.ControlRig.await;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.AddRaftVoterRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.RemoveRaftVoterRequestData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.requests.AddRaftVoterRequest;
import org.apache.kafka.common.requests.AddRaftVoterResponse;
import org.apache.kafka.common.requests.AlterClientQuotasRequest;
import org.apache.kafka.common.requests.AlterClientQuotasResponse;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.DescribeClientQuotasRequest;
import org.apache.kafka.common.requests.DescribeClientQuotasResponse;
import org.apache.kafka.common.requests.DescribeQuorumRequest;
import org.apache.kafka.common.requests.DescribeQuorumResponse;
import org.apache.kafka.common.requests.ElectLeadersRequest;
import org.apache.kafka.common.requests.ElectLeadersResponse;
import org.apache.kafka.common.requests.ListPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.ListPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.RemoveRaftVoterRequest;
import org.apache.kafka.common.requests.RemoveRaftVoterResponse;
import org.apache.kafka.common.requests.UnregisterBrokerRequest;
import org.apache.kafka.common.requests.UnregisterBrokerResponse;
import org.apache.kafka.common.requests.UpdateFeaturesRequest;
import org.apache.kafka.common.requests.UpdateFeaturesResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterApisTest {
  private static ControlRig rig;

  @BeforeAll
  static void start(@TempDir Path directory) {
    rig = ControlRig.serving(directory.resolve("metadata"));
    await(rig.plane.autoTopics().create(List.of("topic")));
  }

  @AfterAll
  static void stop() {
    rig.close();
  }

  @Test
  void theQuorumIsThisNode() {
    DescribeQuorumResponse response = describeQuorum(Topic.CLUSTER_METADATA_TOPIC_PARTITION);

    var partition = response.data().topics().get(0).partitions().get(0);
    assertThat(response.data().errorCode()).isZero();
    assertThat(partition.leaderId()).isEqualTo(1);
    assertThat(partition.highWatermark()).isPositive();
    assertThat(partition.currentVoters())
        .singleElement()
        .satisfies(voter -> {
          assertThat(voter.replicaId()).isEqualTo(1);
          assertThat(voter.replicaDirectoryId()).isNotEqualTo(Uuid.ZERO_UUID);
        });
    assertThat(response.data().nodes()).extracting(node -> node.nodeId()).containsExactly(1);
    assertThat(rig.plane.view().controllerId()).hasValue(1);
  }

  @Test
  void noOtherPartitionHasAQuorum() {
    var partition =
        describeQuorum(new TopicPartition("topic", 0)).data().topics().get(0).partitions().get(0);

    assertThat(Errors.forCode(partition.errorCode())).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void badChangesOfTheQuorumGetKafkasErrors() {
    assertThat(addVoter("another cluster", 2)).isEqualTo(Errors.INCONSISTENT_CLUSTER_ID);
    assertThat(addVoter(rig.plane.clusterId(), 1)).isEqualTo(Errors.DUPLICATE_VOTER);
    assertThat(removeVoter(2)).isEqualTo(Errors.VOTER_NOT_FOUND);
  }

  @Test
  void aVoterThatDoesNotAnswerIsNotAdded() {
    assertThat(addVoter(rig.plane.clusterId(), 3)).isEqualTo(Errors.REQUEST_TIMED_OUT);
    assertThat(
            describeQuorum(Topic.CLUSTER_METADATA_TOPIC_PARTITION)
                .data()
                .topics()
                .get(0)
                .partitions()
                .get(0)
                .currentVoters())
        .hasSize(1);
  }

  @Test
  void quotasAreToldDescribedAndRemoved() {
    var told = new ConcurrentHashMap<String, String>();
    rig.plane.watchQuotas((entity, changes) ->
        changes.forEach((key, limit) -> told.put(entity.entries() + " " + key, limit.toString())));

    assertThat(alterQuota(Map.of("client-id", "c"), "producer_byte_rate", 1000.0))
        .isEqualTo(Errors.NONE);
    assertThat(told)
        .containsEntry("{client-id=c} producer_byte_rate", OptionalDouble.of(1000).toString());
    assertThat(describeQuotas(ClientQuotaFilter.all()).data().entries())
        .singleElement()
        .satisfies(entry -> {
          assertThat(entry.entity().get(0).entityName()).isEqualTo("c");
          assertThat(entry.values().get(0).value()).isEqualTo(1000.0);
        });
    assertThat(alterQuota(Map.of("client-id", "c"), "producer_byte_rate", null))
        .isEqualTo(Errors.NONE);
    assertThat(told)
        .containsEntry("{client-id=c} producer_byte_rate", OptionalDouble.empty().toString());
    assertThat(describeQuotas(ClientQuotaFilter.all()).data().entries()).isEmpty();
  }

  @Test
  void badQuotasGetKafkasErrors() {
    assertThat(alterQuota(Map.of("client-id", "c"), "no_such_quota", 1.0))
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(alterQuota(Map.of("planet", "c"), "producer_byte_rate", 1.0))
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(alterQuota(Map.of("client-id", "c"), "producer_byte_rate", -1.0))
        .isEqualTo(Errors.INVALID_REQUEST);
    var filter =
        ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofEntity("planet", "x")));
    assertThat(Errors.forCode(describeQuotas(filter).data().errorCode()))
        .isEqualTo(Errors.UNSUPPORTED_VERSION);
  }

  @Test
  void featuresMoveOnlyWhereTheyCan() {
    assertThat(update("group.version", 1)).isEqualTo(Errors.NONE);
    assertThat(update("group.version", 9)).isEqualTo(Errors.INVALID_UPDATE_VERSION);
    assertThat(update("no.version", 1)).isEqualTo(Errors.INVALID_UPDATE_VERSION);
    assertThat(rig.plane.view().features())
        .containsEntry("group.version", (short) 1)
        .containsEntry("transaction.version", (short) 2)
        .containsEntry("kraft.version", (short) 1)
        .containsKey("metadata.version");
  }

  @Test
  void aBrokerNobodyKnowsCannotBeUnregistered() {
    var response =
        rig.call(
            UnregisterBrokerResponse.class,
            new UnregisterBrokerRequest.Builder(new UnregisterBrokerRequestData().setBrokerId(77))
                .build());

    assertThat(Errors.forCode(response.data().errorCode()))
        .isEqualTo(Errors.BROKER_ID_NOT_REGISTERED);
    assertThat(response.data().errorMessage())
        .isEqualTo("Broker ID 77 is not currently registered");
  }

  @Test
  void leadersAreElectedWhereNeeded() {
    var response =
        rig.call(
            ElectLeadersResponse.class,
            new ElectLeadersRequest.Builder(
                    ElectionType.PREFERRED,
                    List.of(new TopicPartition("topic", 0), new TopicPartition("absent", 0)),
                    5_000)
                .build());

    assertThat(response.data().replicaElectionResults())
        .flatExtracting(topic ->
            topic.partitionResult().stream()
                .map(result -> topic.topic() + " " + Errors.forCode(result.errorCode()))
                .toList())
        .containsExactlyInAnyOrder(
            "topic ELECTION_NOT_NEEDED", "absent UNKNOWN_TOPIC_OR_PARTITION");
  }

  @Test
  void reassignmentsNeedBrokersThatExist() {
    assertThat(reassign("topic", 0, List.of(1))).isEqualTo(Errors.NONE);
    assertThat(reassign("topic", 0, List.of(7))).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
    assertThat(reassign("topic", 9, List.of(1))).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(reassign("topic", 0, null)).isEqualTo(Errors.NO_REASSIGNMENT_IN_PROGRESS);
    var response =
        rig.call(
            ListPartitionReassignmentsResponse.class,
            new ListPartitionReassignmentsRequest.Builder(
                    new ListPartitionReassignmentsRequestData().setTimeoutMs(5_000))
                .build());
    assertThat(response.data().topics()).isEmpty();
  }

  private static DescribeQuorumResponse describeQuorum(TopicPartition partition) {
    return rig.call(
        DescribeQuorumResponse.class,
        new DescribeQuorumRequest.Builder(DescribeQuorumRequest.singletonRequest(partition))
            .build());
  }

  private static Errors addVoter(String clusterId, int id) {
    var data =
        new AddRaftVoterRequestData()
            .setClusterId(clusterId)
            .setTimeoutMs(1_000)
            .setVoterId(id)
            .setVoterDirectoryId(Uuid.randomUuid());
    data.listeners()
        .add(
            new AddRaftVoterRequestData.Listener()
                .setName("CONTROLLER")
                .setHost("localhost")
                .setPort(1));
    return Errors.forCode(
        rig.call(AddRaftVoterResponse.class, new AddRaftVoterRequest.Builder(data).build())
            .data()
            .errorCode());
  }

  private static Errors removeVoter(int id) {
    var data =
        new RemoveRaftVoterRequestData()
            .setClusterId(rig.plane.clusterId())
            .setVoterId(id)
            .setVoterDirectoryId(Uuid.randomUuid());
    return Errors.forCode(
        rig.call(RemoveRaftVoterResponse.class, new RemoveRaftVoterRequest.Builder(data).build())
            .data()
            .errorCode());
  }

  private static Errors alterQuota(Map<String, String> entity, String key, @Nullable Double limit) {
    var alteration =
        new ClientQuotaAlteration(
            new ClientQuotaEntity(entity), List.of(new ClientQuotaAlteration.Op(key, limit)));
    var response =
        rig.call(
            AlterClientQuotasResponse.class,
            new AlterClientQuotasRequest.Builder(List.of(alteration), false).build());
    return Errors.forCode(response.data().entries().get(0).errorCode());
  }

  private static DescribeClientQuotasResponse describeQuotas(ClientQuotaFilter filter) {
    return rig.call(
        DescribeClientQuotasResponse.class,
        new DescribeClientQuotasRequest.Builder(filter).build());
  }

  private static Errors update(String feature, int level) {
    var data = new UpdateFeaturesRequestData().setTimeoutMs(5_000);
    data.featureUpdates()
        .add(
            new UpdateFeaturesRequestData.FeatureUpdateKey()
                .setFeature(feature)
                .setMaxVersionLevel((short) level)
                .setUpgradeType((byte) 1));
    return Errors.forCode(
        rig.call(UpdateFeaturesResponse.class, new UpdateFeaturesRequest.Builder(data).build())
            .data()
            .errorCode());
  }

  private static Errors reassign(String topic, int partition, @Nullable List<Integer> replicas) {
    var data =
        new AlterPartitionReassignmentsRequestData()
            .setTimeoutMs(5_000)
            .setTopics(
                List.of(
                    new ReassignableTopic()
                        .setName(topic)
                        .setPartitions(
                            List.of(
                                new ReassignablePartition()
                                    .setPartitionIndex(partition)
                                    .setReplicas(replicas)))));
    var response =
        rig.call(
            AlterPartitionReassignmentsResponse.class,
            new AlterPartitionReassignmentsRequest.Builder(data).build());
    assertThat(response.data().errorCode()).isZero();
    return Errors.forCode(response.data().responses().get(0).partitions().get(0).errorCode());
  }
}
