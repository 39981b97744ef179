package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.testing.TestBatch;
import oxbow.query.Topics.Topic;
import oxbow.query.sql.RunningQuery.Step;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.testing.TestLake;

/** Queries whose rows become a file, which DuckDB's own reader takes apart again. */
@Timeout(60)
class ParquetFileTest {
  private static final Duration PATIENCE = Duration.ofMillis(50);
  private static final String ENDLESS =
      "SELECT a.range, repeat('x', 100) FROM range(1000000) a, range(1000000) b";

  @TempDir Path directory;

  private TestLake lake;
  private Path file;

  @BeforeEach
  void open() throws IOException {
    SqlLimits usual = TestLake.limits(directory);
    lake =
        new TestLake(
            directory,
            new SqlLimits(
                usual.directory(),
                usual.libraryDirectory(),
                usual.namespace(),
                usual.parallelMax(),
                usual.queuedMax(),
                usual.threads(),
                64L << 20,
                2L << 20,
                usual.cacheBytes(),
                usual.timeout(),
                usual.textBytesMax()),
            List.of());
    file = Files.createDirectory(directory.resolve("it's mine")).resolve("rows.parquet");
  }

  @AfterEach
  void everythingIsGivenBack() {
    assertThat(lake.engine.heldBytes()).isZero();
    assertThat(oxbow.query.sql.duckdb.HandleCount.held()).isZero();
    lake.close();
  }

  /** Has the file made; returns how many rows are told of. */
  private long make(String sql, long rowsMax, Object... parameters) {
    SqlRequest request =
        new SqlRequest(
            sql,
            List.of(parameters),
            Optional.of("q"),
            Optional.empty(),
            rowsMax < 0 ? OptionalLong.empty() : OptionalLong.of(rowsMax),
            ZoneOffset.UTC);
    try (RunningQuery query = lake.engine.run(request.into(file))) {
      Step step = Step.QUIET;
      while (step == Step.QUIET) step = query.next(PATIENCE);
      assertThat(step).isEqualTo(Step.END);
    }
    return lake.engine.find("q").orElseThrow().rows();
  }

