package oxbow.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * A consumer that reads a topic from its start to its end, again and again, in a process of its own
 * which has to take what processor time others leave: it stands for a machine of its own.
 */
final class ReplayClient implements AutoCloseable {
  private final Process process;
  private final Path output;

  private ReplayClient(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  static ReplayClient start(String bootstrap, String topic, Path output) throws IOException {
    Process process =
        new ProcessBuilder(
                "nice",
                "-n",
                "19",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-Dslf4j.internal.verbosity=ERROR",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ReplayClient.class.getName(),
                bootstrap,
                topic)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new ReplayClient(process, output);
  }

  /** Bytes of values that it has read so far. */
  long bytes() {
    if (!process.isAlive()) throw new IllegalStateException("the replaying client has ended");
    try {
      String text = Files.readString(output);
      String[] lines = text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1);
      for (int i = lines.length - 1; i >= 0; i--) {
        if (lines[i].matches("\\d+")) return Long.parseLong(lines[i]);
      }
      return 0;
    } catch (IOException e) {
      throw new IllegalStateException("what the replaying client wrote is gone", e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }

  /**
   * Takes a Kafka server and a topic; prints bytes read, some times a second, until it is ended.
   */
  public static void main(String[] arguments) {
    long bytes = 0;
    long told = 0;
    try (var consumer = Clients.consumer(arguments[0], Map.of("auto.offset.reset", "earliest"))) {
      List<TopicPartition> all =
          consumer.partitionsFor(arguments[1]).stream()
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      consumer.assign(all);
      while (true) {
        consumer.seekToBeginning(all);
        long wanted = consumer.endOffsets(all).values().stream().mapToLong(Long::longValue).sum();
        for (long read = 0; read < wanted; ) {
          var records = consumer.poll(Duration.ofMillis(100));
          read += records.count();
          for (var record : records) bytes += Math.max(0, record.serializedValueSize());
          if (System.nanoTime() - told < 200_000_000) continue;
          told = System.nanoTime();
          System.out.println(bytes);
        }
      }
    }
  }
}
