package oxbow.query.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThrottleTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void withoutLimitsNothingWaits() {
    var throttle = new Throttle(0, 0);

    assertThat(throttle.delayNanos(1_000_000, 1 << 30, 5)).isZero();
    assertThat(throttle.recordsMax()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theNarrowerLimitCounts() {
    var throttle = new Throttle(100, 1_000);

    assertThat(throttle.delayNanos(50, 100, 0)).isEqualTo(SECOND / 2);
    assertThat(throttle.delayNanos(1, 2_000, SECOND / 2)).isEqualTo(2 * SECOND);
  }

  @Test
  void whatWasNotUsedIsNotSavedUp() {
    var throttle = new Throttle(10, 0);
    assertThat(throttle.delayNanos(10, 0, 0)).isEqualTo(SECOND);

    assertThat(throttle.delayNanos(10, 0, 3600 * SECOND)).isEqualTo(SECOND);
  }

  @Test
  void waitingTooShortIsMadeUpFor() {
    var throttle = new Throttle(10, 0);
    assertThat(throttle.delayNanos(10, 0, -SECOND)).isEqualTo(SECOND);

    assertThat(throttle.delayNanos(10, 0, -SECOND / 2)).isEqualTo(3 * SECOND / 2);
  }

  @Test
  void smallRatesStillLetOneRecordGo() {
    var throttle = new Throttle(0.1, 0.5);

    assertThat(throttle.recordsMax()).isEqualTo(1);
    assertThat(throttle.bytesMax()).isEqualTo(1);
    assertThat(throttle.delayNanos(1, 1, 0)).isEqualTo(10 * SECOND);
  }
}
