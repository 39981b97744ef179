package oxbow.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final Figure CPU = new Figure("consume", "broker CPU", "s/GB", false);
  private static final Figure SPEED = new Figure("produce", "throughput", "MB/s", true);

  private static final Figure RATE = new Figure("look up", "throughput", "1/s", true);
  private static final Scenario PRODUCE = scenario(Part.produce, "produce");
  private static final Scenario CONSUME = scenario(Part.consume, "consume");
  private static final Scenario REGISTRY = scenario(Part.registry, "look up");

  private static Scenario scenario(Part part, String title) {
    return new Scenario.OfLoad(part, title, 1, (_, _) -> {});
  }

  private static List<Measured> runs(
      Figure figure, String contender, double others, double... values) {
    var measured = new ArrayList<Measured>();
    for (int run = 0; run < values.length; run++) {
      measured.add(new Measured(figure.title(), contender, run, figure, values[run], others));
    }
    return measured;
  }

  private static String report(List<List<Measured>> all) {
    return Report.of(
        all.stream().flatMap(List::stream).toList(), List.of(PRODUCE, CONSUME, REGISTRY));
  }

  @Test
  void aRowHasMediansSpreadAndRatio() {
    String report = report(List.of(runs(CPU, "oxbow", 0, 3, 1, 2), runs(CPU, "kafka", 0, 4, 6, 2)));

    assertThat(report)
        .contains(
            "| consume | broker CPU, s/GB (less is better) | 2.00 (1.00-3.00) | 4.00 (2.00-6.00) |"
                + " 0.50 |")
        .contains("of 3 runs.");
  }

  @Test
  void rowsStandInTheOrderOfScenariosWheneverTheyWereMeasured() {
    String report = report(List.of(runs(CPU, "oxbow", 0, 1), runs(SPEED, "oxbow", 0, 1)));

    assertThat(report.indexOf("| produce")).isLessThan(report.indexOf("| consume"));
  }

  @Test
  void whatIsNotMeasuredYetIsLeftEmpty() {
    String report = report(List.of(runs(CPU, "oxbow", 0, 1.234)));

    assertThat(report).contains("| 1.23 |  |  |");
  }

  @Test
  void rowsThatOthersDisturbedAreMarked() {
    String report = report(List.of(runs(CPU, "oxbow", 0.02, 1, 1), runs(SPEED, "oxbow", 0.3, 1)));

    assertThat(report).contains("| produce * |", "| consume |", "most: 30 %", "of 1 to 2 runs");
  }

  @Test
  void whatKafkaDoesNotHaveStandsInATableOfItsOwn() {
    String report = report(List.of(runs(RATE, "oxbow", 0, 900), runs(CPU, "oxbow", 0, 1)));

    assertThat(report)
        .contains("| consume | broker CPU, s/GB (less is better) | 1.00 |  |  |")
        .endsWith(
            """
            What Apache Kafka doesn't have:

            | scenario | figure | Oxbow |
            |---|---|---|
            | look up | throughput, 1/s (more is better) | 900 |
            """);
    assertThat(report(List.of(runs(RATE, "oxbow", 0, 900)))).doesNotContain("Oxbow / Kafka");
  }

  @Test
  void nothingMeasuredIsSaid() {
    assertThat(report(List.of())).contains("Nothing is measured yet.");
  }
}
