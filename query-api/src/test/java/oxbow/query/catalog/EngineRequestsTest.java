package oxbow.query.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Partitioning;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.query.catalog.CatalogHttp.Reply;

/**
 * Requests as PyIceberg and DuckDB make them, after their sources: neither runs in this build. Each
 * line is one that they send, with their headers, spelling and order.
 */
class EngineRequestsTest {
  private static final String[] PYICEBERG = {
    "Content-type", "application/json",
    "User-Agent", "PyIceberg/0.10.0",
    "X-Client-Version", "PyIceberg 0.10.0",
    "X-Iceberg-Access-Delegation", "vended-credentials",
    "Accept", "*/*",
    "Accept-Encoding", "gzip, deflate"
  };

  private static final String[] DUCKDB = {"User-Agent", "duckdb/v1.5.0(linux_amd64)"};

  private static final String SCHEMA =
      "{\"type\":\"struct\",\"schema-id\":0,\"identifier-field-ids\":[],\"fields\":"
          + "[{\"id\":1,\"name\":\"x\",\"type\":\"long\",\"required\":false}]}";

  private final ObjectStore store = new MemoryObjectStore(InstantSource.system());
  private final IcebergCatalog catalog = IcebergCatalog.open(store, InstantSource.system());
  private CatalogHttp http;

  @BeforeEach
  void makeTopics() {
    http = new CatalogHttp(() -> catalog, true, StorageAccess.LOCAL);
    for (String topic : List.of("a", "b", "orders")) {
      var _ =
          catalog.findOrCreate(
              "topics", topic, Uuid.randomUuid(), TableColumns.EMPTY, Partitioning.NONE);
    }
  }

  @AfterEach
  void close() {
    http.close();
  }

  private HttpRequest.Builder with(String[] headers, String path) {
    return http.request(path).headers(headers);
  }

  private Reply py(String path) {
    return http.send(with(PYICEBERG_PLAIN, path).GET());
  }

  /** Ours doesn't unpack. */
  private static final String[] PYICEBERG_PLAIN =
      java.util.Arrays.copyOf(PYICEBERG, PYICEBERG.length - 2);

  private Reply pyHead(String path) {
    return http.send(with(PYICEBERG_PLAIN, path).HEAD());
  }

  private Reply pyPost(String path, String body) {
    return http.send(with(PYICEBERG_PLAIN, path).POST(BodyPublishers.ofString(body)));
  }

  private Reply duck(String path) {
    return http.send(with(DUCKDB, path).GET());
  }

  private Reply duckHead(String path) {
    return http.send(with(DUCKDB, path).HEAD());
  }

