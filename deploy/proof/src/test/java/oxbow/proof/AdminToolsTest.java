package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.proof.KafkaTools.API_VERSIONS;
import static oxbow.proof.KafkaTools.CLIENT_METRICS;
import static oxbow.proof.KafkaTools.CLUSTER;
import static oxbow.proof.KafkaTools.CONFIGS;
import static oxbow.proof.KafkaTools.CONSOLE_PRODUCER;
import static oxbow.proof.KafkaTools.DELETE_RECORDS;
import static oxbow.proof.KafkaTools.FEATURES;
import static oxbow.proof.KafkaTools.GET_OFFSETS;
import static oxbow.proof.KafkaTools.LEADER_ELECTION;
import static oxbow.proof.KafkaTools.LOG_DIRS;
import static oxbow.proof.KafkaTools.METADATA_QUORUM;
import static oxbow.proof.KafkaTools.TOPICS;
import static oxbow.proof.KafkaTools.TRANSACTIONS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Apache Kafka's command-line tools for whoever runs a broker. */
@ExtendWith(ProofExtension.class)
final class AdminToolsTest {
  private final Proof proof;

  AdminToolsTest(Proof proof) {
    this.proof = proof;
  }

  @Test
  void toolsAreOfTheKafkaVersionThatTheServerIsBuiltOn() {
    ToolResult version = proof.tools().run(TOPICS, "--version").ok();

    assertThat(version.out()).startsWith(AppInfoParser.getVersion());
  }

  @Test
  void topicIsCreatedDescribedGrownAndDeleted() {
    String topic = proof.name("life-of-a-topic");

    ToolResult created =
        proof.tool(
            TOPICS,
            "--create",
            "--topic",
            topic,
            "--partitions",
            "3",
            "--replication-factor",
            "1",
            "--config",
            "retention.ms=3600000");
    ToolResult listed = proof.tool(TOPICS, "--list");
    ToolResult described = proof.tool(TOPICS, "--describe", "--topic", topic);
    ToolResult grown = proof.tool(TOPICS, "--alter", "--topic", topic, "--partitions", "5");
    ToolResult describedAgain = proof.tool(TOPICS, "--describe", "--topic", topic);
    ToolResult deleted = proof.tool(TOPICS, "--delete", "--topic", topic);

    assertThat(created.ok().out()).contains("Created topic " + topic + ".");
    assertThat(listed.ok().lines()).contains(topic);
    assertThat(described.ok().out())
        .containsPattern("TopicId: [A-Za-z0-9_-]{22}")
        .contains("PartitionCount: 3", "ReplicationFactor: 1", "retention.ms=3600000")
        .containsPattern("Partition: 2\\s+Leader: 1\\s+Replicas: 1\\s+Isr: 1\\s+Elr:");
    grown.ok();
    assertThat(describedAgain.ok().out()).contains("PartitionCount: 5", "Partition: 4");
    deleted.ok();
    Await.until(
        "the topic is gone",
        Await.LONG,
        () -> !proof.tool(TOPICS, "--list").ok().lines().contains(topic));
  }

  @Test
  void topicToolSaysWhatIsWrong() {
    String topic = proof.topic("taken", 2);

    assertThat(proof.tool(TOPICS, "--create", "--topic", topic).failed().text())
        .contains("TopicExistsException", "Topic '" + topic + "' already exists.");
    assertThat(proof.tool(TOPICS, "--create", "--topic", topic, "--if-not-exists").ok().out())
        .doesNotContain("Created topic");
    assertThat(proof.tool(TOPICS, "--describe", "--topic", "no-such-topic").failed().text())
        .contains("Topic 'no-such-topic' does not exist as expected");
    assertThat(proof.tool(TOPICS, "--alter", "--topic", topic, "--partitions", "1").failed().text())
        .contains("InvalidPartitionsException");
    assertThat(
            proof
                .tool(
                    TOPICS, "--create", "--topic", proof.name("wide"), "--replication-factor", "3")
                .failed()
                .text())
        .contains("InvalidReplicationFactorException");
    assertThat(
            proof
                .tool(TOPICS, "--create", "--topic", proof.name("odd"), "--config", "no.such=1")
                .failed()
                .text())
        .contains("Unknown topic config name: no.such");
    assertThat(proof.tool(TOPICS, "--create", "--topic", "bad/name").failed().text())
        .contains("InvalidTopicException");
  }

