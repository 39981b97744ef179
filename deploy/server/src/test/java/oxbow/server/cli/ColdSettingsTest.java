package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.cli.Shell.Result;
import oxbow.server.testing.TestServer;

/** What a topic's settings make of its table, in a server as it is started. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class ColdSettingsTest {
  /** More than two files' worth, so that none of it waits for its age. */
  private static final int RECORDS = 3_000;

  @TempDir static Path directory;

  private final ObjectMapper json = new ObjectMapper();
  private TestServer server;
  private String url;
  private String bootstrap;

  @BeforeAll
  void start() throws Exception {
    server =
        TestServer.start(
            directory.resolve("data"), List.of("schema.registry.listeners=http://127.0.0.1:0"));
    url = server.root();
    bootstrap = server.bootstrap();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void valuesAndKeysHaveTheTypeThatTheTopicSays() throws Exception {
    offload("texts", "oxbow.value.format=string", "oxbow.key.format=string");
    offload("blobs", "oxbow.value.format=bytes");
    offload("documents", "oxbow.value.format=json");

    assertThat(columns("texts"))
        .containsEntry("value", "string")
        .containsEntry("kafka_key", "string");
    assertThat(columns("blobs"))
        .containsEntry("value", "binary")
        .containsEntry("kafka_key", "binary");
    assertThat(columns("documents")).containsEntry("value", "string");
    assertThat(json("cold", "raw", "texts")).isEmpty();
  }

  @Test
  void recordsThatAreKeptRawAreCountedByReasonUntilTheyHaveColumns() throws Exception {
    offload("late", "oxbow.value.format=avro");

    JsonNode raw = json("cold", "raw", "late");
    assertThat(raw).hasSize(1);
    assertThat(raw.get(0).get("reason").asText()).isEqualTo("no_schema");
    assertThat(raw.get(0).get("records").asLong()).isEqualTo(RECORDS);
    assertThat(get("/metrics"))
        .containsPattern("oxbow_cold_raw_records_total\\{[^}]*reason=\"no_schema\"[^}]*} [1-9]");

    JsonNode all = json("cold", "retype", "late", "--all");
    assertThat(all.get("state").asText()).isEqualTo("done");
    assertThat(all.get("files_retyped").asInt()).isEqualTo(all.get("files").asInt()).isPositive();
    assertThat(json("cold", "retype", "late").get("files_retyped").asInt()).isZero();
    assertThat(json("cold", "verify", "late").get("state").asText()).isEqualTo("good");
    assertThat(run("cold", "retype", "none").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void aTableIsPartitionedAsTheTopicSaysAndMayBeOtherwiseLater() throws Exception {
    offload("parted", "oxbow.cold.partition.by=hour(kafka_timestamp)");
    assertThat(partitioning("parted"))
        .containsExactly("identity(kafka_partition)", "hour(kafka_timestamp)");
    String[] change = {
      "topics",
      "alter",
      "parted",
      "-c",
      "oxbow.cold.partition.by=day(kafka_timestamp),bucket(8,kafka_key),kafka_timestamp_type",
      "--bootstrap",
      bootstrap
    };
    Result changed = new Shell().run(change);
    assertThat(changed.exitCode()).as(changed.err()).isZero();

    produce("parted");
    awaitOffload("parted", 2 * RECORDS);

    assertThat(partitioning("parted"))
        .containsExactly(
            "identity(kafka_partition)",
            "day(kafka_timestamp)",
            "bucket[8](kafka_key)",
            "identity(kafka_timestamp_type)");
    assertThat(json("cold", "verify", "parted").get("records").asLong()).isEqualTo(2L * RECORDS);
  }

  private void offload(String topic, String... settings) throws Exception {
    List<String> create =
        new ArrayList<>(List.of("topics", "create", topic, "-c", "oxbow.cold.file.bytes=1048576"));
    for (String setting : settings) create.addAll(List.of("-c", setting));
    create.addAll(List.of("--bootstrap", bootstrap));
    Result created = new Shell().run(create.toArray(String[]::new));
    assertThat(created.exitCode()).as(created.err()).isZero();
    produce(topic);
    awaitOffload(topic, RECORDS);
  }

  private void produce(String topic) {
    Random random = new Random(1);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < RECORDS; i++) {
      byte[] value = new byte[900];
      random.nextBytes(value);
      lines.append(Base64.getEncoder().encodeToString(value)).append('\n');
    }
    Result produced =
        new Shell().input(lines.toString()).run("produce", topic, "--bootstrap", bootstrap);
    assertThat(produced.exitCode()).as(produced.err()).isZero();
  }

  private void awaitOffload(String topic, long end) throws Exception {
    var never = new CountDownLatch(1);
    for (int i = 0; i < 1_200; i++) {
      JsonNode row = json("cold", "status", topic).get(0);
      if (row != null && row.get("cold_end").asLong() == end) return;
      assertThat(never.await(50, TimeUnit.MILLISECONDS)).isFalse();
    }
    throw new AssertionError("not offloaded: " + run("cold", "status").out());
  }

  private Result run(String... args) {
    String[] all = Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--url";
    all[args.length + 1] = url;
    return new Shell().run(all);
  }

  private JsonNode json(String... args) throws IOException {
    String[] all = Arrays.copyOf(args, args.length + 1);
    all[args.length] = "--json";
    Result result = run(all);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return json.readTree(result.out());
  }

  private String get(String path) throws Exception {
    HttpResponse<String> answer = server.get(path);
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  private JsonNode table(String topic) throws Exception {
    return json.readTree(get("/iceberg/v1/namespaces/topics/tables/" + topic)).get("metadata");
  }

  /** The table's columns at the top and their types, as an engine gets them. */
  private Map<String, String> columns(String topic) throws Exception {
    JsonNode table = table(topic);
    JsonNode schema = byId(table.get("schemas"), "schema-id", table.get("current-schema-id"));
    Map<String, String> columns = new LinkedHashMap<>();
    for (JsonNode field : schema.get("fields")) {
      columns.put(field.get("name").asText(), field.get("type").asText());
    }
    return columns;
  }

  private List<String> partitioning(String topic) throws Exception {
    JsonNode table = table(topic);
    JsonNode spec = byId(table.get("partition-specs"), "spec-id", table.get("default-spec-id"));
    JsonNode schema = byId(table.get("schemas"), "schema-id", table.get("current-schema-id"));
    List<String> fields = new ArrayList<>();
    for (JsonNode field : spec.get("fields")) {
      if (field.get("transform").asText().equals("void")) continue;
      JsonNode source = byId(schema.get("fields"), "id", field.get("source-id"));
      fields.add(field.get("transform").asText() + "(" + source.get("name").asText() + ")");
    }
    return fields;
  }

  private static JsonNode byId(JsonNode nodes, String key, JsonNode id) {
    return StreamSupport.stream(nodes.spliterator(), false)
        .filter(node -> node.get(key).equals(id))
        .findFirst()
        .orElseThrow();
  }
}
