package oxbow.broker.control;

/** The control plane can't start or go on. Its message is for the operator. */
public final class ControlException extends RuntimeException {
  /** What the caller may do about it. */
  public enum Kind {
    /** The metadata directory is another node's, another cluster's, or damaged. */
    DIRECTORY,
    /** The metadata log can't be written or read any more: the process has to stop. */
    FATAL,
    /** The control plane is being closed. */
    CLOSED
  }

  private final Kind kind;

  public ControlException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public ControlException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
