package oxbow.server.cli;

/** A command that can't go on: one line that says why, one that says what to do. */
final class CommandException extends RuntimeException {
  private final int exitCode;
  private final String hint;

  CommandException(int exitCode, String message, String hint) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }

  CommandException(int exitCode, String message, String hint, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
    this.hint = hint;
  }

  static CommandException usage(String message, String hint) {
    return new CommandException(ExitCode.USAGE, message, hint);
  }

  static CommandException notFound(String message, String hint) {
    return new CommandException(ExitCode.NOT_FOUND, message, hint);
  }

  int exitCode() {
    return exitCode;
  }

  /** Empty: there is nothing to advise. */
  String hint() {
    return hint;
  }
}
