package oxbow.server.cli;

import java.time.Duration;
import picocli.CommandLine.Option;

/** The options of every command that asks a server something. */
final class AnswerOptions {
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
      description = "Show what went on: clients' logs, stack traces.")
  @SuppressWarnings("UnusedVariable") // Cli looks for it before anything is parsed
  private boolean isVerbose;

  Output output(Terminal terminal) {
    return new Output(terminal, isJson);
  }

  boolean isJson() {
    return isJson;
  }

  Duration timeout() {
    if (timeoutSeconds < 1) {
      throw CommandException.usage("--timeout must be at least 1, not " + timeoutSeconds, "");
    }
    return Duration.ofSeconds(timeoutSeconds);
  }
}
