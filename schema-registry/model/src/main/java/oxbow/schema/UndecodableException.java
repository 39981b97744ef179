package oxbow.schema;

/** Bytes of a record aren't what its schema or framing says. */
public final class UndecodableException extends RuntimeException {
  public UndecodableException(String message) {
    super(message);
  }

  public UndecodableException(String message, Throwable cause) {
    super(message, cause);
  }
}
