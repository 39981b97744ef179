package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.schema.http.Api.body;
import static oxbow.schema.http.Api.field;
import static oxbow.schema.http.Api.optional;
import static oxbow.schema.http.Api.record;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import oxbow.schema.http.Api.Answer;
import oxbow.schema.testing.MemorySchemaStore;
import oxbow.schema.testing.MemorySchemaStore.Fault;

class SubjectsApiTest {
  private static final String A = record("A");
  private static final String A2 = record("A", optional("f"));

  private final Api api = new Api();

  @AfterEach
  void close() {
    api.close();
  }

  @Test
  void registeringAnswersWithAllThatTheNewVersionIs() {
    JsonNode answer = api.post("/subjects/s/versions", body(A)).isOk().json();

    assertThat(answer.path("id").asInt()).isEqualTo(1);
    assertThat(answer.path("version").asInt()).isEqualTo(1);
    assertThat(answer.path("schemaType").asText()).isEqualTo("AVRO");
    assertThat(answer.path("schema").asText()).isEqualTo(A);
    assertThat(answer.path("guid").asText()).hasSize(36);
  }

  @Test
  void sameSchemaHasOneIdInAllSubjects() {
    assertThat(api.register("s", A)).isEqualTo(1);
    assertThat(api.register("s", A)).isEqualTo(1);
    assertThat(api.register("t", A)).isEqualTo(1);
    assertThat(api.register("t", A2)).isEqualTo(2);
    assertThat(api.get("/subjects/t/versions").body()).isEqualTo("[1,2]");
    assertThat(api.get("/subjects").body()).isEqualTo("[\"s\",\"t\"]");
  }

  @Test
  void differencesThatMeanNothingGiveTheSameId() {
    api.register("s", "{\"type\" : \"string\"}");

    assertThat(api.register("s", "\"string\"")).isEqualTo(1);
    assertThat(api.get("/schemas/ids/1").json().path("schema").asText()).isEqualTo("\"string\"");
  }

  @Test
  void emptySchemaTakesThatOfTheLatestVersion() {
    api.post("/subjects/s/versions", "{\"schema\":\"\"}").isError(42201, "Empty schema");
    api.register("s", A);

    assertThat(api.post("/subjects/s/versions", "{}").isOk().json().path("id").asInt())
        .isEqualTo(1);
  }

  @Test
  void schemasThatAreNoneAreRefused() {
    api.post("/subjects/s/versions", body("{\"type\":\"nonsense\"}"))
        .isError(42201, "Invalid schema of type AVRO");
    api.post("/subjects/s/versions", body("x", "{\"schemaType\":\"XML\"}"))
        .isError(42201, "Invalid schema type XML");
    String badDefault = record("A", "{\"name\":\"n\",\"type\":\"int\",\"default\":\"x\"}");
    api.post("/subjects/s/versions", body(badDefault)).isError(42201);
    assertThat(api.get("/subjects").body()).isEqualTo("[]");
  }

  @Test
  void versionIsShownWithTimeAndState() {
    api.register("s", A);

    JsonNode version = api.get("/subjects/s/versions/1").isOk().json();

    assertThat(version.path("subject").asText()).isEqualTo("s");
    assertThat(version.path("version").asInt()).isEqualTo(1);
    assertThat(version.path("id").asInt()).isEqualTo(1);
    assertThat(version.path("ts").asLong()).isEqualTo(MemorySchemaStore.FIRST_TIMESTAMP_MS);
    assertThat(version.path("deleted").asBoolean(true)).isFalse();
    assertThat(api.get("/subjects/s/versions/latest").json()).isEqualTo(version);
    assertThat(api.get("/subjects/s/versions/-1").json()).isEqualTo(version);
    assertThat(api.get("/subjects/s/versions/1/schema").body()).isEqualTo(A);
  }

  @Test
  void whatIsNotThereHasItsCode() {
    api.register("s", A);

    api.get("/subjects/x/versions").isError(40401, "Subject 'x' not found.");
    api.get("/subjects/x/versions/1").isError(40401);
    api.get("/subjects/s/versions/9").isError(40402, "Version 9 not found.");
    api.get("/subjects/s/versions/0").isError(42202, "'0'");
    api.get("/subjects/s/versions/abc").isError(42202, "'abc'");
    api.post("/subjects/x", body(A)).isError(40401);
    api.post("/subjects/s", body(record("B"))).isError(40403, "Schema not found");
  }

