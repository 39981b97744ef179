package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.schema.http.Api.body;
import static oxbow.schema.http.Api.optional;
import static oxbow.schema.http.Api.record;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchemasApiTest {
  private static final String A = record("A");
  private static final String A2 = record("A", optional("f"));

  private final Api api = new Api();

  @AfterEach
  void close() {
    api.close();
  }

  @Test
  void idGivesTheSchema() {
    api.register("s", A);

    JsonNode schema = api.get("/schemas/ids/1").isOk().json();

    assertThat(schema.path("schema").asText()).isEqualTo(A);
    assertThat(schema.path("schemaType").asText()).isEqualTo("AVRO");
    assertThat(schema.has("subject")).isFalse();
    assertThat(api.get("/schemas/ids/1?subject=s").json().path("subject").asText()).isEqualTo("s");
    assertThat(api.get("/schemas/ids/1?fetchMaxId=true").json().path("maxId").asInt()).isEqualTo(1);
    assertThat(api.get("/schemas/ids/1/schema").body()).isEqualTo(A);
    api.get("/schemas/ids/2").isError(40403, "Schema 2 not found");
    api.get("/schemas/ids/2/schema").isError(40403);
    api.get("/schemas/ids/abc").isError(404, "HTTP 404 Not Found");
  }

  @Test
  void idIsOfferedWithAllItsSubjectsAndVersions() {
    api.register("s", A);
    api.register("t", A);
    api.delete("/subjects/t").isOk();

    assertThat(api.get("/schemas/ids/1/subjects").body()).isEqualTo("[\"s\"]");
    assertThat(api.get("/schemas/ids/1/subjects?deleted=true").body()).isEqualTo("[\"s\",\"t\"]");
    assertThat(api.get("/schemas/ids/1/versions").body())
        .isEqualTo("[{\"subject\":\"s\",\"version\":1}]");
    assertThat(api.get("/schemas/ids/1/versions?deleted=true").json()).hasSize(2);
    api.get("/schemas/ids/9/versions").isError(40403);
    api.get("/schemas/ids/9/subjects").isError(40403);
  }

  @Test
  void guidIsTheSameInAllContexts() {
    api.register("s", A2);
    String guid = api.post("/subjects/s/versions", body(A)).isOk().json().path("guid").asText();
    api.register(":.lab:s", A);

    assertThat(api.get("/schemas/guids/" + guid).isOk().json().path("schema").asText())
        .isEqualTo(A);
    assertThat(api.get("/schemas/guids/" + guid.replace("-", "")).status()).isEqualTo(200);
    assertThat(api.get("/schemas/guids/" + guid + "/ids").body())
        .isEqualTo("[{\"context\":\".\",\"id\":2},{\"context\":\".lab\",\"id\":1}]");
    api.get("/schemas/guids/00000000-0000-0000-0000-000000000000").isError(40403);
    api.get("/schemas/guids/nonsense").isError(40403, "nonsense");
  }

  @Test
  void allSchemasAreListed() {
    api.register("s", A);
    api.register("s", A2);
    api.register("t", A);
    api.register(":.lab:u", A);

    assertThat(api.get("/schemas").json()).as("of the default context").hasSize(3);
    assertThat(api.get("/schemas?subjectPrefix=:*:").json()).hasSize(4);
    assertThat(api.get("/schemas?subjectPrefix=:.lab:").json()).hasSize(1);
    assertThat(api.get("/schemas?latestOnly=true").json())
        .extracting(schema -> schema.path("version").asInt())
        .containsExactly(2, 1);
    assertThat(api.get("/schemas?subjectPrefix=t").json()).hasSize(1);
    assertThat(api.get("/schemas?limit=1&offset=1").json().path(0).path("version").asInt())
        .isEqualTo(2);
    api.delete("/subjects/t").isOk();
    assertThat(api.get("/schemas").json()).hasSize(2);
    assertThat(api.get("/schemas?deleted=true").json()).hasSize(3);
  }

  @Test
  void aliasStandsForASubject() {
    api.register("orders", A);
    api.put("/config/old-orders", "{\"alias\":\"orders\"}").isOk();

    assertThat(api.get("/subjects/old-orders/versions/latest").json().path("subject").asText())
        .isEqualTo("orders");
    assertThat(api.register("old-orders", A2)).isEqualTo(2);
    assertThat(api.get("/subjects/orders/versions").body()).isEqualTo("[1,2]");
    assertThat(api.get("/schemas/ids/1?subject=old-orders").json().path("subject").asText())
        .isEqualTo("orders");
    assertThat(
            api.get("/schemas?aliases=true&latestOnly=true")
                .json()
                .path(0)
                .path("aliases")
                .path(0)
                .asText())
        .isEqualTo("old-orders");
  }

  @Test
  void typesAreTheLanguagesThatAreServed() {
    assertThat(api.get("/schemas/types").json()).extracting(JsonNode::asText).contains("AVRO");
  }
}
