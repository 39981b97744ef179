package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.proof.Sql.rows;
import static oxbow.proof.Sql.run;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;

/** Debezium reads a PostgreSQL's log into a topic, from which another database follows. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
@ExtendWith(ProofExtension.class)
final class DebeziumTest {
  private static final String TOPIC = "shop.public.orders";

  private final Proof proof;

  DebeziumTest(Proof proof) {
    this.proof = proof;
  }

  @Test
  void tableFollowsWhatPostgresCommits() throws Exception {
    requireOrdinaryUser();
    Path folder = proof.folder("debezium");
    String targetUrl = "jdbc:h2:" + folder.resolve("target") + ";AUTO_SERVER=TRUE";
    proof.createTopics(
        List.of(new NewTopic(TOPIC, 1, (short) 1).configs(Map.of("cleanup.policy", "compact"))));
    ConnectWorker connect = proof.connect();
    try (EmbeddedPostgres postgres =
            EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .setOverrideWorkingDirectory(folder.resolve("postgres").toFile())
                .setDataDirectory(folder.resolve("source"))
                .start();
        Connection source = postgres.getPostgresDatabase().getConnection();
        Connection target = DriverManager.getConnection(targetUrl)) {
      String columns =
          "(id BIGINT PRIMARY KEY, customer VARCHAR(80), amount DECIMAL(10, 2), paid BOOLEAN,"
              + " items INTEGER, placed TIMESTAMP(3))";
      run(source, "CREATE TABLE orders " + columns);
      run(target, "CREATE TABLE orders_copy " + columns);
      insert(source, 1, "Ada", "12.50");
      insert(source, 2, "Grace", "99.99");

      connect.run("shop-source", source(postgres.getPort()));
      connect.run("shop-sink", sink(targetUrl));
      awaitSame("the rows that were there at first", source, target);

      source.setAutoCommit(false);
      run(source, "UPDATE orders SET amount = 13.75, paid = TRUE WHERE id = 1");
      run(source, "DELETE FROM orders WHERE id = 2");
      insert(source, 3, "Edsger", "1.00");
      source.commit();
      insert(source, 4, "Nobody", "0.00");
      source.rollback();
      run(source, "UPDATE orders SET id = 30 WHERE id = 3");
      source.commit();
      awaitSame("changes, a deletion and a new key", source, target);

      connect.delete("shop-source");
      insert(source, 5, "Barbara", "7.77");
      run(source, "DELETE FROM orders WHERE id = 1");
      source.commit();
      connect.run("shop-source", source(postgres.getPort()));
      awaitSame("what happened while nobody listened", source, target);

      assertThat(rows(target, "orders_copy"))
          .containsExactly(
              "5|Barbara|7.77|false|2|2026-11-20 10:00:00.125",
              "30|Edsger|1.00|false|2|2026-11-20 10:00:00.125");
      connect.delete("shop-source");
      connect.delete("shop-sink");
    }
  }

  /**
   * PostgreSQL refuses to run as root; without a name space of its own it can't be anybody else.
   */
  private static void requireOrdinaryUser() throws IOException, InterruptedException {
    if (!"root".equals(System.getProperty("user.name"))) return;
    Process unshare =
        new ProcessBuilder("unshare", "-U", "true")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean canUnshare = unshare.waitFor(10, TimeUnit.SECONDS) && unshare.exitValue() == 0;
    Assumptions.assumeTrue(canUnshare, "PostgreSQL needs another user than root, or unshare -U");
  }

  private static Map<String, String> source(int port) {
    var config =
        new HashMap<>(
            Map.of(
                "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
                "plugin.name", "pgoutput",
                "database.hostname", "localhost",
                "database.port", Integer.toString(port),
                "database.user", "postgres",
                "database.password", "postgres",
                "database.dbname", "postgres",
                "topic.prefix", "shop",
                "table.include.list", "public.orders",
                "slot.name", "oxbow_orders"));
    config.put("publication.name", "oxbow_orders");
    config.put("publication.autocreate.mode", "filtered");
    config.put("decimal.handling.mode", "precise");
    config.put("time.precision.mode", "connect");
    config.put("transforms", "unwrap");
    config.put("transforms.unwrap.type", "io.debezium.transforms.ExtractNewRecordState");
    config.put("transforms.unwrap.delete.tombstone.handling.mode", "tombstone");
    return config;
  }

  private static Map<String, String> sink(String url) {
    return Map.of(
        "connector.class",
        "oxbow.example.pipeline.JdbcTableSink",
        "connection.url",
        url,
        "table",
        "orders_copy",
        "topics",
        TOPIC);
  }

  private static void awaitSame(String what, Connection source, Connection target) {
    Await.until(what, Await.LONG, () -> rows(target, "orders_copy").equals(rows(source, "orders")));
  }

  private static void insert(Connection connection, int id, String customer, String amount)
      throws SQLException {
    run(
        connection,
        "INSERT INTO orders VALUES (%d, '%s', %s, FALSE, 2, TIMESTAMP '2026-11-20 10:00:00.125')"
            .formatted(id, customer, amount));
  }
}