  @Test
  void lookingUpFindsAVersionWithoutMakingOne() {
    api.register("s", A);
    api.register("s", A2);

    JsonNode found = api.post("/subjects/s", body(A)).isOk().json();

    assertThat(found.path("version").asInt()).isEqualTo(1);
    assertThat(found.path("id").asInt()).isEqualTo(1);
    assertThat(found.path("subject").asText()).isEqualTo("s");
  }

  @Test
  void softlyDeletedSubjectIsHiddenAndItsIdsAreNot() {
    api.register("s", A);
    api.register("s", A2);

    assertThat(api.delete("/subjects/s").isOk().body()).isEqualTo("[1,2]");

    assertThat(api.get("/subjects").body()).isEqualTo("[]");
    assertThat(api.get("/subjects?deleted=true").body()).isEqualTo("[\"s\"]");
    assertThat(api.get("/subjects?deletedOnly=true").body()).isEqualTo("[\"s\"]");
    api.get("/subjects/s/versions").isError(40401);
    assertThat(api.get("/subjects/s/versions?deleted=true").body()).isEqualTo("[1,2]");
    assertThat(api.get("/subjects/s/versions?deletedAsNegative=true&deleted=true").body())
        .isEqualTo("[-1,-2]");
    assertThat(api.get("/schemas/ids/1").isOk().json().path("schema").asText()).isEqualTo(A);
    api.post("/subjects/s", body(A)).isError(40401);
    assertThat(api.post("/subjects/s?deleted=true", body(A)).isOk().json().path("version").asInt())
        .isEqualTo(1);
    api.delete("/subjects/s").isError(40404, "was soft deleted");
  }

  @Test
  void deletedSchemaComesBackWithItsIdAndANewVersion() {
    api.register("s", A);
    api.delete("/subjects/s").isOk();

    JsonNode again = api.post("/subjects/s/versions", body(A)).isOk().json();

    assertThat(again.path("id").asInt()).isEqualTo(1);
    assertThat(again.path("version").asInt()).isEqualTo(2);
  }

  @Test
  void deletingForGoodNeedsASoftDeleteFirst() {
    api.register("s", A);
    api.delete("/subjects/s?permanent=true").isError(40405, "was not deleted first");
    api.delete("/subjects/s/versions/1?permanent=true").isError(40407);
    api.delete("/subjects/s").isOk();
    api.put("/config/s", "{\"compatibility\":\"NONE\"}").isOk();

    assertThat(api.delete("/subjects/s?permanent=true").isOk().body()).isEqualTo("[1]");

    api.get("/schemas/ids/1").isError(40403, "Schema 1 not found");
    api.delete("/subjects/s").isError(40401);
    api.get("/config/s").isError(40408);
    assertThat(api.register("s", A)).as("the content gets a new id").isEqualTo(2);
  }

  @Test
  void versionsAreDeletedOneByOne() {
    api.register("s", A);
    api.register("s", A2);

    assertThat(api.delete("/subjects/s/versions/1").isOk().body()).isEqualTo("1");
    api.delete("/subjects/s/versions/1").isError(40406);
    assertThat(api.get("/subjects/s/versions").body()).isEqualTo("[2]");
    assertThat(api.get("/subjects/s/versions?deletedOnly=true").body()).isEqualTo("[1]");
    api.get("/subjects/s/versions/1").isError(40402);
    assertThat(
            api.get("/subjects/s/versions/1?deleted=true")
                .isOk()
                .json()
                .path("deleted")
                .asBoolean())
        .isTrue();
    assertThat(api.delete("/subjects/s/versions/latest").isOk().body()).isEqualTo("2");
    assertThat(api.delete("/subjects/s/versions/1?permanent=true").isOk().body()).isEqualTo("1");
    api.delete("/subjects/s/versions/7").isError(40402);
    api.delete("/subjects/x/versions/1").isError(40401);
  }

