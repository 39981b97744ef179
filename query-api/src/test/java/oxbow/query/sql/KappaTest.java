package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.BigIntVector;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.testing.BatchBuilder;
import oxbow.query.Topics.Topic;
import oxbow.query.sql.RunningQuery.Step;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.testing.TestLake;

/** Topics as tables of the latest values, and as streams that go on. */
class KappaTest {
  private static final long TIME = 1_700_000_000_000L;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private TestLake lake;
  private Topic users;

  @BeforeEach
  void open() {
    lake = new TestLake(directory);
    users = lake.topic("users", 2, TestLake.COLD);
  }

  @AfterEach
  void close() {
    lake.close();
  }

  @Test
  void theLatestValueOfEachKeyUpToAPointIsATable() {
    put(0, "a", "a0", 0);
    put(0, "b", "b1", 1);
    put(1, "c", "c0", 1);
    lake.offload(users);
    put(0, "a", "a2", 2);
    put(0, "b", null, 3);
    put(0, "a", "a4", 4);
    put(0, null, "nobody's", 4);

    String latest = "SELECT kafka_key::VARCHAR AS k, value::VARCHAR AS v FROM users AS OF ";
    assertThat(lake.rows(latest + "TIMESTAMP '" + time(9) + "' ORDER BY 1"))
        .containsExactly(List.of("a", "a4"), List.of("c", "c0"));
    assertThat(lake.rows(latest + "TIMESTAMP '" + time(2) + "' ORDER BY 1"))
        .containsExactly(List.of("a", "a2"), List.of("b", "b1"), List.of("c", "c0"));
    assertThat(lake.rows(latest + "OFFSETS '0:1, 1:1' ORDER BY 1"))
        .containsExactly(List.of("a", "a0"), List.of("c", "c0"));
    assertThat(lake.rows(latest + "OFFSETS '0:100' u WHERE u.kafka_offset < 4"))
        .as("a condition on rows does not change which are the latest")
        .isEmpty();
    assertThat(
            lake.rows(
                "SELECT n.value::VARCHAR, o.value::VARCHAR FROM topics.users AS OF TIMESTAMP '"
                    + time(9)
                    + "' AS n JOIN users AS OF TIMESTAMP '"
                    + time(0)
                    + "' AS o USING (kafka_key)"))
        .containsExactly(List.of("a4", "a0"));
  }

  @Test
  void whatIsNoPointInTimeIsToldWithItsPlace() {
    SqlException failure =
        catchThrowableOfType(
            SqlException.class, () -> lake.rows("SELECT *\nFROM users AS OF OFFSETS 'x'"));

    assertThat(failure.kind()).isEqualTo(Kind.SYNTAX);
    assertThat(failure.line()).hasValue(2);
    assertThat(failure.column()).hasValue(26);
  }

