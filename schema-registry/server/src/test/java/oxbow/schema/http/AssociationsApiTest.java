package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.schema.http.Api.body;
import static oxbow.schema.http.Api.field;
import static oxbow.schema.http.Api.optional;
import static oxbow.schema.http.Api.record;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.schema.http.Api.Answer;
import oxbow.schema.testing.MemorySchemaStore;

/** Topics and the subjects they use, as Confluent's registry has them from 8.1 on. */
class AssociationsApiTest {
  private static final String A = record("A");
  private static final String A2 = record("A", optional("f"));
  private static final String VALUE = "{\"associationType\":\"value\"}";
  private static final String OWN = ":.c1:orders-value";

  private final Api api = new Api();

  @AfterEach
  void close() {
    api.close();
  }

  // ---- requests

  /** The topic orders of the cluster c1, with associations given as JSON. */
  private static String orders(String... associations) {
    return resource("orders", "id-1", associations);
  }

  private static String resource(String name, String id, String... associations) {
    return "{\"resourceName\":\"%s\",\"resourceNamespace\":\"c1\",\"resourceId\":\"%s\",\"resourceType\":\"topic\",\"associations\":[%s]}"
        .formatted(name, id, String.join(",", associations));
  }

  private static String weak(String type, String subject) {
    return "{\"subject\":\"%s\",\"associationType\":\"%s\",\"lifecycle\":\"WEAK\"}"
        .formatted(subject, type);
  }

  /** With a schema, so the topic owns its subject. */
  private static String strong(String type, String schema) {
    return "{\"associationType\":\"%s\",\"schema\":%s}".formatted(type, body(schema));
  }

  private Answer create(String request) {
    return api.post("/associations", request);
  }

  private Answer put(String request) {
    return api.put("/associations/resources/id-1", request);
  }

  private List<String> subjects(String path) {
    List<String> subjects = new ArrayList<>();
    for (JsonNode one : api.get(path).isOk().json()) subjects.add(one.path("subject").asText());
    return subjects;
  }

  // ---- asking

  @Test
  void aTopicThatSharesSubjectsIsFoundByEverythingItIsAskedFor() {
    api.register("keys", A);
    api.register("values", A);

    Answer made = create(orders(weak("key", "keys"), weak("value", "values")));

    assertThat(made.body())
        .isEqualTo(
            "{\"resourceName\":\"orders\",\"resourceNamespace\":\"c1\",\"resourceId\":\"id-1\","
                + "\"resourceType\":\"topic\",\"associations\":["
                + "{\"subject\":\"keys\",\"associationType\":\"key\",\"lifecycle\":\"WEAK\"},"
                + "{\"subject\":\"values\",\"associationType\":\"value\",\"lifecycle\":\"WEAK\"}]}");
    String byName = "/associations/resources/c1/orders";
    assertThat(subjects(byName)).containsExactly("keys", "values");
    assertThat(subjects("/associations/resources/-/orders?associationType=value"))
        .as("as serializers ask")
        .containsExactly("values");
    assertThat(subjects("/associations/resources/c1/-")).containsExactly("keys", "values");
    assertThat(subjects("/associations/resources/c2/orders")).isEmpty();
    assertThat(subjects("/associations/resources/c1/other")).isEmpty();
    assertThat(subjects("/associations/resources/id-1")).containsExactly("keys", "values");
    assertThat(subjects("/associations/resources/id-2")).isEmpty();
    assertThat(subjects("/associations/subjects/keys")).containsExactly("keys");
    assertThat(subjects("/associations/subjects/:.:keys")).containsExactly("keys");
    assertThat(subjects("/associations/subjects/nobody")).isEmpty();
    assertThat(subjects(byName + "?associationType=key&associationType=value")).hasSize(2);
    assertThat(subjects(byName + "?lifecycle=STRONG")).isEmpty();
    assertThat(subjects(byName + "?resourceType=table")).isEmpty();
    assertThat(subjects(byName + "?offset=1&limit=5")).containsExactly("values");
    api.get(byName + "?lifecycle=LOOSE").isError(404);
    JsonNode one = api.get("/associations/subjects/keys").json().path(0);
    assertThat(one.path("guid").asText()).hasSize(36);
    assertThat(one.path("createTs").asLong()).isPositive().isEqualTo(one.path("updateTs").asLong());
    assertThat(one.has("frozen"))
        .as("told only where it isn't what goes with its lifecycle")
        .isFalse();
  }

