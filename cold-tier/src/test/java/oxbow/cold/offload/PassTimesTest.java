package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PassTimesTest {
  private static final long SECOND = 1_000_000_000L;

  private final PassTimes times = new PassTimes();

  @Test
  void nothingIsExpectedBeforeTheFirstPass() {
    assertThat(times.expectedMs(1 << 30)).isZero();
  }

  @Test
  void aPassIsExpectedToTakeAsLongAsTheLastAndMoreIfItIsLarger() {
    times.took(4 * SECOND, 100);

    assertThat(times.expectedMs(100)).isEqualTo(4_000);
    assertThat(times.expectedMs(300)).isEqualTo(12_000);
    assertThat(times.expectedMs(0)).as("commits take their time").isEqualTo(2_000);
  }

  @Test
  void whatThingsTookLongAgoIsForgotten() {
    times.took(60 * SECOND, 100);
    for (int i = 0; i < 20; i++) times.took(SECOND, 100);

    assertThat(times.expectedMs(100)).isBetween(1_000L, 1_010L);
  }
}
