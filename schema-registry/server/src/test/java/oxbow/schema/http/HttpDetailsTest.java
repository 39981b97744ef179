package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.schema.http.Api.body;
import static oxbow.schema.http.Api.record;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.http.Api.Answer;

class HttpDetailsTest {
  private final Api api = new Api();

  @AfterEach
  void close() {
    api.close();
  }

  private Answer get(String path, String accept) {
    return api.send(
        HttpRequest.newBuilder(URI.create(api.url(path))).header("Accept", accept).GET());
  }

  private Answer post(String contentType, String body) {
    return api.send(
        HttpRequest.newBuilder(URI.create(api.url("/subjects/s/versions")))
            .header("Content-Type", contentType)
            .POST(BodyPublishers.ofString(body)));
  }

  @Test
  void rootSaysNothingAndIsThere() {
    assertThat(api.get("/").isOk().body()).isEqualTo("{}");
    assertThat(api.post("/", "").isOk().body()).isEqualTo("{}");
    assertThat(api.get("/registry/").isOk().body()).isEqualTo("{}");
  }

  @Test
  void sameIsServedBelowAnotherPath() {
    api.register("s", record("A"));

    assertThat(api.get("/registry/subjects").body()).isEqualTo("[\"s\"]");
    assertThat(api.get("/registry/schemas/ids/1").body())
        .isEqualTo(api.get("/schemas/ids/1").body());
  }

  @ParameterizedTest
  @CsvSource({
    "*/*,application/vnd.schemaregistry.v1+json",
    "application/*,application/vnd.schemaregistry.v1+json",
    "application/json,application/json",
    "application/vnd.schemaregistry+json,application/vnd.schemaregistry+json",
    "'text/html, application/json;q=0.5',application/json",
    "'application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json',"
        + "application/vnd.schemaregistry.v1+json",
    "'application/json;q=0.1, application/vnd.schemaregistry+json;q=0.9',"
        + "application/vnd.schemaregistry+json"
  })
  void answerHasTheTypeTheClientLikesMost(String accept, String expected) {
    assertThat(get("/subjects", accept).isOk().headers().firstValue("content-type"))
        .contains(expected);
  }

  @Test
  void answerHasTheRegistrysTypeIfNobodyAsks() {
    Answer answer = api.get("/subjects").isOk();

    assertThat(answer.headers().firstValue("content-type")).contains(Api.V1);
    assertThat(answer.headers().firstValue("vary")).isPresent();
    assertThat(answer.headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void typesNobodySpeaksAreRefused() {
    get("/subjects", "text/html").isError(406, "HTTP 406 Not Acceptable");
    post("text/plain", body("\"string\"")).isError(415, "HTTP 415 Unsupported Media Type");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/vnd.schemaregistry.v1+json",
        "application/vnd.schemaregistry+json",
        "application/json",
        "application/json; charset=utf-8",
        "application/octet-stream"
      })
  void typesThatClientsSendAreTaken(String contentType) {
    assertThat(post(contentType, body("\"string\"")).status()).isEqualTo(200);
  }

  @Test
  void pathsAndMethodsThatAreNotThere() {
    api.get("/nothing").isError(404, "HTTP 404 Not Found");
    api.get("/subjects/s/nothing").isError(404);
    api.get("/exporters").isError(404);
    api.get("/dek-registry/v1/keks").isError(404);
    api.put("/subjects/s", "{}").isError(405, "HTTP 405 Method Not Allowed");
    api.delete("/schemas/ids/1").isError(405);
    api.post("/config", "{}").isError(405);
  }

  @Test
  void badBodiesAreTold() {
    api.post("/subjects/s/versions", "{\"schema\":").isError(400, "no JSON");
    api.post("/subjects/s/versions", "[]").isError(400);
    api.post("/subjects/s/versions", "").isError(422, "must not be null");
    api.post("/subjects/s/versions", "null").isError(422);
    api.post("/subjects/s/versions", "{\"schema\":{\"type\":\"string\"}}").isError(400, "schema");
    api.post("/subjects/s/versions", "{\"schema\":\"x\",\"id\":\"y\"}").isError(400);
    api.post("/subjects/s/versions", "[".repeat(50_000)).isError(400);
    assertThat(api.post("/subjects/s/versions", body("\"string\"", "{\"whatever\":[1]}")).status())
        .as("unknown fields are passed over")
        .isEqualTo(200);
  }

  @Test
  void bodyThatIsTooLargeIsRefused() {
    api.post("/subjects/s/versions", body("x".repeat(200_000))).isError(42209, "larger than");
    assertThat(api.get("/subjects").body()).isEqualTo("[]");
  }

  @Test
  void bodyThatDoesNotSayItsLengthIsBoundedToo() {
    byte[] body = body("x".repeat(200_000)).getBytes(StandardCharsets.UTF_8);

    api.send(
            HttpRequest.newBuilder(URI.create(api.url("/subjects/s/versions")))
                .header("Content-Type", Api.V1)
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))))
        .isError(42209);
  }

  @Test
  void pathsLeadNowhereElse() {
    for (String path : List.of("..%2F..%2Fetc%2Fpasswd", "%2e%2e")) {
      Answer answer = api.get("/subjects/" + path + "/versions");
      assertThat(answer.status()).as(path).isEqualTo(400);
      assertThat(answer.json().path("error_code").asInt()).as(path).isEqualTo(400);
    }
  }

  @Test
  void headIsAsGetWithoutABody() {
    Answer head =
        api.send(
            HttpRequest.newBuilder(URI.create(api.url("/subjects")))
                .method("HEAD", BodyPublishers.noBody()));

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
  }

  @Test
  void serverTellsWhatItIs() {
    assertThat(api.get("/v1/metadata/id").body())
        .contains("\"kafka-cluster\":\"cluster-1\"", "\"path\":[]");
    assertThat(api.get("/v1/metadata/version").body())
        .isEqualTo("{\"version\":\"1.2.3\",\"commitId\":\"abcdef\"}");
    assertThat(api.get("/v1/metadata/deployment").status()).isEqualTo(200);
  }

  @Test
  void whatHappensIsCounted() {
    api.register("s", record("A"));
    api.get("/schemas/ids/1").isOk();
    api.get("/schemas/ids/2").isError(40403);

    assertThat(api.meters.get("oxbow.schema.registrations").counter().count()).isEqualTo(1);
    assertThat(api.meters.get("oxbow.schema.lookups").counter().count()).isEqualTo(2);
    assertThat(api.meters.get("oxbow.schema.errors").tag("code", "40403").counter().count())
        .isEqualTo(1);
    assertThat(api.meters.get("oxbow.schema.versions").gauge().value()).isEqualTo(1);
  }
}
