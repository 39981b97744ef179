package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.schema.http.Api.JSON;
import static oxbow.schema.http.Api.body;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.http.Api.Answer;

/** JSON Schema and Protobuf, as far as the registry has to do with them. */
class LanguagesApiTest {
  private static final String PROTOBUF = "{\"schemaType\":\"PROTOBUF\"}";
  private static final String PERSON =
      "syntax = \"proto3\";\npackage ex;\n\nmessage Person {\n  string name = 1;\n}\n";

  private final Api api = new Api();

  @AfterEach
  void close() {
    api.close();
  }

  private Answer register(String subject, String schema, String more) {
    return api.post("/subjects/" + subject + "/versions", body(schema, more));
  }

  @Test
  void allThreeLanguagesAreServed() {
    assertThat(api.get("/schemas/types").body()).isEqualTo("[\"JSON\",\"PROTOBUF\",\"AVRO\"]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"AVRO", "JSON"})
  void whereATextIsBrokenIsToldAndNothingOfHowItIsRead(String language) {
    String more = "{\"schemaType\":\"" + language + "\"}";
    String bomb = "{\"type\":\"array\",\"items\":".repeat(500);

    Answer broken = register("s", "{", more);
    Answer deep = register("s", bomb, more);

    broken.isError(
        42201, "Invalid schema of type " + language, "close marker for Object at line 1");
    deep.isError(42201, "nesting depth (401) exceeds the maximum allowed (400)");
    for (Answer refused : List.of(broken, deep)) {
      assertThat(refused.body()).doesNotContain("Source", "StreamRead");
    }
  }

  @Test
  void jsonSchemaIsKeptCompactAndInItsOrder() {
    JsonNode answer =
        register("j", "{ \"type\": \"object\",\n \"properties\": {\"b\": {}, \"a\": {}} }", JSON)
            .isOk()
            .json();

    assertThat(answer.path("schemaType").asText()).isEqualTo("JSON");
    assertThat(answer.path("schema").asText())
        .isEqualTo("{\"type\":\"object\",\"properties\":{\"b\":{},\"a\":{}}}");
    assertThat(api.get("/schemas/ids/1").json().path("schemaType").asText()).isEqualTo("JSON");
    register("j", "{\"type\":7}", JSON).isError(42201, "Invalid schema of type JSON");
  }

  @Test
  void addingToAnOpenJsonObjectIsRefusedWithReasons() {
    register("j", "{\"type\":\"object\",\"properties\":{}}", JSON).isOk();

    register("j", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}", JSON)
        .isError(40901, "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "oldSchemaVersion: 1");
  }

  @Test
  void jsonSchemasReferToOthersByUrlAndNeverToTheNetwork() {
    register("a", "{\"type\":\"string\"}", JSON).isOk();
    String refers = "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"a.json\"}}}";

    register(
            "b",
            refers,
            "{\"schemaType\":\"JSON\","
                + "\"references\":[{\"name\":\"a.json\",\"subject\":\"a\",\"version\":1}]}")
        .isOk();

    assertThat(api.get("/subjects/a/versions/1/referencedby").body()).isEqualTo("[2]");
    register("c", "{\"$ref\":\"http://127.0.0.1:1/x.json\"}", JSON).isError(42201);
    register("c", "{\"$ref\":\"file:///etc/passwd\"}", JSON).isError(42201);
  }

  @Test
  void protobufIsPrintedFromWhatWasParsed() {
    JsonNode answer =
        register(
                "p",
                "syntax=\"proto3\"; package ex; // a comment\nmessage Person{string name=1;}",
                PROTOBUF)
            .isOk()
            .json();

    assertThat(answer.path("schema").asText()).isEqualTo(PERSON);
    assertThat(
            api.post("/subjects/p", body(PERSON, PROTOBUF)).isOk().json().path("version").asInt())
        .isEqualTo(1);
    register("p", "message {", PROTOBUF).isError(42201, "Invalid schema of type PROTOBUF");
  }

  @Test
  void protobufIsAnsweredAndTakenAsADescriptor() {
    register("p", PERSON, PROTOBUF).isOk();

    String serialized =
        api.get("/schemas/ids/1?format=serialized").isOk().json().path("schema").asText();

    assertThat(new String(Base64.getDecoder().decode(serialized), StandardCharsets.ISO_8859_1))
        .contains("Person", "name");
    JsonNode same = register("q", serialized, PROTOBUF).isOk().json();
    assertThat(same.path("id").asInt()).isEqualTo(1);
    assertThat(same.path("schema").asText()).isEqualTo(PERSON);
  }

  @Test
  void protobufImportsAreReferences() {
    register("person", PERSON, PROTOBUF).isOk();
    String imports =
        """
        syntax = "proto3";
        package ex;

        import "person.proto";

        message Team {
          Person lead = 1;
        }
        """;

    register("team", imports, PROTOBUF).isError(42201);
    register(
            "team",
            imports,
            "{\"schemaType\":\"PROTOBUF\",\"references\":"
                + "[{\"name\":\"person.proto\",\"subject\":\"person\",\"version\":1}]}")
        .isOk();

    api.delete("/subjects/person").isError(42206);
  }

  @Test
  void incompatibleProtobufIsRefusedWithReasons() {
    register("p", PERSON, PROTOBUF).isOk();

    register("p", PERSON.replace("package ex", "package other"), PROTOBUF)
        .isError(40901, "PACKAGE_CHANGED", "oldSchemaVersion: 1");
    assertThat(
            register("p", PERSON.replace("string name = 1", "string called = 1"), PROTOBUF)
                .isOk()
                .json()
                .path("version")
                .asInt())
        .isEqualTo(2);
  }

  @Test
  void languageOfASubjectMayChangeOnlyWhereNothingIsChecked() {
    register("s", "\"string\"", "{}").isOk();

    register("s", "{\"type\":\"string\"}", JSON)
        .isError(40901, "Incompatible because of different schema type");
    api.put("/config/s", "{\"compatibility\":\"NONE\"}").isOk();
    register("s", "{\"type\":\"string\"}", JSON).isOk();
  }

  @Test
  void normalizingMakesOneSchemaOfTwoOrders() {
    String one = "{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{}}}";
    String other = "{\"properties\":{\"b\":{},\"a\":{}},\"type\":\"object\"}";
    Answer first = api.post("/subjects/n/versions?normalize=true", body(one, JSON)).isOk();
    Answer second = api.post("/subjects/n/versions?normalize=true", body(other, JSON)).isOk();

    assertThat(second.json().path("id")).isEqualTo(first.json().path("id"));
    assertThat(
            api.post("/subjects/n?normalize=true", body(other, JSON))
                .isOk()
                .json()
                .path("version")
                .asInt())
        .isEqualTo(1);
    api.post("/subjects/n", body(other, JSON)).isError(40403);
  }
}