  @Test
  void aSubjectIsFoundByItsAliasAndInTheContextOfThePath() {
    api.register("values", A);
    api.register(":.lab:values", A);
    api.put("/config/other", "{\"alias\":\"values\"}").isOk();
    create(orders(weak("value", "other"))).isOk();

    api.post("/contexts/lab/associations", resource("trials", "id-2", weak("value", "values")))
        .isOk();

    assertThat(subjects("/associations/subjects/other")).containsExactly("values");
    assertThat(subjects("/associations/resources/id-1")).containsExactly("values");
    assertThat(subjects("/associations/resources/id-2")).containsExactly(":.lab:values");
    assertThat(subjects("/contexts/lab/associations/subjects/values"))
        .containsExactly(":.lab:values");
  }

  // ---- owning

  @Test
  void aTopicMadeWithItsSchemaOwnsItsSubject() {
    Answer made = create(orders(strong("value", A)));

    JsonNode association = made.isOk().json().path("associations").path(0);
    assertThat(association.path("subject").asText()).isEqualTo(OWN);
    assertThat(association.path("lifecycle").asText()).isEqualTo("STRONG");
    assertThat(association.path("schema").path("version").asInt()).isEqualTo(1);
    assertThat(association.path("schema").path("schema").asText()).isEqualTo(A);
    assertThat(api.get("/subjects/" + OWN + "/versions").body()).isEqualTo("[1]");
    create(resource("other", "id-2", weak("value", OWN)))
        .isError(40905, "A strong association already exists for subject '" + OWN + "'");
    api.delete("/subjects/" + OWN)
        .isError(40904, "An association already exists for subject '" + OWN + "'");
    api.delete("/subjects/" + OWN + "/versions/1")
        .isError(40907, "No active (non-deleted) version exists for subject '" + OWN + "'");
    String reference =
        "{\"references\":[{\"name\":\"A\",\"subject\":\"%s\",\"version\":1}]}".formatted(OWN);
    api.post("/subjects/s/versions", body(record("B", field("a", "\"A\"")), reference))
        .isError(42205, "has a strong association and cannot be referenced");
  }

  @Test
  void whatATopicOwnsGoesWithItWhenItIsAsked() {
    create(orders(strong("key", A), strong("value", A2))).isOk();
    String path = "/associations/resources/id-1";

    api.delete(path).isError(40908, "The association of type  'key' is frozen for subject");
    assertThat(api.delete(path + "?cascadeLifecycle=true&dryRun=true").status()).isEqualTo(204);
    assertThat(subjects(path)).hasSize(2);
    assertThat(api.delete(path + "?cascadeLifecycle=true&associationType=key").status())
        .isEqualTo(204);

    assertThat(subjects(path)).containsExactly(OWN);
    assertThat(api.get("/subjects?deleted=true").body()).isEqualTo("[\"" + OWN + "\"]");
    assertThat(api.delete(path + "?cascadeLifecycle=true").status()).isEqualTo(204);
    api.delete(path).isError(40410, "Association for 'id-1' not found.");
    assertThat(api.get("/subjects?deleted=true").body()).isEqualTo("[]");
  }

  @Test
  void whatIsSharedStaysWhenATopicGoes() {
    api.register("values", A);
    create(orders(weak("value", "values"))).isOk();
    create(resource("other", "id-2", weak("value", "values"))).isOk();
    assertThat(subjects("/associations/subjects/values")).hasSize(2);
    api.delete("/subjects/values").isError(40904);

    assertThat(api.delete("/associations/resources/id-1?cascadeLifecycle=true").status())
        .isEqualTo(204);
    assertThat(api.delete("/associations/resources/id-2").status()).isEqualTo(204);

    assertThat(api.get("/subjects").body()).isEqualTo("[\"values\"]");
    assertThat(api.delete("/subjects/values").status()).isEqualTo(200);
  }

  @Test
  void aVersionOfASharedSubjectCanBeDeletedWhileAnotherIsLeft() {
    api.register("values", A);
    api.register("values", A2);
    create(orders(weak("value", "values"))).isOk();

    assertThat(api.delete("/subjects/values/versions/1").body()).isEqualTo("1");
    api.delete("/subjects/values/versions/2").isError(40907);
    assertThat(api.delete("/subjects/values/versions/1?permanent=true").body()).isEqualTo("1");
  }

  // ---- again, and otherwise

