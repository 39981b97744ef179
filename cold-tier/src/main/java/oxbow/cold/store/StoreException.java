package oxbow.cold.store;

/** A failed call to the object store or the table's catalog. */
public final class StoreException extends RuntimeException {
  /** What the caller may do about it. */
  public enum Kind {
    /** The object is not there. */
    NOT_FOUND,
    /** An object of this name is there already, and was to be made. */
    EXISTS,
    /** Credentials or policy forbid the call; an operator has to act. */
    DENIED,
    /** Try again later. */
    BUSY,
    /** The bytes do not match their checksum or length; never skipped. */
    CORRUPT,
    /** The call may have taken effect; read back before sending it again. */
    OUTCOME_UNKNOWN,
    /** The call can't work as it was made. */
    INVALID
  }

  private final Kind kind;

  public StoreException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public StoreException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /** Whether the store is away or lets nobody in: all calls fare alike, whatever they ask for. */
  public boolean isOfAllCalls() {
    return switch (kind) {
      case BUSY, DENIED, OUTCOME_UNKNOWN -> true;
      case NOT_FOUND, EXISTS, CORRUPT, INVALID -> false;
    };
  }
}
