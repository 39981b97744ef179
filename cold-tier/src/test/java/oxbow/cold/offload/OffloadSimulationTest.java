package oxbow.cold.offload;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.testing.FaultyLogFiles;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;

/**
 * Whatever happens on the way: each acknowledged record is in the table once, aborted ones never.
 */
class OffloadSimulationTest {
  private static final int SEEDS = Integer.getInteger("offload.simulation.seeds", 25);
  private static final int STEPS = 30;

  @TempDir Path directory;

  private final ManualClock clock = new ManualClock(1_700_000_000_000L);
  private final List<Logs> replicas = new ArrayList<>();

  @BeforeEach
  void open() {
    for (int i = 0; i < 2; i++) {
      replicas.add(
          Logs.open(
              LogsConfig.of(directory.resolve("log-" + i)),
              new FaultyLogFiles(i),
              clock,
              clock,
              new ManualThreads(clock)));
    }
  }

  @AfterEach
  void close() {
    replicas.forEach(Logs::close);
  }

  @Test
  void theTableHasEachAcknowledgedRecordOnceWhateverGoesWrong() {
    for (long seed = 0; seed < SEEDS; seed++) run(seed);
  }

  private void run(long seed) {
    var simulation = new OffloadSimulation(seed, clock, directory, replicas);
    try {
      simulation.run(STEPS);
      simulation.check();
    } catch (IOException | RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    }
  }
}
