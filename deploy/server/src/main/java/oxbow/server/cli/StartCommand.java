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
    String hint =
        message.startsWith("listeners:")
            ? "is another server running? --port takes another port"
            : message.contains("in use by another process")
                ? "one process at a time uses a directory; --data takes another"
                : "";
    Throwable cause = failure.getCause();
    if (cause != null && cause.getMessage() != null && !message.contains(cause.getMessage())) {
      message += ": " + cause.getMessage();
    }
    return new CommandException(ExitCode.FAILED, message, hint, failure);
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
