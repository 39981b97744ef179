package oxbow.cold.offload;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever happens on the way: each acknowledged record is in the table once, aborted and erased
 * ones never. Longer by hand: {@code -Doffload.simulation.seeds=5000}.
 */
class OffloadSimulationTest {
  private static final int SEEDS = Integer.getInteger("offload.simulation.seeds", 27);
  private static final int FIRST = Integer.getInteger("offload.simulation.first", 0);
  private static final int STEPS = 40;

  /**
   * What went wrong once: after a power loss a compacted log went on behind segments that were lost
   * (116); after another one a log began later than the table, and took that for its start (196).
   * And in this simulation: what one log had lost at its start was not brought back before the
   * other one lost it as well (96).
   */
  private static final long[] KNOWN = {96, 116, 196};

  @TempDir Path directory;

  @Test
  void whatWentWrongOnceGoesWell() {
    for (long seed : KNOWN) run(seed);
  }

  @Test
  void theTableHasEachAcknowledgedRecordOnceWhateverGoesWrong() {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) run(seed);
  }

  private void run(long seed) {
    try (var simulation = new OffloadSimulation(seed, directory)) {
      try {
        simulation.run(STEPS);
        simulation.check();
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError(
            "seed " + seed + ": " + e.getMessage() + "\n" + simulation.trace(), e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
