package oxbow.server.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.testing.TestServer;

/** SQL and replay with predicates over HTTP, in a whole server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class SqlServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path data;

  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.start(data, List.of("num.partitions=2"));
    produce();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private void produce() throws Exception {
    String schema =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"},"
            + "{\"name\":\"item\",\"type\":\"string\"}]}";
    String versions = "/registry/subjects/orders-value/versions";
    assertThat(
            server.post(versions, JSON.writeValueAsString(Map.of("schema", schema))).statusCode())
        .isEqualTo(200);
    var records = new StringBuilder();
    for (int i = 0; i < 1_000; i++) {
      records.append(
          "{\"key\":\"k"
              + i
              + "\",\"value\":{\"n\":"
              + i
              + ",\"item\":\"item "
              + i % 10
              + "\"}}\n");
    }
    HttpResponse<String> produced =
        server.post("/api/v1/topics/orders/records", records.toString());
    assertThat(JSON.readTree(produced.body()).path("errors").asInt(-1))
        .as(produced.body())
        .isZero();
  }

  private HttpResponse<String> sql(String sql) throws Exception {
    return server.ask("POST", "/api/v1/sql", sql);
  }

  private static List<JsonNode> lines(HttpResponse<String> answer) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<JsonNode> lines = new ArrayList<>();
    for (String line : answer.body().lines().toList()) lines.add(JSON.readTree(line));
    return lines;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Test
  void aTopicIsATable() throws Exception {
    List<JsonNode> answer =
        lines(sql("SELECT item, count(*) AS c, sum(n) AS s FROM orders GROUP BY item ORDER BY 1"));

    assertThat(answer.getFirst().get("columns").findValuesAsText("name"))
        .containsExactly("item", "c", "s");
    assertThat(answer.get(1).toString()).isEqualTo("[\"item 0\",100,49500]");
    assertThat(answer).hasSize(12);
    assertThat(answer.getLast().at("/stats/rows").asLong()).isEqualTo(10);
  }

  @Test
  void parametersStandForValues() throws Exception {
    String body =
        "{\"query\":\"SELECT n FROM orders WHERE n = ? AND item = ?\",\"parameters\":[7,\"item 7\"]}";

    assertThat(lines(server.post("/api/v1/sql", body)).get(1).toString()).isEqualTo("[7]");
  }

  @Test
  void mistakesAreToldWithTheirPlace() throws Exception {
    HttpResponse<String> syntax = sql("SELECT n\nFORM orders");
    HttpResponse<String> table = sql("SELECT * FROM nowhere");

    assertThat(syntax.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(syntax.body()).get("line").asInt()).isEqualTo(2);
    assertThat(table.statusCode()).isEqualTo(404);
    assertThat(JSON.readTree(table.body()).get("type").asText()).isEqualTo("no_table");
  }

  @Test
  void everyFormatHasEveryRow() throws Exception {
    String query = "/api/v1/sql?q=" + encoded("SELECT * FROM orders") + "&format=";

    assertThat(server.get(query + "csv").body().split("\r\n")).hasSize(1_001);
    assertThat(JSON.readTree(server.get(query + "json").body()).get("rows")).hasSize(1_000);
    assertThat(server.get(query + "ndjson").body().lines()).hasSize(1_002);
    assertThat(server.get(query + "arrow").statusCode()).isEqualTo(200);
    assertThat(server.get(query + "parquet").body()).startsWith("PAR1").endsWith("PAR1");
  }

  @Test
  void replayTakesWhatAPredicateTakes() throws Exception {
    String records = "/api/v1/topics/orders/records?filter=";

    List<JsonNode> found = lines(server.get(records + encoded("n % 100 = 5 AND item <> 'x'")));
    List<JsonNode> none = lines(server.get(records + encoded("n < 0")));
    HttpResponse<String> wrong = server.get(records + encoded("nothing = 1"));
    HttpResponse<String> open = server.get(records + encoded("true) OR (true"));

    assertThat(found).hasSize(11);
    assertThat(found.getFirst().path("value").path("n").asInt() % 100).isEqualTo(5);
    assertThat(found.getLast().path("count").asInt()).isEqualTo(10);
    assertThat(none).hasSize(1);
    assertThat(none.getFirst().path("end").asBoolean()).isTrue();
    assertThat(wrong.statusCode()).as(wrong.body()).isEqualTo(400);
    assertThat(wrong.body()).contains("nothing");
    assertThat(lines(open)).hasSize(1_001);
  }

  @Test
  void replayGivesColumnsAsRows() throws Exception {
    List<JsonNode> rows =
        lines(
            server.get(
                "/api/v1/topics/orders/records?partition=0&limit=3&columns=n,item&filter="
                    + encoded("item = 'item 3'")));

    assertThat(rows).hasSize(4);
    assertThat(rows.getFirst().propertyStream().map(Map.Entry::getKey))
        .containsExactly("kafka_partition", "kafka_offset", "kafka_timestamp", "n", "item");
    assertThat(rows.getFirst().get("item").asText()).isEqualTo("item 3");
    assertThat(rows.getLast().path("count").asInt()).isEqualTo(3);
    String cursor = rows.getLast().path("next").asText();
    List<JsonNode> more =
        lines(
            server.get(
                "/api/v1/topics/orders/records?columns=n&from=cursor:" + cursor + "&limit=100000"));
    assertThat(more.getLast().path("end").asBoolean()).isTrue();
    assertThat(server.get("/api/v1/topics/orders/records?format=arrow").statusCode())
        .isEqualTo(200);
  }

  @Test
  void replaysAreCounted() throws Exception {
    assertThat(lines(server.get("/api/v1/topics/orders/records"))).hasSize(1_001);

    assertThat(server.get("/metrics").body())
        .containsPattern("oxbow_replay_records_total\\{tier=\"hot\"} [1-9]")
        .contains("oxbow_replay_open 0.0")
        .contains("oxbow_replay_followers 0.0");
  }

  @Test
  void driversHaveAPortOfTheirOwn() {
    assertThat(server.server().flightAddress()).isPresent();
  }
}
