package oxbow.proof;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kafka's consumers read records that left the disk, and don't notice. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
final class ColdReplayTest {
  private static final Duration LONG = Duration.ofSeconds(40);
  private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
  private static final long FIRST_MS = 1_760_000_000_000L;
  private static final long STEP_MS = 10;

  /** Small segments of which the disk keeps none but the last, and files as small as may be. */
  private static final Map<String, String> TOPIC =
      Map.of(
          "segment.bytes", "1048576",
          "local.retention.bytes", "1",
          "retention.ms", "-1",
          "oxbow.cold.file.bytes", "1048576",
          "oxbow.cold.max.lag.ms", "10000");

  private static final String[] SERVER = {
    "log.retention.check.interval.ms=200",
    "group.initial.rebalance.delay.ms=0",
    "offsets.topic.num.partitions=2"
  };

  private final Proof proof;

  ColdReplayTest(Proof proof) {
    this.proof = proof;
  }

  @Test
  void consumersReadEveryRecordFromWhereverItLies() throws Exception {
    long seed = 20_261_120;
    Random random = new Random(seed);
    Path folder = proof.folder("cold-replay");
    TopicPartition partition = new TopicPartition("tale", 0);
    try (Oxbow oxbow = Oxbow.start(folder, SERVER);
        Admin admin = admin(oxbow)) {
      createTopic(admin, partition.topic());
      List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
      for (String codec : CODECS) {
        try (KafkaProducer<byte[], byte[]> producer = producer(oxbow, codec)) {
          confirm(send(producer, partition, sent, 1_000, random));
        }
      }
      Await.until("records left the disk", LONG, () -> localStart(admin, partition) > 2_000);

      // From the beginning, across the boundary, to the end.
      readAndCompare(oxbow, partition, sent, 0, Map.of("isolation.level", "read_committed"));
      long localStart = localStart(admin, partition);
      assertThat(offset(admin, partition, OffsetSpec.earliest())).isZero();
      assertThat(offset(admin, partition, OffsetSpec.latestTiered()))
          .isBetween(localStart - 1, sent.size() - 1L);
      assertThat(offset(admin, partition, OffsetSpec.latest())).isEqualTo(sent.size());
      seekAnywhere(oxbow, partition, sent, random);
      findTimes(oxbow, partition, sent.size(), random);
      groupThatFellBehindGoesOn(oxbow, partition, sent);
      deleteIntoCold(oxbow, admin, partition, sent, localStart / 2);
      topicTakesItsTableAlong(admin, partition.topic(), folder.resolve("data/bucket"));

      assertThat(oxbow.output()).as("seed %d", seed).doesNotContain(" ERROR ");
    }
  }

