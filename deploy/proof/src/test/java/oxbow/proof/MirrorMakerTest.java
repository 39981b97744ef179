package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** MirrorMaker 2 moves a topic from Apache Kafka: records, configuration and group offsets. */
@ExtendWith(ProofExtension.class)
final class MirrorMakerTest {
  private static final int RECORDS = 300;

  private final Proof proof;

  MirrorMakerTest(Proof proof) {
    this.proof = proof;
  }

  @Test
  void topicMovesFromApacheKafkaWithItsConfigurationAndItsGroupsOffsets() throws Exception {
    Path folder = proof.folder("mirror");
    String topic = proof.name("mirrored");
    String group = proof.name("mirrored-group");
    TopicPartition partition = new TopicPartition(topic, 1);
    try (ApacheKafka source = ApacheKafka.start(folder.resolve("source"), proof.tools());
        Admin admin = Admin.create(Map.of("bootstrap.servers", source.bootstrap()))) {
      fill(source, admin, topic, group, partition);

      try (ChildProcess _ = mirrorMaker(folder, source.bootstrap(), topic, group)) {
        Await.until(
            "the topic at the target",
            Await.LONG,
            () -> Proof.get(proof.admin().listTopics().names()).contains(topic));
        List<ConsumerRecord<String, String>> copied =
            Records.read(proof.bootstrap(), topic, RECORDS);
        Await.until(
            "the group's offset at the target",
            Await.LONG,
            () -> {
              OffsetAndMetadata offset =
                  Proof.get(
                          proof
                              .admin()
                              .listConsumerGroupOffsets(group)
                              .partitionsToOffsetAndMetadata())
                      .get(partition);
              return offset != null && offset.offset() == RECORDS;
            });

        assertThat(copied.stream().filter(r -> r.partition() == 1).map(ConsumerRecord::value))
            .containsExactlyElementsOf(
                IntStream.range(0, RECORDS).mapToObj(i -> "value-" + i).toList());
        assertThat(copied.getFirst().headers().lastHeader("origin").value())
            .asString()
            .isEqualTo("kafka");
        assertThat(proof.tool(KafkaTools.TOPICS, "--describe", "--topic", topic).ok().out())
            .contains("PartitionCount: 3", "retention.ms=7200000");
      }
    }
  }

  private static void fill(
      ApacheKafka source, Admin admin, String topic, String group, TopicPartition partition)
      throws Exception {
    Void _ =
        Proof.get(
            admin
                .createTopics(
                    List.of(
                        new NewTopic(topic, 3, (short) 1)
                            .configs(Map.of("retention.ms", "7200000"))))
                .all());
    try (KafkaProducer<String, String> producer =
        Records.producer(source.bootstrap(), Map.of("compression.type", "zstd"))) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int i = 0; i < RECORDS; i++) {
        ProducerRecord<String, String> record =
            new ProducerRecord<>(topic, 1, "key-" + i, "value-" + i);
        record.headers().add("origin", "kafka".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        sent.add(producer.send(record));
      }
      for (Future<RecordMetadata> acknowledged : sent) {
        RecordMetadata _ = acknowledged.get();
      }
    }
    try (KafkaConsumer<String, String> consumer =
        Records.consumer(source.bootstrap(), Map.of("group.id", group))) {
      consumer.assign(List.of(partition));
      consumer.commitSync(
          Map.of(partition, new OffsetAndMetadata(RECORDS)), Duration.ofSeconds(20));
    }
  }

  private ChildProcess mirrorMaker(Path folder, String source, String topic, String group)
      throws IOException {
    Path properties = folder.resolve("mirror.properties");
    Files.writeString(
        properties,
        """
        clusters=source,target
        source.bootstrap.servers=%s
        target.bootstrap.servers=%s
        source->target.enabled=true
        source->target.topics=%s
        source->target.groups=%s
        target->source.enabled=false
        target->source.emit.heartbeats.enabled=false
        replication.policy.class=org.apache.kafka.connect.mirror.IdentityReplicationPolicy
        replication.factor=1
        offset-syncs.topic.replication.factor=1
        checkpoints.topic.replication.factor=1
        heartbeats.topic.replication.factor=1
        offset.storage.replication.factor=1
        status.storage.replication.factor=1
        config.storage.replication.factor=1
        offset.storage.partitions=2
        sync.group.offsets.enabled=true
        sync.group.offsets.interval.seconds=1
        emit.checkpoints.interval.seconds=1
        emit.heartbeats.interval.seconds=1
        refresh.topics.interval.seconds=5
        refresh.groups.interval.seconds=5
        sync.topic.configs.interval.seconds=5
        offset.lag.max=0
        # MirrorMaker holds back all but ten offset mappings until its worker flushes.
        target.offset.flush.interval.ms=1000
        """
            .formatted(source, proof.bootstrap(), topic, group));
    return ChildProcess.java(
        "mirror",
        folder,
        ClassPaths.kafka(),
        List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        List.of("org.apache.kafka.connect.mirror.MirrorMaker", properties.toString()));
  }
}
