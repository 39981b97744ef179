package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.proof.KafkaTools.CONSOLE_CONSUMER;
import static oxbow.proof.KafkaTools.CONSUMER_GROUPS;
import static oxbow.proof.KafkaTools.GROUPS;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Consumer groups as the tools see them, in the classic protocol and in that of KIP-848. */
@ExtendWith(ProofExtension.class)
final class GroupToolsTest {
  private final Proof proof;

  GroupToolsTest(Proof proof) {
    this.proof = proof;
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void groupIsListedDescribedResetAndDeleted(String protocol) {
    String topic = proof.topic("group-tools", 2);
    String group = proof.name("group-" + protocol);
    Records.produce(proof, topic, 0, "a", "b", "c");
    Records.produce(proof, topic, 1, "d");

    ToolResult consumed =
        proof.tool(
            CONSOLE_CONSUMER,
            "--topic",
            topic,
            "--group",
            group,
            "--from-beginning",
            "--max-messages",
            "4",
            "--timeout-ms",
            "20000",
            "--command-property",
            "group.protocol=" + protocol);
    ToolResult listed = proof.tool(GROUPS, "--list");
    ToolResult states = proof.tool(CONSUMER_GROUPS, "--list", "--state", "--type");
    ToolResult described = describe(group);
    ToolResult state = describe(group, "--state");
    ToolResult resetPlan =
        proof.tool(
            CONSUMER_GROUPS,
            "--group",
            group,
            "--reset-offsets",
            "--to-earliest",
            "--topic",
            topic,
            "--dry-run");
    ToolResult reset =
        proof.tool(
            CONSUMER_GROUPS,
            "--group",
            group,
            "--reset-offsets",
            "--to-offset",
            "1",
            "--topic",
            topic + ":0",
            "--execute");
    ToolResult afterReset = describe(group);
    ToolResult offsetsDeleted =
        proof.tool(CONSUMER_GROUPS, "--group", group, "--delete-offsets", "--topic", topic + ":1");
    ToolResult afterDelete = describe(group);
    ToolResult deleted = proof.tool(CONSUMER_GROUPS, "--group", group, "--delete");
    ToolResult gone = describe(group);

    assertThat(consumed.ok().lines()).containsExactlyInAnyOrder("a", "b", "c", "d");
    assertThat(listed.ok().out()).containsPattern(group + "\\s+(Classic|Consumer)\\s+consumer");
    assertThat(states.ok().out().toLowerCase(Locale.ROOT))
        .containsPattern(group + "\\s+" + protocol + "\\s+empty");
    assertThat(described.ok().out())
        .containsPattern(row(group, topic, 0, "3", "3", "0"))
        .containsPattern(row(group, topic, 1, "1", "1", "0"));
    assertThat(state.ok().out())
        .containsPattern(group + "\\s+127\\.0\\.0\\.1:\\d+\\s+\\(1\\).*Empty\\s+0");
    assertThat(resetPlan.ok().out()).containsPattern(topic + "\\s+0\\s+0");
    assertThat(reset.ok().out()).containsPattern(topic + "\\s+0\\s+1");
    assertThat(afterReset.ok().out()).containsPattern(row(group, topic, 0, "1", "3", "2"));
    assertThat(offsetsDeleted.ok().out()).containsPattern(topic + "\\s+1\\s+Successful");
    assertThat(afterDelete.ok().out())
        .containsPattern(row(group, topic, 0, "1", "3", "2"))
        .doesNotContainPattern(row(group, topic, 1, "1", "1", "0"));
    assertThat(deleted.ok().out()).contains("was successful");
    assertThat(gone.text()).contains("GroupIdNotFoundException");
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void membersOfARunningGroupAreShownAndItCannotBeDeleted(String protocol) {
    String topic = proof.topic("group-members", 2);
    String group = proof.name("members-" + protocol);
    Records.produce(proof, topic, 0, "a");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                proof.bootstrap(),
                "group.id",
                group,
                "client.id",
                "proof-member",
                "group.protocol",
                protocol,
                "auto.offset.reset",
                "earliest"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.subscribe(List.of(topic));
      Await.until(
          "the record", Await.LONG, () -> consumer.poll(Duration.ofMillis(200)).count() == 1);
      consumer.commitSync();

      ToolResult members = describe(group, "--members", "--verbose");
      ToolResult state = describe(group, "--state");
      ToolResult refused = proof.tool(CONSUMER_GROUPS, "--group", group, "--delete");

      assertThat(members.ok().out())
          .containsPattern(group + "\\s+\\S+\\s+/127\\.0\\.0\\.1\\s+proof-member\\s+2\\s");
      assertThat(state.ok().out()).containsPattern("Stable\\s+1");
      assertThat(refused.text()).contains("GroupNotEmptyException");
    }
  }

  private ToolResult describe(String group, String... more) {
    String[] all = java.util.Arrays.copyOf(more, more.length + 3);
    all[more.length] = "--describe";
    all[more.length + 1] = "--group";
    all[more.length + 2] = group;
    return proof.tool(CONSUMER_GROUPS, all);
  }

  private static String row(
      String group, String topic, int partition, String offset, String end, String lag) {
    return group
        + "\\s+"
        + topic
        + "\\s+"
        + partition
        + "\\s+(-\\s+)?"
        + offset
        + "\\s+"
        + end
        + "\\s+"
        + lag
        + "\\s";
  }
}