  @Test
  void killedInTheMiddleOfOffloadItLosesNothingAndOffersNothingTwice() throws Exception {
    long seed = 4_711;
    Random random = new Random(seed);
    Path folder = proof.folder("cold-killed");
    TopicPartition partition = new TopicPartition("survivor", 0);
    Oxbow oxbow = Oxbow.start(folder, SERVER);
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = producer(oxbow, "lz4")) {
      try (Admin admin = admin(oxbow)) {
        createTopic(admin, partition.topic());
      }
      for (int round = 0; round < 3; round++) {
        List<Future<RecordMetadata>> futures = send(producer, partition, sent, 2_000, random);
        try (Admin admin = admin(oxbow)) {
          long before = sent.size() - 2_000L;
          Await.until(
              "offload is at work",
              LONG,
              () -> offset(admin, partition, OffsetSpec.latestTiered()) >= before);
        }
        oxbow.process().kill();
        oxbow = Oxbow.start(folder, oxbow.port(), SERVER);
        confirm(futures);
      }
      try (Admin admin = admin(oxbow)) {
        Await.until("records left the disk", LONG, () -> localStart(admin, partition) > 4_000);
      }

      readAndCompare(oxbow, partition, sent, 0, Map.of());
      assertThat(oxbow.output()).as("seed %d", seed).doesNotContain(" ERROR ");
    } finally {
      oxbow.close();
    }
  }

  private static void createTopic(Admin admin, String topic) {
    NewTopic wanted = new NewTopic(topic, 1, (short) 1).configs(TOPIC);
    Void _ = Proof.get(admin.createTopics(List.of(wanted)).all());
  }

  private static Admin admin(Oxbow oxbow) {
    return Admin.create(Map.of("bootstrap.servers", oxbow.bootstrap()));
  }

  private static KafkaProducer<byte[], byte[]> producer(Oxbow oxbow, String codec) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", oxbow.bootstrap());
    config.put("compression.type", codec);
    config.put("linger.ms", "5");
    config.put("reconnect.backoff.max.ms", "200");
    config.put("retry.backoff.max.ms", "200");
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static List<Future<RecordMetadata>> send(
      KafkaProducer<byte[], byte[]> producer,
      TopicPartition partition,
      List<ProducerRecord<byte[], byte[]>> sent,
      int records,
      Random random) {
    List<Future<RecordMetadata>> futures = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      ProducerRecord<byte[], byte[]> next =
          record(partition, FIRST_MS + sent.size() * STEP_MS, random);
      sent.add(next);
      futures.add(producer.send(next));
    }
    return futures;
  }

  private static ProducerRecord<byte[], byte[]> record(
      TopicPartition partition, long timestampMs, Random random) {
    byte @Nullable [] key = random.nextInt(4) == 0 ? null : bytes(random, 20);
    byte @Nullable [] value = random.nextInt(20) == 0 ? null : bytes(random, 4_000);
    List<Header> headers = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      byte @Nullable [] header = random.nextInt(5) == 0 ? null : bytes(random, 10);
      headers.add(new RecordHeader("header-" + i, header));
    }
    return new ProducerRecord<>(
        partition.topic(), partition.partition(), timestampMs, key, value, headers);
  }

  private static byte[] bytes(Random random, int bytesMax) {
    byte[] bytes = new byte[random.nextInt(bytesMax)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void confirm(List<Future<RecordMetadata>> futures) throws Exception {
    for (Future<RecordMetadata> future : futures) {
      RecordMetadata _ = future.get(60, TimeUnit.SECONDS);
    }
  }

  private static long offset(Admin admin, TopicPartition partition, OffsetSpec spec) {
    return requireNonNull(
            Proof.get(admin.listOffsets(Map.of(partition, spec)).all()).get(partition))
        .offset();
  }

  private static long localStart(Admin admin, TopicPartition partition) {
    return offset(admin, partition, OffsetSpec.earliestLocal());
  }

  private static KafkaConsumer<byte[], byte[]> consumer(Oxbow oxbow, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(more);
    config.put("bootstrap.servers", oxbow.bootstrap());
    config.put("enable.auto.commit", "false");
    config.putIfAbsent("auto.offset.reset", "none");
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static void readAndCompare(
      Oxbow oxbow,
      TopicPartition partition,
      List<ProducerRecord<byte[], byte[]>> sent,
      long from,
      Map<String, Object> more) {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(oxbow, more)) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      compareTo(consumer, sent, from, sent.size());
    }
  }

  /** The consumer brings exactly the records of a range next. */
  private static void compareTo(
      KafkaConsumer<byte[], byte[]> consumer,
      List<ProducerRecord<byte[], byte[]>> sent,
      long from,
      long to) {
    long[] next = {from};
    Await.until(
        "records up to " + to,
        LONG,
        () -> {
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
            if (record.offset() >= to) return true;
            if (record.offset() != next[0] || !isSame(record, sent.get((int) record.offset()))) {
              throw new Await.Hopeless("at offset " + next[0] + " came " + record);
            }
            next[0]++;
          }
          return next[0] >= to;
        });
    assertThat(next[0]).isEqualTo(to);
  }

  private static boolean isSame(
      ConsumerRecord<byte[], byte[]> record, ProducerRecord<byte[], byte[]> sent) {
    return Arrays.equals(record.key(), sent.key())
        && Arrays.equals(record.value(), sent.value())
        && List.of(record.headers().toArray()).equals(List.of(sent.headers().toArray()))
        && record.timestamp() == FIRST_MS + record.offset() * STEP_MS;
  }

  private static void seekAnywhere(
      Oxbow oxbow,
      TopicPartition partition,
      List<ProducerRecord<byte[], byte[]>> sent,
      Random random) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        consumer(oxbow, Map.of("max.poll.records", "50"))) {
      consumer.assign(List.of(partition));
      for (int i = 0; i < 40; i++) {
        long from = random.nextInt(sent.size());
        consumer.seek(partition, from);
        compareTo(consumer, sent, from, Math.min(sent.size(), from + 1 + random.nextInt(60)));
      }
    }
  }

  private static void findTimes(Oxbow oxbow, TopicPartition partition, int records, Random random) {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(oxbow, Map.of())) {
      for (int i = 0; i < 40; i++) {
        long time = FIRST_MS + random.nextLong(records * STEP_MS);
        long expected = Math.ceilDiv(time - FIRST_MS, STEP_MS);
        var found = consumer.offsetsForTimes(Map.of(partition, time)).get(partition);
        if (expected == records) assertThat(found).isNull();
        else assertThat(requireNonNull(found).offset()).as("time %d", time).isEqualTo(expected);
      }
    }
  }

  private static void groupThatFellBehindGoesOn(
      Oxbow oxbow, TopicPartition partition, List<ProducerRecord<byte[], byte[]>> sent) {
    Map<String, Object> group = Map.of("group.id", "late", "auto.offset.reset", "earliest");
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(oxbow, group)) {
      consumer.subscribe(List.of(partition.topic()));
      compareTo(consumer, sent, 0, 10);
      consumer.commitSync(Map.of(partition, new OffsetAndMetadata(10)));
    }
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(oxbow, group)) {
      consumer.subscribe(List.of(partition.topic()));
      compareTo(consumer, sent, 10, sent.size());
    }
  }

  private static void deleteIntoCold(
      Oxbow oxbow,
      Admin admin,
      TopicPartition partition,
      List<ProducerRecord<byte[], byte[]>> sent,
      long before) {
    var _ =
        Proof.get(
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(before))).all());
    assertThat(offset(admin, partition, OffsetSpec.earliest())).isEqualTo(before);
    readAndCompare(oxbow, partition, sent, before, Map.of());
  }

  private static void topicTakesItsTableAlong(Admin admin, String topic, Path bucket)
      throws IOException {
    assertThat(dataFiles(bucket, topic)).isPositive();
    Void _ = Proof.get(admin.deleteTopics(List.of(topic)).all());
    Await.until("the table is gone", LONG, () -> dataFiles(bucket, topic) == 0);
  }

  private static long dataFiles(Path bucket, String topic) throws IOException {
    try (Stream<Path> all = Files.walk(bucket)) {
      return all.filter(path -> path.toString().contains("/" + topic + "-"))
          .filter(path -> path.toString().endsWith(".parquet"))
          .count();
    }
  }
}
