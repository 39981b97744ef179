package oxbow.cold.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
  @Test
  void whatWasSpentIsWaitedForBeforeTheNext() throws InterruptedException {
    try (var pace = new Pace(System::nanoTime, 1_000_000)) {
      long begin = System.nanoTime();
      pace.spend(50_000); // fifty milliseconds' worth, which the next one waits for
      pace.spend(1);

      assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(49));
    }
  }

  @Test
  void closingEndsAllWaiting() throws InterruptedException {
    var pace = new Pace(() -> 0, 1);
    pace.spend(1_000_000);
    pace.close();

    assertThatThrownBy(() -> pace.spend(1)).isInstanceOf(InterruptedException.class);
  }
}