  @Test
  void incompatibleSchemaIsRefusedWithReasons() {
    api.register("s", A);

    Answer refused = api.post("/subjects/s/versions", body(record("A", field("n", "\"int\""))));

    refused.isError(
        40901,
        "Schema being registered is incompatible with an earlier schema for subject \"s\"",
        "READER_FIELD_MISSING_DEFAULT_VALUE",
        "oldSchemaVersion: 1",
        "compatibility: 'BACKWARD'");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(
            api.post("/subjects/s/versions?force=true", body(record("A", field("n", "\"int\""))))
                .status())
        .isEqualTo(200);
  }

  @Test
  void versionsThatWereDeletedDoNotCountForCompatibility() {
    api.register("s", record("A", field("n", "\"int\"")));
    api.delete("/subjects/s").isOk();

    assertThat(api.register("s", record("A", field("n", "\"string\"")))).isEqualTo(2);
  }

  @Test
  void referencesAreFollowedAndGuarded() {
    api.register(
        "address",
        "{\"type\":\"record\",\"name\":\"Address\",\"namespace\":\"ex\","
            + "\"fields\":[{\"name\":\"city\",\"type\":\"string\"}]}");
    String order =
        "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"ex\","
            + "\"fields\":[{\"name\":\"to\",\"type\":\"ex.Address\"}]}";
    String references =
        "{\"references\":[{\"name\":\"ex.Address\",\"subject\":\"address\",\"version\":-1}]}";

    Answer registered = api.post("/subjects/order/versions", body(order, references)).isOk();

    JsonNode reference = registered.json().path("references").path(0);
    assertThat(reference.path("version").asInt()).as("-1 is the latest").isEqualTo(1);
    assertThat(registered.json().path("schema").asText()).contains("\"type\":\"Address\"");
    assertThat(api.get("/subjects/address/versions/1/referencedby").body()).isEqualTo("[2]");
    assertThat(api.get("/schemas/ids/2?format=resolved").json().path("schema").asText())
        .contains("\"city\"");

    api.delete("/subjects/address").isError(42206, "One or more references exist");
    api.delete("/subjects/address/versions/1").isError(42206);
    api.delete("/subjects/order").isOk();
    api.delete("/subjects/address").isOk();
    api.delete("/subjects/address?permanent=true").isError(42206);
    api.delete("/subjects/order?permanent=true").isOk();
    api.delete("/subjects/address?permanent=true").isOk();
  }

  @Test
  void schemaWithItsReferencesWrittenOutIsFound() {
    String address =
        "{\"type\":\"record\",\"name\":\"Address\",\"namespace\":\"ex\","
            + "\"fields\":[{\"name\":\"city\",\"type\":\"string\"}]}";
    api.register("address", address);
    String references =
        "{\"references\":[{\"name\":\"ex.Address\",\"subject\":\"address\",\"version\":1}]}";
    api.post(
            "/subjects/order/versions",
            body(
                "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"ex\","
                    + "\"fields\":[{\"name\":\"to\",\"type\":\"ex.Address\"}]}",
                references))
        .isOk();
    String whole =
        "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"ex\","
            + "\"fields\":[{\"name\":\"to\",\"type\":%s}]}".formatted(address);

    assertThat(api.post("/subjects/order", body(whole)).isOk().json().path("id").asInt())
        .isEqualTo(2);
    assertThat(api.register("order", whole)).isEqualTo(2);
  }

  @Test
  void referenceToNothingIsRefused() {
    String references =
        "{\"references\":[{\"name\":\"ex.Address\",\"subject\":\"address\",\"version\":1}]}";

    api.post("/subjects/order/versions", body(record("Order"), references))
        .isError(42201, "No schema reference found for subject \"address\" and version 1");
    api.post(
            "/subjects/order/versions",
            body(record("Order"), "{\"references\":[{\"name\":\"ex.Address\"}]}"))
        .isError(42201, "Invalid reference");
  }

  @Test
  void subjectMayReferToItsOwnVersionsAndStillBeDeleted() {
    api.put("/config/s", "{\"compatibility\":\"NONE\"}").isOk();
    api.register("s", record("A"));
    api.post(
            "/subjects/s/versions",
            body(
                record("B", field("a", "\"A\"")),
                "{\"references\":[{\"name\":\"A\",\"subject\":\"s\",\"version\":1}]}"))
        .isOk();

    api.delete("/subjects/s").isOk();
    assertThat(api.delete("/subjects/s?permanent=true").isOk().body()).isEqualTo("[1,2]");
  }

