package oxbow.server.cli;

import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import oxbow.server.ServerConfig;
import oxbow.server.config.ConfigSources;
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

  /**
   * The command that a plain line asks for: known options, each once, with their values. It is read
   * without picocli, which would take a fifth of the start for it. Of any other line, also of one
   * that asks for help, picocli says what there is to say.
   */
  static Optional<StartCommand> plain(String[] line, Terminal terminal, ServerStart server) {
    if (line.length == 0 || !line[0].equals("start")) return Optional.empty();
    var command = new StartCommand(terminal, server);
    for (int at = 1; at < line.length; at++) {
      String option = line[at];
      if (option.equals("-q") || option.equals("--quiet")) {
        if (command.isQuiet) return Optional.empty();
        command.isQuiet = true;
        continue;
      }
      if (option.equals("--no-http")) {
        if (!command.config.takeNoHttp()) return Optional.empty();
        continue;
      }
      int equals = option.indexOf('=');
      boolean isNext = equals < 0;
      if (isNext && at + 1 == line.length) return Optional.empty();
      String value = isNext ? line[++at] : option.substring(equals + 1);
      boolean isDoubtful = value.isEmpty() || value.startsWith("-") || value.startsWith("\"");
      String name = isNext ? option : option.substring(0, equals);
      if (isDoubtful || !command.config.take(name, value)) return Optional.empty();
    }
    return Optional.of(command);
  }

  /** What can be done about a start that failed is seldom in the code that failed. */
  private static CommandException refusal(RuntimeException failure) {
    String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    Throwable cause = failure.getCause();
    if (cause != null && cause.getMessage() != null && !message.contains(cause.getMessage())) {
      message += ": " + cause.getMessage();
    }
    if (isUnknownHost(failure)) message += ": this machine knows no such host";
    // The system call's name and number say nothing that the words after them don't.
    message = message.replaceFirst("bind\\(\\.\\.\\) failed with error\\(-?\\d+\\): ", "");
    return new CommandException(ExitCode.FAILED, message, hint(message), failure);
  }

  private static boolean isUnknownHost(RuntimeException failure) {
    return Stream.<@Nullable Throwable>iterate(
            failure, Objects::nonNull, e -> e == null ? null : e.getCause())
        .anyMatch(
            e -> e instanceof UnresolvedAddressException || e instanceof UnknownHostException);
  }

  private static String hint(String message) {
    if (message.endsWith("no such host")) return "";
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

  ConfigSources sources() {
    return config.sources(terminal);
  }

  boolean isQuiet() {
    return isQuiet;
  }

  @Override
  public Integer call() {
    ServerConfig loaded = ServerConfig.load(sources());
    try {
      return server.run(loaded, isQuiet);
    } catch (RuntimeException e) {
      throw refusal(e);
    }
  }
}