  @Test
  void aRequestThatIsRepeatedChangesNothing() {
    String request = orders(strong("value", A));
    create(request).isOk();
    String before = api.get("/associations/resources/id-1").body();

    Answer again = create(request).isOk();

    assertThat(again.json().has("associations")).as("nothing was made").isFalse();
    assertThat(api.get("/associations/resources/id-1").body()).isEqualTo(before);
    assertThat(api.get("/subjects/" + OWN + "/versions").body()).isEqualTo("[1]");
    create(orders(strong("value", A2)))
        .isError(40903, "An association of type 'value' already exists for resource 'orders'");
    create(resource("orders", "id-2", strong("value", A))).isError(40904);
  }

  @Test
  void anAttemptThatRegisteredTheSchemaAndNoMoreCanBeRepeated() {
    api.register(OWN, A);

    create(orders(strong("value", A))).isOk();

    assertThat(subjects("/associations/resources/id-1")).containsExactly(OWN);
    create(resource("bills", "id-3", strong("value", A))).isOk();
    api.register(":.c1:late-value", A);
    create(resource("late", "id-2", strong("value", A2)))
        .isError(42212, "'frozen'", "when schemas already exist in the subject");
  }

  @Test
  void aSchemaOfATopicThatOwnsItsSubjectIsUpdatedUnderIt() {
    create(orders(strong("value", A))).isOk();

    put(orders("{\"associationType\":\"value\",\"schema\":" + body(A2) + "}")).isOk();

    assertThat(api.get("/subjects/" + OWN + "/versions").body()).isEqualTo("[1,2]");
    put(orders(
            "{\"associationType\":\"value\",\"schema\":"
                + body(record("A", field("g", "\"int\"")))
                + "}"))
        .isError(40901, "READER_FIELD_MISSING_DEFAULT_VALUE");
    put(orders("{\"associationType\":\"value\",\"schema\":" + body("{") + "}")).isError(42201);
    assertThat(api.get("/subjects/" + OWN + "/versions").body()).isEqualTo("[1,2]");
  }

  @Test
  void whatWouldBeMadeIsCheckedWithoutMakingIt() {
    api.register("values", A);
    String withoutId = orders(weak("value", "values")).replace("\"resourceId\":\"id-1\",", "");

    Answer checked = api.post("/associations?dryRun=true", withoutId);

    assertThat(checked.isOk().body())
        .isEqualTo(
            "{\"resourceName\":\"orders\",\"resourceNamespace\":\"c1\",\"resourceType\":\"topic\"}");
    assertThat(subjects("/associations/resources/c1/orders")).isEmpty();
    create(withoutId).isError(42212, "'resourceId', detail: cannot be null or empty");
    create(orders(weak("value", "values"))).isOk();
    api.post("/associations?dryRun=true", withoutId).isOk();
    api.post("/associations?dryRun=true", orders(strong("key", A)).replace("id-1", "id-9")).isOk();
    api.post(
            "/associations?dryRun=true",
            orders(strong("key", A)).replace("\"resourceId\":\"id-1\",", ""))
        .isError(42212, "must have the same lifecycle, but got value=WEAK, key=STRONG");
  }

  @Test
  void anAssociationIsAddedLaterOnlyIfItIsShared() {
    api.register("values", A);
    api.register("keys", A);

    put(orders(weak("value", "values"))).isOk();
    put(orders("{\"subject\":\"keys\",\"associationType\":\"key\"}")).isOk();

    assertThat(subjects("/associations/resources/id-1")).containsExactly("keys", "values");
    put(orders("{\"associationType\":\"value\"}")).isOk(); // it keeps what it has
    api.put("/associations/resources/id-2", resource("bills", "id-2", "{\"lifecycle\":\"STRONG\"}"))
        .isError(42212, "STRONG associations must be created with the topic");
    api.put("/associations/resources/id-2", resource("bills", "id-2", strong("value", A)))
        .isError(42212, "an association with a schema must be created with the topic");
    api.put("/associations/resources/id-2", resource("bills", "id-2", "{}"))
        .isError(42212, "'subject', detail: must be provided for WEAK associations");
    put(orders(weak("value", "keys")))
        .isError(42212, "subject of association cannot be changed from 'values' to 'keys'");
    put(orders("{\"associationType\":\"value\",\"lifecycle\":\"STRONG\"}"))
        .isError(42212, "association with lifecycle of STRONG cannot be frozen=false");
    put(orders("{\"associationType\":\"value\",\"schema\":" + body(A2) + "}"))
        .isError(42212, "cannot be WEAK when schema is provided");
    put(resource("renamed", "id-1", weak("value", "values")))
        .isError(42212, "'resourceName', detail: resource has the name 'orders'");
    api.put("/associations/resources/id-9", orders(weak("value", "values")))
        .isError(42212, "Resource ID in the path parameter does not match");
  }