  @Test
  void metadataAndRulesAreStoredAndReturned() {
    String more =
        "{\"metadata\":{\"properties\":{\"owner\":\"shop\"},\"tags\":{\"A.f\":[\"PII\"]}},"
            + "\"ruleSet\":{\"domainRules\":[{\"name\":\"check\",\"kind\":\"CONDITION\","
            + "\"mode\":\"WRITE\",\"type\":\"CEL\",\"expr\":\"true\"}]}}";

    api.post("/subjects/s/versions", body(A, more)).isOk();

    JsonNode version = api.get("/subjects/s/versions/1").json();
    assertThat(version.path("metadata").path("properties").path("owner").asText())
        .isEqualTo("shop");
    assertThat(version.path("ruleSet").path("domainRules").path(0).path("name").asText())
        .isEqualTo("check");
    assertThat(
            api.get("/subjects/s/metadata?key=owner&value=shop")
                .isOk()
                .json()
                .path("version")
                .asInt())
        .isEqualTo(1);
    api.get("/subjects/s/metadata?key=owner&value=other").isError(40403);
    api.get("/subjects/x/metadata?key=owner&value=shop").isError(40401);
    assertThat(api.get("/schemas?ruleType=CEL").json()).hasSize(1);
    assertThat(api.get("/schemas?ruleType=ENCRYPT").json()).isEmpty();
    // Other metadata is another schema, and what is left out is taken from the latest version.
    assertThat(api.register("s", A)).isEqualTo(1);
    assertThat(
            api.post(
                    "/subjects/s/versions",
                    body(A, "{\"metadata\":{\"properties\":{\"owner\":\"bank\"}}}"))
                .isOk()
                .json()
                .path("id")
                .asInt())
        .isEqualTo(2);
  }

  @Test
  void badRulesAreRefused() {
    api.post(
            "/subjects/s/versions",
            body(
                A,
                "{\"ruleSet\":{\"domainRules\":[{\"name\":\"1\",\"mode\":\"WRITE\","
                    + "\"type\":\"CEL\"}]}}"))
        .isError(42210, "Illegal initial character in rule name: 1");
    api.post(
            "/subjects/s/versions",
            body(
                A,
                "{\"ruleSet\":{\"migrationRules\":[{\"name\":\"m\",\"mode\":\"WRITE\","
                    + "\"type\":\"CEL\"}]}}"))
        .isError(42210, "Migration rules can only be");
  }

  @Test
  void versionMayBeAskedForIfItIsTheNextOne() {
    api.register("s", A);

    api.post("/subjects/s/versions", body(A2, "{\"version\":5}"))
        .isError(42201, "Version is not one more than previous version");
    JsonNode second = api.post("/subjects/s/versions", body(A2, "{\"version\":2}")).isOk().json();
    assertThat(second.path("version").asInt()).isEqualTo(2);
    assertThat(second.path("metadata").path("properties").path("confluent:version").asText())
        .isEqualTo("2");
  }

  @Test
  void nextVersionMayTellItsNumberInTheMetadata() {
    api.register("s", A);

    JsonNode second = api.post("/subjects/s/versions", body(A2, "{\"version\":-1}")).isOk().json();

    assertThat(second.path("metadata").path("properties").path("confluent:version").asText())
        .isEqualTo("2");
    // Found without the version, too.
    assertThat(api.post("/subjects/s", body(A2)).isOk().json().path("version").asInt())
        .isEqualTo(2);
  }

  @Test
  void versionIsRegisteredAgainWithOtherMetadata() {
    api.register("s", A);

    JsonNode tagged =
        api.post(
                "/subjects/s/versions/1/tags",
                "{\"newVersion\":2,\"metadata\":{\"properties\":{\"owner\":\"shop\"}}}")
            .isOk()
            .json();

    assertThat(tagged.path("version").asInt()).isEqualTo(2);
    assertThat(tagged.path("metadata").path("properties").path("owner").asText()).isEqualTo("shop");
    api.post("/subjects/s/versions/9/tags", "{}").isError(40402);
    api.post("/subjects/x/versions/1/tags", "{}").isError(40401);
  }

