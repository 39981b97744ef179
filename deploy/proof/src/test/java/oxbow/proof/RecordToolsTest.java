package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.proof.KafkaTools.CONSOLE_CONSUMER;
import static oxbow.proof.KafkaTools.CONSOLE_PRODUCER;
import static oxbow.proof.KafkaTools.CONSUMER_PERF;
import static oxbow.proof.KafkaTools.END_TO_END_LATENCY;
import static oxbow.proof.KafkaTools.PRODUCER_PERF;
import static oxbow.proof.KafkaTools.VERIFIABLE_CONSUMER;
import static oxbow.proof.KafkaTools.VERIFIABLE_PRODUCER;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Apache Kafka's command-line tools that write and read records. */
@ExtendWith(ProofExtension.class)
final class RecordToolsTest {
  private final Proof proof;

  RecordToolsTest(Proof proof) {
    this.proof = proof;
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
  void consoleConsumerShowsWhatTheConsoleProducerWrote(String codec) {
    String topic = proof.topic("console", 1);

    ToolResult produced =
        proof.toolWithInput(
            CONSOLE_PRODUCER,
            """
            trace:1\tk1:first
            trace:2\tk2:second
            trace:3\tk1:third
            """,
            "--topic",
            topic,
            "--compression-codec",
            codec,
            "--reader-property",
            "parse.key=true",
            "--reader-property",
            "key.separator=:",
            "--reader-property",
            "parse.headers=true");
    ToolResult consumed =
        proof.tool(
            CONSOLE_CONSUMER,
            "--topic",
            topic,
            "--from-beginning",
            "--max-messages",
            "3",
            "--timeout-ms",
            "20000",
            "--formatter-property",
            "print.key=true",
            "--formatter-property",
            "print.headers=true",
            "--formatter-property",
            "print.offset=true",
            "--formatter-property",
            "print.partition=true");

    produced.ok();
    assertThat(consumed.ok().lines())
        .as(consumed.text())
        .containsExactly(
            "Partition:0\tOffset:0\ttrace:1\tk1\tfirst",
            "Partition:0\tOffset:1\ttrace:2\tk2\tsecond",
            "Partition:0\tOffset:2\ttrace:3\tk1\tthird");
  }

  @Test
  void producingToAnUnknownTopicCreatesIt() {
    String topic = proof.name("made-on-demand");

    proof.toolWithInput(CONSOLE_PRODUCER, "first\n", "--topic", topic).ok();

    assertThat(Records.values(proof.bootstrap(), topic, 1)).containsExactly("first");
  }

  @Test
  void recordTooLargeForItsTopicIsRefusedWithKafkasError() {
    String topic = proof.topic("small-records", 1, Map.of("max.message.bytes", "2000"));

    ToolResult refused =
        proof.toolWithInput(CONSOLE_PRODUCER, "x".repeat(5_000) + "\n", "--topic", topic);
    proof.toolWithInput(CONSOLE_PRODUCER, "fits\n", "--topic", topic).ok();

    assertThat(refused.text()).contains("RecordTooLargeException");
    assertThat(Records.values(proof.bootstrap(), topic, 1)).containsExactly("fits");
  }

  @ParameterizedTest
  @CsvSource({
    "1, none",
    "all, none",
    "all, gzip",
    "all, snappy",
    "all, lz4",
    "all, zstd",
    "0, none"
  })
  void perfTestsMoveEveryRecord(String acks, String codec) {
    String topic = proof.topic("perf", 3);

    ToolResult produced =
        proof.tool(
            PRODUCER_PERF,
            "--topic",
            topic,
            "--num-records",
            "20000",
            "--record-size",
            "200",
            "--throughput",
            "-1",
            "--command-property",
            "acks=" + acks,
            "compression.type=" + codec,
            "enable.idempotence=" + acks.equals("all"));
    ToolResult consumed =
        proof.tool(
            CONSUMER_PERF,
            "--topic",
            topic,
            "--num-records",
            "20000",
            "--timeout",
            "20000",
            "--hide-header");

    assertThat(produced.ok().out()).contains("20000 records sent");
    assertThat(consumed.ok().out().split(",", -1)[4].strip()).isEqualTo("20000");
  }

  @Test
  void verifiableConsumersSeeEveryRecordOfTheVerifiableProducer() {
    String topic = proof.topic("verifiable", 3);

    ToolResult produced =
        KafkaTools.runAlone(
            proof.folder("verifiable"),
            VERIFIABLE_PRODUCER,
            "--bootstrap-server",
            proof.bootstrap(),
            "--topic",
            topic,
            "--max-messages",
            "2000",
            "--acks",
            "-1");
    ToolResult classic = verifiableConsumer(topic, "classic");
    ToolResult consumer = verifiableConsumer(topic, "consumer");

    assertThat(produced.ok().out()).contains("\"sent\":2000", "\"acked\":2000");
    assertThat(List.of(classic, consumer))
        .allSatisfy(consumed -> {
          assertThat(recordsSeen(consumed.ok())).isEqualTo(2_000);
          assertThat(consumed.out())
              .contains("\"name\":\"partitions_assigned\"", "\"name\":\"offsets_committed\"")
              .doesNotContain("\"success\":false");
        });
  }

  private ToolResult verifiableConsumer(String topic, String protocol) {
    return KafkaTools.runAlone(
        proof.folder("verifiable"),
        VERIFIABLE_CONSUMER,
        "--bootstrap-server",
        proof.bootstrap(),
        "--topic",
        topic,
        "--group-id",
        proof.name("verifiable-" + protocol),
        "--group-protocol",
        protocol,
        "--max-messages",
        "2000",
        "--reset-policy",
        "earliest");
  }

  private static long recordsSeen(ToolResult consumed) {
    return consumed
        .out()
        .lines()
        .filter(line -> line.contains("\"name\":\"records_consumed\""))
        .mapToLong(line -> Long.parseLong(line.replaceFirst(".*?\"count\":(\\d+).*", "$1")))
        .sum();
  }

  @Test
  void endToEndLatencyIsMeasured() {
    String topic = proof.topic("latency", 1);

    ToolResult measured =
        proof.tool(
            END_TO_END_LATENCY,
            "--topic",
            topic,
            "--num-records",
            "500",
            "--producer-acks",
            "all",
            "--record-size",
            "100");

    assertThat(measured.ok().out()).contains("Avg latency:", "99th");
  }
}
