package oxbow.server.cli;

import oxbow.server.ServerConfig;

/** Runs a server. What {@code oxbow start} calls. */
@FunctionalInterface
public interface ServerStart {
  /**
   * Starts it and returns when it has stopped, with the exit code.
   *
   * @param isQuiet nothing but the log is printed
   */
  int run(ServerConfig config, boolean isQuiet);
}