  @Test
  void tagsAreSetFoundTakenOverAndRemoved() {
    api.register("s", A2);
    String part = "{\"schemaEntity\":{\"entityPath\":\"A.f\",\"entityType\":\"sr_field\"},";

    JsonNode tagged =
        api.post(
                "/subjects/s/versions/1/tags",
                "{\"newVersion\":2,\"tagsToAdd\":[" + part + "\"tags\":[\"PII\"]}]}")
            .isOk()
            .json();

    assertThat(tagged.path("schema").asText()).contains("\"confluent:tags\":[\"PII\"]");
    JsonNode found =
        api.get("/subjects/s/versions/2?findTags=PII").json().path("schemaTags").path(0);
    assertThat(found.path("schemaEntity").path("entityPath").asText()).isEqualTo("A.f");
    assertThat(found.path("tags").path(0).asText()).isEqualTo("PII");
    assertThat(api.get("/schemas/ids/2?findTags=other").json().path("schemaTags")).isEmpty();

    String wider = record("A", optional("f"), optional("g"));
    JsonNode next =
        api.post("/subjects/s/versions", body(wider, "{\"propagateSchemaTags\":true}"))
            .isOk()
            .json();
    assertThat(next.path("schema").asText()).contains("confluent:tags", "\"g\"");

    JsonNode bare =
        api.post(
                "/subjects/s/versions",
                body(
                    next.path("schema").asText(),
                    "{\"schemaTagsToRemove\":[" + part + "\"tags\":[\"PII\"]}]}"))
            .isOk()
            .json();
    assertThat(bare.path("schema").asText()).doesNotContain("confluent:tags");
    api.post(
            "/subjects/s/versions/1/tags",
            "{\"tagsToAdd\":[" + part.replace("A.f", "A.nothing") + "\"tags\":[\"PII\"]}]}")
        .isError(42201);
  }

  @Test
  void namesMayHaveAnyCharacters() {
    String name = "a/b c+d%25:é?#\"";
    String encoded = "a%2Fb%20c+d%2525:%C3%A9%3F%23%22";

    api.post("/subjects/" + encoded + "/versions", body(A)).isOk();

    assertThat(api.get("/subjects").json().path(0).asText()).isEqualTo(name);
    assertThat(api.get("/subjects/" + encoded + "/versions/1").json().path("subject").asText())
        .isEqualTo(name);
    assertThat(api.delete("/subjects/" + encoded).body()).isEqualTo("[1]");
  }

  @Test
  void namesThatAreReservedOrEndlessAreRefused() {
    api.post("/subjects/__GLOBAL/versions", body(A)).isError(42208, "__GLOBAL");
    api.post("/subjects/:.__GLOBAL:s/versions", body(A)).isError(42208);
    api.post("/subjects/" + "x".repeat(4_200) + "/versions", body(A)).isError(42208);
  }

  @Test
  void listsComeInPages() {
    for (char name = 'a'; name <= 'e'; name++) api.register("p" + name, A);

    assertThat(api.get("/subjects?limit=2").body()).isEqualTo("[\"pa\",\"pb\"]");
    assertThat(api.get("/subjects?limit=2&offset=3").body()).isEqualTo("[\"pd\",\"pe\"]");
    assertThat(api.get("/subjects?offset=9").body()).isEqualTo("[]");
    assertThat(api.get("/subjects?limit=0").json()).hasSize(5);
    assertThat(api.get("/subjects?subjectPrefix=pc").body()).isEqualTo("[\"pc\"]");
    api.get("/subjects?limit=abc").isError(404);
  }

  @Test
  void storeThatFailsIsAnErrorOfTheServersWithItsCode() {
    api.store.failNext(Fault.REFUSED);

    api.post("/subjects/s/versions", body(A)).isError(50001, "the store is offline");
    assertThat(api.meters.get("oxbow.schema.errors").tag("code", "50001").counter().count())
        .isEqualTo(1);
    assertThat(api.register("s", A)).isEqualTo(1);
  }
}
