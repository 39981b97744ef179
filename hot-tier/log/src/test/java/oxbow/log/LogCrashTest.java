package oxbow.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogCrashTest {
  private static final int STEPS = 1_200;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void acknowledgedRecordsOutliveTheProcess(long seed) {
    var simulation = new LogSimulation(seed, directory, false);
    run(simulation, seed);
    assertThat(simulation.crashes).isPositive();
    assertThat(simulation.refusals).isPositive();
    assertThat(simulation.duplicates).isPositive();
    assertThat(simulation.segments).isPositive();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 101, 111, 114, 118, 11_014})
  void recordsAcknowledgedAfterFsyncOutliveAPowerLoss(long seed) {
    var simulation = new LogSimulation(seed, directory, true);
    run(simulation, seed);
    assertThat(simulation.crashes).isPositive();
    assertThat(simulation.duplicates).isPositive();
  }

  private static void run(LogSimulation simulation, long seed) {
    try {
      simulation.run(STEPS);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + " after\n" + simulation.trace(), e);
    }
  }
}
