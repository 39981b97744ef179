package oxbow.server;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import oxbow.server.cli.Cli;
import oxbow.server.cli.ExitCode;
import oxbow.server.cli.Terminal;
import oxbow.server.config.ConfigSources;

/**
 * A short life of a server with clients, so that the class cache made from it holds what every
 * start and every command needs. Run once when Oxbow is built; the launcher shows how.
 */
public final class Training {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String TOPIC = "training";

  private Training() {}

  /** Takes an empty directory. */
  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[0]);
    // The second start reads what the first has written: another path through the code.
    for (int start = 0; start < 2; start++) {
      try (RunningServer server = Wiring.start(config(data), Training::fail)) {
        server.ready().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        int port = server.kafka().values().iterator().next().getPort();
        use("127.0.0.1:" + port);
        server.http().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
    }
  }

  private static void fail(RuntimeException reason) {
    throw reason;
  }

  private static ServerConfig config(Path data) {
    return ServerConfig.load(
        new ConfigSources(
            null,
            Map.of(),
            List.of(
                ConfigSources.flag("data.dir=" + data),
                ConfigSources.flag("listeners=PLAINTEXT://127.0.0.1:0"),
                ConfigSources.flag("http.port=0"))));
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
