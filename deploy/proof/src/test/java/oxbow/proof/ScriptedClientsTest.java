package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Clients in other languages, each driven by a short script in its own: administration, all codecs,
 * groups with commits, offsets by time.
 */
@ExtendWith(ProofExtension.class)
final class ScriptedClientsTest {
  private static final int PER_CODEC = 200;
  private static final String DEBIANS_PYTHON = "/usr/bin/python3";

  private final Proof proof;

  ScriptedClientsTest(Proof proof) {
    this.proof = proof;
  }

  @Test
  void librdkafkaThroughPythonWritesAndReadsWithEveryCodec() {
    ForeignClient client =
        ForeignClient.installed(
            proof,
            List.of(DEBIANS_PYTHON, script("roundtrip_confluent.py")),
            "-c",
            "import confluent_kafka");

    String summary = roundtrip(client, "confluent");

    assertThat(summary).contains("\"retention\":\"123456\"");
  }

  @Test
  void kafkaPythonWritesAndReadsWithEveryCodec() {
    ForeignClient client =
        ForeignClient.installed(
            proof,
            List.of(DEBIANS_PYTHON, script("roundtrip_kafka_python.py")),
            "-c",
            "import kafka, snappy, lz4, zstandard");

    String summary = roundtrip(client, "kafka-python");

    assertThat(summary).contains("\"created\":true");
  }

  @Test
  void kafkaJsWritesAndReadsWithEveryCodec() {
    ForeignClient client =
        ForeignClient.installed(
            proof,
            List.of("node", script("kafkajs/roundtrip.js")),
            "-e",
            "require('" + script("kafkajs/node_modules/kafkajs") + "')");

    String summary = roundtrip(client, "kafkajs");

    assertThat(summary).contains("\"created\":true");
    assertThat(summary).contains("\"retention\":\"123456\"");
  }

  @Test
  void librdkafkaOfTodaySharesATopicByTheNewProtocol() {
    String module = script("librdkafka/node_modules/@confluentinc/kafka-javascript");
    ForeignClient client =
        ForeignClient.installed(
            proof,
            List.of("node", script("librdkafka/groups.js")),
            "-e",
            "require('" + module + "')");
    String topic = proof.topic("librdkafka", 2);
    String group = proof.name("librdkafka-group");
    Records.produce(proof, topic, 0, "from-java");
    int expected = PER_CODEC * (ForeignClient.CODECS.size() + 1);

    ToolResult result = client.run(proof.bootstrap(), topic, group).ok();
    ToolResult groups = proof.tool(KafkaTools.GROUPS, "--list", "--consumer");

    assertThat(result.lines().getLast())
        .contains("\"shared\":[0,1]", "\"acknowledged\":" + expected)
        .contains("\"seen\":" + (expected + 1), "\"distinct\":" + (expected + 1))
        .contains("\"fromJava\":true", "\"committed\":" + (expected + 1));
    assertThat(groups.ok().out()).containsPattern(group + "\\s+Consumer");
  }

  /** Runs a script on a topic of two partitions and checks what every client has to get right. */
  private String roundtrip(ForeignClient client, String name) {
    String topic = proof.topic(name, 2);
    Records.produce(proof, topic, 0, "from-java");
    int expected = PER_CODEC * ForeignClient.CODECS.size();

    ToolResult result = client.run(proof.bootstrap(), topic, proof.name(name + "-group")).ok();
    String summary = result.lines().getLast().replace(" ", "");
    List<ConsumerRecord<String, String>> read =
        Records.read(proof.bootstrap(), topic, expected + 1);

    assertThat(summary)
        .contains("\"acknowledged\":" + expected)
        .contains("\"seen\":" + (expected + 1), "\"distinct\":" + (expected + 1))
        .contains("\"fromJava\":true")
        .contains("\"committed\":" + (expected + 1), "\"ends\":" + (expected + 1))
        .contains("\"firstByTime\":0");
    assertThat(
            read.stream()
                .filter(record -> record.key() != null)
                .collect(Collectors.groupingBy(ScriptedClientsTest::codec, Collectors.counting())))
        .hasSize(ForeignClient.CODECS.size())
        .allSatisfy((_, count) -> assertThat(count).isEqualTo(PER_CODEC));
    return summary;
  }

  private static String codec(ConsumerRecord<String, String> record) {
    return new String(record.headers().lastHeader("codec").value(), StandardCharsets.UTF_8);
  }

  private static String script(String name) {
    return ForeignClient.scripts().resolve(name).toString();
  }
}