  @Test
  void topicsAreFilteredByState() {
    ToolResult underReplicated =
        proof.tool(TOPICS, "--describe", "--under-replicated-partitions").ok();
    ToolResult unavailable = proof.tool(TOPICS, "--describe", "--unavailable-partitions").ok();
    String topic = proof.topic("overridden", 1, java.util.Map.of("segment.bytes", "2097152"));
    ToolResult overridden = proof.tool(TOPICS, "--describe", "--topics-with-overrides").ok();

    assertThat(underReplicated.lines()).isEmpty();
    assertThat(unavailable.lines()).isEmpty();
    assertThat(overridden.out()).contains(topic);
  }

  @Test
  void topicConfigIsSetShownAndRemoved() {
    String topic = proof.topic("configured", 1);
    String[] entity = {"--entity-type", "topics", "--entity-name", topic};

    ToolResult set =
        proof.tool(
            CONFIGS,
            with(
                entity,
                "--alter",
                "--add-config",
                "retention.ms=60000,cleanup.policy=[compact,delete]"));
    ToolResult shown = proof.tool(CONFIGS, with(entity, "--describe"));
    ToolResult all = proof.tool(CONFIGS, with(entity, "--describe", "--all"));
    ToolResult removed =
        proof.tool(CONFIGS, with(entity, "--alter", "--delete-config", "retention.ms"));
    ToolResult shownAgain = proof.tool(CONFIGS, with(entity, "--describe"));
    ToolResult refused =
        proof.tool(CONFIGS, with(entity, "--alter", "--add-config", "retention.ms=soon"));

    assertThat(set.ok().out()).contains("Completed updating config for topic " + topic + ".");
    assertThat(shown.ok().out())
        .contains(
            "retention.ms=60000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=60000")
        .contains("cleanup.policy=compact,delete");
    assertThat(all.ok().out())
        .contains("max.message.bytes=1048588", "min.insync.replicas=1", "compression.type=producer")
        .contains("DEFAULT_CONFIG:");
    removed.ok();
    assertThat(shownAgain.ok().out()).doesNotContain("retention.ms=").contains("cleanup.policy=");
    assertThat(refused.failed().text()).contains("InvalidConfigurationException", "retention.ms");
  }

  @Test
  void brokerConfigIsShownAndChangedWhileRunning() {
    String[] broker = {"--entity-type", "brokers", "--entity-name", "1"};

    ToolResult all = proof.tool(CONFIGS, with(broker, "--describe", "--all")).ok();
    ToolResult set =
        proof.tool(
            CONFIGS,
            "--entity-type",
            "brokers",
            "--entity-default",
            "--alter",
            "--add-config",
            "log.retention.ms=86400000");
    Await.until(
        "the new value is shown",
        Await.LONG,
        () ->
            proof
                .tool(CONFIGS, "--entity-type", "brokers", "--entity-default", "--describe")
                .ok()
                .out()
                .contains("log.retention.ms=86400000"));
    ToolResult readOnly = proof.tool(CONFIGS, with(broker, "--alter", "--add-config", "node.id=7"));
    ToolResult removed =
        proof.tool(
            CONFIGS,
            "--entity-type",
            "brokers",
            "--entity-default",
            "--alter",
            "--delete-config",
            "log.retention.ms");

    assertThat(all.out()).contains("node.id=1", "log.segment.bytes=", "num.partitions=");
    set.ok();
    assertThat(readOnly.failed().text()).contains("Cannot update these configs dynamically");
    removed.ok();
  }

