package oxbow.query.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NoSuchViewException;
import org.apache.iceberg.rest.RESTCatalog;
import org.apache.iceberg.types.Types;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.S3Config;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Partitioning;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.TestTables;

/** The catalog's paths, byte by byte as engines see them. */
class CatalogServiceTest {
  private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
  private static final Schema SCHEMA =
      new Schema(Types.NestedField.optional(1, "x", Types.LongType.get()));
  private static final String ORDERS = "/v1/namespaces/topics/tables/orders";

  private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
  private final IcebergCatalog catalog = IcebergCatalog.open(store, InstantSource.system());
  private CatalogHttp http = new CatalogHttp(() -> catalog, false, StorageAccess.LOCAL);

  @AfterEach
  void close() {
    http.close();
  }

  private void served(boolean isWritable, StorageAccess access) {
    http.close();
    http = new CatalogHttp(() -> catalog, isWritable, access);
  }

  private ColdTable topic(String name) {
    return catalog.findOrCreate("topics", name, TOPIC, TableColumns.EMPTY, Partitioning.NONE);
  }

  @Test
  void configNamesWhatIsServed() {
    JsonNode config = http.get("/v1/config?warehouse=any").isOk().json();

    assertThat(texts(config.path("endpoints")))
        .contains("GET /v1/{prefix}/namespaces/{namespace}/tables/{table}")
        .contains("HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}")
        .contains("POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics")
        .doesNotContain("POST /v1/{prefix}/transactions/commit")
        .doesNotContain("GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials");
    assertThat(config.path("defaults").has("io-impl")).isFalse();
  }

  @Test
  void namesMayHaveAnythingInThem() {
    topic("orders.eu-1_x");
    catalog.createNamespace(Namespace.of("a/b c+d.é"), Map.of("owner", "me"));
    catalog.createTable(TableIdentifier.of("a/b c+d.é", "t%2F/1"), SCHEMA);

    http.get("/v1/namespaces/topics/tables/orders.eu-1_x").isOk();
    JsonNode namespace = http.get("/v1/namespaces/a%2Fb%20c+d.%C3%A9").isOk().json();
    assertThat(namespace.path("properties").path("owner").asText()).isEqualTo("me");
    http.get("/v1/namespaces/a%2Fb%20c%2Bd.%C3%A9/tables/t%252F%2F1").isOk();
  }

  @Test
  void namespacesHaveOneLevelHoweverTheyAreJoined() {
    topic("orders");

    http.get("/v1/namespaces/topics%1Fx").isError(404, "NoSuchNamespaceException");
    http.get("/v1/namespaces/topics%251Fx").isError(404, "NoSuchNamespaceException");
    assertThat(http.get("/v1/namespaces?parent=topics").isOk().json().path("namespaces")).isEmpty();
    http.get("/v1/namespaces?parent=nobody").isError(404, "NoSuchNamespaceException");
  }

  @Test
  void listsComeInPagesThatMissNothing() {
    for (int i = 0; i < 7; i++) topic("t" + i);
    List<String> names = new ArrayList<>();
    String token = "";
    int pages = 0;
    do {
      JsonNode page =
          http.get("/v1/namespaces/topics/tables?pageSize=3&pageToken=" + token).isOk().json();
      page.path("identifiers").forEach(table -> names.add(table.path("name").asText()));
      token = page.path("next-page-token").asText("");
      pages++;
    } while (!token.isEmpty() && !token.equals("null"));

    assertThat(names).containsExactly("t0", "t1", "t2", "t3", "t4", "t5", "t6");
    assertThat(pages).isEqualTo(3);
    http.get("/v1/namespaces/topics/tables?pageSize=0").isError(400, "BadRequestException");
    http.get("/v1/namespaces/topics/tables?pageSize=x").isError(400, "BadRequestException");
  }

  @Test
  void aTableThatIsKnownAlreadyIsNotSentAgain() {
    ColdTable table = topic("orders");
    String tag = http.get(ORDERS).isOk().headers().firstValue("etag").orElseThrow();

    CatalogHttp.Reply same = http.send(http.request(ORDERS).header("If-None-Match", tag));
    CatalogHttp.Reply weak =
        http.send(http.request(ORDERS).header("If-None-Match", "\"other\", W/" + tag));
    CatalogHttp.Reply otherMode =
        http.send(http.request(ORDERS + "?snapshots=refs").header("If-None-Match", tag));
    table.append(List.of(TestTables.upload(store, table, TOPIC, 0, 0, 10, "a")), Map.of());
    CatalogHttp.Reply after = http.send(http.request(ORDERS).header("If-None-Match", tag));

    assertThat(same.status()).isEqualTo(304);
    assertThat(same.body()).isEmpty();
    assertThat(same.headers().firstValue("etag")).contains(tag);
    assertThat(weak.status()).isEqualTo(304);
    assertThat(otherMode.status()).isEqualTo(200);
    assertThat(after.isOk().headers().firstValue("etag").orElseThrow()).isNotEqualTo(tag);
  }

