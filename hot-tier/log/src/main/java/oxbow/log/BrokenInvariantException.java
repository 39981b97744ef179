package oxbow.log;

/** A bug of ours. It takes its partition offline and is never caught to carry on. */
public final class BrokenInvariantException extends RuntimeException {
  public BrokenInvariantException(String message) {
    super(message);
  }
}
