package oxbow.query;

import org.jspecify.annotations.Nullable;

/** A question that can't be answered, and what whoever asked may do about it. */
public final class QueryException extends RuntimeException {
  /** Each with the HTTP status and the error code that clients are told. */
  public enum Kind {
    /** A parameter says nothing that is known. */
    BAD_PARAMETER(400, 40001),
    /** A cursor that nobody gave. */
    BAD_CURSOR(400, 40002),
    /** A cursor of a topic that is no longer, or of records that are no longer. */
    STALE_CURSOR(400, 40003),
    /** Offsets that the log doesn't have. */
    OUT_OF_RANGE(400, 40004),
    /** The body isn't what it has to be. */
    BAD_BODY(400, 40005),
    /** Nobody may do this. */
    FORBIDDEN(403, 40301),
    NO_PATH(404, 404),
    NO_TOPIC(404, 40401),
    NO_PARTITION(404, 40402),
    NO_SCHEMA(404, 40403),
    NO_JOB(404, 40404),
    NO_GROUP(404, 40405),
    NO_METHOD(405, 405),
    /** None of the forms that were asked for. */
    NOT_ACCEPTABLE(406, 406),
    /** Not as things stand: something else has to be done before. */
    CONFLICT(409, 40901),
    TOO_LARGE(413, 41301),
    UNSUPPORTED_TYPE(415, 415),
    /** A record that its topic or schema doesn't take. */
    BAD_RECORD(422, 42201),
    /** Too much at a time; later there is room. */
    BUSY(429, 42901),
    /** Our fault; the server's log tells why. */
    FAILED(500, 50001),
    /** Bytes that don't match their checksum. */
    CORRUPT(500, 50002),
    /** Not led here, offline, or the store can't be reached: later, perhaps. */
    UNAVAILABLE(503, 50301),
    TIMED_OUT(504, 50401);

    private final int status;
    private final int code;

    Kind(int status, int code) {
      this.status = status;
      this.code = code;
    }

    public int status() {
      return status;
    }

    public int code() {
      return code;
    }
  }

  private final Kind kind;

  public QueryException(Kind kind, String message) {
    this(kind, message, null);
  }

  public QueryException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /** What clients are told. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
