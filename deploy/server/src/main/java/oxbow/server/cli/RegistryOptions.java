package oxbow.server.cli;

import java.net.URI;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The options of every command that talks to a schema registry. */
final class RegistryOptions {
  @Option(
      names = {"-r", "--registry"},
      paramLabel = "URL",
      defaultValue = "${env:OXBOW_REGISTRY:-http://localhost:8081}",
      description = "The schema registry (or OXBOW_REGISTRY); http://localhost:8081 without.")
  private String registry = "http://localhost:8081";

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description = "Longest wait for an answer; 15 without.")
  private int timeoutSeconds = 15;

  @Option(names = "--json", description = "Print JSON instead of tables and texts.")
  private boolean isJson;

  @Option(
      names = {"-v", "--verbose"},
      description = "Show what went on: stack traces.")
  @SuppressWarnings("UnusedVariable") // Cli looks for it before anything is parsed
  private boolean isVerbose;

  Output output(Terminal terminal) {
    return new Output(terminal, isJson);
  }

  RegistryClient client() {
    if (timeoutSeconds < 1) {
      throw CommandException.usage("--timeout must be at least 1, not " + timeoutSeconds, "");
    }
    URI root;
    try {
      root = URI.create(registry.strip().replaceAll("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw notUrl();
    }
    boolean isHttp = "http".equals(root.getScheme()) || "https".equals(root.getScheme());
    if (!isHttp || root.getHost() == null || root.getPort() > 65535) throw notUrl();
    return new RegistryClient(root, Duration.ofSeconds(timeoutSeconds));
  }

  private CommandException notUrl() {
    return CommandException.usage(
        "'" + registry + "' is no URL of a registry", "write --registry http://localhost:8081");
  }
}