  private List<List<String>> read(String sql) throws SQLException {
    String name = file.toString().replace("'", "''");
    String from = "read_parquet('" + name + "', file_row_number = true)";
    List<List<String>> rows = new ArrayList<>();
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement();
        var found = statement.executeQuery(sql.replace("$file", from))) {
      while (found.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
          row.add(String.valueOf(found.getObject(i)));
        }
        rows.add(row);
      }
    }
    return rows;
  }

  private List<String> types() throws SQLException {
    return read(
            "SELECT column_type FROM (DESCRIBE FROM $file) WHERE column_name <> 'file_row_number'")
        .stream()
        .map(List::getFirst)
        .toList();
  }

  @Test
  void typesAndValuesAreThoseOfTheStatement() throws Exception {
    long rows =
        make(
            "SELECT sum(n) AS total, [max(n)::HUGEINT] AS list, {'a': min(n), 'b''s': NULL} AS s,"
                + " MAP {'k': ?::DECIMAL(9,2)} AS m, TIMESTAMPTZ '2026-01-31 12:00:00+00' AS t,"
                + " 'x'::ENUM('x', 'y') AS e, '\\x00\\xFF'::BLOB AS b, uuid() AS u, NULL AS nothing,"
                + " array_value(1, 2) AS a, DATE '2026-01-31' AS d"
                + " FROM (SELECT 9007199254740993 AS n UNION ALL SELECT 2)",
            -1,
            new java.math.BigDecimal("1.25"));

    assertThat(rows).isEqualTo(1);
    assertThat(read("SELECT total, list, s, m, e, b::VARCHAR, nothing, a::INT[], d FROM $file"))
        .containsExactly(
            List.of(
                "9007199254740995",
                "[9007199254740993]",
                "{a=2, b's=null}",
                "{k=1.25}",
                "x",
                "\\x00\\xFF",
                "null",
                "[1, 2]",
                "2026-01-31"));
    assertThat(types())
        .startsWith("DECIMAL(38,0)", "DECIMAL(38,0)[]")
        .contains("UUID", "TIMESTAMP WITH TIME ZONE", "BLOB", "DATE", "MAP(VARCHAR, DECIMAL(9,2))");
  }

  @Test
  void orderAndLimitHold() throws Exception {
    assertThat(make("SELECT range AS n FROM range(500000) ORDER BY hash(range)", 200_000))
        .isEqualTo(200_000);

    String hashes =
        "SELECT hash(n) AS h, lag(hash(n)) OVER (ORDER BY file_row_number) AS before FROM $file";
    assertThat(read("SELECT count(*), count(*) FILTER (h < before) FROM (" + hashes + ")"))
        .containsExactly(List.of("200000", "0"));
  }

  @Test
  void tablesAreSeenFromBothTiersAndShown() throws Exception {
    Topic topic = lake.topic("orders", 1, TestLake.COLD);
    lake.append(topic.partition(0), batch("a", "b"));
    lake.offload(topic);
    lake.append(topic.partition(0), batch("c"));

    assertThat(make("SELECT kafka_offset, value FROM orders", -1)).isEqualTo(3);
    assertThat(read("SELECT kafka_offset, value::VARCHAR FROM $file ORDER BY 1"))
        .containsExactly(List.of("0", "a"), List.of("1", "b"), List.of("2", "c"));
    assertThat(make("DESCRIBE orders", -1)).isGreaterThan(3);
    assertThat(make("SHOW TABLES", -1)).isEqualTo(1);
    assertThat(read("SELECT name FROM $file")).containsExactly(List.of("orders"));
    assertThat(make("EXPLAIN SELECT value AS \"it's\" FROM orders", -1)).isGreaterThan(1);
    assertThat(read("SELECT plan FROM $file").toString()).contains("orders");
  }

  private static ByteBuffer batch(String... values) {
    var batch = new TestBatch();
    for (int i = 0; i < values.length; i++) {
      batch.records.add(
          new TestBatch.TestRecord(0, i, i, null, values[i].getBytes(UTF_8), List.of()));
    }
    return ByteBuffer.wrap(batch.toBytes());
  }

  @Test
  void whatNeverEndsOrIsTooLargeLeavesNoQueryBehind() {
    SqlException tooLarge =
        catchThrowableOfType(
            SqlException.class,
            () -> make("SELECT range, md5(range::VARCHAR) FROM range(1000000000)", -1));
    SqlException continuous =
        catchThrowableOfType(SqlException.class, () -> make("SELECT 1 AS n EMIT CHANGES", -1));
    SqlException wrong =
        catchThrowableOfType(SqlException.class, () -> make("SELECT 1 / prise", -1));
    SqlException late =
        catchThrowableOfType(
            SqlException.class,
            () -> make("SELECT CAST(if(range > 90000, 'x', '1') AS INT) FROM range(100000)", -1));

    assertThat(tooLarge.kind()).isEqualTo(Kind.TOO_LARGE);
    assertThat(tooLarge.text()).contains("the file would have more than 2097152 bytes");
    assertThat(continuous.kind()).isEqualTo(Kind.INVALID);
    assertThat(wrong.kind()).isEqualTo(Kind.INVALID);
    assertThat(late.kind()).isEqualTo(Kind.BAD_VALUE);
  }

  @Test
  void whoeverGoesAwayStopsTheWriting() {
    SqlRequest request = SqlRequest.of(ENDLESS).into(file);
    RunningQuery query = lake.engine.run(request);
    assertThat(query.next(PATIENCE)).isEqualTo(Step.QUIET);

    query.close();

    assertThat(lake.engine.queries().getFirst().state()).isEqualTo(QueryStatus.State.CANCELLED);
  }
}
