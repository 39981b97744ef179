package oxbow.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The real process: the server's own class path, its own command line, a folder for its data. */
final class Oxbow implements BrokerProcess {
  static final Duration STOP = Duration.ofSeconds(20);

  /** The launcher's, the heap that must suffice, our own checks, and a compiler for short lives. */
  static final List<String> JVM_FLAGS =
      List.of(
          "-Xmx256m",
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-XX:TieredStopAtLevel=1",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "-ea");

  private static final Pattern HTTP = Pattern.compile("HTTP +(http://\\S+)");

  private final int port;
  private final Path data;
  private final ChildProcess process;

  private Oxbow(int port, Path data, ChildProcess process) {
    this.port = port;
    this.data = data;
    this.process = process;
  }

  /** Starts on a port of its own. */
  static Oxbow start(Path folder, String... configLines) {
    return start(folder, Ports.free(), configLines);
  }

  /** Starts on a given port, so that clients find the process again after a restart. */
  static Oxbow start(Path folder, int port, String... configLines) {
    ChildProcess process = launch(folder, port, configLines);
    Ports.awaitListening(port, process);
    return new Oxbow(port, folder.resolve("data"), process);
  }

  /** Starts the process and doesn't wait for anything. */
  static ChildProcess launch(Path folder, int port, String... configLines) {
    return launch(folder, folder, port, configLines);
  }

  /** Starts the process on the data of another folder. */
  static ChildProcess launch(Path folder, Path dataOwner, int port, String... configLines) {
    Path config = folder.resolve("oxbow.properties");
    try {
      Files.createDirectories(folder);
      Files.write(config, List.of(configLines));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "oxbow.server.Main",
                "start",
                "--host",
                "127.0.0.1",
                "--data",
                dataOwner.resolve("data").toString(),
                "--port",
                Integer.toString(port),
                "--config",
                config.toString()));
    boolean hasHttpPort = Arrays.stream(configLines).anyMatch(line -> line.startsWith("http.port"));
    if (!hasHttpPort) arguments.addAll(List.of("--http-port", "0"));
    return ChildProcess.java("oxbow", folder, ClassPaths.server(), JVM_FLAGS, arguments);
  }

  @Override
  public String bootstrap() {
    return "127.0.0.1:" + port;
  }

  int port() {
    return port;
  }

  /** Where it says that it serves HTTP. */
  String http() {
    return Await.value(
        "the address of the HTTP port",
        Await.LONG,
        () -> {
          Matcher told = HTTP.matcher(output());
          return told.find() ? told.group(1) : null;
        });
  }

  /** Where engines find what is in its bucket. */
  String bucket() {
    return "file://" + data.resolve("bucket").toAbsolutePath();
  }

  ChildProcess process() {
    return process;
  }

  @Override
  public String output() {
    return process.output();
  }

  /** SIGTERM, and waits for the orderly end. */
  int stop() {
    process.terminate();
    return process.awaitExit(STOP);
  }

  @Override
  public void close() {
    process.close();
  }
}
