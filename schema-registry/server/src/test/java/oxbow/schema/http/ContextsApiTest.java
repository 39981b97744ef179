package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.schema.http.Api.body;
import static oxbow.schema.http.Api.optional;
import static oxbow.schema.http.Api.record;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContextsApiTest {
  private static final String A = record("A");
  private static final String A2 = record("A", optional("f"));

  private final Api api = new Api();

  @AfterEach
  void close() {
    api.close();
  }

  @Test
  void idsAreCountedByContext() {
    assertThat(api.register("s", A2)).isEqualTo(1);
    assertThat(api.register(":.lab:s", A)).isEqualTo(1);
    assertThat(api.register(":.lab:t", A2)).isEqualTo(2);

    assertThat(api.get("/contexts").body()).isEqualTo("[\".\",\".lab\"]");
    assertThat(api.get("/contexts?contextPrefix=.l").body()).isEqualTo("[\".lab\"]");
    assertThat(api.get("/contexts?limit=1&offset=1").body()).isEqualTo("[\".lab\"]");
    assertThat(api.get("/schemas/ids/1").json().path("schema").asText()).isEqualTo(A2);
    assertThat(api.get("/schemas/ids/1?subject=:.lab:").json().path("schema").asText())
        .isEqualTo(A);
    assertThat(api.get("/schemas/ids/1?subject=:.lab:s").json().path("schema").asText())
        .isEqualTo(A);
    assertThat(api.get("/schemas/ids/2?subject=t").json().path("schema").asText())
        .as("an unqualified subject is looked for in other contexts")
        .isEqualTo(A2);
    api.get("/schemas/ids/2").isError(40403);
  }

  @Test
  void contextInThePathStandsBeforeTheSubject() {
    api.post("/contexts/lab/subjects/s/versions", body(A)).isOk();

    assertThat(api.get("/subjects").body()).isEqualTo("[\":.lab:s\"]");
    assertThat(api.get("/contexts/.lab/subjects").body()).isEqualTo("[\":.lab:s\"]");
    assertThat(api.get("/contexts/:.lab:/subjects/s/versions").body()).isEqualTo("[1]");
    assertThat(api.get("/contexts/lab/schemas/ids/1").json().path("schema").asText()).isEqualTo(A);
    assertThat(api.get("/contexts/lab/schemas").json()).hasSize(1);
    assertThat(
            api.post("/contexts/lab/compatibility/subjects/s/versions", body(A2))
                .isOk()
                .json()
                .path("is_compatible")
                .asBoolean())
        .isTrue();
    assertThat(api.put("/contexts/lab/mode/s", "{\"mode\":\"READONLY\"}").status()).isEqualTo(200);
    assertThat(api.get("/mode/:.lab:s").body()).isEqualTo("{\"mode\":\"READONLY\"}");
    assertThat(api.get("/contexts/./subjects").body()).isEqualTo("[]");
    api.get("/contexts/a:b/subjects").isError(400, "cannot contain a colon");
  }

  @Test
  void prefixesChooseContexts() {
    api.register("s", A);
    api.register(":.lab:s", A);

    assertThat(api.get("/subjects").body()).isEqualTo("[\":.lab:s\",\"s\"]");
    assertThat(api.get("/subjects?subjectPrefix=").body()).isEqualTo("[\"s\"]");
    assertThat(api.get("/subjects?subjectPrefix=:.:").body()).isEqualTo("[\"s\"]");
    assertThat(api.get("/subjects?subjectPrefix=:*:").body()).isEqualTo("[\":.lab:s\",\"s\"]");
    assertThat(api.get("/subjects?subjectPrefix=:*:s").body()).isEqualTo("[\":.lab:s\",\"s\"]");
    assertThat(api.get("/subjects?subjectPrefix=:.lab:x").body()).isEqualTo("[]");
    assertThat(api.get("/subjects/:.:s/versions").body()).isEqualTo("[1]");
  }

  @Test
  void unqualifiedSubjectIsLookedForInOtherContexts() {
    api.register(":.lab:s", A);

    assertThat(api.get("/subjects/s/versions/1").isOk().json().path("subject").asText())
        .isEqualTo(":.lab:s");
    assertThat(api.post("/subjects/s", body(A)).isOk().json().path("subject").asText())
        .isEqualTo(":.lab:s");
  }

  @Test
  void referencesMeanSubjectsOfTheirOwnContext() {
    api.register(":.lab:a", A);
    String references = "{\"references\":[{\"name\":\"A\",\"subject\":\"a\",\"version\":1}]}";
    String b = record("B", Api.field("a", "\"A\""));

    api.post("/subjects/b/versions", body(b, references)).isError(42201);
    api.post("/subjects/:.lab:b/versions", body(b, references)).isOk();

    assertThat(
            api.get("/subjects/:.lab:b/versions/1?referenceFormat=qualified")
                .json()
                .path("references")
                .path(0)
                .path("subject")
                .asText())
        .isEqualTo(":.lab:a");
    assertThat(
            api.get("/subjects/:.lab:b/versions/1")
                .json()
                .path("references")
                .path(0)
                .path("subject")
                .asText())
        .isEqualTo("a");
    api.delete("/subjects/:.lab:a").isError(42206);
  }

  @Test
  void contextIsDeletedOnceItIsEmpty() {
    api.register(":.lab:s", A);

    api.delete("/contexts/.lab").isError(42211, "is not empty");
    api.delete("/subjects/:.lab:s").isOk();
    api.delete("/contexts/.lab").isError(42211);
    api.delete("/subjects/:.lab:s?permanent=true").isOk();
    assertThat(api.delete("/contexts/.lab").status()).isEqualTo(204);
    assertThat(api.get("/contexts").body()).isEqualTo("[\".\"]");
  }
}
