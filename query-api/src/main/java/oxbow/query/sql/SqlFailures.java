package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.store.StoreException;
import oxbow.query.Failures;
import oxbow.query.QueryException;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.sql.duckdb.DuckDbException;

/** What is told of a failure below: the one place that decides. */
final class SqlFailures {
  private static final Logger log = LoggerFactory.getLogger(SqlFailures.class);
  private static final JsonMapper JSON = new JsonMapper();

  private SqlFailures() {}

  /**
   * @param sql as it was given, to say where in it something is wrong
   */
  static SqlException of(Throwable failure, String sql) {
    return switch (failure) {
      case SqlException known -> known;
      case DuckDbException known -> ofDuckDb(known, sql);
      case QueryException known -> ofQuery(known);
      case StoreException known -> ofStore(known);
      default -> ofQuery(Failures.of(failure));
    };
  }

  private static SqlException ofQuery(QueryException failure) {
    Kind kind =
        switch (failure.kind()) {
          case NO_TOPIC, NO_PARTITION -> Kind.NO_TABLE;
          case OUT_OF_RANGE, UNAVAILABLE, TIMED_OUT -> Kind.UNAVAILABLE;
          case CORRUPT -> Kind.CORRUPT;
          case BUSY -> Kind.BUSY;
          case FAILED -> Kind.FAILED;
          default -> Kind.INVALID;
        };
    return new SqlException(kind, failure.text(), 0, 0, null, failure);
  }

  private static SqlException ofStore(StoreException failure) {
    Kind kind = failure.kind() == StoreException.Kind.CORRUPT ? Kind.CORRUPT : Kind.UNAVAILABLE;
    return new SqlException(
        kind, "cold records can't be read: " + failure.getMessage(), 0, 0, null, failure);
  }

  /** DuckDB tells what is wrong as JSON. */
  private static SqlException ofDuckDb(DuckDbException failure, String sql) {
    JsonNode told = json(failure.text());
    if (told == null) return ofText(failure);
    String type = told.path("exception_type").asText("");
    String whole = told.path("exception_message").asText(failure.text());
    int lineAt = whole.indexOf("\n\nLINE ");
    String message = lineAt < 0 ? whole : whole.substring(0, lineAt);
    int hintAt = hintAt(message);
    String hint = hintAt < 0 ? null : message.substring(hintAt).strip();
    String text = (hintAt < 0 ? message : message.substring(0, hintAt)).strip();
    if (hint != null && hint.contains("SET ")) hint = null; // there is no SET here
    if (text.contains(" Use \"SET ")) text = text.substring(0, text.indexOf(" Use \"SET "));
    int at = told.path("position").asInt(-1);
    int[] place = place(sql, at);
    Kind kind = kind(type.toLowerCase(Locale.ROOT), message);
    if (kind == Kind.TOO_LARGE && hint == null) {
      hint =
          "want fewer rows or columns, or have the server give queries more:"
              + " query.sql.memory.bytes and query.sql.spill.bytes, shared by"
              + " query.sql.parallel.max";
    }
    if (kind == Kind.FAILED) {
      log.atError().addKeyValue("type", type).setCause(failure).log("SQL engine failed");
    }
    return new SqlException(kind, text, place[0], place[1], hint, failure);
  }

  private static SqlException ofText(DuckDbException failure) {
    String text = failure.text();
    int colon = text.indexOf(" Error: ");
    if (colon < 0) return new SqlException(Kind.FAILED, text, 0, 0, null, failure);
    String message = text.substring(colon + " Error: ".length());
    Kind kind = kind(text.substring(0, colon).toLowerCase(Locale.ROOT), message);
    return new SqlException(kind, message, 0, 0, null, failure);
  }

  private static @Nullable JsonNode json(String text) {
    int from = text.indexOf('{');
    if (from < 0) return null;
    try {
      JsonNode told = JSON.readTree(text.substring(from));
      return told.has("exception_type") ? told : null;
    } catch (JsonProcessingException _) {
      return null; // then it is text
    }
  }

  /** Where a message goes on with what may be meant. */
  private static int hintAt(String message) {
    for (String sign : new String[] {"Did you mean", "Candidate", "HINT:", "Possible solutions"}) {
      int at = message.indexOf(sign);
      if (at > 0) return at;
    }
    return -1;
  }

  /** Line and column of a byte; zeros: not known. */
  static int[] place(String sql, int at) {
    byte[] bytes = sql.getBytes(UTF_8);
    if (at < 0 || at > bytes.length) return new int[2];
    String before = new String(bytes, 0, at, UTF_8);
    int lineStart = before.lastIndexOf('\n') + 1;
    int line = (int) before.chars().filter(character -> character == '\n').count() + 1;
    return new int[] {line, before.codePointCount(lineStart, before.length()) + 1};
  }

  private static Kind kind(String type, String message) {
    return switch (type) {
      case "parser", "syntax", "syntax error" -> Kind.SYNTAX;
      case "catalog" -> message.startsWith("Table with name") ? Kind.NO_TABLE : Kind.INVALID;
      case "binder", "planner", "not implemented", "expression", "settings", "sequence" ->
          Kind.INVALID;
      case "parameter not allowed", "parameter not resolved", "invalid type", "mismatch type" ->
          Kind.INVALID;
      case "conversion",
          "out of range",
          "invalid input",
          "invalid",
          "decimal",
          "divide by zero",
          "object size",
          "constraint" ->
          Kind.BAD_VALUE;
      case "permission", "missing extension", "extension autoloading", "http", "network" ->
          Kind.FORBIDDEN;
      case "out of memory" -> Kind.TOO_LARGE;
      case "interrupt" -> Kind.CANCELLED;
      case "io" -> message.contains("max_temp_directory_size") ? Kind.TOO_LARGE : Kind.UNAVAILABLE;
      default -> Kind.FAILED;
    };
  }
}
