package oxbow.schema.record;

/** A record that means nothing here; it is passed over. */
public final class BadRecordException extends Exception {
  public BadRecordException(String message) {
    super(message);
  }

  public BadRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
