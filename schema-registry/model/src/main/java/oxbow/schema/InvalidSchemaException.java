package oxbow.schema;

/** A text is no schema of its language; the message tells a person what to change. */
public final class InvalidSchemaException extends RuntimeException {
  public InvalidSchemaException(String message) {
    super(message);
  }

  public InvalidSchemaException(String message, Throwable cause) {
    super(message, cause);
  }
}
