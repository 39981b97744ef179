package oxbow.server.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Given;
import oxbow.server.config.Origin;
import picocli.CommandLine.Option;

/** Where a server's configuration comes from. */
final class ConfigOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file (or OXBOW_CONFIG).")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting, over file and environment; repeatable.")
  private @Nullable List<String> settings;

  @Option(names = "--data", paramLabel = "DIR", description = "data.dir; ./data without.")
  private @Nullable String data;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description =
          "Address to listen at, of both ports; localhost without, 0.0.0.0: every interface.")
  private @Nullable String host;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port of one plain Kafka listener; 9092 without.")
  private @Nullable String port;

  @Option(names = "--http-port", paramLabel = "PORT", description = "http.port; 8080 without.")
  private @Nullable String httpPort;

  @Option(names = "--no-http", description = "No HTTP port.")
  private boolean isWithoutHttp;

  @Option(names = "--log-level", paramLabel = "LEVEL", description = "logging.level; info without.")
  private @Nullable String logLevel;

  /** Takes {@code --no-http}. False: it was given before. */
  boolean takeNoHttp() {
    boolean isFirst = !isWithoutHttp;
    isWithoutHttp = true;
    return isFirst;
  }

  /** Takes an option with a value as picocli does. False: it is none of these, or given before. */
  boolean take(String option, String value) {
    boolean isFirst;
    switch (option) {
      case "--config" -> {
        isFirst = file == null;
        file = Path.of(value);
      }
      case "--set" -> {
        isFirst = true;
        if (settings == null) settings = new ArrayList<>();
        settings.add(value);
      }
      case "--data" -> {
        isFirst = data == null;
        data = value;
      }
      case "--host" -> {
        isFirst = host == null;
        host = value;
      }
      case "--port" -> {
        isFirst = port == null;
        port = value;
      }
      case "--http-port" -> {
        isFirst = httpPort == null;
        httpPort = value;
      }
      case "--log-level" -> {
        isFirst = logLevel == null;
        logLevel = value;
      }
      default -> isFirst = false;
    }
    return isFirst;
  }

  ConfigSources sources(Terminal terminal) {
    List<Given> flags = new ArrayList<>();
    if (data != null) flags.add(new Given("data.dir", data, new Origin.Flag("--data")));
    if (host != null || port != null) {
      String option = port != null ? "--port" : "--host";
      String at = host == null ? "localhost" : host.indexOf(':') >= 0 ? "[" + host + "]" : host;
      String listener = "PLAINTEXT://" + at + ":" + (port == null ? "9092" : port);
      flags.add(new Given("listeners", listener, new Origin.Flag(option)));
    }
    if (host != null) flags.add(new Given("http.host", host, new Origin.Flag("--host")));
    if (httpPort != null) {
      flags.add(new Given("http.port", httpPort, new Origin.Flag("--http-port")));
    }
    if (isWithoutHttp) flags.add(new Given("http.enable", "false", new Origin.Flag("--no-http")));
    if (logLevel != null) {
      flags.add(new Given("logging.level", logLevel, new Origin.Flag("--log-level")));
    }
    if (settings != null) {
      for (String setting : settings) {
        try {
          flags.add(ConfigSources.flag(setting));
        } catch (IllegalArgumentException e) {
          throw CommandException.usage("--set takes KEY=VALUE, not '" + setting + "'", "");
        }
      }
    }
    String named = terminal.environment().getOrDefault("OXBOW_CONFIG", "");
    Path used = file != null ? file : named.isEmpty() ? null : Path.of(named);
    return new ConfigSources(used, terminal.environment(), flags);
  }
}