  @Test
  void snapshotsThatNoBranchNamesCanBeLeftOut() {
    ColdTable table = topic("orders");
    for (int i = 0; i < 3; i++) {
      var file = TestTables.upload(store, table, TOPIC, 0, 10L * i, 10L * i + 10, "a" + i);
      table.append(List.of(file), i == 0 ? Map.of() : Map.of(0, 10L * i));
    }

    assertThat(snapshots(ORDERS)).hasSize(3);
    assertThat(snapshots(ORDERS + "?snapshots=all")).hasSize(3);
    assertThat(snapshots(ORDERS + "?snapshots=refs")).hasSize(1);
    http.get(ORDERS + "?snapshots=some").isError(400, "BadRequestException");
  }

  private JsonNode snapshots(String path) {
    return http.get(path).isOk().json().path("metadata").path("snapshots");
  }

  @Test
  void whatIsNotThereIsToldInTheWordsOfClients() {
    topic("orders");

    http.get("/v1/namespaces/nobody/tables").isError(404, "NoSuchNamespaceException");
    http.get("/v1/namespaces/topics/tables/nobody").isError(404, "NoSuchTableException");
    http.get("/v1/namespaces/topics/views/nobody").isError(404, "NoSuchViewException");
    http.get("/v1/nothing").isError(404, "NotFoundException");
    http.post("/v1/config", "{}").isError(405, "UnsupportedOperationException");
    assertThat(http.get("/v1/namespaces/topics/views").isOk().json().path("identifiers")).isEmpty();
    assertThat(http.head(ORDERS).status()).isEqualTo(204);
    assertThat(http.head("/v1/namespaces/topics").status()).isEqualTo(204);
    assertThat(http.head("/v1/namespaces/topics/tables/nobody").status()).isEqualTo(404);
    assertThat(http.head("/v1/namespaces/topics/views/nobody").status()).isEqualTo(404);
    assertThat(http.head("/v1/namespaces/nobody").status()).isEqualTo(404);
  }

  @Test
  void metricsAreTaken() {
    String report =
        """
        {"report-type": "commit-report", "table-name": "orders", "snapshot-id": 1,
         "sequence-number": 1, "operation": "append", "metrics": {}, "metadata": {}}
        """;

    assertThat(http.post(ORDERS + "/metrics", report).status()).isEqualTo(204);
    http.post(ORDERS + "/metrics", "[").isError(400, "BadRequestException");
  }

  @Test
  void clientsMayNotWriteUnlessTheyAreAllowedTo() throws IOException {
    topic("orders");
    catalog.createNamespace(Namespace.of("mine"), Map.of());
    try (RESTCatalog engine = http.engine()) {
      assertThatThrownBy(() -> engine.createTable(TableIdentifier.of("mine", "t"), SCHEMA))
          .isInstanceOf(ForbiddenException.class)
          .hasMessageContaining("iceberg.rest.writes.enable");
      assertThatThrownBy(() -> engine.createNamespace(Namespace.of("other")))
          .isInstanceOf(ForbiddenException.class);
      assertThatThrownBy(() -> engine.dropNamespace(Namespace.of("mine")))
          .isInstanceOf(ForbiddenException.class);
    }
    assertThat(catalog.listTables(Namespace.of("mine"))).isEmpty();
  }

  @Test
  void allowedClientsMakeTablesOfTheirOwn() throws IOException {
    served(true, StorageAccess.LOCAL);
    TableIdentifier id = TableIdentifier.of("mine", "t");
    try (RESTCatalog engine = http.engine()) {
      engine.createNamespace(Namespace.of("mine"), bearingNull(Map.of("owner", "me")));
      engine.setProperties(Namespace.of("mine"), bearingNull(Map.of("of", "tests")));
      Table table = engine.createTable(id, SCHEMA);
      table.updateSchema().addColumn("y", Types.StringType.get()).commit();

      assertThat(engine.loadTable(id).schema().findField("y")).isNotNull();
      assertThat(engine.loadNamespaceMetadata(Namespace.of("mine")))
          .containsEntry("owner", "me")
          .containsEntry("of", "tests");
      assertThatThrownBy(() -> engine.createTable(TableIdentifier.of("nobody", "t"), SCHEMA))
          .hasMessageContaining("nobody");
      engine.renameTable(id, TableIdentifier.of("mine", "u"));
      assertThat(engine.listTables(Namespace.of("mine")))
          .containsExactly(TableIdentifier.of("mine", "u"));
      engine.renameTable(TableIdentifier.of("mine", "u"), id);
      assertThat(engine.dropTable(id, true)).isTrue();
      assertThatThrownBy(() -> engine.loadTable(id)).isInstanceOf(NoSuchTableException.class);
      assertThatThrownBy(() -> engine.loadView(id)).isInstanceOf(NoSuchViewException.class);
      assertThat(engine.dropNamespace(Namespace.of("mine"))).isTrue();
    }
    assertThat(store.names()).noneMatch(name -> name.startsWith("tables/mine/"));
  }

