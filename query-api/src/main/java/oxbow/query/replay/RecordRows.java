package oxbow.query.replay;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlException;
import oxbow.query.sql.SqlRequest;

/** Records of one topic as SQL has them: rows of its table. Calls may wait. */
final class RecordRows {
  /** After which a look whether anybody waits for the rows is due. */
  static final Duration PATIENCE = Duration.ofMillis(100);

  /** Beyond what is asked for one line before it. */
  private static final int LINES_BEFORE = 1;

  private final SqlEngine engine;
  private final String table;
  private final Optional<String> key;
  private final Optional<String> predicate;

  RecordRows(SqlEngine engine, String topic, Optional<String> predicate) {
    this(engine, '"' + topic.replace("\"", "\"\"") + '"', Optional.empty(), predicate);
  }

  private RecordRows(
      SqlEngine engine, String table, Optional<String> key, Optional<String> predicate) {
    this.engine = engine;
    this.table = table;
    this.key = key;
    this.predicate = predicate;
  }

  /**
   * The same, of records with one key alone.
   *
   * @throws QueryException keys aren't in the table as their bytes or as text
   */
  RecordRows withKey(byte[] bytes) {
    String type = describe("kafka_key").columns().getFirst().type();
    String literal =
        switch (type) {
          case "VARCHAR" -> {
            String text = new String(bytes, StandardCharsets.UTF_8);
            if (!Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) throw noSuchKey(type);
            yield "'" + text.replace("'", "''") + "'";
          }
          case "BLOB" -> {
            var hex = new StringBuilder("'");
            for (byte b : bytes) hex.append(String.format("\\x%02X", b));
            yield hex.append("'::BLOB").toString();
          }
          default -> throw noSuchKey(type);
        };
    return new RecordRows(engine, table, Optional.of("kafka_key = " + literal), predicate);
  }

  private static QueryException noSuchKey(String type) {
    return new QueryException(
        Kind.BAD_PARAMETER,
        "keys of this topic are " + type + " in its table: ask with filter= on kafka_key");
  }

  /**
   * A range's rows that the predicate takes, by offset.
   *
   * @param columns what is selected
   * @throws QueryException it can't be run
   */
  RunningQuery run(String columns, int partition, long start, long end, long rowsMax) {
    // The range stands further in: nothing that a predicate is made of leads out of it.
    String sql =
        select(
                columns,
                "(SELECT * FROM "
                    + table
                    + " WHERE kafka_partition = "
                    + partition
                    + " AND kafka_offset >= "
                    + start
                    + " AND kafka_offset < "
                    + end
                    + ")")
            + " ORDER BY kafka_offset LIMIT "
            + rowsMax;
    try {
      return engine.run(
          new SqlRequest(
              sql,
              List.of(),
              Optional.empty(),
              Optional.empty(),
              OptionalLong.empty(),
              ZoneOffset.UTC));
    } catch (SqlException e) {
      throw failure(e);
    }
  }

  private String select(String columns, String from) {
    return "SELECT "
        + columns
        + " FROM "
        + from
        + key.or(() -> predicate.map(_ -> "true")).map(each -> " WHERE " + each).orElse("")
        + predicate.map(text -> " AND (\n" + text + "\n)").orElse("");
  }

  /** What rows have, before there is any. */
  SqlEngine.Description describe(String columns) {
    try {
      return engine.describe(select(columns, table));
    } catch (SqlException e) {
      throw failure(e);
    }
  }

  /** Waits for the next rows; whoever isn't there any more stops it. */
  static RunningQuery.Step next(RunningQuery query, Waiting waiting) {
    try {
      while (true) {
        waiting.check();
        RunningQuery.Step step = query.next(PATIENCE);
        if (step != RunningQuery.Step.QUIET) return step;
      }
    } catch (SqlException e) {
      throw failure(e);
    }
  }

  private static QueryException failure(SqlException failure) {
    Kind kind =
        switch (failure.kind()) {
          case SYNTAX, INVALID, BAD_VALUE -> Kind.BAD_PARAMETER;
          case FORBIDDEN -> Kind.FORBIDDEN;
          case NO_TABLE -> Kind.NO_TOPIC;
          case TIMED_OUT -> Kind.TIMED_OUT;
          case TOO_LARGE -> Kind.TOO_LARGE;
          case DUPLICATE, BUSY -> Kind.BUSY;
          case CORRUPT -> Kind.CORRUPT;
          case CANCELLED, UNAVAILABLE -> Kind.UNAVAILABLE;
          case FAILED -> Kind.FAILED;
        };
    var message = new StringBuilder();
    if (kind == Kind.BAD_PARAMETER) message.append("filter or columns: ");
    message.append(failure.text());
    failure
        .line()
        .ifPresent(line -> {
          if (line > LINES_BEFORE) {
            message
                .append(" (line ")
                .append(line - LINES_BEFORE)
                .append(", column ")
                .append(failure.column().orElse(1))
                .append(" of filter)");
          }
        });
    failure.hint().ifPresent(hint -> message.append("; ").append(hint));
    return new QueryException(kind, message.toString(), failure);
  }
}
