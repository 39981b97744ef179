package oxbow.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.LogConfigs;

class LogKillTest {
  private static final int ROUNDS = 3;
  private static final int PARTITIONS = 3;

  @TempDir Path directory;

  @Test
  void recordsAcknowledgedByAKilledProcessAreAllThereAndInOrder() throws Exception {
    long seed = 4711;
    var random = new Random(seed);
    long[] acknowledged = new long[PARTITIONS];
    for (int round = 0; round < ROUNDS; round++) {
      // Given
      Process process = start();
      try {
        // When
        listen(process, acknowledged, 200 + random.nextInt(3_000));
        process.destroyForcibly(); // SIGKILL
        drain(process, acknowledged);
      } finally {
        process.destroyForcibly();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
      // Then
      try (Logs logs = Logs.open(LogsConfig.of(directory))) {
        for (int i = 0; i < PARTITIONS; i++)
          check(logs.open(id(i), config()), acknowledged[i], seed);
      }
    }
  }

  private static void check(PartitionLog log, long acknowledged, long seed) {
    assertThat(log.offline()).isEmpty();
    assertThat(log.offsets().logEnd()).as("seed %d", seed).isGreaterThanOrEqualTo(acknowledged);
    List<String> records = TestLogs.records(log, 0);
    assertThat(records).hasSize((int) log.offsets().logEnd());
    for (int i = 0; i < records.size(); i++)
      assertThat(records.get(i)).startsWith("record " + i + " ");
  }

  private Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Appender.class.getName(),
            directory.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void listen(Process process, long[] acknowledged, int lines) throws IOException {
    for (int i = 0; i < lines; i++) {
      String line = process.inputReader(UTF_8).readLine();
      assertThat(line).as("the process goes on until it is killed").isNotNull();
      note(line, acknowledged);
    }
  }

  private static void drain(Process process, long[] acknowledged) throws IOException {
    BufferedReader left = process.inputReader(UTF_8);
    try {
      for (String line = left.readLine(); line != null; line = left.readLine()) {
        if (line.endsWith(".")) note(line, acknowledged);
      }
    } catch (IOException _) {
      // The pipe broke with the process: what was read of it is all there is.
    }
  }

  /** A line is "partition end." */
  private static void note(String line, long[] acknowledged) {
    String[] fields = line.substring(0, line.length() - 1).split(" ", -1);
    acknowledged[Integer.parseInt(fields[0])] = Long.parseLong(fields[1]);
  }

  private static TopicIdPartition id(int partition) {
    return new TopicIdPartition(TestLogs.ORDERS, partition, "orders");
  }

  private static LogConfig config() {
    return LogConfigs.small(100_000, 1_000, Map.of("flush.messages", "500"));
  }

  /** Appends until it is killed, and says how far each partition got. */
  static final class Appender {
    private Appender() {}

    public static void main(String[] args) {
      var random = new Random(1);
      Logs logs = Logs.open(LogsConfig.of(Path.of(args[0])));
      PartitionLog[] partitions = new PartitionLog[PARTITIONS];
      for (int i = 0; i < PARTITIONS; i++) partitions[i] = logs.open(id(i), config());
      while (true) {
        int partition = random.nextInt(PARTITIONS);
        PartitionLog log = partitions[partition];
        long offset = log.offsets().logEnd();
        BatchBuilder batch = BatchBuilder.at(1);
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
          batch.add(1, "key", "record " + (offset + i) + " " + "x".repeat(random.nextInt(500)));
        }
        ByteBuffer bytes = batch.build();
        long end = log.append(bytes, 1, AppendOrigin.CLIENT).followingOffset();
        System.out.println(partition + " " + end + ".");
      }
    }
  }
}