  @Test
  void quotasOfClientsAreSetShownAndRemoved() {
    String[] client = {"--entity-type", "clients", "--entity-name", proof.name("quota-client")};

    proof
        .tool(
            CONFIGS,
            with(
                client,
                "--alter",
                "--add-config",
                "producer_byte_rate=1048576,consumer_byte_rate=2097152"))
        .ok();
    ToolResult shown = proof.tool(CONFIGS, with(client, "--describe"));
    proof.tool(CONFIGS, with(client, "--alter", "--delete-config", "producer_byte_rate")).ok();
    ToolResult shownAgain = proof.tool(CONFIGS, with(client, "--describe"));
    ToolResult refused =
        proof.tool(CONFIGS, with(client, "--alter", "--add-config", "no_such_rate=1"));

    assertThat(shown.ok().out())
        .contains("producer_byte_rate=1048576", "consumer_byte_rate=2097152");
    assertThat(shownAgain.ok().out())
        .contains("consumer_byte_rate=2097152")
        .doesNotContain("producer_byte_rate");
    refused.failed();
  }

  @Test
  void groupConfigIsSetAndShown() {
    String[] group = {"--entity-type", "groups", "--entity-name", proof.name("configured-group")};

    proof
        .tool(CONFIGS, with(group, "--alter", "--add-config", "consumer.session.timeout.ms=50000"))
        .ok();
    ToolResult shown = proof.tool(CONFIGS, with(group, "--describe"));
    ToolResult refused =
        proof.tool(
            CONFIGS, with(group, "--alter", "--add-config", "consumer.session.timeout.ms=1"));

    assertThat(shown.ok().out()).contains("consumer.session.timeout.ms=50000");
    refused.failed();
  }

  @Test
  void clientMetricsSubscriptionIsSetShownAndDeleted() {
    String name = proof.name("metrics");

    proof
        .tool(
            CLIENT_METRICS,
            "--alter",
            "--name",
            name,
            "--metrics",
            "org.apache.kafka.producer.",
            "--interval",
            "30000",
            "--match",
            "client_id=proof.*")
        .ok();
    ToolResult listed = proof.tool(CLIENT_METRICS, "--list");
    ToolResult described = proof.tool(CLIENT_METRICS, "--describe", "--name", name);
    ToolResult deleted = proof.tool(CLIENT_METRICS, "--delete", "--name", name);

    assertThat(listed.ok().lines()).contains(name);
    assertThat(described.ok().out())
        .contains(
            "metrics=org.apache.kafka.producer.", "interval.ms=30000", "match=client_id=proof.*");
    deleted.ok();
    Await.until(
        "the subscription is gone",
        Await.LONG,
        () -> !proof.tool(CLIENT_METRICS, "--list").ok().lines().contains(name));
  }

  @Test
  void offsetsAreListedByPositionAndTime() {
    String topic = proof.topic("offsets", 2);
    write(topic, "a", "b", "c");

    assertThat(offsets(topic, "earliest")).containsExactly(topic + ":0:0", topic + ":1:0");
    assertThat(sum(offsets(topic, "latest"))).isEqualTo(3);
    assertThat(offsets(topic, "max-timestamp"))
        .anyMatch(line -> line.matches(topic + ":[01]:[0-2]"));
    assertThat(offsets(topic, "earliest-local")).containsExactly(topic + ":0:0", topic + ":1:0");
    // Nothing lies in a second tier, which Kafka shows by leaving the offset out.
    assertThat(offsets(topic, "latest-tiered")).isEmpty();
    assertThat(sum(offsets(topic, "1000"))).isZero();
  }

