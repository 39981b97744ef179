package oxbow.query.sql.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.server.Server;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.query.sql.SqlRequest;
import oxbow.query.testing.FakeSqlEngine;

/** SQL as clients see it, from an engine that counts what is open. */
@Timeout(60)
class SqlServiceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path files;

  private final FakeSqlEngine engine = new FakeSqlEngine();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private SqlService service;
  private Server server;

  @BeforeEach
  void start() {
    service =
        new SqlService(
            engine,
            new SqlBounds(
                1 << 16,
                Duration.ofMillis(50),
                2,
                Duration.ofSeconds(3),
                files.resolve("answers")));
    server = Server.builder().http(0).service(service).build();
    server.start().join();
  }

  @AfterEach
  void nothingIsLeftBehind() throws IOException {
    await(() -> service.underWay() == 0 && engine.open.get() == 0);
    service.close();
    client.close();
    var _ = server.stop(); // takes its quiet seconds behind us
    assertThat(engine.allocator.getAllocatedMemory()).isZero();
    engine.close();
    try (var left = Files.walk(files)) {
      assertThat(left.skip(1)).allMatch(path -> path.endsWith("answers"));
    }
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(until);
      LockSupport.parkNanos(2_000_000);
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server.activeLocalPort() + "/api/v1" + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> ask(String path, String body) throws Exception {
    return send(request(path).POST(BodyPublishers.ofString(body)));
  }

  private static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  @Test
  void aStatementSentAsTextIsAnsweredLineByLine() throws Exception {
    HttpResponse<String> answer = ask("/sql", "rows 2");

    List<String> lines = answer.body().lines().toList();
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/x-ndjson");
    String id = answer.headers().firstValue("x-query-id").orElseThrow();
    assertThat(lines.get(0))
        .isEqualTo(
            "{\"queryId\":\""
                + id
                + "\",\"columns\":[{\"name\":\"n\",\"type\":\"BIGINT\"},"
                + "{\"name\":\"t\",\"type\":\"VARCHAR\"}]}");
    assertThat(lines.subList(1, 3)).containsExactly("[0,\"a \\\"0\\\",\\n\"]", "[1,null]");
    assertThat(json(lines.get(3)).at("/stats/rows").asLong()).isEqualTo(2);
    assertThat(lines).hasSize(4);
  }

  @Test
  void whatAnObjectSaysReachesTheEngine() throws Exception {
    String body =
        "{\"query\":\"rows 1\",\"parameters\":[1,2.5,null,\"x\",true,{\"base64\":\"AAE=\"},"
            + "18446744073709551616],\"timeout\":\"90s\",\"limit\":7,\"timezone\":\"Europe/Berlin\","
            + "\"queryId\":\"mine-1\",\"format\":\"csv\"}";

    HttpResponse<String> answer = ask("/sql", body);

    assertThat(answer.body()).isEqualTo("n,t\r\n0,\"a \"\"0\"\",\n\"\r\n");
    SqlRequest request = engine.requests.getFirst();
    assertThat(request.sql()).isEqualTo("rows 1");
    assertThat(request.parameters().subList(0, 5))
        .containsExactly(1L, new BigDecimal("2.5"), null, "x", true);
    assertThat((byte[]) request.parameters().get(5)).containsExactly(0, 1);
    assertThat(request.parameters().get(6)).isEqualTo(new BigDecimal("18446744073709551616"));
    assertThat(request.timeout()).hasValue(Duration.ofSeconds(90));
    assertThat(request.rowsMax()).hasValue(7);
    assertThat(request.zone()).isEqualTo(ZoneId.of("Europe/Berlin"));
    assertThat(request.queryId()).hasValue("mine-1");
  }

  @Test
  void aBrowserAsksInItsAddress() throws Exception {
    HttpResponse<String> answer =
        send(
            request(
                    "/sql?rows=objects&limit=1&q="
                        + URLEncoder.encode("rows 9", StandardCharsets.UTF_8))
                .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"));

    assertThat(answer.body().lines().toList().get(1))
        .isEqualTo("{\"row\":{\"n\":0,\"t\":\"a \\\"0\\\",\\n\"}}");
  }

  @Test
  void jsonIsOneObject() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/sql")
                .header("Accept", "application/json")
                .POST(BodyPublishers.ofString("rows 3")));

    JsonNode whole = json(answer.body());
    assertThat(whole.get("columns").findValuesAsText("name")).containsExactly("n", "t");
    assertThat(whole.get("rows").toString())
        .isEqualTo("[[0,\"a \\\"0\\\",\\n\"],[1,null],[2,\"a \\\"2\\\",\\n\"]]");
    assertThat(whole.at("/stats/rows").asLong()).isEqualTo(3);
  }

  @Test
  void arrowIsAStreamOfBatches() throws Exception {
    byte[] body =
        client
            .send(
                request("/sql?format=arrow").POST(BodyPublishers.ofString("rows 2500")).build(),
                BodyHandlers.ofByteArray())
            .body();

    List<Long> numbers = new ArrayList<>();
    try (var reader = new ArrowStreamReader(new ByteArrayInputStream(body), engine.allocator)) {
      while (reader.loadNextBatch()) {
        var vector = (BigIntVector) reader.getVectorSchemaRoot().getVector("n");
        for (int i = 0; i < vector.getValueCount(); i++) numbers.add(vector.get(i));
      }
    }
    assertThat(numbers).hasSize(2500).doesNotHaveDuplicates();
  }

  @Test
  void parquetIsAWholeFile() throws Exception {
    HttpResponse<byte[]> answer =
        client.send(
            request("/sql?format=parquet").POST(BodyPublishers.ofString("rows 2500")).build(),
            BodyHandlers.ofByteArray());

    assertThat(new String(answer.body(), UTF_8)).isEqualTo("PAR1 with 2500 rows PAR1");
    assertThat(answer.headers().firstValueAsLong("content-length")).hasValue(answer.body().length);
  }

  @Test
  void anErrorBehindRowsIsTheLastLine() throws Exception {
    List<String> lines = ask("/sql", "rows 30000 fail").body().lines().toList();

    assertThat(json(lines.getLast()).at("/error/error_code").asInt()).isEqualTo(50011);
    assertThat(json(lines.getLast()).at("/error/type").asText()).isEqualTo("corrupt");
    assertThat(lines).hasSize(30_002);
  }

  @Test
  void whereAnErrorCantBeSaidTheAnswerBreaksOff() {
    for (String format : List.of("json", "csv", "arrow")) {
      assertThatThrownBy(() -> ask("/sql?format=" + format, "rows 30000 fail"))
          .as(format)
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void whatFailsBeforeItsFirstByteHasAStatusAndAPlace() throws Exception {
    HttpResponse<String> wrong = ask("/sql", "wrong");
    HttpResponse<String> busy = ask("/sql", "busy");
    HttpResponse<String> early = ask("/sql?format=parquet", "rows 5000 fail");

    assertThat(wrong.statusCode()).isEqualTo(400);
    JsonNode error = json(wrong.body());
    assertThat(error.get("error_code").asInt()).isEqualTo(40010);
    assertThat(error.get("message").asText()).isEqualTo("no such word");
    assertThat(error.get("type").asText()).isEqualTo("syntax");
    assertThat(error.get("line").asInt()).isEqualTo(1);
    assertThat(error.get("column").asInt()).isEqualTo(3);
    assertThat(error.get("hint").asText()).isEqualTo("try rows 5");
    assertThat(wrong.headers().firstValue("x-query-id")).hasValue(error.get("queryId").asText());
    assertThat(busy.statusCode()).isEqualTo(429);
    assertThat(busy.headers().firstValue("retry-after")).hasValue("1");
    assertThat(early.statusCode()).isEqualTo(500);
    assertThat(json(early.body()).get("error_code").asInt()).isEqualTo(50011);
  }

  @Test
  void requestsThatSayNothingKnownAreRefused() throws Exception {
    assertThat(ask("/sql", " ").body()).contains("there is no statement");
    assertThat(ask("/sql", "{\"query\":").body()).contains("no JSON");
    assertThat(ask("/sql", "{\"query\":\"rows 1\",\"more\":1}").body()).contains("'more'");
    assertThat(ask("/sql?any=1", "rows 1").body()).contains("'any'");
    assertThat(ask("/sql?timeout=soon", "rows 1").body()).contains("timeout is 'soon'");
    assertThat(ask("/sql?timezone=Moon", "rows 1").body()).contains("timezone is 'Moon'");
    assertThat(ask("/sql?format=xml", "rows 1").statusCode()).isEqualTo(400);
    assertThat(ask("/sql", "rows 1 " + "-".repeat(1 << 16)).statusCode()).isEqualTo(413);
    HttpRequest.Builder image =
        request("/sql").header("Accept", "image/png").POST(BodyPublishers.ofString("rows 1"));
    assertThat(send(image).statusCode()).isEqualTo(406);
    assertThat(send(request("/sql").DELETE()).statusCode()).isEqualTo(405);
    assertThat(send(request("/queries/none")).statusCode()).isEqualTo(404);
    assertThat(engine.requests).isEmpty();
  }

  @Test
  void aClientThatGoesEndsItsQuery() throws Exception {
    HttpResponse<InputStream> answer =
        client.send(
            request("/sql").POST(BodyPublishers.ofString("live")).build(),
            BodyHandlers.ofInputStream());
    await(() -> engine.open.get() == 1);

    answer.body().close();

    await(() -> engine.open.get() == 0);
  }

  @Test
  void aClientThatDoesNotReadStopsTheQuery() throws Exception {
    HttpResponse<InputStream> answer =
        client.send(
            request("/sql").POST(BodyPublishers.ofString("rows 100000000")).build(),
            BodyHandlers.ofInputStream());
    long before = -1;
    // Sockets on both sides take some megabytes; then nothing moves.
    while (before != engine.batches.get()) {
      before = engine.batches.get();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
    }

    assertThat(engine.batches.get()).isLessThan(5_000);
    answer.body().close();
  }

  @Test
  void whatGoesOnGivesSignsOfLife() throws Exception {
    HttpResponse<InputStream> answer =
        client.send(
            request("/sql").POST(BodyPublishers.ofString("live")).build(),
            BodyHandlers.ofInputStream());
    var lines = new java.util.Scanner(answer.body(), StandardCharsets.UTF_8);
    List<String> read = new ArrayList<>();
    for (int i = 0; i < 4; i++) read.add(lines.nextLine());
    answer.body().close();

    assertThat(read.get(1)).startsWith("[0,");
    assertThat(read.get(3)).startsWith("{\"progress\":{\"rows\":2");
    assertThat(ask("/sql?format=json", "live").body()).contains("a query that goes on");
  }

  @Test
  void queriesAreSeenAndStoppedByTheirId() throws Exception {
    var hanging =
        client.sendAsync(
            request("/sql?queryId=slow").POST(BodyPublishers.ofString("hang")).build(),
            BodyHandlers.ofString());
    await(() -> engine.open.get() == 1);

    HttpResponse<String> twice = ask("/sql?queryId=slow", "rows 1");
    JsonNode all = json(send(request("/queries")).body());
    JsonNode one = json(send(request("/queries/slow")).body());
    HttpResponse<String> stopped = send(request("/queries/slow").DELETE());

    assertThat(twice.statusCode()).isEqualTo(409);
    assertThat(all.at("/queries/0/queryId").asText()).isEqualTo("slow");
    assertThat(one.get("state").asText()).isEqualTo("running");
    assertThat(one.get("query").asText()).isEqualTo("hang");
    assertThat(stopped.statusCode()).isEqualTo(200);
    assertThat(hanging.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(499);
    assertThat(send(request("/queries/slow").DELETE()).statusCode()).isEqualTo(404);
  }

  private HttpResponse<String> askForPages(String sql) throws Exception {
    return send(
        request("/sql").header("Prefer", "respond-async").POST(BodyPublishers.ofString(sql)));
  }

  private HttpResponse<String> follow(JsonNode page) throws Exception {
    return send(request(page.get("nextUri").asText().substring("/api/v1".length())));
  }

  @Test
  void rowsAreFetchedPageByPage() throws Exception {
    HttpResponse<String> accepted = askForPages("rows 120000");
    assertThat(accepted.statusCode()).isEqualTo(202);
    assertThat(accepted.headers().firstValue("location")).isPresent();

    List<Long> numbers = new ArrayList<>();
    JsonNode page = json(accepted.body());
    int pages = 0;
    while (page.has("nextUri")) {
      JsonNode before = page;
      page = json(follow(before).body());
      page.get("rows").forEach(row -> numbers.add(row.get(0).asLong()));
      pages++;
      if (pages == 1) assertThat(follow(before).body()).isEqualTo(page + "\n");
    }

    assertThat(pages).isGreaterThan(1);
    assertThat(numbers).hasSize(120_000).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void pagesTellWhatWentWrong() throws Exception {
    JsonNode accepted = json(askForPages("rows 10 fail").body());

    HttpResponse<String> page = follow(accepted);

    assertThat(page.statusCode()).isEqualTo(500);
    assertThat(json(page.body()).get("error_code").asInt()).isEqualTo(50011);
    assertThat(follow(accepted).statusCode()).isEqualTo(404);
  }

  @Test
  void pagesThatNobodyFetchesAreGivenUp() throws Exception {
    JsonNode first = json(askForPages("rows 120000").body());
    JsonNode second = json(askForPages("hang").body());

    HttpResponse<String> third = askForPages("rows 1");

    assertThat(third.statusCode()).isEqualTo(429);
    assertThat(json(third.body()).get("hint").asText()).contains("DELETE");
    assertThat(send(request("/queries/" + second.get("queryId").asText()).DELETE()).statusCode())
        .isEqualTo(200);
    await(() -> service.underWay() == 0);
    assertThat(follow(first).statusCode()).isEqualTo(404);
  }
}
