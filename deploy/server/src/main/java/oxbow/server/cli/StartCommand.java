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

  @Override
  public Integer call() {
    ServerConfig loaded = ServerConfig.load(config.sources(terminal));
    return server.run(loaded, isQuiet);
  }
}
