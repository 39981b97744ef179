package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** kcat: librdkafka's command-line client. */
@ExtendWith(ProofExtension.class)
final class KcatTest {
  static final List<String> CODECS = ForeignClient.CODECS;

  private final Proof proof;
  private final ForeignClient kcat;

  KcatTest(Proof proof) {
    this.proof = proof;
    this.kcat =
        ForeignClient.installed(
            proof, List.of("kcat", "-q", "-b", proof.bootstrap(), "-X", "check.crcs=true"), "-V");
  }

  @Test
  void metadataNamesTheBrokerAndThePartitions() {
    String topic = proof.topic("kcat-metadata", 3);

    ToolResult metadata = kcat.run("-L", "-t", topic).ok();

    assertThat(metadata.out())
        .contains("broker 1 at " + proof.bootstrap(), "topic \"" + topic + "\" with 3 partitions")
        .contains("partition 2, leader 1, replicas: 1, isrs: 1");
  }

  @ParameterizedTest
  @FieldSource("CODECS")
  void recordsTravelBothWaysWithEveryCodec(String codec) {
    String topic = proof.topic("kcat-" + codec, 1);
    List<String> ours = IntStream.range(0, 500).mapToObj(i -> "java " + i).toList();
    List<String> theirs = IntStream.range(0, 500).mapToObj(i -> "kcat " + i).toList();
    ForeignClient.writeFromJava(proof, topic, codec, ours);

    kcat.runWithInput(
            String.join("\n", theirs.stream().map(value -> "key:" + value).toList()) + "\n",
            "-P",
            "-t",
            topic,
            "-K",
            ":",
            "-H",
            "client=kcat",
            "-z",
            codec,
            "-X",
            "enable.idempotence=true")
        .ok();
    ToolResult consumed = kcat.run("-C", "-t", topic, "-o", "beginning", "-e", "-f", "%s\n").ok();
    List<ConsumerRecord<String, String>> read = Records.read(proof.bootstrap(), topic, 1_000);

    assertThat(consumed.lines()).startsWith("java 0").endsWith("kcat 499").hasSize(1_000);
    assertThat(consumed.lines().subList(0, 500)).isEqualTo(ours);
    assertThat(consumed.lines().subList(500, 1_000)).isEqualTo(theirs);
    assertThat(read).extracting(ConsumerRecord::value).isEqualTo(consumed.lines());
    assertThat(read.getLast().key()).isEqualTo("key");
    assertThat(read.getLast().headers().lastHeader("client").value()).asString().isEqualTo("kcat");
  }

  @Test
  void groupGoesOnWhereItStopped() {
    String topic = proof.topic("kcat-group", 2);
    String group = proof.name("kcat-group");
    Records.produce(proof, topic, 0, "a", "b");
    Records.produce(proof, topic, 1, "c");

    ToolResult first = consumeAsGroup(topic, group);
    Records.produce(proof, topic, 1, "d");
    ToolResult second = consumeAsGroup(topic, group);

    assertThat(first.ok().lines()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(second.ok().lines()).containsExactly("d");
  }

  @Test
  void offsetsAreFoundByTime() {
    String topic = proof.topic("kcat-offsets", 1);
    Records.produce(proof, topic, 0, "a", "b");

    ToolResult end = kcat.run("-Q", "-t", topic + ":0:-1");
    ToolResult byTime = kcat.run("-Q", "-t", topic + ":0:1000");

    assertThat(end.ok().out()).contains(topic + " [0] offset 2");
    assertThat(byTime.ok().out()).contains(topic + " [0] offset 0");
  }

  private ToolResult consumeAsGroup(String topic, String group) {
    return kcat.run("-G", group, "-e", "-X", "auto.offset.reset=earliest", "-f", "%s\n", topic);
  }
}
