package oxbow.query.sql.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import oxbow.query.Failures;
import oxbow.query.QueryException;
import oxbow.query.sql.QueryStatus;
import oxbow.query.sql.ResultColumn;
import oxbow.query.sql.SqlException;

/** What is told of queries beside their rows, and the one form that every error has. */
final class SqlJson {
  static final String QUERY_ID = "x-query-id";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SqlJson() {}

  static String of(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Names and values in turn, in this order. */
  static Map<String, Object> map(Object... namesAndValues) {
    var map = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }

  static List<Object> columns(List<ResultColumn> columns) {
    List<Object> told = new ArrayList<>();
    for (ResultColumn column : columns) {
      told.add(map("name", column.name(), "type", column.type()));
    }
    return told;
  }

  /** What is told of how a query went. */
  static Map<String, Object> stats(QueryStatus status) {
    Map<String, Object> stats =
        map(
            "rows", status.rows(),
            "elapsedMs", status.elapsed().toMillis(),
            "queuedMs", status.queued().toMillis());
    QueryStatus.Work work = status.work();
    stats.put("files", work.files());
    stats.put("filesPruned", work.filesPruned());
    stats.put("fileBytes", work.fileBytes());
    stats.put("hotRecords", work.hotRecords());
    stats.put("splits", work.splits());
    stats.put("splitsDone", work.splitsDone());
    return stats;
  }

  static Map<String, Object> status(QueryStatus status) {
    Map<String, Object> told =
        map(
            "queryId", status.id(),
            "state", status.state().name().toLowerCase(Locale.ROOT),
            "query", status.sql(),
            "begun", status.begun().toString(),
            "percent", Math.round(status.percent() * 10) / 10.0);
    told.put("stats", stats(status));
    status.error().ifPresent(error -> told.put("error", error(error, Optional.of(status.id()))));
    return told;
  }

  /** Everything that goes wrong becomes an error of SQL here. */
  static SqlException failure(Throwable failure) {
    if (failure instanceof SqlException known) return known;
    QueryException known = Failures.of(failure);
    SqlException.Kind kind =
        switch (known.kind()) {
          case NO_TOPIC -> SqlException.Kind.NO_TABLE;
          case BUSY -> SqlException.Kind.BUSY;
          case CORRUPT -> SqlException.Kind.CORRUPT;
          case UNAVAILABLE, OUT_OF_RANGE -> SqlException.Kind.UNAVAILABLE;
          case TIMED_OUT -> SqlException.Kind.TIMED_OUT;
          default -> SqlException.Kind.FAILED;
        };
    return new SqlException(kind, known.text(), 0, 0, null, failure);
  }

  static Map<String, Object> error(SqlException failure, Optional<String> queryId) {
    Map<String, Object> error =
        map(
            "error_code", failure.kind().code(),
            "message", failure.text(),
            "type", failure.kind().name().toLowerCase(Locale.ROOT));
    failure.line().ifPresent(line -> error.put("line", line));
    failure.column().ifPresent(column -> error.put("column", column));
    failure.hint().ifPresent(hint -> error.put("hint", hint));
    queryId.ifPresent(id -> error.put("queryId", id));
    return error;
  }

  static ResponseHeaders refusalHead(SqlException failure, Optional<String> queryId) {
    ResponseHeadersBuilder headers =
        ResponseHeaders.builder(HttpStatus.valueOf(failure.kind().status()))
            .contentType(MediaType.JSON_UTF_8);
    queryId.ifPresent(id -> headers.set(QUERY_ID, id));
    boolean isForLater =
        failure.kind() == SqlException.Kind.BUSY || failure.kind() == SqlException.Kind.UNAVAILABLE;
    if (isForLater) headers.setInt(HttpHeaderNames.RETRY_AFTER, 1);
    return headers.build();
  }

  static HttpResponse refusal(SqlException failure, Optional<String> queryId) {
    return HttpResponse.of(
        refusalHead(failure, queryId), HttpData.ofUtf8(of(error(failure, queryId)) + "\n"));
  }

  /** What was wrong with the request itself, before there was a query. */
  static HttpResponse refusal(QueryException failure) {
    Map<String, Object> error =
        map(
            "error_code", failure.kind().code(),
            "message", failure.text(),
            "type", failure.kind().name().toLowerCase(Locale.ROOT));
    ResponseHeadersBuilder headers =
        ResponseHeaders.builder(HttpStatus.valueOf(failure.kind().status()))
            .contentType(MediaType.JSON_UTF_8);
    if (failure.kind() == QueryException.Kind.BUSY) {
      headers.setInt(HttpHeaderNames.RETRY_AFTER, 1);
    }
    return HttpResponse.of(headers.build(), HttpData.ofUtf8(of(error) + "\n"));
  }

  static HttpResponse answer(HttpStatus status, Object value) {
    return HttpResponse.of(status, MediaType.JSON_UTF_8, HttpData.ofUtf8(of(value) + "\n"));
  }
}
