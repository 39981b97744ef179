package oxbow.bench;

import java.util.ArrayList;
import java.util.List;

/** One measurement of one contender in one run. */
record Step(Scenario scenario, Contender contender, int run) {
  /** Loads are measured while the brokers of all contenders run, the others while none does. */
  enum Phase {
    BEFORE,
    LOAD,
    AFTER
  }

  private static final int RECOVERY_RUNS_MAX = 3;

  /**
   * All steps of some scenarios, in order: every run goes through all scenarios, in each the
   * contenders take turns, and who begins changes from run to run, so that whatever else changes on
   * the machine meanwhile is shared fairly.
   */
  static List<Step> all(List<Scenario> scenarios, List<Contender> contenders, int runs) {
    var steps = new ArrayList<Step>();
    for (int run = 0; run < runs; run++) {
      for (Scenario scenario : scenarios) {
        if (scenario.part() == Part.recovery && run >= RECOVERY_RUNS_MAX) continue;
        for (Contender contender : run % 2 == 0 ? contenders : contenders.reversed()) {
          if (!scenario.measures(contender.name())) continue;
          steps.add(new Step(scenario, contender, run));
        }
      }
    }
    return steps;
  }

  Phase phase() {
    return switch (scenario) {
      case Scenario.OfLoad _ -> Phase.LOAD;
      case Scenario.OfCode _ -> Phase.BEFORE;
      case Scenario.OfOxbow _ -> Phase.AFTER;
      case Scenario.OfStart start ->
          switch (start.part()) {
            case recovery, lake -> Phase.AFTER;
            default -> Phase.BEFORE;
          };
    };
  }

  Measured measured(Figure figure, double value, double others) {
    return new Measured(scenario.title(), contender.name(), run, figure, value, others);
  }

  String text() {
    return "%s: %s, run %d".formatted(scenario.title(), contender.name(), run + 1);
  }
}
