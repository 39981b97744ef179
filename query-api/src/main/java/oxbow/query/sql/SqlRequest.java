package oxbow.query.sql;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A statement and how it is to be run.
 *
 * @param sql one statement; a semicolon may follow it
 * @param parameters for its {@code ?} or {@code $1}, in order: null, {@code Boolean}, {@code Long},
 *     {@code Integer}, {@code Double}, {@code BigDecimal}, {@code String}, {@code byte[]}, {@code
 *     UUID}, {@code LocalDate}, {@code LocalTime}, {@code LocalDateTime}, {@code OffsetDateTime}
 * @param queryId what the client calls it; empty: it is given one
 * @param timeout shorter than the server's; empty: the server's
 * @param rowsMax after so many rows it ends as if there were no more
 * @param zone of dates and times that name none, and of timestamps as text
 * @param file that is to be made of the rows, in Parquet, alone in a directory of its own; empty:
 *     they come as batches
 */
public record SqlRequest(
    String sql,
    List<@Nullable Object> parameters,
    Optional<String> queryId,
    Optional<Duration> timeout,
    OptionalLong rowsMax,
    ZoneId zone,
    Optional<Path> file) {
  public SqlRequest {
    parameters = Collections.unmodifiableList(new ArrayList<>(parameters));
  }

  /** One whose rows come as batches. */
  public SqlRequest(
      String sql,
      List<@Nullable Object> parameters,
      Optional<String> queryId,
      Optional<Duration> timeout,
      OptionalLong rowsMax,
      ZoneId zone) {
    this(sql, parameters, queryId, timeout, rowsMax, zone, Optional.empty());
  }

  /** The same, but for where the rows go. */
  public SqlRequest into(Path parquet) {
    return new SqlRequest(sql, parameters, queryId, timeout, rowsMax, zone, Optional.of(parquet));
  }

  /** A statement without parameters, as the server runs it of itself. */
  public static SqlRequest of(String sql) {
    return new SqlRequest(
        sql, List.of(), Optional.empty(), Optional.empty(), OptionalLong.empty(), ZoneOffset.UTC);
  }
}
