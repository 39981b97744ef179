package oxbow.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.junit.jupiter.api.Test;
import oxbow.server.TopicKeys;

/**
 * Keeps {@code docs/configuration.md} what the keys say. Run with {@code -Doxbow.docs.write=true}
 * it writes the file instead of comparing it.
 */
class ConfigDocumentTest {
  private static final Path DOCUMENT = Path.of("../../docs/configuration.md");

  @Test
  void theDocumentOfAllKeysIsWhatTheyAreNow() throws IOException {
    String document = document();
    if (Boolean.getBoolean("oxbow.docs.write")) {
      Files.createDirectories(DOCUMENT.getParent());
      Files.writeString(DOCUMENT, document);
    }
    assertThat(DOCUMENT)
        .as("docs/configuration.md is stale: run this test with -Doxbow.docs.write=true")
        .content()
        .isEqualTo(document);
  }

  private static String document() {
    var text = new StringBuilder();
    text.append(
        """
        # Configuration
        Made from the keys themselves by `ConfigDocumentTest`; change them in `ConfigKeys`.

        Settings are read once at the start from, later ones winning:

        1. defaults
        2. one file in Java's properties format: `oxbow start --config FILE`, or `OXBOW_CONFIG`
        3. the environment: `OXBOW_` and the key in upper case, dots as underscores
        4. flags: `--set key=value` (repeatable), and short ones such as `--data` and `--port`

        Whatever is wrong stops the start, all of it told at once with key, rule, value and where it
        came from: unknown and retired keys, bad values, settings that contradict each other, and
        settings of Apache Kafka's that would promise what is not served. `oxbow config check FILE`
        tells the same without starting anything; `oxbow config explain KEY` tells about one key.

        ## The environment
        No key has an underscore, a dash or an upper-case letter, so each has one variable and each
        variable at most one key: `OXBOW_LOG_RETENTION_MS` is `log.retention.ms` and nothing else. An
        empty variable counts as absent; to make a setting empty, use the file or a flag. A variable
        with this prefix that is no key is refused like any unknown key, except the launcher's and
        command line's own (`OXBOW_HOME`, `OXBOW_CONFIG`, `OXBOW_BOOTSTRAP`, `OXBOW_CLIENT_CONFIG`,
        `OXBOW_REGISTRY`, `OXBOW_REGISTRY_USER`, `OXBOW_URL`, `OXBOW_HEAP`, `OXBOW_JAVA_HOME`,
        `OXBOW_JAVA_OPTS`) and those that Kubernetes makes for a service called oxbow
        (`OXBOW_SERVICE_HOST`, `OXBOW_PORT_9092_TCP`, ...).

        `OXBOW_HEAP` is the size of Java's heap (256m without, for the server), `OXBOW_JAVA_OPTS` are more
        options for Java, `OXBOW_JAVA_HOME` is the JDK to use.

        ## The file
        `key=value` lines; `#` begins a comment, a backslash at a line's end carries it on. A key given
        twice with different values is refused. Numbers have no unit: keys say theirs (`...ms`,
        `...bytes`). A file written for Apache Kafka usually works as it is.

        "Online" means that admin tools may change it while the server runs (`kafka-configs`,
        `oxbow config set`). Keys marked *ours* are none of Kafka's.

        """);
    for (ConfigKey.Section section : ConfigKey.Section.values()) {
      text.append("## ").append(section.title()).append("\n\n");
      for (ConfigKey<?> key : ConfigKeys.all()) {
        if (key.section() == section) append(text, key);
      }
    }
    text.append(
        """
        ## Settings of topics that Kafka doesn't have
        Given with `oxbow topics create --config`, changed with `oxbow config set topic NAME KEY=VALUE` or
        `kafka-configs`, all of them while the server runs. Topics have all of Kafka's settings, too. Of those
        `remote.storage.enable` says whether there is a cold tier (`cold.topics.default` where a topic says
        nothing), `local.retention.ms` and `local.retention.bytes` what stays on disk once the bucket has it,
        and `retention.ms` and `retention.bytes` count for both tiers together.

        """);
    TopicKeys.all().forEach(key -> append(text, key));
    text.append(
        """
        ## Settings of Apache Kafka's that are none here
        *Refused* ones stop the start; *ignored* ones are accepted with a warning; *only* ones are
        accepted with the value that holds anyway. A star stands for any rest of the name.

        | key | | because |
        |---|---|---|
        """);
    for (Map.Entry<String, UnservedKeys.Verdict> entry : UnservedKeys.all().entrySet()) {
      String verdict =
          switch (entry.getValue()) {
            case UnservedKeys.Refused _ -> "refused";
            case UnservedKeys.Ignored _ -> "ignored";
            case UnservedKeys.OnlyAs only -> "only `" + String.join("`, `", only.values()) + "`";
          };
      text.append("| `").append(entry.getKey()).append("` | ").append(verdict).append(" | ");
      text.append(entry.getValue().reason()).append(" |\n");
    }
    return text.toString();
  }

  private static void append(StringBuilder text, ConfigKey<?> key) {
    text.append("### `").append(key.name()).append("`\n");
    text.append(key.doc()).append('\n');
    if (key.difference() != null) text.append(key.difference()).append('\n');
    text.append("\n*").append(key.type().label()).append("*, default ");
    text.append(key.defaultValue() == null ? key.defaultText() : code(key.defaultText()));
    if (!key.rule().text().isEmpty()) text.append("; ").append(key.rule().text());
    text.append(key.isOnline() ? "; online" : "").append(key.isKafkas() ? "" : "; ours");
    text.append("\n\n");
  }

  private static void append(StringBuilder text, ConfigDef.ConfigKey key) {
    String rule = TopicKeys.rule(key);
    text.append("### `").append(key.name).append("`\n");
    text.append(key.documentation).append('\n');
    text.append("\n*").append(TopicKeys.type(key)).append("*, default ");
    text.append(code(TopicKeys.defaultText(key))).append(rule.isEmpty() ? "" : "; ").append(rule);
    text.append("\n\n");
  }

  private static String code(String value) {
    return value.isEmpty() ? "empty" : "`" + value + "`";
  }
}
