package oxbow.query.sql;

import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A statement that can't be answered, and what whoever asked may do about it. */
public final class SqlException extends RuntimeException {
  /** Each with the HTTP status and the error code that clients are told. */
  public enum Kind {
    /** It isn't SQL. */
    SYNTAX(400, 40010),
    /**
     * It is SQL and says nothing that holds: an unknown column or function, types that don't go.
     */
    INVALID(400, 40011),
    /** A value doesn't go: a cast, a division, a number that is too large. */
    BAD_VALUE(400, 40012),
    /** Statements, functions and settings that reach beyond the topics. */
    FORBIDDEN(403, 40310),
    /** There is no such table. */
    NO_TABLE(404, 40410),
    /** Longer than the server lets it run. */
    TIMED_OUT(408, 40810),
    /** A query of this id is under way. */
    DUPLICATE(409, 40910),
    /** It needs more memory, disk or text than the server gives a query. */
    TOO_LARGE(413, 41310),
    /** Too many queries at a time; later there is room. */
    BUSY(429, 42910),
    /** Somebody stopped it. */
    CANCELLED(499, 49910),
    /** Our fault; the server's log tells why. */
    FAILED(500, 50010),
    /** Bytes that don't match their checksum. */
    CORRUPT(500, 50011),
    /** Records that expired, a topic that was deleted, or a bucket that is away: later, perhaps. */
    UNAVAILABLE(503, 50310);

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
  private final int line;
  private final int column;
  private final @Nullable String hint;

  public SqlException(Kind kind, String message) {
    this(kind, message, 0, 0, null, null);
  }

  /**
   * @param line of the statement, from 1; 0: not known
   * @param column in that line, from 1; 0: not known
   * @param hint what may be meant, or done
   */
  public SqlException(
      Kind kind,
      String message,
      int line,
      int column,
      @Nullable String hint,
      @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.line = line;
    this.column = column;
    this.hint = hint;
  }

  public Kind kind() {
    return kind;
  }

  /** What clients are told. */
  public String text() {
    return String.valueOf(getMessage());
  }

  /** Line of the statement, from 1. */
  public OptionalInt line() {
    return line == 0 ? OptionalInt.empty() : OptionalInt.of(line);
  }

  /** Column in that line, from 1. */
  public OptionalInt column() {
    return column == 0 ? OptionalInt.empty() : OptionalInt.of(column);
  }

  public Optional<String> hint() {
    return Optional.ofNullable(hint);
  }
}
