package oxbow.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A broker to be measured, started the way its own scripts start it. */
abstract sealed class Contender {
  static final String OXBOW = "oxbow";
  static final String KAFKA = "kafka";

  abstract String name();

  /** Does, once per data directory, what must happen before the first start. */
  abstract void prepare(Path data) throws IOException, InterruptedException;

  abstract List<String> command(Path data, int port, int secondPort);

  /** Starts on a directory, with a free port, and does not wait until it answers. */
  BrokerProcess start(Path data) throws IOException {
    int port = freePort();
    int secondPort = freePort();
    Path output = output(data);
    Process process =
        new ProcessBuilder(command(data, port, secondPort))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .start();
    return new BrokerProcess(process, "127.0.0.1:" + port, secondPort, data);
  }

  /** What brokers on a directory print. */
  static Path output(Path data) {
    return data.resolveSibling(data.getFileName() + ".log");
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Oxbow, by its launcher. */
  static final class Oxbow extends Contender {
    private final Path launcher;
    private final List<String> settings;

    Oxbow(Path launcher) {
      // Kafka takes nothing to a lake meanwhile either.
      this(launcher, List.of("cold.topics.default=false"));
    }

    private Oxbow(Path launcher, List<String> settings) {
      this.launcher = launcher;
      this.settings = settings;
    }

    /** The same with one more setting. */
    Oxbow with(String setting) {
      var more = new ArrayList<>(settings);
      more.add(setting);
      return new Oxbow(launcher, List.copyOf(more));
    }

    @Override
    String name() {
      return OXBOW;
    }

    @Override
    void prepare(Path data) throws IOException {
      Files.createDirectories(data);
    }

    @Override
    List<String> command(Path data, int port, int secondPort) {
      var command =
          new ArrayList<>(
              List.of(
                  launcher.toString(),
                  "start",
                  "--data",
                  data.toString(),
                  "--port",
                  Integer.toString(port),
                  "--http-port",
                  Integer.toString(secondPort)));
      for (String setting : settings) command.addAll(List.of("--set", setting));
      return command;
    }
  }

  /** Apache Kafka in combined mode, from its jars, with the JVM options of its start script. */
  static final class Kafka extends Contender {
    private static final List<String> JVM_OPTIONS =
        List.of(
            "-Xmx1G",
            "-Xms1G",
            "-server",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            "-XX:InitiatingHeapOccupancyPercent=35",
            "-XX:+ExplicitGCInvokesConcurrent",
            "-Djava.awt.headless=true");

    private final Path java;
    private final String classPath;

    Kafka(Path java, String classPath) {
      this.java = java;
      this.classPath = classPath;
    }

    @Override
    String name() {
      return KAFKA;
    }

    @Override
    void prepare(Path data) throws IOException, InterruptedException {
      Files.createDirectories(data);
      Path settings = writeSettings(data, 9092, 9093);
      var format =
          new ProcessBuilder(
                  java.toString(),
                  "-cp",
                  classPath,
                  "kafka.tools.StorageTool",
                  "format",
                  "-t",
                  "MkU3OEVBNTcwNTJENDM2Qg",
                  "-c",
                  settings.toString())
              .redirectErrorStream(true)
              .redirectOutput(data.resolveSibling("format.log").toFile())
              .start();
      if (format.waitFor() != 0) throw new IOException("Kafka could not format " + data);
    }

    @Override
    List<String> command(Path data, int port, int secondPort) {
      var command = new ArrayList<String>();
      command.add(java.toString());
      command.addAll(JVM_OPTIONS);
      command.addAll(List.of("-cp", classPath, "kafka.Kafka"));
      command.add(writeSettings(data, port, secondPort).toString());
      return command;
    }

    private static Path writeSettings(Path data, int port, int controllerPort) {
      String settings =
          """
          process.roles=broker,controller
          node.id=1
          controller.quorum.voters=1@127.0.0.1:%2$d
          listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
          controller.listener.names=CONTROLLER
          log.dirs=%3$s
          offsets.topic.replication.factor=1
          transaction.state.log.replication.factor=1
          transaction.state.log.min.isr=1
          share.coordinator.state.topic.replication.factor=1
          share.coordinator.state.topic.min.isr=1
          """
              .formatted(port, controllerPort, data.resolve("logs"));
      try {
        return Files.writeString(data.resolve("server.properties"), settings);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
