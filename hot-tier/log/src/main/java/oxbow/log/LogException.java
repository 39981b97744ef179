package oxbow.log;

/**
 * A failed operation on local storage. What a client did wrong is one of Kafka's own errors
 * instead.
 */
public final class LogException extends RuntimeException {
  /** What the caller may do about it. */
  public enum Kind {
    /** The disk is full: writes are refused until there is room, reads go on. */
    DISK_FULL,
    /**
     * This partition is offline: its files are damaged or its disk fails. Others are not affected.
     */
    OFFLINE,
    /** The log was closed or deleted meanwhile; ask again for the partition. */
    CLOSED
  }

  private final Kind kind;

  public LogException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public LogException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
