package oxbow.query.flight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.Server;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.apache.arrow.flight.impl.Flight;
import org.apache.arrow.flight.sql.impl.FlightSql;
import org.jspecify.annotations.Nullable;
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

  @Test
  void compressedRequestsAreRead() throws Exception {
    AggregatedHttpResponse answer = describe("gzip", 1, gzip(descriptor("rows 2")));

    assertThat(answer.trailers().get("grpc-status")).isEqualTo("0");
    byte[] frame = answer.content().array();
    assertThat(frame[0]).as("compressed").isZero();
    var info = Flight.FlightInfo.parseFrom(Arrays.copyOfRange(frame, 5, frame.length));
    assertThat(info.getEndpointCount()).isEqualTo(1);
  }

  @Test
  void anEncodingThatNobodyKnowsIsRefusedWithThoseThatAreKnown() throws Exception {
    AggregatedHttpResponse answer = describe("snappy", 1, descriptor("rows 2"));

    assertThat(answer.trailers().get("grpc-status"))
        .isEqualTo(Integer.toString(Status.Code.UNIMPLEMENTED.value()));
    assertThat(answer.trailers().get("grpc-message")).contains("snappy");
    assertThat(answer.headers().get("grpc-accept-encoding")).isEqualTo("identity,gzip");
  }

  @Test
  void messagesThatAreNotWhatTheySayEndTheCall() throws Exception {
    Map<Status.Code, AggregatedHttpResponse> answers =
        Map.of(
            Status.Code.INTERNAL, describe("gzip", 1, descriptor("rows 2")),
            Status.Code.RESOURCE_EXHAUSTED, describe("gzip", 1, gzip(new byte[65 << 20])));

    answers.forEach((code, answer) ->
        assertThat(answer.trailers().get("grpc-status")).isEqualTo(Integer.toString(code.value())));
    assertThat(describe(null, 1, descriptor("rows 2")).trailers().get("grpc-status"))
        .as("compressed, and not said how")
        .isEqualTo(Integer.toString(Status.Code.INTERNAL.value()));
  }

  private AggregatedHttpResponse describe(@Nullable String encoding, int flag, byte[] message) {
    var headers =
        RequestHeaders.builder(
                HttpMethod.POST, "/arrow.flight.protocol.FlightService/GetFlightInfo")
            .set("content-type", "application/grpc")
            .set("te", "trailers");
    if (encoding != null) headers.set("grpc-encoding", encoding);
    byte[] frame =
        ByteBuffer.allocate(5 + message.length)
            .put((byte) flag)
            .putInt(message.length)
            .put(message)
            .array();
    return WebClient.of("h2c://127.0.0.1:" + server.activeLocalPort())
        .execute(headers.build(), frame)
        .aggregate()
        .join();
  }

  private static byte[] descriptor(String sql) {
    var query = FlightSql.CommandStatementQuery.newBuilder().setQuery(sql).build();
    return Flight.FlightDescriptor.newBuilder()
        .setType(Flight.FlightDescriptor.DescriptorType.CMD)
        .setCmd(Any.pack(query).toByteString())
        .build()
        .toByteArray();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }
}
