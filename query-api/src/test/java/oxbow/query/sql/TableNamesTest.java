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

class TableNamesTest {
  private static final long TIME = 1_700_000_000_000L;

  @TempDir Path directory;
  private TestLake lake;

  @BeforeEach
  void open() {
    SystemTable numbers =
        new SystemTable(
            "numbers",
            List.of(new ResultColumn("n", "BIGINT"), new ResultColumn("name", "VARCHAR")),
            () -> List.of(SystemTable.Row.of(1L, "it's one"), SystemTable.Row.of(2L, "two")));
    lake = new TestLake(directory, TestLake.limits(directory), List.of(numbers));
  }

  @AfterEach
  void close() {
    lake.close();
  }

  @Test
  void topicsOfOddNamesAreTables() {
    for (String name : List.of("my-orders.v1", "select", "UPPER", "a b".replace(' ', '_'), "1")) {
      Topic topic = lake.topic(name, 1, TestLake.COLD);
      put(topic);
      lake.offload(topic);
      put(topic);
      assertThat(lake.rows("SELECT count(*) FROM \"" + name + "\"")).containsExactly(List.of("2"));
    }
    assertThat(lake.rows("SELECT count(*) FROM upper")).containsExactly(List.of("2"));
    assertThat(lake.rows("SELECT count(*) FROM lake.topics.\"select\""))
        .containsExactly(List.of("2"));
    assertThat(lake.rows("SELECT count(*) FROM topics.UPPER AS u WHERE u.kafka_offset = 0"))
        .containsExactly(List.of("1"));
  }

  @Test
  void aStatementsOwnTablesHideTopics() {
    lake.topic("orders", 1, Map.of());

    assertThat(lake.rows("WITH orders AS (SELECT 7 AS x) SELECT x FROM orders"))
        .containsExactly(List.of("7"));
  }

  @Test
  void topicsThatDifferByCaseAreTakenExactlyOrNotAtAll() {
    put(lake.topic("case", 1, Map.of("retention.ms", "-1")));
    lake.topic("Case", 1, Map.of());

    assertThat(lake.rows("SELECT count(*) FROM \"case\"")).containsExactly(List.of("1"));
    assertThat(lake.rows("SELECT count(*) FROM \"Case\"")).containsExactly(List.of("0"));
    SqlException failure =
        catchThrowableOfType(
            SqlException.class, () -> lake.rows("SELECT * FROM \"case\", \"Case\""));
    assertThat(failure.kind()).isEqualTo(Kind.INVALID);
  }

  @Test
  void whatThereIsCanBeAskedFor() {
    lake.topic("orders", 1, Map.of());
    lake.topic("payments", 1, Map.of());

    assertThat(lake.rows("SHOW TABLES")).containsExactly(List.of("orders"), List.of("payments"));
    assertThat(lake.rows("DESCRIBE orders").stream().map(row -> row.subList(0, 2)))
        .contains(List.of("kafka_offset", "BIGINT"), List.of("value", "BLOB"));
    assertThat(
            lake.rows(
                "SELECT table_name, is_nullable FROM information_schema.columns WHERE column_name ="
                    + " 'kafka_offset' AND table_schema = 'topics' ORDER BY 1"))
        .containsExactly(List.of("orders", "NO"), List.of("payments", "NO"));
    assertThat(lake.rows("SELECT * FROM oxbow.numbers ORDER BY n"))
        .containsExactly(List.of("1", "it's one"), List.of("2", "two"));
    assertThat(lake.rows("SELECT state FROM oxbow.queries WHERE sql LIKE 'SHOW%'"))
        .containsExactly(List.of("FINISHED"));
    assertThat(lake.rows("SUMMARIZE orders")).isNotEmpty();
  }

  @Test
  void aStatementIsDescribedWithoutBeingRun() {
    lake.topic("orders", 1, Map.of());

    SqlEngine.Description told =
        lake.engine.describe("SELECT kafka_offset AS o, ? AS p, [1] AS l FROM orders");

    assertThat(told.parameters()).isEqualTo(1);
    assertThat(told.columns())
        .contains(new ResultColumn("o", "BIGINT"), new ResultColumn("l", "INTEGER[]"));
    assertThat(told.schema().getFields()).hasSize(3);
  }

  @Test
  void conditionsLeaveOutFilesAndPartsOfTheLog() {
    Topic orders = lake.topic("orders", 2, TestLake.COLD);
    for (int round = 0; round < 3; round++) {
      put(orders);
      lake.offload(orders);
    }
    put(orders);

    String byOffset = explain("SELECT count(*) FROM orders WHERE kafka_offset = 1");
    String byTime =
        explain("SELECT * FROM orders WHERE kafka_timestamp < TIMESTAMPTZ '2001-01-01 00:00:00Z'");
    String byPartition = explain("SELECT * FROM orders o WHERE o.kafka_partition IN (1)");
    String throughJoin =
        explain(
            "WITH o AS (SELECT * FROM orders) SELECT * FROM o JOIN orders p USING (kafka_offset)"
                + " WHERE kafka_offset >= 2 AND p.kafka_offset < 3");

    assertThat(byOffset).contains("cold files: 1 of 3").contains("log: 0 offsets; pruned: 1");
    assertThat(byTime).contains("cold files: 0 of 3").contains("pruned: 3");
    assertThat(byPartition).contains("cold files: 0 of 3").contains("kafka_partition in [1]");
    assertThat(throughJoin).contains("cold files: 1 of 3");
    assertThat(lake.rows("SELECT kafka_offset FROM orders WHERE kafka_offset IN (1, 3) ORDER BY 1"))
        .containsExactly(List.of("1"), List.of("3"));
  }

  @Test
  void plansAreGivenAsJsonToThoseWhoDrawThem() {
    Topic orders = lake.topic("orders", 1, TestLake.COLD);
    put(orders);
    String sql = "SELECT count(*) FROM orders WHERE kafka_offset >= 0";

    List<List<String>> plan = lake.rows("EXPLAIN (FORMAT JSON) " + sql);
    List<List<String>> measured = lake.rows("EXPLAIN (ANALYZE, FORMAT JSON) " + sql);

    assertThat(plan.getFirst()).first().isEqualTo("tables");
    assertThat(plan.getLast().getLast()).startsWith("[").contains("\"children\"");
    assertThat(measured.getLast().getLast()).startsWith("{").contains("\"intermediate_rows\"");
    assertThat(lake.rows("EXPLAIN (SELECT 1)").getLast().getLast())
        .containsIgnoringCase("projection");
  }

  private String explain(String sql) {
    return lake.rows("EXPLAIN " + sql).stream()
        .filter(row -> row.getFirst().equals("tables"))
        .map(List::getLast)
        .reduce("", (all, more) -> all + more);
  }

  private void put(Topic topic) {
    BatchBuilder batch = BatchBuilder.at(TIME);
    batch.add(TIME, "k".getBytes(UTF_8), "v".getBytes(UTF_8));
    lake.append(topic.partition(0), batch.build());
  }
}
