package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Clients of Confluent's registry, each through its own serializers: register, encode, produce,
 * consume, decode, evolve, refer to other schemas, and be refused.
 */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RegistryClientsTest {
  private static final String DEBIANS_PYTHON = "/usr/bin/python3";

  /** A record of the first version and one of the second, both read. */
  private static final String BOTH_READ = "tea/250/,cake/250/fresh";

  private final Proof proof;
  private Oxbow oxbow;
  private String registry;

  RegistryClientsTest(Proof proof) {
    this.proof = proof;
  }

  @BeforeAll
  void start() {
    int port = Ports.free();
    registry = "http://127.0.0.1:" + port;
    oxbow =
        Oxbow.start(
            proof.folder("registry-clients"),
            "schema.registry.listeners=" + registry,
            "group.initial.rebalance.delay.ms=0");
    Ports.awaitListening(port, oxbow.process());
  }

  @AfterAll
  void stop() {
    oxbow.close();
  }

  @Test
  void kafkaJsRegistryWorksInAllThreeLanguages() {
    String facts = node("kafkajs.js", "@kafkajs/confluent-schema-registry", "kafkajs");

    for (String language : List.of("AVRO", "JSON", "PROTOBUF")) {
      assertThat(of(language, facts))
          .contains("\"framed\":true", "\"sameId\":true", "\"ids\":true", "\"latest\":true")
          .contains("\"decoded\":\"" + BOTH_READ + "\"")
          .contains("\"refused\":\"ResponseError 409\"", "\"missing\":\"ResponseError 404\"");
    }
  }

  @Test
  void confluentsJavaScriptSerializersWorkInAllThreeLanguages() {
    String facts = node("confluent.js", "@confluentinc/schemaregistry", "confluent");

    for (String language : List.of("AVRO", "JSON")) {
      assertThat(of(language, facts))
          .contains("\"sameId\":true", "\"fits\":\"true/false\"", "\"versions\":\"1,2\"")
          .contains("\"decoded\":\"" + BOTH_READ + "\"")
          .contains("\"refused\":\"RestError 409 40901\"", "\"missing\":\"RestError 404 40401\"");
    }
    assertThat(of("PROTOBUF", facts))
        .contains("\"decoded\":\"" + BOTH_READ + "\"", "\"versions\":\"1,2\"")
        .contains("\"refused\":\"RestError 409 40901\"")
        .contains("\"references\":\"true\"", "\"text\":true");
    assertThat(of("rules", facts)).contains("\"good\":true", "\"refused\":\"SerializationError\"");
    assertThat(of("headers", facts))
        .contains("\"names\":\"__value_schema_id\"", "\"bytes\":4", "\"item\":\"tea\"");
    assertThat(of("associations", facts))
        .contains("\"made\":\"true/WEAK\"", "\"item\":\"tea\"", "\"left\":0")
        .contains("\"blocked\":\"409 40904\"", "\"without\":\"RestError\"")
        .contains("\"owned\":\"true/STRONG\"", "\"frozen\":\"409 40908\"", "\"gone\":true");
  }

  @Test
  void confluentsPythonClientWorksInAllThreeLanguages() {
    ForeignClient client =
        ForeignClient.installed(
            proof,
            List.of(DEBIANS_PYTHON, script("schemas_confluent.py")),
            "-c",
            "import confluent_kafka, requests, jsonschema, google.protobuf");

    String facts = facts(client, "python").replace(" ", "");

    assertThat(of("AVRO", facts))
        .contains("\"sameId\":true", "\"fits\":\"True/False\"", "\"versions\":[1,2]")
        .contains("\"refused\":\"SchemaRegistryError40940901\"")
        .contains("\"missing\":\"SchemaRegistryError40440401\"")
        .contains("\"looked\":2", "\"level\":\"BACKWARD\"", "\"set\":\"FULL\"")
        .contains("\"references\":[true]", "\"listed\":true", "\"deleted\":[1,2]");
    for (String language : List.of("JSON", "PROTOBUF")) {
      assertThat(of(language, facts))
          .contains("\"decoded\":[\"tea/\",\"cake/fresh\"]")
          .contains("\"refused\":\"SchemaRegistryError40940901\"");
    }
    assertThat(of("PROTOBUF", facts)).contains("\"text\":\"syntax=\\\"proto3\\\";\"");
  }

  @Test
  void confluentsJavaClientWorksAsFlinkShipsIt() {
    Path folder = proof.folder("flink-client");
    try (ChildProcess client =
        ChildProcess.java(
            "flink",
            folder,
            ClassPaths.flink(),
            List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            List.of(
                "oxbow.proof.flink.FlinkClient",
                oxbow.bootstrap(),
                registry,
                proof.name("flink")))) {
      assertThat(client.awaitExit(Await.LONG)).as(client.output()).isZero();

      assertThat(client.output().lines())
          .contains("read=[tea/none, cake/fresh]", "versions=[1, 2]", "latest=2/AVRO")
          .contains("sameId=true", "found=2", "byId=true", "subjects=true")
          .contains("fits=false", "why=true", "refused=409/40901", "missing=404/40401")
          .contains("level=FORWARD", "allowed=true", "mode=READONLY", "readonly=422/42205")
          .contains("contexts=[.]", "deleted=[1, 2, 3]", "deletedForGood=[1, 2, 3]")
          .contains("references=1", "blocked=422/42206");
    }
  }

  private String node(String script, String module, String name) {
    ForeignClient client =
        ForeignClient.installed(
            proof,
            List.of("node", script("schemas/" + script)),
            "-e",
            "require('" + script("schemas/node_modules/" + module) + "')");
    return facts(client, name);
  }

  private String facts(ForeignClient client, String name) {
    ToolResult result = client.run(oxbow.bootstrap(), registry, proof.name(name)).ok();
    return result.lines().getLast();
  }

  /** The facts of one language: an object without objects in it. */
  private static String of(String name, String facts) {
    int from = facts.indexOf("\"" + name + "\":");
    assertThat(from).as("%s in %s", name, facts).isNotNegative();
    return facts.substring(from, facts.indexOf('}', from) + 1);
  }

  private static String script(String name) {
    return ForeignClient.scripts().resolve(name).toString();
  }
}
