package oxbow.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
  private static final Figure SPEED = new Figure("produce, fast", "throughput", "MB/s", true);

  @TempDir private Path folder;
  private Path file = Path.of("");

  @BeforeEach
  void nameFile() {
    file = folder.resolve("results.tsv");
  }

  private static Scenario scenario(String title) {
    return new Scenario.OfLoad(Part.produce, title, 1, (_, _) -> {});
  }

  private static Measured measured(String contender, int run) {
    return new Measured("produce", contender, run, SPEED, 1234.5 + run, 0.02);
  }

  @Test
  void whatWasMeasuredIsThereWhenTheFileIsOpenedAgain() throws IOException {
    Results.open(file, "two cores").add(List.of(measured("oxbow", 0), measured("oxbow", 1)));

    Results again = Results.open(file, "two cores");

    assertThat(again.all()).containsExactly(measured("oxbow", 0), measured("oxbow", 1));
    assertThat(again.has(scenario("produce"), "oxbow", 1)).isTrue();
    assertThat(again.has(scenario("produce"), "oxbow", 2)).isFalse();
    assertThat(again.has(scenario("produce"), "kafka", 1)).isFalse();
    assertThat(again.has(scenario("consume"), "oxbow", 1)).isFalse();
  }

  @Test
  void partsMeasuredOneAfterTheOtherMakeOneTable() throws IOException {
    Results.open(file, "two cores").add(List.of(measured("oxbow", 0)));
    Results.open(file, "two cores").add(List.of(measured("kafka", 0)));

    assertThat(Results.open(file, "two cores").all())
        .containsExactly(measured("oxbow", 0), measured("kafka", 0));
  }

  @Test
  void resultsOfOtherCircumstancesAreNotMixedIn() throws IOException {
    Results.open(file, "two cores").add(List.of(measured("oxbow", 0)));

    assertThatThrownBy(() -> Results.open(file, "four cores"))
        .isInstanceOf(BenchException.class)
        .hasMessageContainingAll("two cores", "four cores", "--results", "--fresh");
  }

  @Test
  void aBrokenLineIsNamed() throws IOException {
    Results.open(file, "two cores").add(List.of(measured("oxbow", 0)));
    Files.writeString(file, "produce\toxb", StandardOpenOption.APPEND);

    assertThatThrownBy(() -> Results.open(file, "two cores"))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("produce\toxb");
  }
}
