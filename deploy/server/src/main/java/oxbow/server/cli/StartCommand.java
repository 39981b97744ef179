package oxbow.server.cli;

import oxbow.server.ServerConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code oxbow start}. */
@Command(
    name = "start",
    description = {
      "Start the server: broker, HTTP port, all roles in one process. Ctrl-C stops it cleanly; the"
          + " next start goes on where it was."
    })
final class StartCommand implements java.util.concurrent.Callable<Integer> {
  private final Terminal terminal;
  private final ServerStart server;

  @Mixin private ConfigOptions config = new ConfigOptions();

  @Option(
      names = {"-q", "--quiet"},
      description = "Print nothing but the log.")
  private boolean isQuiet;

  StartCommand(Terminal terminal, ServerStart server) {
    this.terminal = terminal;
    this.server = server;
  }

  /** What can be done about a start that failed is seldom in the code that failed. */
  private static CommandException refusal(RuntimeException failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    Throwable cause = failure.getCause();
    if (cause != null && cause.getMessage() != null && !message.contains(cause.getMessage())) {
      message += ": " + cause.getMessage();
    }
    // The system call's name and number say nothing that the words after them don't.
    message = message.replaceFirst("bind\\(\\.\\.\\) failed with error\\(-?\\d+\\): ", "");
    return new CommandException(ExitCode.FAILED, message, hint(message), failure);
  }

  private static String hint(String message) {
    if (message.startsWith("listeners:")) {
      return "is another server running? --port takes another port";
    }
    if (message.startsWith("http.port:")) {
      return "is another server running? --http-port takes another port, --no-http does without";
    }
    if (message.contains("in use by another process")) {
      return "one process at a time uses a directory; --data takes another";
    }
    return "";
  }

  @Override
  public Integer call() {
    ServerConfig loaded = ServerConfig.load(config.sources(terminal));
    try {
      return server.run(loaded, isQuiet);
    } catch (RuntimeException e) {
      throw refusal(e);
    }
  }
}
