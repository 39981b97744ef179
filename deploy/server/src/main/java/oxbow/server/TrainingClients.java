package oxbow.server;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import oxbow.server.cli.Cli;
import oxbow.server.cli.ExitCode;
import oxbow.server.cli.Terminal;

/**
 * What {@link Training}'s server is asked: by clients, for its own sake, and by commands of Oxbow,
 * whose class cache is made from this process.
 */
public final class TrainingClients {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String TOPIC = "training";

  private TrainingClients() {}

  /** Takes the server's address. */
  public static void main(String[] arguments) throws Exception {
    use(arguments[0]);
  }

  private static void use(String address) throws Exception {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", address,
            "group.id", "training",
            "auto.offset.reset", "earliest");
    try (Admin admin = Admin.create(settings);
        var producer =
            new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        var consumer =
            new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      // Without a table: what writes tables is read when the first one is written, not at each
      // start.
      var topic = new NewTopic(TOPIC, 1, (short) 1);
      admin
          .createTopics(List.of(topic.configs(Map.of("remote.storage.enable", "false"))))
          .all()
          .get();
      for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>(TOPIC, "record")).get();
      consumer.subscribe(List.of(TOPIC));
      long until = System.nanoTime() + PATIENCE.toNanos();
      while (consumer.poll(Duration.ofMillis(100)).isEmpty() && System.nanoTime() < until) {
        // The group is still forming.
      }
      consumer.commitSync();
      admin.describeTopics(List.of(TOPIC)).allTopicNames().get();
      admin.describeCluster().nodes().get();
    }
    command(address, "topics", "describe", TOPIC);
    command(address, "groups", "list");
    command(address, "produce", TOPIC);
    command(address, "consume", TOPIC, "--from-beginning", "--max", "1");
  }

  private static void command(String address, String... words) {
    String[] arguments = Arrays.copyOf(words, words.length + 2);
    arguments[words.length] = "--bootstrap";
    arguments[words.length + 1] = address;
    var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    var terminal =
        new Terminal(
            new ByteArrayInputStream("record\n".getBytes(StandardCharsets.UTF_8)),
            nowhere,
            nowhere,
            false,
            false,
            false,
            Map.of());
    if (Cli.run(arguments, terminal, (_, _) -> ExitCode.FAILED) != ExitCode.OK) {
      throw new IllegalStateException("the command failed: " + String.join(" ", words));
    }
  }
}
