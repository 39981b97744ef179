package oxbow.broker.wire;

/**
 * A request that can't be read. Its connection is closed, as Kafka does: nothing after it in the
 * stream can be trusted.
 */
public final class BadRequestException extends RuntimeException {
  /** What is wrong with it; the counter it is counted by. */
  public enum Reason {
    /** A frame's size is negative or over the limit. */
    FRAME_SIZE,
    /** A frame was begun and not finished in time. */
    FRAME_TIMEOUT,
    /** The API does not exist or is not served here. */
    UNKNOWN_API,
    /** The API is served, but not in this version. */
    UNKNOWN_VERSION,
    /** Header or body do not follow the API's schema, or claim more than they bring. */
    MALFORMED
  }

  private final Reason reason;

  public BadRequestException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public BadRequestException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
