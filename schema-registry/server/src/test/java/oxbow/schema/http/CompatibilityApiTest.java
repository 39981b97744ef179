package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.schema.http.Api.JSON;
import static oxbow.schema.http.Api.body;
import static oxbow.schema.http.Api.field;
import static oxbow.schema.http.Api.optional;
import static oxbow.schema.http.Api.record;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompatibilityApiTest {
  private static final String EMPTY = record("A");
  private static final String WITH_OPTIONAL = record("A", optional("f"));
  private static final String WITH_REQUIRED = record("A", field("n", "\"int\""));

  private final Api api = new Api();

  @AfterEach
  void close() {
    api.close();
  }

  private boolean isCompatible(String path, String schema) {
    return api.post("/compatibility/subjects/" + path, body(schema))
        .isOk()
        .json()
        .path("is_compatible")
        .asBoolean();
  }

  @Test
  void oneVersionOrAllByTheLevelAreAsked() {
    api.register("s", EMPTY);

    assertThat(isCompatible("s/versions/1", WITH_OPTIONAL)).isTrue();
    assertThat(isCompatible("s/versions/latest", WITH_REQUIRED)).isFalse();
    assertThat(isCompatible("s/versions", WITH_REQUIRED)).isFalse();
    assertThat(isCompatible("s/versions", WITH_OPTIONAL)).isTrue();
  }

  @Test
  void whatIsNotThereIsCompatibleUnlessAVersionIsNamed() {
    assertThat(isCompatible("x/versions/latest", EMPTY)).isTrue();
    assertThat(isCompatible("x/versions", EMPTY)).isTrue();
    api.post("/compatibility/subjects/x/versions/1", body(EMPTY)).isError(40402);
    api.post("/compatibility/subjects/x/versions/zero", body(EMPTY)).isError(42202);
  }

  @Test
  void verboseTellsAPersonWhatBreaks() {
    api.register("s", EMPTY);

    JsonNode answer =
        api.post("/compatibility/subjects/s/versions?verbose=true", body(WITH_REQUIRED))
            .isOk()
            .json();

    assertThat(answer.path("is_compatible").asBoolean(true)).isFalse();
    assertThat(answer.path("messages").toString())
        .contains("READER_FIELD_MISSING_DEFAULT_VALUE", "new schema", "old schema")
        .contains("{oldSchemaVersion: 1}")
        .contains("{validateFields: 'false', compatibility: 'BACKWARD'}");
    assertThat(
            api.post("/compatibility/subjects/s/versions?verbose=true", body(WITH_OPTIONAL))
                .json()
                .path("messages"))
        .isEmpty();
    assertThat(
            api.post("/compatibility/subjects/s/versions", body(WITH_OPTIONAL))
                .json()
                .has("messages"))
        .isFalse();
  }

  @Test
  void schemaThatIsNoneIsAnErrorOrWhenVerboseAMessage() {
    api.post("/compatibility/subjects/s/versions", body("{")).isError(42201);

    JsonNode answer =
        api.post("/compatibility/subjects/s/versions?verbose=true", body("{")).isOk().json();

    assertThat(answer.path("is_compatible").asBoolean(true)).isFalse();
    assertThat(answer.path("messages").path(0).asText()).contains("Invalid schema");
  }

  @ParameterizedTest
  @CsvSource({
    // to the latest version: adds a required field, removes an optional one
    "NONE,                true,  true",
    "BACKWARD,            false, true",
    "BACKWARD_TRANSITIVE, false, true",
    "FORWARD,             true,  true",
    "FORWARD_TRANSITIVE,  true,  true",
    "FULL,                false, true",
    "FULL_TRANSITIVE,     false, true",
  })
  void levelSaysWhatMayFollow(String level, boolean addsRequired, boolean removesOptional) {
    api.register("s", WITH_OPTIONAL);
    api.put("/config/s", "{\"compatibility\":\"" + level + "\"}").isOk();

    assertThat(isCompatible("s/versions", record("A", optional("f"), field("n", "\"int\""))))
        .isEqualTo(addsRequired);
    assertThat(isCompatible("s/versions", EMPTY)).isEqualTo(removesOptional);
  }

  @Test
  void transitiveLevelsAskAllVersions() {
    api.put("/config/s", "{\"compatibility\":\"NONE\"}").isOk();
    api.register("s", record("A", field("n", "\"string\"")));
    api.register("s", EMPTY);
    String addsOptionalInt = record("A", "{\"name\":\"n\",\"type\":\"int\",\"default\":0}");

    api.put("/config/s", "{\"compatibility\":\"BACKWARD\"}").isOk();
    assertThat(isCompatible("s/versions", addsOptionalInt)).isTrue();
    api.put("/config/s", "{\"compatibility\":\"BACKWARD_TRANSITIVE\"}").isOk();
    assertThat(isCompatible("s/versions", addsOptionalInt)).isFalse();
  }

  @Test
  void breakInAnotherCompatibilityGroupDoesNotCount() {
    api.put("/config/s", "{\"compatibility\":\"BACKWARD\",\"compatibilityGroup\":\"major\"}")
        .isOk();
    api.post(
            "/subjects/s/versions",
            body(EMPTY, "{\"metadata\":{\"properties\":{\"major\":\"1\"}}}"))
        .isOk();

    api.post("/subjects/s/versions", body(WITH_REQUIRED)).isError(40901);
    api.post(
            "/subjects/s/versions",
            body(WITH_REQUIRED, "{\"metadata\":{\"properties\":{\"major\":\"2\"}}}"))
        .isOk();
  }

  @Test
  void theLenientPolicyCountsForJsonSchema() {
    String more = "{\"properties\":{\"a\":{\"type\":\"string\"}}}";
    api.post("/subjects/j/versions", body("{\"properties\":{}}", JSON)).isOk();
    api.post("/subjects/j/versions", body(more, JSON)).isError(40901);

    api.put("/config", "{\"compatibilityPolicy\":\"lenient\"}").isOk();

    api.post("/subjects/j/versions", body(more, JSON)).isOk();
    assertThat(api.get("/config").json().path("compatibilityPolicy").asText()).isEqualTo("LENIENT");
    api.register("s", EMPTY);
    assertThat(isCompatible("s/versions", WITH_REQUIRED)).as("Avro knows no policy").isFalse();
    api.put("/config", "{\"compatibilityPolicy\":\"relaxed\"}").isOk();
    assertThat(api.get("/config").json().has("compatibilityPolicy")).as("no policy").isFalse();
  }

  @Test
  void reservedFieldsMayNotBeUsed() {
    api.put("/config/s", "{\"compatibility\":\"NONE\",\"validateFields\":true}").isOk();

    api.post(
            "/subjects/s/versions",
            body(
                WITH_REQUIRED, "{\"metadata\":{\"properties\":{\"confluent:reserved\":\"m, n\"}}}"))
        .isError(40901, "conflicts with the reserved field n");
  }
}
