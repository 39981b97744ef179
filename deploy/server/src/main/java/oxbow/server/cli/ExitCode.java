package oxbow.server.cli;

/** What a command tells the shell. */
public final class ExitCode {
  public static final int OK = 0;

  /** The server refused, or something went wrong on the way. */
  public static final int FAILED = 1;

  /** The command line can't be understood, or the configuration is wrong. */
  public static final int USAGE = 2;

  /** No server answers. */
  public static final int UNREACHABLE = 3;

  /** What was named is not there. */
  public static final int NOT_FOUND = 4;

  /** Stopped by Ctrl-C, as shells have it. */
  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
