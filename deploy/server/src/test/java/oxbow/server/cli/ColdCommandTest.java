package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.cli.Shell.Result;
import oxbow.server.testing.TestServer;

/** What operators see of the cold tier, by the command line and the HTTP port below it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class ColdCommandTest {
  private static final int RECORDS = 3_000;

  @TempDir static Path directory;

  private final ObjectMapper json = new ObjectMapper();
  private TestServer server;
  private String url;

  @BeforeAll
  void start() throws Exception {
    server =
        TestServer.start(
            directory.resolve("data"), List.of("schema.registry.listeners=http://127.0.0.1:0"));
    url = server.root();
    produce();
    awaitOffload();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /** More than two files take, so that none of it waits for its age. */
  private void produce() {
    Random random = new Random(1);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < RECORDS; i++) {
      byte[] value = new byte[900];
      random.nextBytes(value);
      lines.append(Base64.getEncoder().encodeToString(value)).append('\n');
    }
    create("orders", "-c", "oxbow.cold.file.bytes=1048576");
    produce("orders", lines.toString());
  }

  private String kafka() {
    return server.bootstrap();
  }

  private void create(String topic, String... options) {
    Result created = new Shell().run(all(options, "topics", "create", topic));
    assertThat(created.exitCode()).as(created.err()).isZero();
  }

  private void produce(String topic, String lines, String... options) {
    Result produced = new Shell().input(lines).run(all(options, "produce", topic));
    assertThat(produced.exitCode()).as(produced.err()).isZero();
  }

  private String[] all(String[] options, String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of(options));
    all.addAll(List.of("--bootstrap", kafka()));
    return all.toArray(new String[0]);
  }

  private void awaitOffload() throws Exception {
    var never = new CountDownLatch(1);
    for (int i = 0; i < 600; i++) {
      JsonNode row = json("cold", "status", "orders").get(0);
      if (row != null && row.get("cold_end").asLong() == RECORDS) return;
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

  @Test
  void statusTellsWhereEachPartitionStands() throws Exception {
    JsonNode row = json("cold", "status", "orders").get(0);

    assertThat(row.get("topic").asText()).isEqualTo("orders");
    assertThat(row.get("log_start").asLong()).isZero();
    assertThat(row.get("log_end").asLong()).isEqualTo(RECORDS);
    assertThat(row.get("files").asInt()).isPositive();
    assertThat(row.get("trouble").isNull()).isTrue();
    assertThat(run("cold", "status").out()).contains("TOPIC", "COLD END", "orders");
  }

  @Test
  void filesFollowEachOtherFromTheFirstOffsetToTheLast() throws Exception {
    long next = 0;
    long records = 0;
    for (JsonNode file : json("cold", "files", "orders")) {
      assertThat(file.get("base_offset").asLong()).isEqualTo(next);
      next = file.get("end_offset").asLong();
      records += file.get("records").asLong();
    }
    assertThat(next).isEqualTo(RECORDS);
    assertThat(records).isEqualTo(RECORDS);
    Result nowhere = run("cold", "files", "orders", "-p", "7");
    assertThat(nowhere.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(nowhere.err()).contains("orders has no partition 7");
  }

  @Test
  void parametersThatNobodyKnowsAreRefused() throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (String path : List.of("status?topics=orders", "topics/orders/files?from=1")) {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(URI.create(url + "/api/v1/cold/" + path)).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(path).isEqualTo(400);
        assertThat(answer.body()).contains("there is no parameter '").contains("; there is ");
      }
    }
  }

  @Test
  void verifyReadsEverythingBackAndFindsTheBitThatIsWrong() throws Exception {
    JsonNode good = json("cold", "verify", "orders");
    assertThat(good.get("state").asText()).isEqualTo("good");
    assertThat(good.get("records").asLong()).isEqualTo(RECORDS);

    Path file =
        directory
            .resolve("data/bucket")
            .resolve(json("cold", "files", "orders").get(0).get("name").asText());
    flipBit(file);
    try {
      Result bad = run("cold", "verify");
      assertThat(bad.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(bad.out()).contains("bad", file.getFileName().toString());
    } finally {
      flipBit(file);
    }
  }

  private static void flipBit(Path file) throws IOException {
    try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(bytes.length() / 3);
      int old = bytes.read();
      bytes.seek(bytes.length() / 3);
      bytes.write(old ^ 1);
    }
  }

  @Test
  void mergeIsBegunAndUnknownTopicsAreNamed() throws Exception {
    assertThat(json("cold", "merge", "orders").get("partitions").asInt()).isEqualTo(1);

    Result missing = run("cold", "merge", "none");
    assertThat(missing.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(missing.err()).contains("there is no topic none with a cold tier here");
  }

  @Test
  void eraseTakesKeysOutOfATopicAndProvesIt() throws Exception {
    create("people");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      lines.append(i % 4 == 0 ? "anna" : "bob " + i).append("\tvalue ").append(i).append('\n');
    }
    produce("people", lines.toString(), "--key-separator", "\\t");
    Path keys = Files.writeString(directory.resolve("keys"), "base64:Ym9iIDE=\nnobody\n");

    JsonNode done =
        json("cold", "erase", "--topic", "people", "-k", "anna", "--keys-file", "" + keys, "-y");

    assertThat(done.get("state").asText()).isEqualTo("done");
    assertThat(done.get("keysSha256")).hasSize(3);
    assertThat(done.get("logRecords").asLong() + done.get("coldRecords").asLong())
        .isGreaterThanOrEqualTo(11);
    assertThat(done.get("proof").get("records").asLong()).isZero();
    assertThat(done.get("proof").get("filesLeft")).isEmpty();
    Result read =
        new Shell()
            .run("consume", "people", "--from-beginning", "--until-end", "--bootstrap", kafka());
    assertThat(read.exitCode()).as(read.err()).isZero();
    assertThat(read.out().lines().filter(line -> !line.isBlank())).hasSize(29);
    assertThat(read.out()).doesNotContain("value 0\n", "value 4\n", "value 1\n");

    String shown = run("cold", "erase", "-t", "people", "--key.base64", "YW5uYQ==", "-y").out();
    assertThat(shown).contains("done", "records left");
  }

  @Test
  void eraseFindsTypedKeysByWhatTheyMean() throws Exception {
    create("typed");
    String id = "{\"name\":\"id\",\"type\":\"long\"}";
    String region = ",{\"name\":\"region\",\"type\":\"string\",\"default\":\"eu\"}";
    for (String fields : List.of(id, id + region)) {
      post(
          "/registry/subjects/typed-key/versions",
          json.createObjectNode()
              .put("schema", "{\"type\":\"record\",\"name\":\"K\",\"fields\":[" + fields + "]}")
              .toString());
      for (int i = 0; i < 5; i++) {
        String key =
            fields.equals(id) ? "{\"id\":" + i + "}" : "{\"id\":" + i + ",\"region\":\"eu\"}";
        post("/api/v1/topics/typed/records", "{\"key\":" + key + ",\"value\":\"v" + i + "\"}");
      }
    }
    Path keys = Files.writeString(directory.resolve("json-keys"), "json:{\"id\": 4}\n");

    JsonNode done =
        json(
            "cold",
            "erase",
            "-t",
            "typed",
            "--key-json",
            "{\"region\":\"eu\", \"id\":3}",
            "--key-json",
            "{\"id\":3}",
            "--keys-file",
            "" + keys,
            "-y");

    assertThat(done.get("state").asText()).as(done.toString()).isEqualTo("done");
    assertThat(done.get("keysReadBy")).hasSize(2);
    assertThat(done.get("keysSha256")).hasSize(3);
    assertThat(done.get("proof").get("records").asLong()).isZero();
    Result read =
        new Shell()
            .run("consume", "typed", "--from-beginning", "--until-end", "--bootstrap", kafka());
    assertThat(read.exitCode()).as(read.err()).isZero();
    // {"id":4} with the default region is the same key by the second version of the schema.
    assertThat(read.out().lines().filter(line -> !line.isBlank()))
        .hasSize(6)
        .noneMatch(line -> line.endsWith("v3") || line.endsWith("v4"));
    assertThat(run("cold", "erase", "-t", "typed", "--key-json", "{", "-y").err())
        .contains("a key is no JSON");
  }

  private void post(String path, String body) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(url + path))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }
  }

  @Test
  void eraseAsksFirstAndWantsAKey() {
    Result unasked = run("cold", "erase", "-t", "orders", "-k", "x");
    assertThat(unasked.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unasked.err()).contains("would erase all records with 1 key from orders");
    Result keyless = run("cold", "erase", "-t", "orders", "-y");
    assertThat(keyless.err()).contains("there is no key to erase");
    Result wrong = run("cold", "erase", "-t", "orders", "--key-base64", "???", "-y");
    assertThat(wrong.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(wrong.err()).contains("no base64");
    Result missing = run("cold", "erase", "-t", "none", "-k", "x", "-y");
    assertThat(missing.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void aServerThatIsNotThereIsToldByItsAddress() {
    Result result = new Shell().run("cold", "status", "--url", "http://127.0.0.1:1");

    assertThat(result.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(result.err()).contains("no server answers at http://127.0.0.1:1");
    assertThat(new Shell().run("cold", "status", "--url", "nonsense").exitCode())
        .isEqualTo(ExitCode.USAGE);
  }
}
