package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The console in a real Chromium, by its mouse and keyboard. Its pictures lie in {@code
 * target/proof/console}.
 */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ConsoleTest {
  private static final String HOSTILE =
      "<script>window.isHacked = true</script><img src=x onerror=\"window.isHacked = true\">";
  private static final String ITEM = "{\"name\":\"item\",\"type\":\"string\"}";
  private static final String PRICE = "{\"name\":\"price\",\"type\":\"double\"}";
  private static final String NOTE =
      "{\"name\":\"note\",\"type\":[\"null\",\"string\"],\"default\":null}";

  /** Between two records. */
  private static final long STEP_MS = 95_000;

  private final Proof proof;
  private final HttpClient client = HttpClient.newHttpClient();
  private Oxbow oxbow;
  private Browser browser;
  private String root;
  private long firstMs;

  ConsoleTest(Proof proof) {
    this.proof = proof;
  }

  @BeforeAll
  void start() throws Exception {
    Path chromium = Browser.installed().orElse(null);
    if (chromium == null) {
      Assumptions.abort("there is no Chromium here: the console was not looked at");
    }
    oxbow =
        Oxbow.start(
            proof.folder("console"),
            "num.partitions=3",
            "log.retention.check.interval.ms=200",
            "group.initial.rebalance.delay.ms=0");
    root = oxbow.http().replace("localhost", "127.0.0.1"); // the only host the browser may reach
    fill();
    browser =
        Browser.start(
            chromium,
            proof.folder("chromium"),
            Path.of(System.getProperty("proof.work")).resolve("console"));
    browser.allowClipboard(root);
  }

  @AfterAll
  void stop() {
    if (browser != null) browser.close();
    if (oxbow != null) oxbow.close();
    client.shutdownNow();
  }

  // ---- what there is to be seen

  private void fill() throws Exception {
    Map<String, String> tiered =
        Map.of(
            "segment.bytes",
            "1048576",
            "local.retention.ms",
            "1",
            "oxbow.cold.max.lag.ms",
            "10000");
    try (var admin = Admin.create(Map.of("bootstrap.servers", oxbow.bootstrap()))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("orders", 3, (short) 1),
                  new NewTopic("readings", 1, (short) 1).configs(tiered),
                  new NewTopic("hostile", 1, (short) 1),
                  new NewTopic("arrivals", 1, (short) 1)))
          .all()
          .get();
    }
    register(ITEM + "," + PRICE);
    firstMs = InstantSource.system().millis() - Duration.ofHours(2).toMillis();
    List<String> orders = new ArrayList<>();
    String[] items = {"tea", "cake", "coffee", "milk", "sugar"};
    for (int i = 0; i < 60; i++) {
      orders.add(
          "{\"key\":\"customer-%d\",\"timestamp\":%d,\"value\":{\"item\":\"%s\",\"price\":%d.5}}"
              .formatted(i % 7, firstMs + i * STEP_MS, items[i % items.length], 1 + i * i % 9));
    }
    produce("orders", "[" + String.join(",", orders) + "]");
    register(ITEM + "," + PRICE + "," + NOTE);
    produce("hostile", "[{\"key\":%1$s,\"value\":%1$s}]".formatted(Browser.quoted(HOSTILE)));
    String filler = "x".repeat(20_000);
    List<String> readings =
        IntStream.range(0, 150).mapToObj(i -> "{\"value\":\"%d%s\"}".formatted(i, filler)).toList();
    produce("readings", "[" + String.join(",", readings) + "]");
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", oxbow.bootstrap());
    settings.put("group.id", "billing");
    try (var consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.commitSync(
          Map.of(
              new TopicPartition("orders", 0), new OffsetAndMetadata(3),
              new TopicPartition("orders", 1), new OffsetAndMetadata(0)));
    }
  }

  /** Takes ten seconds from the start: other tests go on meanwhile. */
  private void awaitColdRecords() {
    Await.until(
        "cold records",
        Await.LONG,
        () -> !get("/api/v1/topics/readings").contains("\"coldFiles\":0"));
  }

  private void register(String fields) throws Exception {
    String schema = "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[" + fields + "]}";
    post("/registry/subjects/orders-value/versions", "{\"schema\":" + Browser.quoted(schema) + "}");
  }

  private void produce(String topic, String records) throws Exception {
    assertThat(post("/api/v1/topics/" + topic + "/records", records)).doesNotContain("error_code");
  }

  private String get(String path) throws Exception {
    return client
        .send(HttpRequest.newBuilder(URI.create(root + path)).build(), BodyHandlers.ofString())
        .body();
  }

  private String post(String path, String body) throws Exception {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(root + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
    return answer.body();
  }

  // ---- what holds always

  @BeforeEach
  void atADesk() {
    browser.size(1280, 860);
    browser.dark(false);
  }

  @AfterEach
  void nothingIsComplainedOfAndNobodyElseIsAsked() {
    assertThat(browser.evaluate("window.isHacked === undefined").asBoolean()).isTrue();
    assertThat(browser.complaints())
        // The registry's way to say that a subject has no level of its own.
        .filteredOn(each -> !each.matches(".*status of 404.*/registry/config/.*"))
        .isEmpty();
    assertThat(browser.origins()).isSubsetOf(Set.of(root, "about://null"));
  }

  private void open(String page) {
    browser.open(root + "/#" + page);
    browser.await("the page " + page, "document.querySelector('main h1')");
  }

  /** Nothing stands out of the window at the side. */
  private void assertFits(String page) {
    assertThat(
            browser
                .evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth")
                .asInt())
        .as("how much %s is too wide", page)
        .isLessThanOrEqualTo(0);
  }

  /** Takes a picture, and sees whether everything on it can be seen, in the dark too. */
  private void look(String name) {
    browser.screenshot(name);
    assertThat(Contrast.poor(browser, 20)).as(name).isEmpty();
    browser.dark(true);
    assertThat(Contrast.poor(browser, 20)).as(name + " in the dark").isEmpty();
    browser.dark(false);
  }

  // ---- tests

  @ParameterizedTest
  @CsvSource({
    "overview, /, hot",
    "topics, /topics, readings",
    "topic, /topics/readings, Partition",
    "records, /topics/orders/records, customer-",
    "schemas, /schemas, orders-value",
    "schema, /schemas/orders-value, note",
    "groups, /groups, billing",
    "group, /groups/billing, orders",
    "sql, /sql, Tables",
    "work, /work, Replay jobs"
  })
  void pagesShowWhatThereIsAtADeskAndOnAPhone(String name, String page, String text) {
    awaitColdRecords();
    open(page);
    browser.awaitText(text);
    assertFits(page);
    browser.screenshot(name + "-light");
    assertThat(Contrast.poor(browser, 20)).as(page).isEmpty();
    browser.dark(true);
    browser.screenshot(name + "-dark");
    assertThat(Contrast.poor(browser, 20)).as(page + " in the dark").isEmpty();
    browser.size(375, 812);
    assertFits(page + " on a phone");
    browser.screenshot(name + "-phone-dark");
    assertThat(Contrast.poor(browser, 15)).as(page + " on a phone in the dark").isEmpty();
    browser.dark(false);
    browser.screenshot(name + "-phone");
    assertThat(Contrast.poor(browser, 15)).as(page + " on a phone").isEmpty();
    if (name.startsWith("topic")) assertThat(browser.text()).contains("Cold lag");
  }

  @Test
  void recordsThatLookLikeMarkupStayText() {
    open("/topics/hostile/records");
    browser.awaitText("<script>window.isHacked");
    browser.press("j");
    browser.press("Enter");
    browser.awaitText("onerror=");
    assertThat(
            browser.evaluate("document.querySelectorAll('main script, main img').length").asInt())
        .isZero();
    look("hostile");

    statement("SELECT decode(value) AS text FROM hostile");
    browser.awaitText("<img src=x");
    assertThat(
            browser.evaluate("document.querySelectorAll('main script, main img').length").asInt())
        .isZero();
  }

  @Test
  void versionsOfASchemaAreCompared() {
    open("/schemas/orders-value");
    browser.awaitText("What changed");
    browser.awaitText("\"note\"");
    assertThat(browser.evaluate("document.querySelector('.diff').textContent").asText())
        .contains("note")
        .contains("+");
  }

  @Test
  void theKeyboardSuffices() {
    open("/");
    browser.press("g");
    browser.press("t");
    browser.await("the topics", "document.querySelector('main tbody tr[tabindex]')");
    browser.press("j");
    browser.await("a row has the focus", "document.activeElement.matches('tbody tr')");
    String topic =
        browser.evaluate("document.activeElement.querySelector('a').textContent").asText();
    browser.press("Enter");
    browser.await(
        "the topic's page",
        "document.querySelector('main h1').textContent.includes(" + Browser.quoted(topic) + ")");
    browser.press("?");
    browser.await("the list of keys", "document.querySelector('dialog[open]')");
    look("keys");
    browser.press("Escape");
    browser.await("no list", "!document.querySelector('dialog[open]')");
    browser.press("g");
    browser.press("q");
    browser.await("the workbench", "document.querySelector('.sql-text')");
    browser.press("e");
    browser.await("the editor has the focus", "document.activeElement.matches('.sql-text')");
  }

  /** Puts a statement into the workbench and runs it by the keyboard. */
  private void statement(String sql) {
    open("/sql");
    browser.click(".sql-text");
    browser.pressWithControl("a");
    browser.type(sql);
    browser.press("Escape");
    browser.click(".sql-text");
    browser.pressWithControl("Enter");
  }

  @Test
  void aStatementGivesRowsFilesAndADrawing() throws Exception {
    statement(
        "SELECT item, count(*) AS orders, sum(price) AS turnover FROM orders GROUP BY item ORDER BY item");
    browser.awaitText("5 rows");
    assertThat(browser.evaluate("document.querySelector('.grid').textContent").asText())
        .contains("coffee", "turnover", "BIGINT", "DOUBLE");
    look("sql-table");
    browser.clickNamed("Download");
    browser.clickNamed("CSV");
    assertThat(browser.downloaded(".csv")).content().startsWith("item,orders,turnover\r\ncake,12,");
    for (String format : List.of("JSON", "Parquet", "Arrow")) {
      browser.clickNamed("Download");
      browser.clickNamed(format);
    }
    assertThat(new ObjectMapper().readTree(browser.downloaded(".json").toFile()).at("/rows/0/0"))
        .hasToString("\"cake\"");
    assertThat(parquet(browser.downloaded(".parquet"))).containsExactly("cake 12", "coffee 12");
    assertThat(arrow(browser.downloaded(".arrow"))).containsExactly("cake 12", "coffee 12");
    browser.clickNamed("Copy");
    Await.until("a copy", Duration.ofSeconds(20), () -> browser.clipboard().contains("\tturnover"));
    assertThat(browser.clipboard().lines())
        .hasSize(6)
        .element(1)
        .asString()
        .startsWith("cake\t12\t");
    browser.evaluate("document.querySelector('.grid').focus()");
    browser.press("ArrowDown");
    browser.pressWithControl("c");
    Await.until("one value", Duration.ofSeconds(20), () -> browser.clipboard().equals("coffee"));
    browser.clickNamed("Plot");
    browser.await("bars", "document.querySelectorAll('.plot-svg rect.series-0').length === 5");
    Await.until(
        "values at the mouse",
        Duration.ofSeconds(20),
        () -> {
          browser.hover("h1");
          browser.hover(".plot-svg rect.series-0");
          return browser.evaluate("!document.querySelector('.plot-tip').hidden").asBoolean();
        });
    look("sql-plot");

    statement("SELECT kafka_timestamp, kafka_offset, price FROM orders ORDER BY kafka_timestamp");
    browser.awaitText("60 rows");
    browser.clickNamed("Plot");
    browser.await("a line", "document.querySelector('.plot-svg path.plot-line')");
    look("sql-plot-line");
    assertThat(browser.evaluate("location.hash").asText()).contains("kafka_timestamp");
  }

  /** The first two rows of a file. */
  private static List<String> parquet(Path file) throws Exception {
    List<String> rows = new ArrayList<>();
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement();
        var found =
            statement.executeQuery("SELECT item || ' ' || orders FROM '" + file + "' LIMIT 2")) {
      while (found.next()) rows.add(found.getString(1));
    }
    return rows;
  }

  private static List<String> arrow(Path file) throws Exception {
    try (var allocator = new RootAllocator();
        var in = Files.newInputStream(file);
        var reader = new ArrowStreamReader(in, allocator)) {
      assertThat(reader.loadNextBatch()).isTrue();
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      return IntStream.range(0, 2)
          .mapToObj(i ->
              root.getVector("item").getObject(i) + " " + root.getVector("orders").getObject(i))
          .toList();
    }
  }

  @Test
  void whatTakesLongIsStopped() {
    statement("SELECT count(*) FROM range(1000000000000) a WHERE hash(a.range) = 7");
    browser.awaitText("Running");
    Await.until(
        "it runs", Duration.ofSeconds(20), () -> get("/api/v1/queries").contains("\"running\""));
    browser.clickNamed("Stop");
    browser.awaitText("Stopped after");
    Await.until(
        "it has ended",
        Duration.ofSeconds(20),
        () -> !get("/api/v1/queries").contains("\"state\":\"running\""));
    statement("SELECT 41 + 1 AS answer");
    browser.awaitText("1 row in");
  }

  @Test
  void recordsAreReadFromATimeThroughTheLatestSchemaAndAtATerminal() throws Exception {
    open("/topics/orders/records");
    browser.awaitText("customer-");
    browser.clickNamed("Time");
    browser.await("the field of the time", "document.activeElement.matches('.position-value')");
    browser.type(Instant.ofEpochMilli(firstMs + 50 * STEP_MS).toString());
    browser.press("Enter");
    browser.awaitText("10 records");
    browser.awaitText("The log ends here");
    assertThat(browser.text()).doesNotContain("\"note\"");
    browser.choose("Schema to read through", "latest");
    browser.awaitText("\"note\":null");
    assertThat(browser.evaluate("location.hash").asText()).contains("schema=latest", "from=");
    look("records-time");

    browser.clickNamed("Copy as curl");
    Await.until("a copy", Duration.ofSeconds(20), () -> browser.clipboard().startsWith("curl "));
    String address = browser.clipboard().replaceFirst("^curl '?", "").replaceFirst("'$", "");
    assertThat(get(address.substring(root.length())).lines())
        .hasSize(11)
        .element(0)
        .asString()
        .contains("\"note\":null", "customer-");

    browser.clickNamed("Earlier ones");
    browser.awaitText("The log starts here");
    assertThat(browser.evaluate("document.querySelectorAll('tr.record').length").asInt())
        .isEqualTo(60);
    browser.press("j");
    browser.press("Enter");
    browser.await("the record", "document.querySelector('.record-detail')");
    look("records-detail");
    browser.clickNamed("Copy value");
    Await.until("a value", Duration.ofSeconds(20), () -> browser.clipboard().contains("\"item\""));
    assertThat(new ObjectMapper().readTree(browser.clipboard()).get("note").isNull()).isTrue();
  }

  @Test
  void addressesAreCopied() {
    open("/");
    browser.clickNamed("Copy the address of http");
    browser.awaitText("Address copied");
    assertThat(browser.clipboard()).isEqualTo(root.replaceFirst("http://", ""));
  }

  @Test
  void valuesAreSeenInFullAndColumnsSorted() {
    statement(
        "SELECT n, NULL AS nothing, 'a' || n AS text, encode('x') AS bytes, [n, 2] AS list"
            + " FROM range(1000) t(n)");
    browser.awaitText("1,000 rows");
    assertThat(browser.evaluate("document.querySelectorAll('.grid-row').length").asInt())
        .isLessThan(100);
    browser.await(
        "marks of null and bytes",
        "document.querySelector('.grid span.is-null') && document.querySelector('.grid span.is-bytes').textContent === '0x78'");
    browser.click(".grid-head .sort");
    browser.await(
        "the largest first",
        "document.querySelector('.grid-row .grid-cell').textContent === '999'");
    browser.evaluate("document.querySelector('.grid').focus()");
    browser.press("End");
    browser.press("Enter");
    browser.await("the value in full", "document.querySelector('dialog[open] pre')");
    assertThat(browser.evaluate("document.querySelector('dialog[open] pre').textContent").asText())
        .contains("999");
    browser.press("Escape");
  }

  @Test
  void namesAreCompletedAsTheyAreTyped() {
    open("/sql");
    browser.await("the tables", "document.querySelector('.sql-table')");
    browser.click(".sql-text");
    browser.pressWithControl("a");
    browser.type("SELECT * FROM ord");
    browser.await("completions", "!document.querySelector('.sql-list').hidden");
    look("sql-complete");
    browser.press("Enter");
    browser.type(" o WHERE o.pri");
    browser.await(
        "its columns", "document.querySelector('.sql-option-name')?.textContent === 'price'");
    browser.press("Tab");
    assertThat(browser.evaluate("document.querySelector('.sql-text').value").asText())
        .isEqualTo("SELECT * FROM orders o WHERE o.price");
  }

  @Test
  void mistakesAreShownAtTheirPlace() {
    statement("SELECT item,\n  prise\nFROM orders");
    browser.awaitText("Line 2, column 3");
    assertThat(browser.evaluate("document.querySelector('.sql-bad').textContent").asText())
        .isEqualTo("prise");
    look("sql-mistake");
    assertThat(browser.complaints()).hasSize(1).first().asString().contains("status of 400");
  }

  @Test
  void aPlanIsDrawnWithWhatIsLeftOut() {
    awaitColdRecords();
    open("/sql");
    browser.click(".sql-text");
    browser.pressWithControl("a");
    browser.type("SELECT count(*) FROM readings WHERE kafka_offset < 10");
    browser.press("Escape");
    browser.clickNamed("Explain");
    browser.await("a plan", "document.querySelectorAll('.plan-node').length > 1");
    assertThat(browser.evaluate("document.querySelector('.plan-table').textContent").asText())
        .contains("readings")
        .contains("files");
    look("sql-plan");
  }

  @Test
  void changesAreShownAsTheyComeUntilStopped() throws Exception {
    statement("SELECT decode(value) AS text FROM arrivals EMIT CHANGES");
    browser.awaitText("Live");
    produce("arrivals", "[{\"value\":\"lemonade\"}]");
    browser.await(
        "the new record", "document.querySelector('.grid-row')?.textContent.includes('lemonade')");
    browser.clickNamed("Stop");
    browser.awaitText("Stopped after");
    Await.until(
        "the query has ended",
        Duration.ofSeconds(20),
        () -> !get("/api/v1/queries").contains("\"state\":\"running\""));
  }

  @Test
  void aReplayJobIsMadeAndWatched() {
    open("/work");
    browser.clickNamed("New replay job");
    browser.await("the form", "document.querySelector('dialog[open] form')");
    browser.type("orders");
    browser.press("Tab");
    browser.type("orders-again");
    look("work-form");
    browser.press("Enter");
    browser.awaitText("orders-again");
    browser.await(
        "its end", "document.querySelector('.work-job .badge.good')?.textContent === 'done'");
    browser.await(
        "its partitions", "document.querySelectorAll('.work-partitions li').length === 3");
    look("work-job");
  }

  @Test
  void aReplayJobIsPausedResumedAndCancelled() {
    open("/work");
    browser.clickNamed("New replay job");
    browser.fill("Topic", "orders");
    browser.fill("Into topic", "orders-slowly");
    browser.fill("Records per second", "2");
    browser.press("Enter");
    jobIs("running");
    browser.await("its progress", jobPercent() + " > 0");
    browser.clickNamed("Pause");
    jobIs("paused");
    int paused = browser.evaluate(jobPercent()).asInt();
    look("work-paused");
    browser.clickNamed("Resume");
    jobIs("running");
    browser.await("more progress", jobPercent() + " > " + paused);
    browser.clickNamed("Cancel");
    browser.clickNamed("Cancel the job");
    jobIs("cancelled");
    browser.clickNamed("Forget");
    browser.await(
        "it is forgotten", "!document.querySelector('.work-jobs').textContent.includes('slowly')");
  }

  private void jobIs(String state) {
    browser.await(
        "a job that is " + state,
        "document.querySelector('.work-job .badge')?.textContent === " + Browser.quoted(state));
  }

  private static String jobPercent() {
    return "parseFloat(document.querySelector('.work-job .work-progress .nowrap').textContent)";
  }

  @Test
  void aGroupIsMoved() throws Exception {
    open("/work");
    browser.clickNamed("New replay job");
    browser.clickNamed("Move a group");
    browser.fill("Topic", "orders");
    browser.fill("Group", "auditors");
    browser.fill("To go on at", "offset:2");
    browser.press("Enter");
    jobIs("done");
    browser.clickNamed("auditors");
    browser.awaitText("Move the group");
    assertThat(committed("auditors")).containsExactly(2L, 2L, 2L);
    browser.clickNamed("Move the group");
    browser.fill("To go on at", "latest");
    browser.press("Enter");
    browser.await(
        "no lag", "document.querySelector('.stats .stat-value').textContent.trim() === '0'");
    assertThat(committed("auditors").stream().mapToLong(each -> each).sum()).isEqualTo(60);
    look("group-moved");
  }

  private List<Long> committed(String group) throws Exception {
    List<Long> committed = new ArrayList<>();
    for (JsonNode each :
        new ObjectMapper().readTree(get("/api/v1/groups/" + group)).get("offsets")) {
      committed.add(each.get("committed").asLong());
    }
    return committed;
  }
}
