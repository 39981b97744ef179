package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.proof.Sql.rows;
import static oxbow.proof.Sql.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kafka Connect, standalone: Kafka's own file connectors, and the pipeline of the examples. */
@ExtendWith(ProofExtension.class)
final class KafkaConnectTest {
  private static final Map<String, String> TEXT =
      Map.of(
          "key.converter", "org.apache.kafka.connect.storage.StringConverter",
          "value.converter", "org.apache.kafka.connect.storage.StringConverter");

  private final Proof proof;

  KafkaConnectTest(Proof proof) {
    this.proof = proof;
  }

  @Test
  void fileTravelsThroughATopicToAFile() throws Exception {
    Path folder = proof.folder("connect-files");
    Path source = folder.resolve("source.txt");
    Path target = folder.resolve("target.txt");
    String topic = proof.topic("connect-file", 1);
    Files.write(source, List.of("first line", "second line"));
    ConnectWorker connect = proof.connect();

    connect.run(
        "file-source",
        with(
            TEXT,
            Map.of(
                "connector.class", "FileStreamSource", "file", source.toString(), "topic", topic)));
    connect.run(
        "file-sink",
        with(
            TEXT,
            Map.of(
                "connector.class", "FileStreamSink", "file", target.toString(), "topics", topic)));
    Await.until(
        "both lines",
        Await.LONG,
        () -> Files.readAllLines(target).equals(List.of("first line", "second line")));
    Files.write(source, List.of("third line"), StandardOpenOption.APPEND);

    Await.until(
        "the line that came later",
        Await.LONG,
        () ->
            Files.readAllLines(target).equals(List.of("first line", "second line", "third line")));
    connect.delete("file-source");
    connect.delete("file-sink");
  }

  @Test
  void tableFollowsTheTableOfAnotherDatabase() throws Exception {
    Path folder = proof.folder("connect-databases");
    // AUTO_SERVER lets the worker's process open the same database as this test.
    String sourceUrl = "jdbc:h2:" + folder.resolve("source") + ";AUTO_SERVER=TRUE";
    String targetUrl = "jdbc:h2:" + folder.resolve("target") + ";AUTO_SERVER=TRUE";
    String topic = proof.topic("orders", 1, Map.of("cleanup.policy", "compact"));
    ConnectWorker connect = proof.connect();
    try (Connection source = DriverManager.getConnection(sourceUrl);
        Connection target = DriverManager.getConnection(targetUrl)) {
      run(source, "CREATE SEQUENCE versions");
      run(
          source,
          """
          CREATE TABLE orders (
            id BIGINT PRIMARY KEY, customer VARCHAR(80), amount DECIMAL(10, 2), paid BOOLEAN,
            placed TIMESTAMP(3), deleted BOOLEAN DEFAULT FALSE, version BIGINT)
          """);
      run(
          target,
          """
          CREATE TABLE orders_copy (
            id BIGINT PRIMARY KEY, customer VARCHAR(80), amount DECIMAL(10, 2), paid BOOLEAN,
            placed TIMESTAMP(3), deleted BOOLEAN, version BIGINT)
          """);
      insert(source, 1, "Ada", "12.50");
      insert(source, 2, "Grace", "99.99");
      insert(source, 3, "Edsger", "1.00");

      connect.run(
          "orders-source",
          Map.of(
              "connector.class", "oxbow.example.pipeline.JdbcTableSource",
              "connection.url", sourceUrl,
              "table", "orders",
              "key.column", "id",
              "version.column", "version",
              "deleted.column", "deleted",
              "topic", topic));
      connect.run(
          "orders-sink",
          Map.of(
              "connector.class",
              "oxbow.example.pipeline.JdbcTableSink",
              "connection.url",
              targetUrl,
              "table",
              "orders_copy",
              "topics",
              topic));
      Await.until("three rows", Await.LONG, () -> rows(target, "orders_copy").size() == 3);
      run(
          source,
          "UPDATE orders SET amount = 13.75, paid = TRUE, version = NEXT VALUE FOR versions WHERE"
              + " id = 1");
      run(
          source,
          "UPDATE orders SET deleted = TRUE, version = NEXT VALUE FOR versions WHERE id = 2");
      insert(source, 4, "Barbara", "7.77");
      Await.until(
          "the target caught up",
          Await.LONG,
          () -> rows(target, "orders_copy").equals(rows(source, "orders WHERE NOT deleted")));

      assertThat(rows(target, "orders_copy"))
          .hasSize(3)
          .first()
          .asString()
          .startsWith("1|Ada|13.75|true|2026-11-20 10:00:00.125|false|4");
      connect.delete("orders-source");
      connect.delete("orders-sink");
    }
  }

  private static void insert(Connection connection, int id, String customer, String amount)
      throws SQLException {
    run(
        connection,
        """
        INSERT INTO orders (id, customer, amount, paid, placed, version) VALUES (
          %d, '%s', %s, FALSE, TIMESTAMP '2026-11-20 10:00:00.125', NEXT VALUE FOR versions)
        """
            .formatted(id, customer, amount));
  }

  private static Map<String, String> with(Map<String, String> first, Map<String, String> more)
      throws IOException {
    Map<String, String> all = new java.util.HashMap<>(first);
    all.putAll(more);
    return all;
  }
}