  private Reply duckPost(String path, String body) {
    return http.send(
        with(DUCKDB, path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  private static List<String> names(JsonNode list) {
    List<String> names = new ArrayList<>();
    list.forEach(
        each -> names.add(each.isArray() ? each.get(0).asText() : each.path("name").asText()));
    return names;
  }

  @Test
  void pyIcebergFindsAndLoadsATopicsTable() {
    Reply packed = http.send(with(PYICEBERG, "/v1/config").GET()).isOk();
    assertThat(packed.headers().firstValue("content-encoding").orElse("identity"))
        .isIn("identity", "gzip", "deflate");
    JsonNode config = py("/v1/config?warehouse=any").isOk().json();
    assertThat(config.has("defaults") && config.has("overrides")).isTrue();
    assertThat(names(py("/v1/namespaces").isOk().json().path("namespaces"))).contains("topics");
    assertThat(pyHead("/v1/namespaces/topics").status()).isEqualTo(204);
    assertThat(pyHead("/v1/namespaces/nobody").status()).isEqualTo(404);

    List<String> tables = new ArrayList<>();
    JsonNode page = py("/v1/namespaces/topics/tables?pageSize=2").isOk().json();
    tables.addAll(names(page.path("identifiers")));
    String token = page.path("next-page-token").asText();
    page = py("/v1/namespaces/topics/tables?pageSize=2&pageToken=" + token).isOk().json();
    tables.addAll(names(page.path("identifiers")));
    assertThat(tables).containsExactly("a", "b", "orders");
    assertThat(page.path("next-page-token").isTextual()).isFalse();

    assertThat(pyHead("/v1/namespaces/topics/tables/orders").status()).isEqualTo(204);
    JsonNode table = py("/v1/namespaces/topics/tables/orders?snapshots=refs").isOk().json();
    assertThat(table.path("metadata-location").asText()).contains("/metadata/");
    assertThat(table.path("metadata").path("format-version").asInt()).isEqualTo(2);
    assertThat(py("/v1/namespaces/topics/views").isOk().json().path("identifiers")).isEmpty();
    py("/v1/namespaces/topics/tables/none").isError(404, "NoSuchTableException");
  }

  @Test
  void pyIcebergKeepsTablesOfItsOwn() {
    pyPost("/v1/namespaces", "{\"namespace\": [\"mine\"], \"properties\": {}}").isOk();
    JsonNode made =
        pyPost(
                "/v1/namespaces/mine/tables",
                "{\"name\":\"t\",\"schema\":"
                    + SCHEMA
                    + ",\"partition-spec\":{\"spec-id\":0,\"fields\":[]},"
                    + "\"write-order\":{\"order-id\":0,\"fields\":[]},"
                    + "\"stage-create\":false,\"properties\":{}}")
            .isOk()
            .json();
    String uuid = made.path("metadata").path("table-uuid").asText();
    JsonNode changed =
        pyPost(
                "/v1/namespaces/mine/tables/t",
                "{\"identifier\":{\"namespace\":[\"mine\"],\"name\":\"t\"},\"requirements\":"
                    + "[{\"type\":\"assert-table-uuid\",\"uuid\":\""
                    + uuid
                    + "\"}],\"updates\":[{\"action\":\"set-properties\",\"updates\":"
                    + "{\"owner\":\"me\"}}]}")
            .isOk()
            .json();
    assertThat(changed.path("metadata").path("properties").path("owner").asText()).isEqualTo("me");
    Reply renamed =
        pyPost(
            "/v1/tables/rename",
            "{\"source\": {\"namespace\": [\"mine\"], \"name\": \"t\"},"
                + " \"destination\": {\"namespace\": [\"mine\"], \"name\": \"u\"}}");
    assertThat(renamed.status()).isEqualTo(204);
    JsonNode loaded = py("/v1/namespaces/mine/tables/u").isOk().json();
    assertThat(loaded.path("metadata").path("table-uuid").asText()).isEqualTo(uuid);
    assertThat(pyHead("/v1/namespaces/mine/tables/t").status()).isEqualTo(404);
    // As Python spells it.
    Reply dropped =
        http.send(
            with(PYICEBERG_PLAIN, "/v1/namespaces/mine/tables/u?purgeRequested=True").DELETE());
    assertThat(dropped.status()).isEqualTo(204);
    assertThat(store.list("tables/mine/", "", 10)).as("purged").isEmpty();
    assertThat(http.send(with(PYICEBERG_PLAIN, "/v1/namespaces/mine").DELETE()).status())
        .isEqualTo(204);
  }

  @Test
  void pyIcebergIsToldWhyATopicsTableStays() {
    String uuid =
        py("/v1/namespaces/topics/tables/orders")
            .json()
            .path("metadata")
            .path("table-uuid")
            .asText();

    pyPost(
            "/v1/namespaces/topics/tables/orders",
            "{\"identifier\":{\"namespace\":[\"topics\"],\"name\":\"orders\"},\"requirements\":"
                + "[{\"type\":\"assert-table-uuid\",\"uuid\":\""
                + uuid
                + "\"}],\"updates\":[{\"action\":\"set-properties\",\"updates\":{\"a\":\"b\"}}]}")
        .isError(403, "ForbiddenException");
    pyPost(
            "/v1/tables/rename",
            "{\"source\": {\"namespace\": [\"topics\"], \"name\": \"orders\"},"
                + " \"destination\": {\"namespace\": [\"mine\"], \"name\": \"o\"}}")
        .isError(403, "ForbiddenException");
    http.send(
            with(PYICEBERG_PLAIN, "/v1/namespaces/topics/tables/orders?purgeRequested=False")
                .DELETE())
        .isError(403, "ForbiddenException");
  }

  @Test
  void duckDbAttachesAndReads() {
    JsonNode config = duck("/v1/config?warehouse=any").isOk().json();
    assertThat(config.path("endpoints").toString())
        .contains("GET /v1/{prefix}/namespaces/{namespace}\"")
        .contains("HEAD /v1/{prefix}/namespaces/{namespace}\"")
        .doesNotContain("transactions/commit");
    assertThat(names(duck("/v1/namespaces").isOk().json().path("namespaces"))).contains("topics");
    assertThat(duckHead("/v1/namespaces/topics").status()).isEqualTo(204);
    assertThat(duckHead("/v1/namespaces/nobody").status()).isEqualTo(404);
    assertThat(names(duck("/v1/namespaces/topics/tables").isOk().json().path("identifiers")))
        .containsExactly("a", "b", "orders");
    assertThat(duckHead("/v1/namespaces/topics/tables/orders").status()).isEqualTo(204);
    Reply loaded =
        http.send(
            with(DUCKDB, "/v1/namespaces/topics/tables/orders")
                .header("X-Iceberg-Access-Delegation", "vended-credentials")
                .GET());
    assertThat(loaded.isOk().json().path("metadata").path("current-schema-id").isInt()).isTrue();
  }

  @Test
  void duckDbKeepsTablesOfItsOwn() {
    duckPost("/v1/namespaces", "{\"namespace\":[\"mine\"],\"properties\":{}}").isOk();
    JsonNode staged =
        duckPost(
                "/v1/namespaces/mine/tables",
                "{\"stage-create\":true,\"name\":\"t\",\"schema\":"
                    + SCHEMA
                    + ",\"partition-spec\":{\"spec-id\":0,\"type\":\"struct\",\"fields\":[]},"
                    + "\"properties\":{\"format-version\":\"2\"}}")
            .isOk()
            .json();
    JsonNode metadata = staged.path("metadata");
    duckPost(
            "/v1/namespaces/mine/tables/t",
            "{\"requirements\":[{\"type\":\"assert-create\"}],\"updates\":["
                + "{\"action\":\"assign-uuid\",\"uuid\":\""
                + metadata.path("table-uuid").asText()
                + "\"},{\"action\":\"upgrade-format-version\",\"format-version\":2},"
                + "{\"action\":\"add-schema\",\"last-column-id\":1,\"schema\":"
                + SCHEMA
                + "},{\"action\":\"set-current-schema\",\"schema-id\":-1},"
                + "{\"action\":\"add-spec\",\"spec\":{\"spec-id\":0,\"fields\":[]}},"
                + "{\"action\":\"set-default-spec\",\"spec-id\":-1},"
                + "{\"action\":\"add-sort-order\",\"sort-order\":{\"order-id\":0,\"fields\":[]}},"
                + "{\"action\":\"set-default-sort-order\",\"sort-order-id\":-1},"
                + "{\"action\":\"set-location\",\"location\":\""
                + metadata.path("location").asText()
                + "\"}],\"identifier\":{\"name\":\"t\",\"namespace\":[\"mine\"]}}")
        .isOk();
    duck("/v1/namespaces/mine/tables/t").isOk();
    assertThat(
            http.send(with(DUCKDB, "/v1/namespaces/mine/tables/t?purgeRequested=false").DELETE())
                .status())
        .isEqualTo(204);
    assertThat(http.send(with(DUCKDB, "/v1/namespaces/mine").DELETE()).status()).isEqualTo(204);
  }
}
