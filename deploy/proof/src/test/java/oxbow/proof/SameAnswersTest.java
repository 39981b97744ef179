package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The same questions to Oxbow and to Apache Kafka, side by side. Administrators get the same
 * answers to the word; what is wrong with a record is said in our own words under Kafka's errors.
 */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SameAnswersTest {
  private static final String TOPIC = "compared";
  private static final String COMPACTED = "compared-compacted";
  private static final String SMALL = "compared-small";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
  private static final TopicPartition NO_PARTITION = new TopicPartition(TOPIC, 9);
  private static final TopicPartition NO_TOPIC = new TopicPartition("no-such-topic", 0);

  private final Oxbow server;
  private final Admin oxbowAdmin;
  private final ApacheKafka kafka;
  private final Admin kafkaAdmin;

  SameAnswersTest(Proof proof) {
    // Kafka's topics have no cold tier and no schemas, nor the settings of either.
    this.server =
        Oxbow.start(
            proof.folder("compared-oxbow"),
            "remote.log.storage.system.enable=false",
            "schema.registry.enable=false",
            "group.initial.rebalance.delay.ms=0",
            "group.streams.initial.rebalance.delay.ms=0");
    this.oxbowAdmin = Admin.create(Map.of("bootstrap.servers", server.bootstrap()));
    this.kafka = ApacheKafka.start(proof.folder("compared-kafka"), proof.tools());
    this.kafkaAdmin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrap()));
  }

  @BeforeAll
  void prepareBoth() {
    for (Admin admin : List.of(oxbowAdmin, kafkaAdmin)) {
      Void _ =
          Proof.get(
              admin
                  .createTopics(
                      List.of(
                          new NewTopic(TOPIC, 2, (short) 1),
                          new NewTopic(COMPACTED, 1, (short) 1)
                              .configs(Map.of("cleanup.policy", "compact")),
                          new NewTopic(SMALL, 1, (short) 1)
                              .configs(
                                  Map.of(
                                      "max.message.bytes", "1000",
                                      "message.timestamp.after.max.ms", "1000"))))
                  .all());
      Await.until(
          "leaders",
          Await.LONG,
          () ->
              Proof.get(admin.listOffsets(Map.of(PARTITION, OffsetSpec.latest())).all()).size()
                  == 1);
    }
  }

  @AfterAll
  void stopBoth() {
    oxbowAdmin.close(Duration.ZERO);
    server.close();
    kafkaAdmin.close(Duration.ZERO);
    kafka.close();
  }

  @Test
  void wrongRequestsOfAdministratorsGetKafkasErrorsAndWords() {
    Map<String, String> oxbow = answers(oxbowAdmin);
    Map<String, String> expected = answers(kafkaAdmin);

    assertThat(oxbow).containsExactlyEntriesOf(expected);
  }

  @Test
  void wrongRecordsAndReadsGetKafkasErrors() {
    Map<String, String> oxbow = clientAnswers(server.bootstrap());
    Map<String, String> expected = clientAnswers(kafka.bootstrap());

    assertThat(oxbow).containsExactlyEntriesOf(expected);
  }

  @Test
  void topicSettingsHaveKafkasNamesDefaultsAndTypes() {
    assertThat(settings(oxbowAdmin, ConfigResource.Type.TOPIC, TOPIC))
        .containsExactlyElementsOf(settings(kafkaAdmin, ConfigResource.Type.TOPIC, TOPIC));
  }

  @Test
  void groupSettingsHaveKafkasNamesDefaultsAndTypes() {
    assertThat(settings(oxbowAdmin, ConfigResource.Type.GROUP, "any-group"))
        .containsExactlyElementsOf(settings(kafkaAdmin, ConfigResource.Type.GROUP, "any-group"));
  }

  @Test
  void featuresAreKafkas() {
    assertThat(Proof.get(oxbowAdmin.describeFeatures().featureMetadata()).finalizedFeatures())
        .isEqualTo(Proof.get(kafkaAdmin.describeFeatures().featureMetadata()).finalizedFeatures());
  }

  /** Each question's answer as text: what came back, or the error's class and message. */
  private static Map<String, String> answers(Admin admin) {
    Map<String, String> answers = new LinkedHashMap<>();
    BiConsumer<String, Callable<?>> ask = (question, call) -> answers.put(question, answer(call));
    for (NewTopic topic :
        List.of(
            new NewTopic(TOPIC, 1, (short) 1),
            new NewTopic("", 1, (short) 1),
            new NewTopic("..", 1, (short) 1),
            new NewTopic("bad/name", 1, (short) 1),
            new NewTopic("x".repeat(250), 1, (short) 1),
            new NewTopic("no-partitions", 0, (short) 1),
            new NewTopic("no-replicas", 1, (short) 0),
            new NewTopic("three-replicas", 1, (short) 3),
            new NewTopic("no-such-broker", Map.of(0, List.of(7))),
            new NewTopic("twice-on-one-broker", Map.of(0, List.of(1, 1))),
            new NewTopic("gap-in-partitions", Map.of(1, List.of(1))),
            new NewTopic("__cluster_metadata", 1, (short) 1),
            topicWith("retention.ms", "soon"),
            topicWith("cleanup.policy", "shred"),
            topicWith("segment.bytes", "1"),
            topicWith("no.such.key", "1"),
            topicWith("compression.type", "zip"),
            topicWith("min.insync.replicas", "0"))) {
      ask.accept(
          "create " + topic,
          () -> admin.createTopics(List.of(topic)).all().get(20, TimeUnit.SECONDS));
    }
    ask.accept("delete unknown", () -> get(admin.deleteTopics(List.of("no-such-topic")).all()));
    ask.accept(
        "describe unknown",
        () -> get(admin.describeTopics(List.of("no-such-topic")).allTopicNames()));
    ask.accept(
        "shrink",
        () -> get(admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(1))).all()));
    ask.accept(
        "grow to the same",
        () -> get(admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(2))).all()));
    ask.accept(
        "grow unknown",
        () ->
            get(
                admin
                    .createPartitions(Map.of("no-such-topic", NewPartitions.increaseTo(2)))
                    .all()));
    ask.accept(
        "grow with wrong assignment",
        () ->
            get(
                admin
                    .createPartitions(
                        Map.of(TOPIC, NewPartitions.increaseTo(3, List.of(List.of(9)))))
                    .all()));
    ask.accept(
        "settings of unknown topic",
        () -> get(admin.describeConfigs(List.of(topicResource("no-such-topic"))).all()));
    ask.accept("set unknown key", () -> set(admin, topicResource(TOPIC), "no.such.key", "1"));
    ask.accept("set bad value", () -> set(admin, topicResource(TOPIC), "retention.ms", "soon"));
    ask.accept(
        "set on unknown topic",
        () -> set(admin, topicResource("no-such-topic"), "retention.ms", "1"));
    ask.accept(
        "append to a number",
        () -> alter(admin, topicResource(TOPIC), "retention.ms", "1", AlterConfigOp.OpType.APPEND));
    ask.accept(
        "set read-only broker key",
        () -> set(admin, new ConfigResource(ConfigResource.Type.BROKER, "1"), "node.id", "2"));
    ask.accept(
        "set group timeout too low",
        () ->
            set(
                admin,
                new ConfigResource(ConfigResource.Type.GROUP, "g"),
                "consumer.session.timeout.ms",
                "1"));
    ask.accept(
        "delete records beyond the end",
        () -> get(admin.deleteRecords(Map.of(PARTITION, RecordsToDelete.beforeOffset(99))).all()));
    ask.accept(
        "delete records of compacted",
        () ->
            get(
                admin
                    .deleteRecords(
                        Map.of(new TopicPartition(COMPACTED, 0), RecordsToDelete.beforeOffset(0)))
                    .all()));
    ask.accept(
        "offsets of unknown partition",
        () ->
            admin
                .listOffsets(Map.of(NO_PARTITION, OffsetSpec.latest()))
                .all()
                .get(2, TimeUnit.SECONDS));
    ask.accept(
        "describe unknown group",
        () -> get(admin.describeConsumerGroups(List.of("no-such-group")).all()));
    ask.accept(
        "describe unknown classic group",
        () -> get(admin.describeClassicGroups(List.of("no-such-group")).all()));
    ask.accept(
        "describe unknown streams group",
        () -> get(admin.describeStreamsGroups(List.of("no-such-group")).all()));
    ask.accept(
        "delete unknown group",
        () -> get(admin.deleteConsumerGroups(List.of("no-such-group")).all()));
    ask.accept(
        "offsets of unknown group",
        () -> get(admin.listConsumerGroupOffsets("no-such-group").partitionsToOffsetAndMetadata()));
    ask.accept(
        "delete offsets of unknown group",
        () -> get(admin.deleteConsumerGroupOffsets("no-such-group", Set.of(PARTITION)).all()));
    ask.accept(
        "set offsets on unknown topic",
        () ->
            get(
                admin
                    .alterConsumerGroupOffsets(
                        "altered", Map.of(NO_TOPIC, new OffsetAndMetadata(1)))
                    .all()));
    ask.accept(
        "set an offset with a note",
        () ->
            get(
                admin
                    .alterConsumerGroupOffsets(
                        "altered",
                        Map.of(PARTITION, new OffsetAndMetadata(1, Optional.of(0), "note")))
                    .all()));
    ask.accept(
        "read it back",
        () -> get(admin.listConsumerGroupOffsets("altered").partitionsToOffsetAndMetadata()));
    ask.accept(
        "elect on unknown",
        () -> get(admin.electLeaders(ElectionType.PREFERRED, Set.of(NO_TOPIC)).all()));
    ask.accept(
        "elect needlessly",
        () -> get(admin.electLeaders(ElectionType.PREFERRED, Set.of(PARTITION)).all()));
    ask.accept(
        "reassign to unknown broker",
        () ->
            get(
                admin
                    .alterPartitionReassignments(
                        Map.of(PARTITION, Optional.of(new NewPartitionReassignment(List.of(5)))))
                    .all()));
    ask.accept(
        "cancel no reassignment",
        () -> get(admin.alterPartitionReassignments(Map.of(PARTITION, Optional.empty())).all()));
    ask.accept("reassignments", () -> get(admin.listPartitionReassignments().reassignments()));
    ask.accept(
        "producers of unknown partition",
        () -> admin.describeProducers(List.of(NO_PARTITION)).all().get(2, TimeUnit.SECONDS));
    ask.accept(
        "raise feature too far",
        () ->
            get(
                admin
                    .updateFeatures(
                        Map.of(
                            "metadata.version",
                            new FeatureUpdate((short) 999, FeatureUpdate.UpgradeType.UPGRADE)),
                        new UpdateFeaturesOptions())
                    .all()));
    ask.accept(
        "raise unknown feature",
        () ->
            get(
                admin
                    .updateFeatures(
                        Map.of(
                            "no.such.feature",
                            new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE)),
                        new UpdateFeaturesOptions())
                    .all()));
    ask.accept(
        "unknown quota",
        () ->
            get(
                admin
                    .alterClientQuotas(
                        List.of(
                            new ClientQuotaAlteration(
                                new ClientQuotaEntity(Map.of("client-id", "c")),
                                List.of(new ClientQuotaAlteration.Op("no_such_rate", 1.0)))))
                    .all()));
    ask.accept(
        "quota of unknown entity",
        () ->
            get(
                admin
                    .alterClientQuotas(
                        List.of(
                            new ClientQuotaAlteration(
                                new ClientQuotaEntity(Map.of("planet", "c")),
                                List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1.0)))))
                    .all()));
    ask.accept("unregister unknown", () -> get(admin.unregisterBroker(99).all()));
    return answers;
  }

  /** Each attempt's error by its class, or what came back. */
  private static Map<String, String> clientAnswers(String bootstrap) {
    Map<String, String> answers = new LinkedHashMap<>();
    try (KafkaProducer<String, String> producer =
        Records.producer(
            bootstrap,
            Map.of(
                "max.block.ms",
                "3000",
                "delivery.timeout.ms",
                "6000",
                "request.timeout.ms",
                "3000",
                "linger.ms",
                "0"))) {
      Map<String, ProducerRecord<String, String>> records = new LinkedHashMap<>();
      records.put("too large", new ProducerRecord<>(SMALL, "key", "x".repeat(2_000)));
      records.put(
          "from the future",
          new ProducerRecord<>(SMALL, 0, System.currentTimeMillis() + 3_600_000, "key", "value"));
      records.put("no key for compaction", new ProducerRecord<>(COMPACTED, "value without a key"));
      records.put("bad topic name", new ProducerRecord<>("bad/name", "key", "value"));
      records.forEach((question, record) ->
          answers.put(
              question, error(() -> producer.send(record).get(20, TimeUnit.SECONDS).offset())));
    }
    try (KafkaConsumer<String, String> consumer =
        Records.consumer(
            bootstrap, Map.of("auto.offset.reset", "none", "default.api.timeout.ms", "3000"))) {
      consumer.assign(List.of(PARTITION));
      consumer.seek(PARTITION, 5_000);
      answers.put("read beyond the end", error(() -> consumer.poll(Duration.ofSeconds(3)).count()));
      answers.put("partitions of a bad name", error(() -> consumer.partitionsFor("bad/name")));
      answers.put(
          "commit without a group",
          error(() -> {
            consumer.commitSync(Map.of(PARTITION, new OffsetAndMetadata(1)));
            return "committed";
          }));
    }
    return answers;
  }

  private static List<String> settings(Admin admin, ConfigResource.Type type, String name) {
    ConfigResource resource = new ConfigResource(type, name);
    return Proof.get(
            admin
                .describeConfigs(
                    List.of(resource),
                    new DescribeConfigsOptions().includeDocumentation(true).includeSynonyms(true))
                .all())
        .values()
        .stream()
        .flatMap(config -> config.entries().stream())
        .map(entry ->
            "%s=%s %s readOnly=%s sensitive=%s source=%s synonyms=%s doc=%s"
                .formatted(
                    entry.name(),
                    entry.value(),
                    entry.type(),
                    entry.isReadOnly(),
                    entry.isSensitive(),
                    entry.source(),
                    entry.synonyms().stream()
                        .map(ConfigEntry.ConfigSynonym::name)
                        .collect(Collectors.toCollection(TreeSet::new)),
                    entry.documentation()))
        .sorted()
        .toList();
  }

  private static NewTopic topicWith(String key, String value) {
    return new NewTopic("with-" + key + "-" + value, 1, (short) 1).configs(Map.of(key, value));
  }

  private static ConfigResource topicResource(String topic) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic);
  }

  private static Object set(Admin admin, ConfigResource resource, String key, String value)
      throws Exception {
    return alter(admin, resource, key, value, AlterConfigOp.OpType.SET);
  }

  private static Object alter(
      Admin admin, ConfigResource resource, String key, String value, AlterConfigOp.OpType type)
      throws Exception {
    return get(
        admin
            .incrementalAlterConfigs(
                Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(key, value), type))))
            .all());
  }

  private static Object get(Future<?> future) throws Exception {
    return String.valueOf(future.get(20, TimeUnit.SECONDS));
  }

  private static String answer(Callable<?> call) {
    try {
      return String.valueOf(call.call());
    } catch (ExecutionException e) {
      return String.valueOf(e.getCause());
    } catch (Exception e) {
      return e.toString();
    }
  }

  private static String error(Callable<?> call) {
    return answer(call).replaceFirst("^(org\\.apache\\.kafka\\.[A-Za-z.]+).*", "$1");
  }
}
