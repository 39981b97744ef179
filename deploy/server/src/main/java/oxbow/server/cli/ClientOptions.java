package oxbow.server.cli;

import java.io.IOException;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that talks to a server. */
final class ClientOptions {
  private static final Duration PROBE_MAX = Duration.ofSeconds(3);

  @Option(
      names = {"-b", "--bootstrap"},
      paramLabel = "HOST:PORT",
      defaultValue = "${env:OXBOW_BOOTSTRAP:-localhost:9092}",
      description = "The server (or OXBOW_BOOTSTRAP); localhost:9092 without.")
  private String bootstrap = "localhost:9092";

  @Option(
      names = "--client-config",
      paramLabel = "FILE",
      defaultValue = "${env:OXBOW_CLIENT_CONFIG}",
      description = "Properties of Kafka's clients (or OXBOW_CLIENT_CONFIG).")
  private @Nullable Path clientConfig;

  @Mixin private AnswerOptions answers = new AnswerOptions();

  Output output(Terminal terminal) {
    return answers.output(terminal);
  }

  boolean isJson() {
    return answers.isJson();
  }

  String bootstrap() {
    return bootstrap;
  }

  Duration timeout() {
    return answers.timeout();
  }

  /** What Kafka's clients are made with. */
  Properties properties() {
    var properties = new Properties();
    if (clientConfig != null) {
      try (Reader reader = Files.newBufferedReader(clientConfig, StandardCharsets.UTF_8)) {
        properties.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        throw new CommandException(
            ExitCode.USAGE, "the file " + clientConfig + " can't be read", "", e);
      }
    }
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    properties.putIfAbsent(CommonClientConfigs.CLIENT_ID_CONFIG, "oxbow-cli");
    properties.putIfAbsent(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, "");
    properties.putIfAbsent(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, "false");
    int timeoutMs = (int) timeout().toMillis();
    properties.putIfAbsent(
        CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, Integer.toString(timeoutMs));
    properties.putIfAbsent(
        CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, Integer.toString(timeoutMs));
    return properties;
  }

  /** An admin client, after a look whether anybody is there. */
  Admin admin() {
    requireReachable();
    return Admin.create(properties());
  }

  /** The answer, or what went wrong while it was waited for. */
  <T> T await(KafkaFuture<T> answer) {
    try {
      return answer.get(timeout().toSeconds() + 1, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw Failures.of(e.getCause() == null ? e : e.getCause(), bootstrap);
    } catch (TimeoutException e) {
      throw Failures.of(e, bootstrap);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.INTERRUPTED, "interrupted", "", e);
    }
  }

  /** Fails at once where Kafka's clients would try again and again until their timeout. */
  void requireReachable() {
    for (String server : bootstrap.split(",", -1)) {
      int colon = server.lastIndexOf(':');
      String port = server.substring(colon + 1).strip();
      if (colon <= 0 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65535) {
        throw CommandException.usage(
            "'" + server + "' is not HOST:PORT", "write --bootstrap localhost:9092");
      }
      String host = server.substring(0, colon).strip().replaceAll("^\\[|]$", "");
      var address = new InetSocketAddress(host, Integer.parseInt(port));
      try (var socket = new Socket()) {
        if (!address.isUnresolved()) {
          int waitMs = (int) Math.min(PROBE_MAX.toMillis(), timeout().toMillis());
          socket.connect(address, waitMs);
          return;
        }
      } catch (IOException e) {
        // the next one may answer
      }
    }
    throw new CommandException(
        ExitCode.UNREACHABLE,
        "no server answers at " + bootstrap,
        "start one with `oxbow start`, or name another with --bootstrap HOST:PORT");
  }
}