  @Test
  void changesGoOnAfterTheSnapshotWithoutGapOrRepeat() {
    for (int i = 0; i < 50; i++) put(i % 2, "k", "v", i);
    lake.offload(users);
    for (int i = 0; i < 50; i++) put(i % 2, "k", "v", i);
    List<Long> seen = new ArrayList<>();

    try (RunningQuery query =
        lake.engine.run(
            SqlRequest.of(
                "SELECT kafka_offset * 2 + kafka_partition AS n FROM users"
                    + " WHERE kafka_offset % 2 = 0 EMIT CHANGES"))) {
      assertThat(query.isContinuous()).isTrue();
      take(query, seen, 50);
      assertThat(query.next(Duration.ofMillis(10))).isEqualTo(Step.QUIET);
      for (int i = 0; i < 60; i++) put(i % 2, "k", "v", i);
      take(query, seen, 80);
      lake.offload(users);
      for (int i = 0; i < 40; i++) put(i % 2, "k", "v", i);
      take(query, seen, 100);
    }

    List<Long> expected = new ArrayList<>();
    for (long n = 0; n < 200; n++) {
      if (n / 2 % 2 == 0) expected.add(n);
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static void take(RunningQuery query, List<Long> seen, int count) {
    while (seen.size() < count) {
      assertThat(query.next(PATIENCE)).isEqualTo(Step.BATCH);
      var vector = (BigIntVector) query.batch().getVector(0);
      for (int i = 0; i < vector.getValueCount(); i++) seen.add(vector.get(i));
    }
  }

  @Test
  void whoWaitsForRecordsKeepsNobodyFromTheirTurn() {
    List<RunningQuery> waiting = new ArrayList<>();
    List<List<Long>> seen = new ArrayList<>();
    try {
      put(0, "a", "1", 1);
      for (int i = 0; i < 6; i++) { // more than may run at a time
        waiting.add(lake.engine.run(SqlRequest.of("SELECT kafka_offset FROM users EMIT CHANGES")));
        seen.add(new ArrayList<>());
        take(waiting.get(i), seen.get(i), 1);
      }

      assertThat(lake.rows("SELECT count(*) FROM users")).containsExactly(List.of("1"));

      put(0, "a", "2", 2);
      for (int i = 0; i < 6; i++) take(waiting.get(i), seen.get(i), 2);
      assertThat(seen).allMatch(offsets -> offsets.equals(List.of(0L, 1L)));
    } finally {
      waiting.forEach(RunningQuery::close);
    }
  }

  @Test
  void windowsAndDuplicatesHaveHelpers() {
    put(0, "a", "1", 0);
    put(0, "b", "2", 5);
    put(0, "a", "3", 12);
    put(0, "a", "3", 12);

    assertThat(
            lake.rows(
                "SELECT epoch_ms(tumble(kafka_timestamp, INTERVAL 10 SECOND)) - "
                    + TIME
                    + " AS w, count(*) FROM users GROUP BY 1 ORDER BY 1"))
        .containsExactly(List.of("0", "2"), List.of("10000", "2"));
    assertThat(
            lake.rows(
                "SELECT epoch_ms(w) - "
                    + TIME
                    + ", count(*) FROM users, unnest(hop(kafka_timestamp, INTERVAL 10 SECOND,"
                    + " INTERVAL 5 SECOND)) AS t(w) GROUP BY 1 ORDER BY 1"))
        .containsExactly(
            List.of("-5000", "1"), List.of("0", "2"), List.of("5000", "3"), List.of("10000", "2"));
    assertThat(
            lake.rows(
                "SELECT value::VARCHAR, kafka_offset FROM users QUALIFY newest_of(kafka_key, kafka_offset)"
                    + " ORDER BY 1"))
        .containsExactly(List.of("2", "1"), List.of("3", "3"));
    assertThat(
            lake.rows(
                "SELECT kafka_offset FROM users QUALIFY oldest_of(value, kafka_offset) ORDER BY 1"))
        .containsExactly(List.of("0"), List.of("1"), List.of("2"));
  }

  @Test
  void whatCannotGoOnIsRefused() {
    for (String sql :
        List.of(
            "SELECT count(*) FROM users",
            "SELECT kafka_offset FROM users ORDER BY 1",
            "SELECT a.kafka_offset FROM users a, users b",
            "SELECT DISTINCT kafka_partition FROM users",
            "SELECT row_number() OVER () FROM users")) {
      SqlException failure =
          catchThrowableOfType(SqlException.class, () -> lake.rows(sql + " EMIT CHANGES"));
      assertThat(failure).as(sql).isNotNull();
      assertThat(failure.kind()).as(sql).isEqualTo(Kind.INVALID);
    }
  }

  private static String time(int second) {
    return java.time.Instant.ofEpochMilli(TIME + second * 1000L).toString();
  }

  private void put(int partition, @Nullable String key, @Nullable String value, int second) {
    BatchBuilder batch = BatchBuilder.at(TIME + second * 1000L);
    batch.add(
        TIME + second * 1000L,
        key == null ? null : key.getBytes(UTF_8),
        value == null ? null : value.getBytes(UTF_8));
    lake.append(users.partition(partition), batch.build());
  }
}