  @Test
  void bodiesThatMakeNoSenseOrAreTooLargeAreRefused() {
    served(true, StorageAccess.LOCAL);
    catalog.createNamespace(Namespace.of("mine"), Map.of());

    http.post("/v1/namespaces", "").isError(400, "BadRequestException");
    http.post("/v1/namespaces", "null").isError(400, "BadRequestException");
    http.post("/v1/namespaces", "{\"namespace\": 7}").isError(400, "BadRequestException");
    http.post("/v1/namespaces", "{\"namespace\": [\"a\", \"b\"]}")
        .isError(400, "BadRequestException");
    http.post("/v1/namespaces/mine/tables", "{}").isError(400, "BadRequestException");
    http.post("/v1/namespaces/mine/tables/t", "{\"updates\": [{}]}")
        .isError(400, "BadRequestException");
    http.post("/v1/namespaces/mine/tables", "[".repeat(5_000)).isError(400, "BadRequestException");
    byte[] large = new byte[(int) CatalogHttp.BODY_BYTES_MAX + 1];
    assertThat(
            http.send(http.request("/v1/namespaces").POST(BodyPublishers.ofByteArray(large)))
                .status())
        .isEqualTo(413);
  }

  @Test
  void aStoreThatIsAwayIsToBeAskedLater() {
    topic("orders");
    store.goAway();

    CatalogHttp.Reply reply = http.get(ORDERS);

    reply.isError(503, "ServiceUnavailableException");
    assertThat(reply.headers().firstValue("retry-after")).contains("5");
    store.heal();
    http.get(ORDERS).isOk();
  }

  @Test
  void requestsThatWaitAreBoundedInTimeAndNumber() throws Exception {
    http.close();
    var asked = new CountDownLatch(1);
    var heals = new CountDownLatch(1);
    http =
        new CatalogHttp(
            () -> {
              asked.countDown();
              try {
                assertThat(heals.await(20, TimeUnit.SECONDS)).isTrue();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return catalog;
            },
            false,
            StorageAccess.LOCAL,
            Duration.ofMillis(300),
            1);

    CompletableFuture<CatalogHttp.Reply> slow =
        CompletableFuture.supplyAsync(() -> http.get("/v1/namespaces"));
    assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
    CatalogHttp.Reply second = http.get("/v1/namespaces");

    second.isError(503, "ServiceUnavailableException");
    assertThat(second.json().path("error").path("message").asText()).contains("too many");
    slow.get(20, TimeUnit.SECONDS).isError(503, "ServiceUnavailableException");
    heals.countDown();
  }

  @Test
  void clientsLearnHowABucketIsReached() {
    var bucket =
        S3Config.server(
            "lake", URI.create("http://10.0.0.1:9000"), new S3Config.Keys("ours", "secret-ours"));
    var access =
        StorageAccess.s3(
            bucket,
            Optional.of(URI.create("http://127.0.0.1:9000")),
            Optional.of(new S3Config.Keys("theirs", "secret-theirs")));
    served(false, access);
    topic("orders");

    JsonNode config = http.get("/v1/config").isOk().json();
    CatalogHttp.Reply table = http.get(ORDERS).isOk();
    JsonNode credential =
        http.get(ORDERS + "/credentials").isOk().json().path("storage-credentials").path(0);

    assertThat(config.path("defaults").path("io-impl").asText())
        .isEqualTo("org.apache.iceberg.aws.s3.S3FileIO");
    assertThat(config.path("defaults").path("s3.endpoint").asText())
        .isEqualTo("http://127.0.0.1:9000");
    assertThat(config.path("defaults").has("s3.access-key-id")).isFalse();
    assertThat(texts(config.path("endpoints")))
        .contains("GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials");
    for (JsonNode told :
        List.of(
            table.json().path("config"),
            table.json().path("storage-credentials").path(0).path("config"),
            credential.path("config"))) {
      assertThat(told.path("s3.access-key-id").asText()).isEqualTo("theirs");
      assertThat(told.path("s3.secret-access-key").asText()).isEqualTo("secret-theirs");
      assertThat(told.path("s3.path-style-access").asText()).isEqualTo("true");
      assertThat(told.path("client.region").asText()).isEqualTo("us-east-1");
    }
    assertThat(credential.path("prefix").asText()).isEqualTo("s3");
    assertThat(table.body()).doesNotContain("secret-ours");
    assertThat(access).asString().doesNotContain("secret");
  }

  /** Iceberg's client asks maps for null. */
  private static Map<String, String> bearingNull(Map<String, String> map) {
    return new HashMap<>(map);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
