package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.testing.S3ProxyServer;
import oxbow.cold.store.testing.SharedS3;
import oxbow.log.testing.BatchBuilder;
import oxbow.query.Topics.Topic;
import oxbow.query.testing.TestLake;

/** Random queries, answered by topics that lie in both tiers and by DuckDB over a copy. */
@ExtendWith(SharedS3.class)
class DifferentialSqlTest {
  private static final long SEED = 20_261_120;
  private static final int QUERIES = 80;
  private static final int PARTITIONS = 3;
  private static final int RECORDS = 3_000;
  private static final long TIME = 1_700_000_000_000L;
  private static final int SCHEMA_ID = 5;
  private static final String SCHEMA =
      """
      {"type":"record","name":"sale","fields":[
        {"name":"id","type":"long"},
        {"name":"name","type":"string"},
        {"name":"amount","type":"double"},
        {"name":"status","type":{"type":"enum","name":"s","symbols":["NEW","PAID","SENT"]}},
        {"name":"tags","type":{"type":"array","items":"string"}},
        {"name":"note","type":["null","string"]}]}
      """;
  private static final String[] STATUSES = {"NEW", "PAID", "SENT"};
  private static final String COLUMNS =
      "kafka_partition, kafka_offset, epoch_ms(kafka_timestamp) AS at, id, name, amount, status,"
          + " array_to_string(tags, '+') AS tags, note";

  @TempDir Path directory;
  private TestLake lake;
  private Connection copy;

  @BeforeEach
  void open() throws SQLException {
    open(new TestLake(directory.resolve("here")));
  }

  private void open(TestLake opened) throws SQLException {
    lake = opened;
    lake.schemas.register("sales-value", SCHEMA_ID, SCHEMA);
    copy = DriverManager.getConnection("jdbc:duckdb:");
    execute("SET TimeZone = 'UTC'");
    execute(
        "CREATE TABLE sales (kafka_partition INTEGER, kafka_offset BIGINT, kafka_timestamp"
            + " TIMESTAMPTZ, id BIGINT, name VARCHAR, amount DOUBLE, status VARCHAR, tags"
            + " VARCHAR[], note VARCHAR)");
    fill(new Random(SEED));
  }

  @AfterEach
  void close() throws SQLException {
    copy.close();
    lake.close();
  }

  @Test
  void topicsAnswerAsACopyOfThemDoes() throws SQLException {
    compareAll();
  }

  @Test
  void topicsInABucketOfS3Do(S3ProxyServer s3) throws SQLException {
    close();
    Path elsewhere = directory.resolve("elsewhere");
    open(new TestLake(elsewhere, TestLake.limits(elsewhere), List.of(), s3.openEmpty()));
    compareAll();
  }

  private void compareAll() throws SQLException {
    var random = new Random(SEED);
    for (int i = 0; i < QUERIES; i++) {
      String sql = query(random);
      assertThat(sorted(ours(sql))).as("seed " + SEED + ": " + sql).isEqualTo(sorted(theirs(sql)));
    }
  }

  private List<List<String>> ours(String sql) {
    return lake.rows("SELECT (COLUMNS(*))::VARCHAR FROM (" + sql + ")");
  }

