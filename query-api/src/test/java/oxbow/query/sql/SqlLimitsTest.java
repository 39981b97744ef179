package oxbow.query.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.query.sql.QueryStatus.State;
import oxbow.query.sql.RunningQuery.Step;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.testing.TestLake;

class SqlLimitsTest {
  /** Runs for a day. */
  private static final String ENDLESS =
      "SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE (a.range + b.range) % 7 = 8";

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final CountDownLatch answered = new CountDownLatch(1);
  private TestLake lake;

  @BeforeEach
  void open() {
    SqlLimits usual = TestLake.limits(directory);
    lake =
        new TestLake(
            directory,
            new SqlLimits(
                usual.directory(),
                usual.libraryDirectory(),
                "topics",
                2,
                1,
                1,
                64L << 20,
                4L << 20,
                4L << 20,
                Duration.ofSeconds(60),
                10_000),
            List.of(
                new SystemTable(
                    "stuck",
                    List.of(new ResultColumn("a", "BIGINT")),
                    () -> {
                      awaitAnswer();
                      return List.of();
                    })));
  }

  /** As whoever waits for a store that doesn't answer: nothing calls it off. */
  private void awaitAnswer() {
    boolean isAnswered = false;
    while (!isAnswered) {
      try {
        answered.await();
        isAnswered = true;
      } catch (InterruptedException _) {
        // It goes on waiting.
      }
    }
  }

  @AfterEach
  void everythingIsGivenBack() throws IOException {
    assertThat(lake.engine.heldBytes()).isZero();
    assertThat(oxbow.query.sql.duckdb.HandleCount.held()).isZero();
    lake.close();
    TestLake.await(() -> threads().isEmpty()); // the last ones have nothing left but to end
    Path spill = directory.resolve("query/spill");
    if (Files.exists(spill)) {
      try (Stream<Path> left = Files.list(spill)) {
        assertThat(left).isEmpty();
      }
    }
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("query-sql-"))
        .toList();
  }

  @Test
  void aQueryThatTakesTooLongIsStopped() {
    SqlException failure = failure(request(ENDLESS, "a", Optional.of(Duration.ofMillis(200)), -1));

    assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
    assertThat(status("a").state()).isEqualTo(State.FAILED);
  }

  @Test
  void aQueryIsCancelledByItsId() {
    try (RunningQuery query = lake.engine.run(request(ENDLESS, "a", Optional.empty(), -1))) {
      assertThat(query.next(Duration.ofMillis(20))).isEqualTo(Step.QUIET);
      assertThat(lake.engine.cancel("a")).isTrue();
      SqlException failure = catchThrowableOfType(SqlException.class, () -> query.next(PATIENCE));
      assertThat(failure.kind()).isEqualTo(Kind.CANCELLED);
    }
    assertThat(status("a").state()).isEqualTo(State.CANCELLED);
    assertThat(lake.engine.cancel("a")).isFalse();
  }

  @Test
  void whoeverGoesAwayEndsTheQuery() {
    RunningQuery query =
        lake.engine.run(request("SELECT * FROM range(100000000)", "a", Optional.empty(), -1));
    assertThat(query.next(PATIENCE)).isEqualTo(Step.BATCH);

    query.close();

    assertThat(status("a").state()).isEqualTo(State.CANCELLED);
  }

  @Test
  void queriesWaitForTheirTurnAndTooManyAreSentAway() throws Exception {
    List<RunningQuery> running = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      running.add(lake.engine.run(request(ENDLESS, "r" + i, Optional.empty(), -1)));
    }
    var waiting =
        java.util.concurrent.CompletableFuture.supplyAsync(
            () -> lake.rows(request("SELECT 42", "w", Optional.empty(), -1)));
    TestLake.await(() -> lake.engine.find("w").isPresent());

    SqlException refused = failure(request("SELECT 1", "x", Optional.empty(), -1));
    SqlException duplicate = failure(request("SELECT 1", "w", Optional.empty(), -1));
    assertThat(status("w").state()).isEqualTo(State.QUEUED);
    running.forEach(RunningQuery::close);

    assertThat(refused.kind()).isEqualTo(Kind.BUSY);
    assertThat(duplicate.kind()).isEqualTo(Kind.DUPLICATE);
    assertThat(waiting.get()).containsExactly(List.of("42"));
  }

  @Test
  void moreMemoryThanAllowedIsAnErrorAndNotTheEndOfTheProcess() {
    SqlException failure =
        failure(
            request(
                "SELECT list(range || 'a text that is a little longer') FROM range(20000000)",
                "a",
                Optional.empty(),
                -1));

    assertThat(failure.kind()).isEqualTo(Kind.TOO_LARGE);
    assertThat(failure.hint()).get().asString().contains("query.sql.memory").doesNotContain("SET");
  }

  @Test
  void whoAskedIsToldInTimeAlsoIfTheQueryIsStuck() {
    SqlException failure =
        failure(request("SELECT * FROM oxbow.stuck", "a", Optional.of(Duration.ofMillis(200)), -1));

    assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
    assertThat(status("a").state()).isEqualTo(State.RUNNING); // it holds its place until it can end
    answered.countDown();
    TestLake.await(() -> status("a").state() == State.FAILED);
    TestLake.await(() -> lake.engine.heldBytes() == 0);
  }

  @Test
  void aStatementMayNotBeHugeNorEndlesslyNested() {
    String huge = "SELECT '" + "x".repeat(20_000) + "'";
    String nested = "SELECT " + "(".repeat(3_000) + "1" + ")".repeat(3_000);

    assertThat(failure(request(huge, "a", Optional.empty(), -1)).kind()).isEqualTo(Kind.TOO_LARGE);
    assertThat(failure(request(nested, "b", Optional.empty(), -1)).kind())
        .isIn(Kind.SYNTAX, Kind.INVALID);
  }

  @Test
  void rowsEndWhereTheRequestSaysSo() {
    assertThat(lake.rows(request("SELECT * FROM range(10000)", "a", Optional.empty(), 3000)))
        .hasSize(3000);
    assertThat(status("a").state()).isEqualTo(State.FINISHED);
    assertThat(status("a").rows()).isEqualTo(3000);
  }

  private QueryStatus status(String id) {
    return lake.engine.find(id).orElseThrow();
  }

  private SqlException failure(SqlRequest request) {
    return catchThrowableOfType(SqlException.class, () -> lake.rows(request));
  }

  private static SqlRequest request(
      String sql, String id, Optional<Duration> timeout, long rowsMax) {
    return new SqlRequest(
        sql,
        List.of(),
        Optional.of(id),
        timeout,
        rowsMax < 0 ? OptionalLong.empty() : OptionalLong.of(rowsMax),
        ZoneOffset.UTC);
  }
}
