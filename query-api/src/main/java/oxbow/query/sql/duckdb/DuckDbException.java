package oxbow.query.sql.duckdb;

/** What DuckDB says is wrong, in its own words: {@code Binder Error: ...}. */
public final class DuckDbException extends RuntimeException {
  public DuckDbException(String message) {
    super(message);
  }

  /** Its words. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
