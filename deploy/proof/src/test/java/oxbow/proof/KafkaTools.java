package oxbow.proof;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import oxbow.proof.runner.ToolRunner;

/** Apache Kafka's command-line tools, all in one child JVM, one at a time. */
final class KafkaTools implements AutoCloseable {
  static final String TOPICS = "org.apache.kafka.tools.TopicCommand";
  static final String CONFIGS = "kafka.admin.ConfigCommand";
  static final String CLIENT_METRICS = "org.apache.kafka.tools.ClientMetricsCommand";
  static final String CONSUMER_GROUPS =
      "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
  static final String GROUPS = "org.apache.kafka.tools.GroupsCommand";
  static final String STREAMS_GROUPS = "org.apache.kafka.tools.streams.StreamsGroupCommand";
  static final String CONSOLE_PRODUCER = "org.apache.kafka.tools.ConsoleProducer";
  static final String CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer";
  static final String PRODUCER_PERF = "org.apache.kafka.tools.ProducerPerformance";
  static final String CONSUMER_PERF = "org.apache.kafka.tools.ConsumerPerformance";
  static final String VERIFIABLE_PRODUCER = "org.apache.kafka.tools.VerifiableProducer";
  static final String VERIFIABLE_CONSUMER = "org.apache.kafka.tools.VerifiableConsumer";
  static final String END_TO_END_LATENCY = "org.apache.kafka.tools.EndToEndLatency";
  static final String DELETE_RECORDS = "org.apache.kafka.tools.DeleteRecordsCommand";
  static final String GET_OFFSETS = "org.apache.kafka.tools.GetOffsetShell";
  static final String LOG_DIRS = "org.apache.kafka.tools.LogDirsCommand";
  static final String API_VERSIONS = "org.apache.kafka.tools.BrokerApiVersionsCommand";
  static final String METADATA_QUORUM = "org.apache.kafka.tools.MetadataQuorumCommand";
  static final String FEATURES = "org.apache.kafka.tools.FeatureCommand";
  static final String LEADER_ELECTION = "org.apache.kafka.tools.LeaderElectionCommand";
  static final String TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand";
  static final String CLUSTER = "org.apache.kafka.tools.ClusterTool";
  static final String STORAGE = "kafka.tools.StorageTool";

  /** Short lives: compiling to the end costs more than it gives. */
  private static final List<String> JVM_FLAGS =
      List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final Process process;
  private final Path errors;
  private final DataOutputStream requests;
  private final DataInputStream answers;

  KafkaTools(Path folder) {
    try {
      Files.createDirectories(folder);
      errors = folder.resolve("tools.err");
      process =
          new ProcessBuilder(
                  ChildProcess.javaCommand(
                      ClassPaths.kafka(), JVM_FLAGS, List.of(ToolRunner.class.getName())))
              .redirectError(errors.toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("starting the tools", e);
    }
    requests = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
    answers = new DataInputStream(new BufferedInputStream(process.getInputStream()));
  }

  ToolResult run(String tool, String... arguments) {
    return runWithInput(tool, "", arguments);
  }

  /** Runs a tool that reads {@code input} from its standard input. */
  synchronized ToolResult runWithInput(String tool, String input, String... arguments) {
    String command = tool + " " + String.join(" ", Arrays.asList(arguments));
    try {
      requests.writeUTF(tool);
      requests.writeInt(arguments.length);
      for (String argument : arguments) {
        requests.writeUTF(argument);
      }
      byte[] bytes = input.getBytes(StandardCharsets.UTF_8);
      requests.writeInt(bytes.length);
      requests.write(bytes);
      requests.writeLong(TIMEOUT.toMillis());
      requests.flush();
      return new ToolResult(command, answers.readInt(), text(), text());
    } catch (IOException e) {
      throw new UncheckedIOException(command + " ended its process, see " + errors, e);
    }
  }

  /** Runs a tool in a process of its own: one that insists on ending its JVM itself. */
  static ToolResult runAlone(Path folder, String tool, String... arguments) {
    List<String> command = new ArrayList<>(List.of(tool));
    command.addAll(List.of(arguments));
    try (ChildProcess process =
        ChildProcess.java("tool", folder, ClassPaths.kafka(), JVM_FLAGS, command)) {
      int status = process.awaitExit(TIMEOUT);
      return new ToolResult(String.join(" ", command), status, process.output(), "");
    }
  }

  @Override
  public void close() {
    process.destroy();
  }

  private String text() throws IOException {
    return new String(answers.readNBytes(answers.readInt()), StandardCharsets.UTF_8);
  }
}
