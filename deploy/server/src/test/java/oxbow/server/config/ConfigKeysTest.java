package oxbow.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfigKeysTest {
  /** Name, type and default of every documented broker key of Kafka 4.3.1. */
  private static List<String[]> kafkaKeys() throws IOException {
    try (InputStream in =
        ConfigKeysTest.class.getResourceAsStream("/oxbow/server/kafka-4.3.1-broker-keys.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\\|", -1))
          .toList();
    }
  }

  @Test
  void everyKeyOfKafkaIsEitherServedOrHasAVerdict() throws IOException {
    for (String[] kafka : kafkaKeys()) {
      boolean isServed = ConfigKeys.find(kafka[0]).isPresent();
      boolean hasVerdict = UnservedKeys.find(kafka[0]).isPresent();
      assertThat(isServed ^ hasVerdict).as("%s served or explained", kafka[0]).isTrue();
    }
  }

  @Test
  void keysWithKafkasNameHaveItsTypeAndDefaultOrSayWhyNot() throws IOException {
    Map<String, String[]> kafkaKeys = new HashMap<>();
    for (String[] kafka : kafkaKeys()) kafkaKeys.put(kafka[0], kafka);
    Set<String> aliases =
        Set.of("log.dir", "advertised.listeners", "broker.rack", "queued.max.request.bytes");
    for (ConfigKey<?> key : ConfigKeys.all()) {
      String[] kafka = kafkaKeys.get(key.name());
      assertThat(kafka != null).as("%s is a key of Kafka's", key).isEqualTo(key.isKafkas());
      if (kafka == null || key.difference() != null || aliases.contains(key.name())) continue;
      if (kafka[1].matches("INT|LONG|DOUBLE|BOOLEAN")) {
        assertThat(key.type().label()).as(key.name()).isEqualToIgnoringCase(kafka[1]);
      }
      String expected = kafka[2].equals("null") ? "" : kafka[2].replace(", ", ",");
      String actual = key.defaultValue() == null ? "" : key.defaultText();
      assertThat(actual).as("default of %s", key).isEqualTo(expected);
    }
  }

  @Test
  void everyDefaultSatisfiesItsOwnRule() {
    for (ConfigKey<?> key : ConfigKeys.all()) {
      if (key.defaultValue() != null) {
        assertThat(key.parse(key.defaultText())).as(key.name()).isEqualTo(key.defaultValue());
      } else {
        assertThat(key.defaultText()).as("how the default of %s is found", key).isNotEmpty();
      }
    }
  }

  @Test
  void everyKeyHasADocumentOfWholeSentences() {
    for (ConfigKey<?> key : ConfigKeys.all()) {
      assertThat(key.doc()).as(key.name()).matches("(?s)[A-Z`].*\\.");
    }
  }

  @Test
  void noTwoKeysShareAVariableOfTheEnvironment() {
    Set<String> variables = new HashSet<>();
    for (ConfigKey<?> key : ConfigKeys.all()) {
      assertThat(variables.add(key.variable())).as(key.variable()).isTrue();
    }
  }
}
