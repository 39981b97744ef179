package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a topic with a cold tier takes of a small heap, however many there are: next to nothing. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
final class ManyTopicsTest {
  private static final int TOPICS = 100;
  private static final Pattern COMMITS =
      Pattern.compile("(?m)^oxbow_cold_offload_commits_total (\\S+)$");

  private final Proof proof;

  ManyTopicsTest(Proof proof) {
    this.proof = proof;
  }

  @Test
  void aSmallHeapSufficesForManyTopicsWithAColdTier() throws Exception {
    List<String> topics = IntStream.range(0, TOPICS).mapToObj(i -> "many-" + i).toList();
    try (Oxbow oxbow =
            Oxbow.start(proof.folder("many-topics"), "group.initial.rebalance.delay.ms=0");
        var http = HttpClient.newHttpClient()) {
      Map<String, Object> kafka = Map.of("bootstrap.servers", oxbow.bootstrap());
      try (Admin admin = Admin.create(kafka)) {
        Map<String, String> soon = Map.of("oxbow.cold.max.lag.ms", "10000");
        admin
            .createTopics(
                topics.stream()
                    .map(topic -> new NewTopic(topic, 1, (short) 1).configs(soon))
                    .toList())
            .all()
            .get();
      }
      try (var producer =
          new KafkaProducer<>(kafka, new StringSerializer(), new StringSerializer())) {
        for (String topic : topics) {
          var _ = producer.send(new ProducerRecord<>(topic, "key", "value of " + topic));
        }
      }

      URI metrics = URI.create(oxbow.http() + "/metrics");
      Await.until(
          "each topic's records are in its table",
          Await.LONG,
          () -> {
            var request = HttpRequest.newBuilder(metrics).build();
            Matcher commits = COMMITS.matcher(http.send(request, BodyHandlers.ofString()).body());
            return commits.find() && Double.parseDouble(commits.group(1)) >= TOPICS;
          });

      assertThat(read(kafka, topics)).isEqualTo(Set.copyOf(topics));
      assertThat(oxbow.output()).doesNotContain(" ERROR ", "OutOfMemoryError");
    }
  }

  /** The topics of which a member of a group got a record. */
  private static Set<String> read(Map<String, Object> kafka, List<String> topics) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put("group.id", "readers-of-many");
    settings.put("auto.offset.reset", "earliest");
    Set<String> seen = new HashSet<>();
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(topics);
      Await.until(
          "a record of each topic",
          Await.LONG,
          () -> {
            consumer.poll(Duration.ofMillis(100)).forEach(record -> seen.add(record.topic()));
            return seen.size() >= topics.size();
          });
    }
    return seen;
  }
}
