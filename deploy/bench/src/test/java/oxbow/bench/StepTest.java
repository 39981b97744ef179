package oxbow.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepTest {
  private static final List<Contender> BOTH =
      List.of(new Contender.Oxbow(Path.of("oxbow")), new Contender.Kafka(Path.of("java"), ""));

  private static Scenario scenario(Part part, String title) {
    return new Scenario.OfLoad(part, title, 1, (_, _) -> {});
  }

  @Test
  void contendersTakeTurnsAndWhoBeginsChangesFromRunToRun() {
    var scenarios = List.of(scenario(Part.produce, "a"), scenario(Part.consume, "b"));

    List<Step> steps = Step.all(scenarios, BOTH, 2);

    assertThat(steps.stream().map(Step::text))
        .containsExactly(
            "a: oxbow, run 1",
            "a: kafka, run 1",
            "b: oxbow, run 1",
            "b: kafka, run 1",
            "a: kafka, run 2",
            "a: oxbow, run 2",
            "b: kafka, run 2",
            "b: oxbow, run 2");
  }

  @Test
  void recoveryIsMeasuredThreeTimesAtMost() {
    List<Step> steps = Step.all(List.of(scenario(Part.recovery, "recovery")), BOTH, 5);

    assertThat(steps).hasSize(3 * BOTH.size());
  }

  @Test
  void theRegistryIsMeasuredWhereThereIsOne() {
    List<Step> steps = Step.all(List.of(scenario(Part.registry, "look up")), BOTH, 2);

    assertThat(steps.stream().map(Step::text))
        .containsExactly("look up: oxbow, run 1", "look up: oxbow, run 2");
  }

  @Test
  void scenariosHaveTitlesOfTheirOwn() {
    List<Scenario> all = new Scenarios(1, Path.of("sink"), Path.of("spark")).all();

    assertThat(all.stream().map(Scenario::title)).doesNotHaveDuplicates();
    assertThat(all.stream().map(Scenario::part).distinct()).containsExactly(Part.values());
  }
}
