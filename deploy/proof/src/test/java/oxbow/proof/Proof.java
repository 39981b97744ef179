package oxbow.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import oxbow.server.logging.Logging;

/**
 * What the test classes share: one broker, one process of Kafka's tools, one Connect worker. Each
 * is started when first asked for and ended with the test run.
 */
final class Proof implements AutoCloseable {
  private final Path folder;
  private final AtomicInteger names = new AtomicInteger();
  private @Nullable KafkaTools tools;
  private @Nullable BrokerProcess broker;
  private @Nullable Admin admin;
  private @Nullable ConnectWorker connect;

  Proof() {
    // The clients in this process tell of every retry while a broker is down.
    Logging.setLevel("org.apache.kafka", "error");
    try {
      Path work = Path.of(System.getProperty("proof.work"));
      Files.createDirectories(work);
      folder = Files.createTempDirectory(work, targetName() + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code oxbow} or {@code kafka}. */
  static String targetName() {
    return System.getProperty("proof.target", "oxbow");
  }

  static boolean isOxbow() {
    return targetName().equals("oxbow");
  }

  synchronized KafkaTools tools() {
    if (tools == null) {
      tools = new KafkaTools(folder);
    }
    return tools;
  }

  synchronized BrokerProcess broker() {
    if (broker == null) {
      broker =
          switch (targetName()) {
            case "oxbow" ->
                Oxbow.start(
                    folder.resolve("broker"),
                    "group.initial.rebalance.delay.ms=0",
                    "group.streams.initial.rebalance.delay.ms=0");
            case "kafka" -> ApacheKafka.start(folder.resolve("broker"), tools());
            default -> throw new IllegalArgumentException("proof.target: " + targetName());
          };
    }
    return broker;
  }

  String bootstrap() {
    return broker().bootstrap();
  }

  synchronized Admin admin() {
    if (admin == null) {
      admin = Admin.create(Map.of("bootstrap.servers", bootstrap()));
    }
    return admin;
  }

  synchronized ConnectWorker connect() {
    if (connect == null) {
      connect = ConnectWorker.start(folder.resolve("connect"), bootstrap());
    }
    return connect;
  }

  /** Runs one of Kafka's tools against the broker. */
  ToolResult tool(String tool, String... arguments) {
    return toolWithInput(tool, "", arguments);
  }

  ToolResult toolWithInput(String tool, String input, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    // Most tools take the address anywhere; some only before, one only after its subcommand.
    all.addAll(tool.equals(KafkaTools.CLUSTER) ? 1 : 0, List.of("--bootstrap-server", bootstrap()));
    return tools().runWithInput(tool, input, all.toArray(String[]::new));
  }

  /** A name no other test uses. */
  String name(String prefix) {
    return prefix + "-" + names.incrementAndGet();
  }

  /** A topic of one's own, ready for use. */
  String topic(String prefix, int partitions, Map<String, String> config) {
    String topic = name(prefix);
    createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(config)));
    return topic;
  }

  String topic(String prefix, int partitions) {
    return topic(prefix, partitions, Map.of());
  }

  void createTopics(Collection<NewTopic> topics) {
    Void _ = get(admin().createTopics(topics).all());
    List<String> created = topics.stream().map(NewTopic::name).toList();
    // Kafka shows a topic some moments before its leader serves it. A producer that comes in
    // between
    // can have its first batch refused and its second accepted, which no retry puts right.
    Await.until(
        "leaders of " + created,
        Duration.ofSeconds(20),
        () -> {
          Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
          get(admin().describeTopics(created).allTopicNames())
              .values()
              .forEach(topic ->
                  topic
                      .partitions()
                      .forEach(partition ->
                          ends.put(
                              new TopicPartition(topic.name(), partition.partition()),
                              OffsetSpec.latest())));
          return get(admin().listOffsets(ends).all()).size() == ends.size();
        });
  }

  /** A path below the run's folder, the same for the same name. */
  Path path(String name) {
    return folder.resolve(name);
  }

  /** A folder of one's own. */
  Path folder(String prefix) {
    try {
      return Files.createDirectories(folder.resolve(name(prefix)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The value of an admin call, within a bound. */
  static <T> T get(KafkaFuture<T> future) {
    try {
      return future.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("the broker answered with an error", e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("the broker didn't answer", e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (connect != null) {
      connect.close();
    }
    if (admin != null) {
      admin.close(Duration.ZERO);
    }
    if (tools != null) {
      tools.close();
    }
    if (broker != null) {
      broker.close();
    }
    deleteData();
  }

  /** Logs and outputs stay for whoever looks into a failure; the bulky data goes. */
  private void deleteData() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted().collect(Collectors.toList()).reversed()) {
        if (!path.toString().endsWith(".out") && !path.toString().endsWith(".err")) {
          deleteIfEmpty(path);
        }
      }
    }
  }

  private static void deleteIfEmpty(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      try (Stream<Path> children = Files.list(path)) {
        if (children.findAny().isPresent()) {
          return;
        }
      }
    }
    boolean _ = Files.deleteIfExists(path);
  }
}
