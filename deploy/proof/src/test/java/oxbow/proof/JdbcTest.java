package oxbow.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** Apache Arrow's JDBC driver, as tools for reports use it, and its ADBC driver. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class JdbcTest {
  private static final int RECORDS = 500;

  private final Proof proof;
  private Oxbow oxbow;
  private int port;
  private Connection connection;

  JdbcTest(Proof proof) {
    this.proof = proof;
  }

  @BeforeAll
  void start() throws Exception {
    port = Ports.free();
    oxbow = Oxbow.start(proof.folder("jdbc"), "flight.port=" + port, "num.partitions=1");
    Ports.awaitListening(port, oxbow.process());
    Map<String, Object> settings = Map.of("bootstrap.servers", oxbow.bootstrap());
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < RECORDS; i++) {
        var _ = producer.send(new ProducerRecord<>("orders", "key " + i % 5, "value " + i));
      }
      producer.flush();
    }
    connection =
        DriverManager.getConnection(
            "jdbc:arrow-flight-sql://127.0.0.1:" + port + "/?useEncryption=false");
  }

  @AfterAll
  void stop() throws SQLException {
    if (connection != null) connection.close();
    oxbow.close();
  }

  @Test
  void queriesGiveTheRecords() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT kafka_offset, kafka_timestamp FROM orders ORDER BY kafka_offset")) {
      long offset = 0;
      while (rows.next()) {
        assertThat(rows.getLong("kafka_offset")).isEqualTo(offset++);
        assertThat(rows.getTimestamp(2)).isNotNull();
      }
      assertThat(offset).isEqualTo(RECORDS);
    }
  }

  @Test
  void statementsArePreparedOnceAndRunWithDifferentValues() throws SQLException {
    String sql = "SELECT count(*) FROM orders WHERE kafka_offset < ? AND 'x' = CAST(? AS VARCHAR)";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (long limit : new long[] {10, 200}) {
        statement.setLong(1, limit);
        statement.setString(2, "x");
        try (ResultSet rows = statement.executeQuery()) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.getLong(1)).isEqualTo(limit);
        }
      }
    }
  }

  @Test
  void toolsFindTablesAndTheirColumns() throws SQLException {
    DatabaseMetaData told = connection.getMetaData();
    assertThat(told.getDatabaseProductName()).isEqualTo("Oxbow");

    List<String> tables = new ArrayList<>();
    try (ResultSet rows = told.getTables(null, null, "ord%", new String[] {"TABLE", "VIEW"})) {
      while (rows.next()) tables.add(rows.getString("TABLE_NAME"));
    }
    List<String> columns = new ArrayList<>();
    try (ResultSet rows = told.getColumns(null, null, "orders", "kafka_%")) {
      while (rows.next()) columns.add(rows.getString("COLUMN_NAME"));
    }
    List<String> schemas = new ArrayList<>();
    try (ResultSet rows = told.getSchemas()) {
      while (rows.next()) schemas.add(rows.getString("TABLE_SCHEM"));
    }
    assertThat(tables).containsExactly("orders");
    assertThat(columns).contains("kafka_partition", "kafka_offset", "kafka_timestamp", "kafka_key");
    assertThat(schemas).contains("topics");
  }

  @Test
  void mistakesAreToldWithTheirPlace() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.executeQuery("SELECT nothing FROM orders"))
          .isInstanceOf(SQLException.class)
          .hasStackTraceContaining("nothing")
          .hasStackTraceContaining("(line 1, column 8)");
      assertThatThrownBy(() -> statement.executeQuery("SELECT 1 FROM nowhere"))
          .hasStackTraceContaining("there is no table nowhere");
    }
  }

  @Test
  void adbcGivesTheSame() {
    List<String> flags =
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--add-opens=java.base/java.nio=ALL-UNNAMED");
    List<String> arguments = List.of("oxbow.proof.adbc.AdbcClient", "grpc+tcp://127.0.0.1:" + port);
    try (var adbc =
        new SqlProcess(
            ChildProcess.java("adbc", proof.folder("adbc"), ClassPaths.adbc(), flags, arguments))) {
      String sql =
          "SELECT kafka_offset, value, kafka_key FROM orders WHERE kafka_offset >= 490"
              + " ORDER BY kafka_offset";
      for (String way : List.of("QUERY ", "PREPARED ")) {
        List<JsonNode> rows = adbc.rows(way + sql);
        assertThat(rows).hasSize(RECORDS - 490);
        assertThat(rows.getFirst().get(0).asLong()).isEqualTo(490);
        assertThat(rows.getFirst().get(2).asText())
            .isEqualTo(Base64.getEncoder().encodeToString("key 0".getBytes(UTF_8)));
      }
      assertThat(adbc.refusal("QUERY SELECT nothing FROM orders")).contains("(line 1, column 8)");
    }
  }
}
