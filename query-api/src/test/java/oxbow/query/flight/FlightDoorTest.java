package oxbow.query.flight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.server.Server;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import oxbow.query.testing.FakeSqlEngine;

/** Flight SQL through the published JDBC driver, from an engine that counts what is open. */
@Timeout(60)
class FlightDoorTest {
  private final FakeSqlEngine engine = new FakeSqlEngine();
  private final FlightDoor door = new FlightDoor(engine, "1.2.3");
  private final Server server = Server.builder().http(0).serviceUnder("/", door).build();

  @BeforeEach
  void start() {
    server.start().join();
  }

  @AfterEach
  void nothingIsLeftBehind() {
    await(() -> engine.open.get() == 0);
    door.close();
    var _ = server.stop(); // takes its quiet seconds behind us
    assertThat(engine.allocator.getAllocatedMemory()).isZero();
    engine.close();
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(until);
      LockSupport.parkNanos(2_000_000);
    }
  }

  private Connection connect() throws SQLException {
    return connect(new Properties());
  }

  private Connection connect(Properties properties) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:arrow-flight-sql://127.0.0.1:" + server.activeLocalPort() + "/?useEncryption=false",
        properties);
  }

  @Test
  void nothingIsMadeBeforeSomebodyCalls() throws Exception {
    assertThat(door.isOpen()).isFalse();

    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("rows 1")) {
      assertThat(rows.next()).isTrue();
      assertThat(door.isOpen()).isTrue();
    }
  }

  @Test
  void aStatementGivesItsRows() throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("rows 2500")) {
      long count = 0;
      while (rows.next()) {
        assertThat(rows.getLong("n")).isEqualTo(count);
        if (count % 3 == 1) assertThat(rows.getString("t")).isNull();
        else assertThat(rows.getString(2)).isEqualTo("a \"" + count + "\",\n");
        count++;
      }
      assertThat(count).isEqualTo(2500);
    }
  }

  @Test
  void whoNamesAUserIsLetIn() throws Exception {
    var properties = new Properties();
    properties.setProperty("user", "somebody");
    properties.setProperty("password", "secret");

    try (Connection connection = connect(properties);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("rows 1")) {
      assertThat(rows.next()).isTrue();
    }
  }

  @Test
  void whatIsWrongIsToldWithItsPlace() throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.executeQuery("wrong"))
          .isInstanceOf(SQLException.class)
          .hasStackTraceContaining("no such word (line 1, column 3); try rows 5 [40010]");
    }
  }

  @Test
  void anErrorBehindRowsIsSeen() throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(
              () -> {
                try (ResultSet rows = statement.executeQuery("rows 3000 fail")) {
                  while (rows.next()) {
                    assertThat(rows.getLong(1)).isGreaterThanOrEqualTo(0);
                  }
                }
              })
          .hasStackTraceContaining("broken behind the rows");
    }
  }

  @Test
  void rowsThatNobodyTakesStopTheQuery() throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      ResultSet rows = statement.executeQuery("rows 100000000");
      assertThat(rows.next()).isTrue();
      long before = -1;
      while (before != engine.batches.get()) {
        before = engine.batches.get();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
      }
      assertThat(engine.batches.get()).isLessThan(5_000);

      rows.close();

      await(() -> engine.open.get() == 0);
    }
  }

  @Test
  void aStatementIsCancelled() throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      var waiting =
          CompletableFuture.supplyAsync(() -> {
            try (ResultSet rows = statement.executeQuery("hang")) {
              return rows.next();
            } catch (SQLException e) {
              return false;
            }
          });
      await(() -> engine.open.get() == 1);

      while (!waiting.isDone()) {
        statement.cancel(); // the driver forgets one that comes before the rows are asked for
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }

      assertThat(waiting.join()).isFalse();
      await(() -> engine.open.get() == 0);
    }
  }

  @Test
  void driversAreToldWhatThisIs() throws Exception {
    try (Connection connection = connect()) {
      var told = connection.getMetaData();
      assertThat(told.getDatabaseProductName()).isEqualTo("Oxbow");
      assertThat(told.getDatabaseProductVersion()).isEqualTo("1.2.3");
      assertThat(told.isReadOnly()).isTrue();
      assertThat(told.getIdentifierQuoteString()).isEqualTo("\"");
      try (ResultSet keys = told.getPrimaryKeys(null, null, "any")) {
        assertThat(keys.next()).isFalse();
      }
    }
  }

  @Test
  void whoSpeaksSomethingElseIsToldWhereToGo() throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + server.activeLocalPort() + "/"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(415);
      assertThat(answer.body()).contains("/api/v1/sql");
    }
  }
}