  @Test
  void recordsBeforeAnOffsetAreDeleted() throws IOException {
    String topic = proof.topic("delete-records", 1);
    write(topic, "a", "b", "c", "d");
    Path request = proof.folder("delete-records").resolve("request.json");
    Files.writeString(
        request,
        """
        {"version": 1, "partitions": [{"topic": "%s", "partition": 0, "offset": 3}]}
        """
            .formatted(topic));

    ToolResult deleted = proof.tool(DELETE_RECORDS, "--offset-json-file", request.toString());

    assertThat(deleted.ok().out())
        .containsPattern("partition: " + topic + "-0\\s+low_watermark: 3");
    assertThat(offsets(topic, "earliest")).containsExactly(topic + ":0:3");
    Files.writeString(
        request,
        """
        {"version": 1, "partitions": [{"topic": "%s", "partition": 0, "offset": 99}]}
        """
            .formatted(topic));
    assertThat(proof.tool(DELETE_RECORDS, "--offset-json-file", request.toString()).text())
        .contains("OffsetOutOfRangeException");
  }

  @Test
  void logDirectoriesShowEveryPartitionWithItsSize() {
    String topic = proof.topic("log-dirs", 2);
    write(topic, "a record of some length");

    ToolResult described = proof.tool(LOG_DIRS, "--describe", "--topic-list", topic).ok();

    assertThat(described.out())
        .contains("\"broker\":1", "\"error\":null")
        .contains("\"partition\":\"" + topic + "-0\"", "\"partition\":\"" + topic + "-1\"")
        .contains("\"offsetLag\":0", "\"isFuture\":false")
        .containsPattern("\"size\":[1-9]");
  }

  @Test
  void everyApiThatToolsAndClientsUseIsOffered() {
    ToolResult versions = proof.tool(API_VERSIONS).ok();

    assertThat(versions.out())
        .contains("id: 1 rack: null isFenced: false")
        .contains(
            "Produce(0): 0 to 13 [usable: 13]",
            "Fetch(1): 4 to 18 [usable: 18]",
            "ListOffsets(2): 1 to 11 [usable: 11]",
            "Metadata(3): 0 to 13 [usable: 13]",
            "OffsetCommit(8): 2 to 10 [usable: 10]",
            "OffsetFetch(9): 1 to 10 [usable: 10]",
            "FindCoordinator(10): 0 to 6 [usable: 6]",
            "JoinGroup(11): 0 to 9 [usable: 9]",
            "Heartbeat(12): 0 to 4 [usable: 4]",
            "LeaveGroup(13): 0 to 5 [usable: 5]",
            "SyncGroup(14): 0 to 5 [usable: 5]",
            "DescribeGroups(15): 0 to 6 [usable: 6]",
            "ListGroups(16): 0 to 5 [usable: 5]",
            "ApiVersions(18): 0 to 4 [usable: 4]",
            "CreateTopics(19): 2 to 7 [usable: 7]",
            "DeleteTopics(20): 1 to 6 [usable: 6]",
            "DeleteRecords(21): 0 to 2 [usable: 2]",
            "InitProducerId(22): 0 to 5 [usable: 5]",
            "OffsetForLeaderEpoch(23): 2 to 4 [usable: 4]",
            "DescribeConfigs(32): 1 to 4 [usable: 4]",
            "AlterConfigs(33): 0 to 2 [usable: 2]",
            "DescribeLogDirs(35): 1 to 5 [usable: 5]",
            "CreatePartitions(37): 0 to 3 [usable: 3]",
            "DeleteGroups(42): 0 to 2 [usable: 2]",
            "ElectLeaders(43): 0 to 2 [usable: 2]",
            "IncrementalAlterConfigs(44): 0 to 1 [usable: 1]",
            "OffsetDelete(47): 0 [usable: 0]",
            "DescribeClientQuotas(48): 0 to 1 [usable: 1]",
            "AlterClientQuotas(49): 0 to 1 [usable: 1]",
            "DescribeQuorum(55): 0 to 2 [usable: 2]",
            "UpdateFeatures(57): 0 to 2 [usable: 2]",
            "DescribeCluster(60): 0 to 2 [usable: 2]",
            "DescribeProducers(61): 0 [usable: 0]",
            "ConsumerGroupHeartbeat(68): 0 to 1 [usable: 1]",
            "ConsumerGroupDescribe(69): 0 to 1 [usable: 1]",
            "ListConfigResources(74): 0 to 1 [usable: 1]",
            "DescribeTopicPartitions(75): 0 [usable: 0]",
            "StreamsGroupHeartbeat(88): 0 [usable: 0]",
            "StreamsGroupDescribe(89): 0 [usable: 0]");
  }