  // ---- what can't be

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | 'resourceName', detail: cannot be null or empty",
        "{'resourceName':'a.b'} | 'resourceName', detail: illegal character '.'",
        "{'resourceName':'t'} | 'resourceNamespace', detail: cannot be null or empty",
        "{'resourceName':'t','resourceNamespace':'c','resourceId':'i','resourceType':'x'}"
            + " | must be 'topic'",
        "{'resourceName':'t','resourceNamespace':'c','resourceId':'i'}"
            + " | 'associations', detail: cannot be null or empty",
      })
  void aResourceHasToBeNamed(String request, String refusal) {
    create(request.replace('\'', '"')).isError(42212, refusal);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'associationType':'header'} | must be either 'key' or 'value'",
        "{'lifecycle':'WEAK'} | 'subject', detail: must be provided for WEAK associations",
        "{'subject':''} | 'subject', detail: must not be empty",
        "{'subject':'s','lifecycle':'WEAK','frozen':true} | of WEAK cannot be frozen=true",
        "{'lifecycle':'STRONG','frozen':false} | of STRONG cannot be frozen=false",
        "{'lifecycle':'STRONG'} | schema must be provided when creating a frozen association",
        "{'subject':'s','lifecycle':'STRONG'} | must use subject ':.c1:orders-value'",
        "{'subject':':.c1:orders-value','lifecycle':'WEAK'} | WEAK associations cannot use subject",
        "{'lifecycle':'WEAK','schema':{'schema':'x'}} | cannot be WEAK when schema is provided",
        "{'frozen':false,'schema':{'schema':'x'}} | cannot be false when a schema is provided",
      })
  void anAssociationHasToMakeSense(String association, String refusal) {
    create(orders(association.replace('\'', '"'))).isError(42212, refusal);
  }

  @Test
  void badBodiesAreRefusedAsEverywhere() {
    create("").isError(422);
    create("{").isError(400);
    create("[]").isError(400);
    create(orders("7")).isError(400, "an association is no object");
    create(orders("{\"lifecycle\":\"LOOSE\"}")).isError(400);
    create(orders("{\"frozen\":\"perhaps\"}")).isError(400, "frozen is neither true nor false");
    create(orders("{\"schema\":\"text\"}")).isError(400, "schema is no object");
    api.get("/associations").isError(405);
    api.get("/associations/resources").isError(404);
    api.get("/associations/resources/a/b/c").isError(404);
    api.post("/associations:batchGet/x", "{}").isError(404);
    api.get("/associations:batchGet").isError(405);
  }

  @Test
  void aSubjectWithoutVersionsOrThatMayNotBeChangedIsRefused() {
    create(orders(weak("value", "values")))
        .isError(40907, "No active (non-deleted) version exists for subject 'values'");
    api.register("values", A);
    create(orders(weak("value", "values"), weak("value", "values")))
        .isError(42212, "may only appear once per request, but 'value' appears more than once");
    create(orders(weak("value", "values"), strong("key", A)))
        .isError(42212, "must have the same lifecycle, but got value=WEAK, key=STRONG");
    api.put("/mode/values", "{\"mode\":\"READONLY\"}").isOk();
    create(orders(weak("value", "values")))
        .isError(42205, "Subject values in context . is in read-only mode");
    api.delete("/mode/values").isOk();
    create(orders(weak("value", "values"))).isOk();
    api.put("/mode/values", "{\"mode\":\"READONLY\"}").isOk();
    api.delete("/associations/resources/id-1").isError(42205, "is in read-only mode");
  }

  @Test
  void aSubjectThatOthersReferToIsNotOwned() {
    api.register(OWN, A);
    String reference =
        "{\"references\":[{\"name\":\"A\",\"subject\":\"%s\",\"version\":1}]}".formatted(OWN);
    api.post("/subjects/s/versions", body(record("B", field("a", "\"A\"")), reference)).isOk();

    create(orders(strong("value", A))).isError(42206, OWN);

    api.delete("/subjects/s").isOk();
    create(orders(strong("value", A))).isError(42206, OWN); // deleted softly, it refers yet
    api.delete("/subjects/s?permanent=true").isOk();
    create(orders(strong("value", A))).isOk();
  }

  @Test
  void whatIsImportedBringsItsSchemasItself() {
    api.put("/mode/" + OWN, "{\"mode\":\"IMPORT\"}").isOk();
    create(orders("{\"lifecycle\":\"STRONG\"}")).isError(40907);
    create(orders(strong("value", A))).isError(42212, "is in IMPORT mode");
    api.post("/subjects/" + OWN + "/versions", body(A, "{\"id\":7,\"version\":1}")).isOk();

    put(orders("{\"lifecycle\":\"STRONG\"}")).isOk();

    assertThat(subjects("/associations/resources/id-1?lifecycle=STRONG")).containsExactly(OWN);
    assertThat(api.delete("/associations/resources/id-1?cascadeLifecycle=true").status())
        .isEqualTo(204);
    assertThat(api.get("/subjects").body()).as("an imported subject stays").contains(OWN);
  }

  // ---- many at once

  @Test
  void manyAreAskedForAtOnceEachWithItsAnswer() {
    api.register("values", A);
    create(orders(weak("value", "values"))).isOk();

    Answer got =
        api.post(
            "/associations:batchGet?includeSchemas=true",
            "{\"requests\":[{\"resourceId\":\"id-1\"},{\"resourceName\":\"orders\",\"resourceNamespace\":\"c1\",\"lifecycle\":\"WEAK\",\"associationTypes\":[\"value\"]},{\"resourceId\":\"id-9\"},{},{\"resourceName\":\"orders\"}]}");

    assertThat(got.status()).as(got.body()).isEqualTo(207);
    JsonNode results = got.json().path("results");
    for (int i = 0; i < 2; i++) {
      JsonNode result = results.path(i).path("result");
      assertThat(result.path("resourceId").asText()).isEqualTo("id-1");
      assertThat(result.path("resourceName").asText()).isEqualTo("orders");
      JsonNode association = result.path("associations").path(0);
      assertThat(association.path("subject").asText()).isEqualTo("values");
      assertThat(association.path("schema").path("schema").asText()).isEqualTo(A);
    }
    assertThat(results.path(2))
        .hasToString("{\"result\":{\"resourceId\":\"id-9\",\"resourceType\":\"topic\"}}");
    assertThat(results.path(3).path("error").path("error_code").asInt()).isEqualTo(500);
    assertThat(results.path(3).path("error").path("message").asText())
        .isEqualTo(
            "Error while getting associations: property: resourceId; detail: either resourceId or"
                + " resourceName must be specified");
    assertThat(results.path(4).path("error").path("message").asText())
        .contains("resourceNamespace is required when resourceName is specified");
    api.post("/associations:batchGet", "{\"requests\":[]}")
        .isError(42212, "'requests', detail: cannot be null or empty");
  }

  private static String op(String opType, String association) {
    return association.replaceFirst("\\{", "{\"opType\":\"" + opType + "\",");
  }

  private JsonNode mutate(String query, String... requests) {
    Answer answer =
        api.post(
            "/associations:batchMutate" + query,
            "{\"requests\":[" + String.join(",", requests) + "]}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(207);
    return answer.json().path("results");
  }

  @Test
  void manyAreChangedAtOnceEachForItself() {
    api.register("values", A);
    api.register("keys", A);

    JsonNode results =
        mutate(
            "",
            orders(op("CREATE", strong("value", A))),
            resource("bills", "id-2", op("CREATE", weak("value", "absent"))),
            resource(
                "trips",
                "id-3",
                op("UPSERT", weak("value", "values")),
                op("UPSERT", weak("key", "keys"))),
            resource("a.b", "id-4", op("UPSERT", weak("value", "values"))),
            resource("gone", "id-5", op("DELETE", "{\"associationType\":\"key\"}")));

    assertThat(
            results
                .path(0)
                .path("result")
                .path("associations")
                .path(0)
                .path("schema")
                .path("id")
                .asInt())
        .isEqualTo(1);
    assertThat(results.path(1).path("error").path("error_code").asInt()).isEqualTo(40907);
    assertThat(results.path(2).path("result").path("associations")).hasSize(2);
    assertThat(results.path(3).path("error").path("error_code").asInt()).isEqualTo(42212);
    assertThat(results.path(4).path("result").has("associations")).isFalse();
    JsonNode next =
        mutate(
            "",
            orders(op("DELETE", VALUE)),
            orders(op("DELETE", "{\"associationType\":\"value\",\"cascadeLifecycle\":true}")),
            resource("trips", "id-3", op("DELETE", VALUE), op("UPSERT", weak("key", "keys"))),
            resource("trips", "id-3", op("DELETE", VALUE), op("UPSERT", weak("value", "values"))));
    assertThat(next.path(0).path("error").path("error_code").asInt()).isEqualTo(40908);
    assertThat(next.path(1).path("result").path("resourceId").asText()).isEqualTo("id-1");
    assertThat(next.path(2).path("result").path("associations")).hasSize(1);
    assertThat(next.path(3).path("error").path("message").asText()).contains("appear once");
    assertThat(api.get("/subjects").body()).doesNotContain(OWN);
  }

  @Test
  void aBatchIsCheckedWithoutDoingItAndUnderstoodBeforeAnythingIsDone() {
    api.register("values", A);

    JsonNode dry = mutate("?dryRun=true", orders(op("CREATE", strong("value", A))));

    assertThat(dry.path(0).path("result").path("resourceName").asText()).isEqualTo("orders");
    assertThat(api.get("/subjects").body()).isEqualTo("[\"values\"]");
    api.post(
            "/associations:batchMutate",
            "{\"requests\":["
                + orders(op("CREATE", strong("value", A)))
                + ","
                + orders("{\"opType\":\"BEND\"}")
                + "]}")
        .isError(400, "opType is none of CREATE, UPSERT and DELETE");
    assertThat(api.get("/subjects").body()).isEqualTo("[\"values\"]");
  }

  // ---- as a filter

  @Test
  void schemasAreListedByWhatUsesThem() {
    api.register("values", A);
    api.register("unused", A);
    create(orders(weak("value", "values"))).isOk();
    create(resource("bills", "id-2", strong("value", A))).isOk();
    String list = "/schemas?subjectPrefix=:*:";

    assertThat(subjects(list)).containsExactly(":.c1:bills-value", "unused", "values");
    assertThat(subjects(list + "&lifecycle=WEAK")).containsExactly("values");
    assertThat(subjects(list + "&lifecycle=STRONG&lifecycle=WEAK"))
        .containsExactly(":.c1:bills-value", "values");
    assertThat(subjects(list + "&lifecycle=NONE")).containsExactly("unused");
    assertThat(subjects(list + "&lifecycle=NONE&lifecycle=WEAK"))
        .containsExactly("unused", "values");
    assertThat(subjects(list + "&associationType=key")).isEmpty();
    assertThat(subjects(list + "&associationType=value&resourceType=topic")).hasSize(2);
    JsonNode shown = api.get(list + "&lifecycle=WEAK").json().path(0);
    assertThat(shown.path("associations").path(0).path("resourceName").asText())
        .isEqualTo("orders");
    assertThat(api.get(list).json().path(0).has("associations")).isFalse();
    api.get(list + "&lifecycle=LOOSE").isError(404);
  }

  // ---- for good

  @Test
  void aRestartFindsThemAndWhenTheyWereMade() {
    create(orders(strong("value", A))).isOk();
    String before = api.get("/associations/resources/id-1").body();

    try (var again = new Api(MemorySchemaStore.holding(api.store.entries()))) {
      assertThat(again.get("/associations/resources/id-1").body()).isEqualTo(before);
      again.delete("/subjects/" + OWN).isError(40904);
      assertThat(again.delete("/associations/resources/id-1?cascadeLifecycle=true").status())
          .isEqualTo(204);
      try (var last = new Api(MemorySchemaStore.holding(again.store.entries()))) {
        assertThat(last.get("/associations/resources/id-1").body()).isEqualTo("[]");
        assertThat(last.get("/subjects?deleted=true").body()).isEqualTo("[]");
      }
    }
  }

  @Test
  void whatWasWrittenThoughTheAnswerWasLostCounts() {
    api.register("values", A);
    api.store.failNext(MemorySchemaStore.Fault.REPLY_LOST);
    create(orders(weak("value", "values"))).isOk();
    assertThat(subjects("/associations/resources/id-1")).containsExactly("values");
    api.store.failNext(MemorySchemaStore.Fault.WRITE_LOST);
    api.delete("/associations/resources/id-1").isError(50001);
    assertThat(subjects("/associations/resources/id-1")).containsExactly("values");
  }
}
