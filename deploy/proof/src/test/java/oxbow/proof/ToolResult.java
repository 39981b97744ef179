package oxbow.proof;

import java.util.List;

/**
 * What a command-line tool left behind.
 *
 * @param command the tool and its arguments, for messages
 */
record ToolResult(String command, int status, String out, String err) {
  /** This result, unless the tool failed. */
  ToolResult ok() {
    if (status != 0) {
      throw new AssertionError(this.toString());
    }
    return this;
  }

  /** This result, unless the tool succeeded. */
  ToolResult failed() {
    if (status == 0) {
      throw new AssertionError("succeeded: " + this);
    }
    return this;
  }

  /** Both streams, for messages that a tool writes to either. */
  String text() {
    return out + err;
  }

  List<String> lines() {
    return out.lines().filter(line -> !line.isBlank()).toList();
  }

  @Override
  public String toString() {
    return command + "\nstatus " + status + "\n" + out + err;
  }
}
