package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.schema.http.Api.body;
import static oxbow.schema.http.Api.optional;
import static oxbow.schema.http.Api.record;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SettingsApiTest {
  private static final String A = record("A");
  private static final String A2 = record("A", optional("f"));

  private final Api api = new Api();

  @AfterEach
  void close() {
    api.close();
  }

  // ---- config

  @Test
  void levelOfAllIsBackwardUntilItIsChanged() {
    assertThat(api.get("/config").body()).isEqualTo("{\"compatibilityLevel\":\"BACKWARD\"}");

    assertThat(api.put("/config", "{\"compatibility\":\"full\"}").isOk().body())
        .isEqualTo("{\"compatibility\":\"FULL\"}");
    assertThat(api.get("/config").body()).isEqualTo("{\"compatibilityLevel\":\"FULL\"}");
    assertThat(api.delete("/config").isOk().body()).isEqualTo("{\"compatibilityLevel\":\"FULL\"}");
    assertThat(api.get("/config").body()).isEqualTo("{\"compatibilityLevel\":\"BACKWARD\"}");
  }

  @Test
  void subjectHasItsOwnLevelOrThatOfAll() {
    api.get("/config/s").isError(40408, "Subject 's' does not have subject-level");
    assertThat(api.get("/config/s?defaultToGlobal=true").body())
        .isEqualTo("{\"compatibilityLevel\":\"BACKWARD\"}");

    api.put("/config/s", "{\"compatibility\":\"NONE\"}").isOk();

    assertThat(api.get("/config/s").body()).isEqualTo("{\"compatibilityLevel\":\"NONE\"}");
    assertThat(api.delete("/config/s").isOk().body())
        .isEqualTo("{\"compatibilityLevel\":\"NONE\"}");
    api.delete("/config/s").isError(40401, "Subject 's' not found.");
  }

  @Test
  void badLevelsAndSubjectsAreRefused() {
    api.put("/config", "{\"compatibility\":\"SIDEWAYS\"}")
        .isError(42203, "Invalid compatibility level");
    api.put("/config/__GLOBAL", "{\"compatibility\":\"NONE\"}").isError(42208);
  }

  @Test
  void putMergesAndNullClears() {
    api.put("/config/s", "{\"compatibility\":\"NONE\",\"normalize\":true,\"alias\":\"t\"}").isOk();

    JsonNode merged = api.put("/config/s", "{\"alias\":null,\"validateFields\":true}").json();

    assertThat(merged.path("compatibility").asText()).isEqualTo("NONE");
    assertThat(merged.path("normalize").asBoolean()).isTrue();
    assertThat(merged.path("validateFields").asBoolean()).isTrue();
    assertThat(merged.has("alias")).isFalse();
  }

  @Test
  void settingsOfAContextCountForItsSubjects() {
    api.put("/config/:.lab:", "{\"compatibility\":\"NONE\"}").isOk();

    assertThat(api.get("/config/:.lab:s?defaultToGlobal=true").body())
        .isEqualTo("{\"compatibilityLevel\":\"NONE\"}");
    assertThat(api.get("/contexts/lab/config").body())
        .isEqualTo("{\"compatibilityLevel\":\"NONE\"}");
    assertThat(api.get("/config/s?defaultToGlobal=true").body())
        .isEqualTo("{\"compatibilityLevel\":\"BACKWARD\"}");
    api.put("/config/:.__GLOBAL:", "{\"compatibility\":\"FORWARD\"}").isOk();
    assertThat(api.get("/config/:.other:s?defaultToGlobal=true").body())
        .isEqualTo("{\"compatibilityLevel\":\"FORWARD\"}");
  }

  @Test
  void normalizeOfTheConfigCountsForRegistrations() {
    api.put("/config/s", "{\"normalize\":true}").isOk();
    String oneOrder = "{\"type\":\"record\",\"name\":\"A\",\"fields\":[],\"z\":1,\"a\":2}";
    String otherOrder = "{\"type\":\"record\",\"name\":\"A\",\"fields\":[],\"a\":2,\"z\":1}";

    assertThat(api.register("s", oneOrder)).isEqualTo(api.register("s", otherOrder));
    assertThat(api.register("t", oneOrder)).isNotEqualTo(api.register("t", otherOrder));
  }

  // ---- mode

  @Test
  void modeOfAllIsReadWriteUntilItIsChanged() {
    assertThat(api.get("/mode").body()).isEqualTo("{\"mode\":\"READWRITE\"}");
    api.get("/mode/s").isError(40409, "Subject 's' does not have subject-level mode");
    assertThat(api.get("/mode/s?defaultToGlobal=true").body())
        .isEqualTo("{\"mode\":\"READWRITE\"}");

    assertThat(api.put("/mode/s", "{\"mode\":\"readonly\"}").isOk().body())
        .isEqualTo("{\"mode\":\"READONLY\"}");
    assertThat(api.get("/mode/s").body()).isEqualTo("{\"mode\":\"READONLY\"}");
    assertThat(api.delete("/mode/s").isOk().body()).isEqualTo("{\"mode\":\"READONLY\"}");
    api.delete("/mode/s").isError(40401);
    api.put("/mode", "{\"mode\":\"WRITEONLY\"}").isError(42204, "Invalid mode");
  }

  @Test
  void readOnlySubjectStillFindsWhatItHas() {
    api.register("s", A);
    api.put("/mode", "{\"mode\":\"READONLY\"}").isOk();

    assertThat(api.register("s", A)).isEqualTo(1);
    api.post("/subjects/s/versions", body(A2)).isError(42205, "is in read-only mode");
    api.delete("/subjects/s").isError(42205);
    api.delete("/subjects/s/versions/1").isError(42205);
    api.put("/config/s", "{\"compatibility\":\"NONE\"}").isError(42205);

    api.put("/mode/s", "{\"mode\":\"READWRITE\"}").isOk();
    assertThat(api.register("s", A2)).as("a subject's own mode comes first").isEqualTo(2);
  }

  @Test
  void readOnlyOverrideDoesNotBeatASubjectsMode() {
    api.put("/mode", "{\"mode\":\"READONLY_OVERRIDE\"}").isOk();
    api.post("/subjects/s/versions", body(A)).isError(42205);
    api.put("/mode/s", "{\"mode\":\"READWRITE\"}").isOk();

    assertThat(api.register("s", A)).isEqualTo(1);
  }

  @Test
  void idsAreTheRegistrysUnlessItImports() {
    api.post("/subjects/s/versions", body(A, "{\"id\":7}")).isError(42205, "not in import mode");
    api.put("/mode/s", "{\"mode\":\"IMPORT\"}").isOk();

    api.post("/subjects/s/versions", body(A)).isError(42205, "not in read-write mode");
    JsonNode imported =
        api.post("/subjects/s/versions", body(A, "{\"id\":7,\"version\":3}")).isOk().json();

    assertThat(imported.path("id").asInt()).isEqualTo(7);
    assertThat(imported.path("version").asInt()).isEqualTo(3);
    api.post("/subjects/s/versions", body(A2, "{\"id\":7,\"version\":4}"))
        .isError(42205, "Overwrite new schema with id 7");
    // Compatibility is skipped.
    api.post("/subjects/s/versions", body("\"string\"", "{\"id\":9,\"version\":4}")).isOk();
    api.put("/mode/s", "{\"mode\":\"READWRITE\"}").isOk();
    assertThat(api.register("t", A2)).as("after the largest id").isEqualTo(10);
  }

  @Test
  void importingNeedsAnEmptySubjectOrForce() {
    api.register("s", A);

    api.put("/mode/s", "{\"mode\":\"IMPORT\"}")
        .isError(42205, "Cannot import since found existing subjects");
    api.put("/mode", "{\"mode\":\"IMPORT\"}").isError(42205);
    api.put("/mode/t", "{\"mode\":\"IMPORT\"}").isOk();
    api.put("/mode/s?force=true", "{\"mode\":\"IMPORT\"}").isOk();
  }

  @Test
  void importForgetsWhatWasSoftlyDeleted() {
    api.register("s", A);
    api.delete("/subjects/s").isOk();

    api.put("/mode/s", "{\"mode\":\"IMPORT\"}").isOk();

    assertThat(api.get("/subjects?deleted=true").body()).isEqualTo("[]");
    api.get("/schemas/ids/1").isError(40403);
  }

  @Test
  void forwardIsForAllOnly() {
    api.put("/mode/s", "{\"mode\":\"FORWARD\"}").isError(42204, "only supported on global level");
    api.put("/mode/:.__GLOBAL:", "{\"mode\":\"FORWARD\"}").isOk();

    assertThat(api.get("/mode/:.lab:s?defaultToGlobal=true").body())
        .isEqualTo("{\"mode\":\"FORWARD\"}");
  }

  @Test
  void modesOfAWholeContextAreTakenBackAtOnce() {
    api.put("/mode/:.lab:", "{\"mode\":\"READONLY\"}").isOk();
    api.put("/mode/:.lab:a", "{\"mode\":\"READWRITE\"}").isOk();
    api.put("/mode/b", "{\"mode\":\"READONLY\"}").isOk();

    api.delete("/mode/:.lab:?recursive=true").isOk();

    api.get("/mode/:.lab:a").isError(40409);
    assertThat(api.get("/mode/b").status()).isEqualTo(200);
  }
}
