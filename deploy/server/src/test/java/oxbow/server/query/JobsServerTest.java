package oxbow.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.testing.TestServer;

/** Replay jobs in a whole server: what Kafka's clients find afterwards. */
@Timeout(120)
class JobsServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PARTITIONS = 3;
  private static final int RECORDS = 3_000;

  @TempDir Path data;

  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data, List.of());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private JsonNode ask(String method, String path, String body) throws Exception {
    var answer = server.ask(method, "/api/v1" + path, body);
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return JSON.readTree(answer.body());
  }

  private JsonNode await(String id, String state) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      JsonNode job = ask("GET", "/jobs/" + id, "");
      if (job.path("state").asText().equals(state)) return job;
      assertThat(job.path("state").asText()).as(job.toString()).isEqualTo("running");
      assertThat(System.nanoTime()).as(job.toString()).isLessThan(until);
      LockSupport.parkNanos(10_000_000);
    }
  }

  private Map<String, Object> kafka(String... more) {
    Map<String, Object> settings = new LinkedHashMap<>(server.kafka());
    for (int i = 0; i < more.length; i += 2) settings.put(more[i], more[i + 1]);
    return settings;
  }

  private void produce() throws Exception {
    try (var admin = Admin.create(kafka())) {
      admin
          .createTopics(List.of(new NewTopic("orders", PARTITIONS, (short) 1)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
    try (var producer =
        new KafkaProducer<>(
            kafka("compression.type", "zstd", "linger.ms", "5", "batch.size", "40000"),
            new StringSerializer(),
            new StringSerializer())) {
      var random = new Random(1);
      for (int i = 0; i < RECORDS; i++) {
        String value = Long.toHexString(random.nextLong()).repeat(2) + random.nextLong();
        var record =
            new ProducerRecord<>("orders", i % PARTITIONS, 1_000_000L + i, "k" + i % 100, value);
        record.headers().add(new RecordHeader("n", new byte[] {(byte) i}));
        var _ = producer.send(record);
      }
    }
  }

  /** By partition, all that a consumer sees of a record. */
  private Map<Integer, List<String>> records(String topic, int count) {
    Map<Integer, List<String>> records = new LinkedHashMap<>();
    List<TopicPartition> partitions =
        IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(topic, p)).toList();
    try (var consumer =
        new KafkaConsumer<>(kafka(), new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      assertThat(consumer.endOffsets(partitions).values().stream().mapToLong(end -> end).sum())
          .isEqualTo(count);
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      for (int seen = 0; seen < count; ) {
        assertThat(System.nanoTime()).as("records in time").isLessThan(until);
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
          seen++;
          records
              .computeIfAbsent(record.partition(), _ -> new ArrayList<>())
              .add(
                  record.timestamp()
                      + record.key()
                      + record.value()
                      + record.headers().lastHeader("n").value()[0]);
        }
      }
    }
    return records;
  }

  @Test
  void aCopyGoesOnAfterARestartAndIsWhole() throws Exception {
    produce();
    String id =
        ask("POST", "/topics/orders/replay", "{\"topic\":\"copy\",\"recordsPerSecond\":1500}")
            .path("id")
            .asText();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (ask("GET", "/jobs/" + id, "").path("records").asLong() == 0) {
      assertThat(System.nanoTime()).isLessThan(until);
    }

    server.close();
    start();

    JsonNode done = await(id, "done");
    assertThat(done.path("records").asInt()).isEqualTo(RECORDS);
    assertThat(records("copy", RECORDS)).isEqualTo(records("orders", RECORDS));
    assertThat(server.get("/metrics").body())
        .contains("oxbow_query_jobs{state=\"running\"} 0.0", "oxbow_query_jobs_records_total");
  }

  @Test
  void aGroupIsMovedUnlessItHasMembers() throws Exception {
    produce();
    String moved = "{\"group\":\"billing\",\"from\":\"offset:7\",\"partitions\":[1]}";

    await(ask("POST", "/topics/orders/replay", moved).path("id").asText(), "done");

    TopicPartition partition = new TopicPartition("orders", 1);
    try (var admin = Admin.create(kafka())) {
      Map<TopicPartition, OffsetAndMetadata> offsets =
          admin.listConsumerGroupOffsets("billing").partitionsToOffsetAndMetadata().get();
      assertThat(offsets).isEqualTo(Map.of(partition, new OffsetAndMetadata(7)));
    }
    try (var consumer =
        new KafkaConsumer<>(
            kafka("group.id", "billing", "auto.offset.reset", "earliest"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.subscribe(List.of("orders"));
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (consumer.assignment().isEmpty()) {
        assertThat(System.nanoTime()).isLessThan(until);
        var _ = consumer.poll(Duration.ofMillis(100));
      }
      JsonNode refused =
          await(ask("POST", "/topics/orders/replay", moved).path("id").asText(), "failed");
      assertThat(refused.path("reason").asText()).contains("billing has members");
    }
  }
}
