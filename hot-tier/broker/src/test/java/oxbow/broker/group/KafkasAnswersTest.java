package oxbow.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recorded answers are Apache Kafka 4.3.1's, made with {@link Script#main}. */
final class KafkasAnswersTest {
  @TempDir private Path data;

  @Test
  void everyAnswerIsTheOneApacheKafkaGave() throws Exception {
    // Given
    List<String> kafkas;
    try (var recorded =
        Objects.requireNonNull(getClass().getResourceAsStream("kafka-4.3.1-answers.txt"))) {
      kafkas = new String(recorded.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
    // When
    List<String> ours;
    try (var broker = new RunningBroker(data, Map.of("group.initial.rebalance.delay.ms", "0"))) {
      ours = Script.play(broker.host(), broker.port());
    }
    // Then
    assertThat(ours).hasSameSizeAs(kafkas);
    var different = new ArrayList<String>();
    for (int i = 0; i < ours.size(); i++) {
      if (ours.get(i).equals(kafkas.get(i))) continue;
      different.add("kafka " + kafkas.get(i));
      different.add("oxbow " + ours.get(i));
    }
    assertThat(different).isEmpty();
  }
}
