package oxbow.query.replay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {
  @Test
  void recordsWaitForTheirTimeAtTheSpeedAskedFor() {
    var pace = new Pace(10);
    assertThat(pace.delayNanos(5_000, 100)).isZero();
    assertThat(pace.delayNanos(6_000, 100)).isEqualTo(100_000_000);
    assertThat(pace.delayNanos(6_000, 100 + 40_000_000)).isEqualTo(60_000_000);
    assertThat(pace.delayNanos(6_000, 100 + 200_000_000)).isZero();
    assertThat(pace.delayNanos(4_000, 100)).isZero();
  }
}