  private List<List<String>> theirs(String sql) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    try (var statement = copy.createStatement();
        ResultSet found =
            statement.executeQuery("SELECT (COLUMNS(*))::VARCHAR FROM (" + sql + ")")) {
      int columns = found.getMetaData().getColumnCount();
      while (found.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= columns; i++)
          row.add(Objects.requireNonNullElse(found.getString(i), "NULL"));
        rows.add(row);
      }
    }
    return rows;
  }

  private static List<List<String>> sorted(List<List<String>> rows) {
    return rows.stream().sorted(Comparator.comparing(List::toString)).toList();
  }

  // ---- queries

  private String query(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> "SELECT " + COLUMNS + " FROM sales WHERE " + condition(random, 2);
      case 1 ->
          "SELECT status, count(*) AS n, min(amount) AS least, max(id) AS most, count(note) AS notes"
              + " FROM sales WHERE "
              + condition(random, 2)
              + " GROUP BY status";
      case 2 ->
          "SELECT kafka_partition, kafka_offset, id FROM sales WHERE "
              + condition(random, 1)
              + " ORDER BY id, kafka_partition, kafka_offset LIMIT "
              + random.nextInt(50);
      case 3 ->
          "SELECT a.kafka_offset, b.id FROM sales a JOIN sales b ON a.kafka_offset = b.kafka_offset"
              + " AND a.kafka_partition <> b.kafka_partition WHERE "
              + condition(random, 1)
                  .replace("kafka_", "a.kafka_")
                  .replace("id ", "a.id ")
                  .replace("amount ", "a.amount ")
                  .replace("status ", "a.status ")
                  .replace("note ", "b.note ")
                  .replace("name ", "b.name ");
      case 4 ->
          // Names mean something else here than in the table.
          "SELECT id, amount, name FROM (SELECT kafka_offset AS id, id AS kafka_offset, id AS amount,"
              + " amount AS kafka_partition, status AS name FROM sales) WHERE id "
              + comparison(random)
              + " "
              + random.nextInt(RECORDS)
              + " AND amount > "
              + random.nextInt(1000)
              + " AND name >= 'P'";
      case 5 ->
          "SELECT kafka_offset, id AS n FROM sales WHERE "
              + condition(random, 1)
              + " UNION ALL SELECT kafka_offset, amount FROM sales WHERE "
              + condition(random, 1);
      case 6 ->
          "WITH chosen AS (SELECT * FROM sales WHERE "
              + condition(random, 1)
              + ") SELECT tag, count(*) AS n FROM chosen, unnest(tags) AS t(tag) GROUP BY tag";
      default ->
          "SELECT count(*) AS n, count(DISTINCT name) AS names, sum(id) AS ids FROM sales WHERE "
              + condition(random, 3);
    };
  }

  private String condition(Random random, int depth) {
    if (depth > 0 && random.nextInt(3) > 0) {
      String both = random.nextInt(4) == 0 ? " OR " : " AND ";
      return "(" + condition(random, depth - 1) + both + condition(random, depth - 1) + ")";
    }
    return switch (random.nextInt(14)) {
      case 0 -> "kafka_offset " + comparison(random) + " " + random.nextInt(RECORDS);
      case 1 ->
          "kafka_offset BETWEEN " + random.nextInt(RECORDS) + " AND " + random.nextInt(RECORDS);
      case 2 -> "kafka_partition = " + random.nextInt(PARTITIONS + 1);
      case 3 -> "kafka_partition IN (0, " + random.nextInt(PARTITIONS) + ")";
      case 4 ->
          "kafka_timestamp "
              + comparison(random)
              + " make_timestamptz("
              + (TIME + random.nextInt(RECORDS) * 1000L)
              + "000)";
      case 5 -> "id " + comparison(random) + " " + random.nextInt(1000);
      case 6 -> "status = '" + STATUSES[random.nextInt(3)] + "'";
      case 7 -> "note IS " + (random.nextBoolean() ? "NOT " : "") + "NULL";
      case 8 -> "amount " + comparison(random) + " " + random.nextInt(100) + ".5";
      case 9 -> "name BETWEEN 'n" + random.nextInt(100) + "' AND 'n" + random.nextInt(100) + "'";
      case 10 -> "id IN (" + random.nextInt(1000) + ", " + random.nextInt(1000) + ", NULL)";
      case 11 -> "NOT (id " + comparison(random) + " " + random.nextInt(1000) + ")";
      case 12 -> "amount = " + random.nextInt(1000) / 8.0;
      default -> "name LIKE 'n" + random.nextInt(10) + "%'";
    };
  }

  private static String comparison(Random random) {
    return List.of("=", "<", "<=", ">", ">=", "<>").get(random.nextInt(6));
  }

  // ---- records

  /** A third lies in cold files, a third in both tiers, and a third only in the log. */
  private void fill(Random random) throws SQLException {
    Topic sales = lake.topic("sales", PARTITIONS, TestLake.COLD);
    List<String> rows = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        for (int i = 0; i < RECORDS / PARTITIONS / 3; ) {
          long offset = lake.log(sales.partition(partition)).offsets().logEnd();
          long time = TIME + offset * 1000 * PARTITIONS;
          BatchBuilder batch = BatchBuilder.at(time);
          int count = 1 + random.nextInt(20);
          for (int j = 0; j < count; j++, i++) {
            batch.add(time + j, null, value(random, partition, offset + j, time + j, rows));
          }
          lake.append(sales.partition(partition), batch.build());
        }
      }
      if (round < 2) lake.offload(sales);
    }
    execute("INSERT INTO sales VALUES " + String.join(", ", rows));
  }

  private static byte[] value(
      Random random, int partition, long offset, long time, List<String> rows) {
    long id = random.nextInt(1000);
    String name = "n" + random.nextInt(100) + (random.nextInt(5) == 0 ? " with a long name" : "");
    double amount = random.nextInt(1000) / 8.0;
    int status = random.nextInt(3);
    List<String> tags = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) tags.add("tag" + random.nextInt(8));
    String note = random.nextBoolean() ? null : "note " + random.nextInt(5);

    var out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(SCHEMA_ID).array());
    putLong(out, id);
    putText(out, name);
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(amount).array());
    putLong(out, status);
    if (!tags.isEmpty()) putLong(out, tags.size());
    for (String tag : tags) putText(out, tag);
    putLong(out, 0);
    putLong(out, note == null ? 0 : 1);
    if (note != null) putText(out, note);

    rows.add(
        "(%d, %d, make_timestamptz(%d000), %d, '%s', %s, '%s', [%s]::VARCHAR[], %s)"
            .formatted(
                partition,
                offset,
                time,
                id,
                name,
                amount,
                STATUSES[status],
                String.join(", ", tags.stream().map(tag -> "'" + tag + "'").toList()),
                note == null ? "NULL" : "'" + note + "'"));
    return out.toByteArray();
  }

  private static void putText(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    putLong(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void putLong(ByteArrayOutputStream out, long value) {
    long bits = (value << 1) ^ (value >> 63);
    while ((bits & ~0x7fL) != 0) {
      out.write((int) ((bits & 0x7f) | 0x80));
      bits >>>= 7;
    }
    out.write((int) bits);
  }

  private void execute(String sql) throws SQLException {
    try (var statement = copy.createStatement()) {
      statement.execute(sql);
    }
  }
}
