package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.testing.BatchBuilder;
import oxbow.query.Topics.Topic;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.testing.TestLake;

class TopicSqlEngineTest {
  private static final long TIME = 1_700_000_000_000L;

  @TempDir Path directory;
  private TestLake lake;

  @BeforeEach
  void open() {
    lake = new TestLake(directory);
  }

  @AfterEach
  void close() {
    lake.close();
  }

  @Test
  void aStatementWithoutTablesIsAnswered() {
    assertThat(lake.rows("SELECT 1 + 1 AS two, 'x' AS text")).containsExactly(List.of("2", "x"));
  }

  @Test
  void recordsAreRowsBeforeAndAfterTheyLeaveTheLog() {
    Topic orders = lake.topic("orders", 2, TestLake.COLD);
    put(orders, 0, 0, 10);
    put(orders, 1, 0, 5);
    String sql =
        "SELECT kafka_partition, kafka_offset, kafka_key::VARCHAR AS k, value::VARCHAR AS v,"
            + " kafka_timestamp FROM orders ORDER BY 1, 2";

    List<List<String>> hot = lake.rows(sql);
    lake.offload(orders);
    List<List<String>> cold = lake.rows(sql);
    put(orders, 0, 10, 3);
    List<List<String>> both = lake.rows(sql);

    assertThat(hot).hasSize(15);
    assertThat(hot.get(3).subList(0, 4)).containsExactly("0", "3", "k3", "v3");
    assertThat(cold).isEqualTo(hot);
    assertThat(both).hasSize(18).containsAll(cold);
    assertThat(lake.rows("SELECT count(*), sum(kafka_offset) FROM orders"))
        .containsExactly(List.of("18", Integer.toString(78 + 10)));
  }

  @Test
  void anUnknownTableIsToldWithItsPlaceAndWhatMayBeMeant() {
    lake.topic("orders", 1, Map.of());

    SqlException failure = failure("SELECT *\nFROM ordrs");

    assertThat(failure.kind()).isEqualTo(Kind.NO_TABLE);
    assertThat(failure.line()).hasValue(2);
    assertThat(failure.column()).hasValue(6);
    assertThat(failure.hint()).hasValue("did you mean orders?");
  }

  @Test
  void wrongSyntaxIsToldWithItsPlace() {
    SqlException failure = failure("SELECT 1,\n  FROM WHERE");

    assertThat(failure.kind()).isEqualTo(Kind.SYNTAX);
    assertThat(failure.line()).hasValue(2);
  }

  @Test
  void anUnknownColumnIsToldWithItsPlaceAndCandidates() {
    lake.topic("orders", 1, Map.of());

    SqlException failure = failure("SELECT kafka_ofset FROM orders");

    assertThat(failure.kind()).isEqualTo(Kind.INVALID);
    assertThat(failure.line()).as("%s", failure.getCause()).hasValue(1);
    assertThat(failure.column()).hasValue(8);
    assertThat(failure.hint().orElse("")).contains("kafka_offset");
  }

  @Test
  void parametersAreGivenByPlace() {
    assertThat(lake.rows("SELECT ?::BIGINT + 1, upper(?)", 41L, "abc"))
        .containsExactly(List.of("42", "ABC"));
    assertThat(failure("SELECT ?::BIGINT").kind()).isEqualTo(Kind.INVALID);
  }

  private SqlException failure(String sql) {
    return catchThrowableOfType(SqlException.class, () -> lake.rows(sql));
  }

  private void put(Topic topic, int partition, int from, int count) {
    for (int i = from; i < from + count; i++) {
      BatchBuilder batch = BatchBuilder.at(TIME + i);
      batch.add(TIME + i, ("k" + i).getBytes(UTF_8), ("v" + i).getBytes(UTF_8));
      lake.append(topic.partition(partition), batch.build());
    }
  }
}