  @Test
  void metadataQuorumIsDescribed() {
    ToolResult status = proof.tool(METADATA_QUORUM, "describe", "--status");
    ToolResult replication = proof.tool(METADATA_QUORUM, "describe", "--replication");

    assertThat(status.ok().out())
        .containsPattern("LeaderId:\\s+1\\s")
        .containsPattern("LeaderEpoch:\\s+\\d+")
        .containsPattern("HighWatermark:\\s+[1-9]\\d*")
        .containsPattern("MaxFollowerLag:\\s+0\\s")
        .containsPattern("CurrentVoters:\\s+\\[\\{?.*1");
    assertThat(replication.ok().lines()).hasSize(2);
    assertThat(replication.out()).containsPattern("(?m)^1\\s.*\\sLeader\\s*$");
  }

  @Test
  void featuresAreDescribed() {
    ToolResult features = proof.tool(FEATURES, "describe").ok();

    assertThat(features.out())
        .containsPattern(
            "Feature: metadata.version\\s+SupportedMinVersion: \\S+\\s+"
                + "SupportedMaxVersion: 4\\.\\S+\\s+FinalizedVersionLevel: 4\\.")
        .containsPattern("Feature: group.version\\s.*FinalizedVersionLevel: 1")
        .containsPattern("Feature: streams.version\\s.*FinalizedVersionLevel: 1");
  }

  @Test
  void preferredLeadersAreElected() {
    String topic = proof.topic("election", 1);

    ToolResult one =
        proof.tool(
            LEADER_ELECTION, "--election-type", "preferred", "--topic", topic, "--partition", "0");
    ToolResult all =
        proof.tool(LEADER_ELECTION, "--election-type", "preferred", "--all-topic-partitions");

    assertThat(one.ok().out()).contains("Valid replica already elected for partitions " + topic);
    all.ok();
  }

  @Test
  void clusterIsNamedAndItsEndpointsListed() {
    ToolResult id = proof.tool(CLUSTER, "cluster-id");
    ToolResult endpoints = proof.tool(CLUSTER, "list-endpoints");

    assertThat(id.ok().out()).containsPattern("Cluster ID: [A-Za-z0-9_-]{22}");
    assertThat(endpoints.ok().out())
        .containsPattern("(?m)^1\\s+127\\.0\\.0\\.1\\s+" + proof.bootstrap().split(":", -1)[1]);
  }

  @Test
  void producersOfAPartitionAreDescribed() {
    String topic = proof.topic("producers", 1);
    write(topic, "idempotent by default");

    ToolResult producers =
        proof.tool(TRANSACTIONS, "describe-producers", "--topic", topic, "--partition", "0");

    assertThat(producers.ok().lines()).hasSize(2);
    assertThat(producers.out())
        .contains("ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch", "LastSequence");
  }

  private List<String> offsets(String topic, String time) {
    return proof.tool(GET_OFFSETS, "--topic", topic, "--time", time).ok().lines();
  }

  private static long sum(List<String> offsets) {
    return offsets.stream()
        .map(line -> line.substring(line.lastIndexOf(':') + 1))
        .filter(offset -> !offset.isEmpty())
        .mapToLong(Long::parseLong)
        .sum();
  }

  private void write(String topic, String... values) {
    ToolResult _ =
        proof
            .toolWithInput(CONSOLE_PRODUCER, String.join("\n", values) + "\n", "--topic", topic)
            .ok();
  }

  private static String[] with(String[] first, String... more) {
    String[] all = java.util.Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return all;
  }
}
