package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import oxbow.log.LogOffsets;
import oxbow.log.SealedSegments.Backlog;

class DueTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long FILE_BYTES = 1000;

  private final Due due = new Due();

  @Test
  void nothingIsDueWhereNothingWaits() {
    assertThat(due.look(Optional.empty(), 60_000, 0, FILE_BYTES, 0)).isFalse();
    assertThat(due.ageMs(100 * SECOND)).isZero();
  }

  @Test
  void whatFillsAFileGoesAtOnce() {
    assertThat(look(0, 2 * FILE_BYTES, 0)).isTrue();
  }

  @Test
  void whatIsSmallGoesBeforeItIsTooOld() {
    assertThat(look(0, 1, 0)).isFalse();
    assertThat(look(0, 1, 47 * SECOND)).isFalse();
    assertThat(look(0, 1, 48 * SECOND)).isTrue();
  }

  @Test
  void whatCameDuringAPassIsAsOldAsThePass() {
    look(0, 1, 0);
    look(0, 1, 48 * SECOND);
    due.passBegins(48 * SECOND);

    assertThat(look(10, 1, 53 * SECOND)).isFalse();
    assertThat(due.ageMs(53 * SECOND)).isEqualTo(5_000);
    assertThat(look(10, 1, 96 * SECOND)).isTrue();
  }

  @Test
  void aPassThatFailedLeavesTheAgeAsItWas() {
    look(0, 1, 0);
    due.passBegins(48 * SECOND);

    assertThat(look(0, 1, 53 * SECOND)).isTrue();
    assertThat(due.ageMs(53 * SECOND)).isEqualTo(53_000);
  }

  @Test
  void ageBeginsAnewOnceNothingWaited() {
    look(0, 1, 0);
    due.look(Optional.empty(), 60_000, 0, FILE_BYTES, 30 * SECOND);

    assertThat(look(0, 1, 48 * SECOND)).isFalse();
  }

  @Test
  void whatTakesLongToWriteGoesSoonerButNotAtOnce() {
    assertThat(lookWithPassOf(20_000, 39 * SECOND)).isFalse();
    assertThat(lookWithPassOf(20_000, 40 * SECOND)).isTrue();
    assertThat(lookWithPassOf(300_000, 14 * SECOND)).isFalse();
    assertThat(lookWithPassOf(300_000, 15 * SECOND)).isTrue();
  }

  private boolean lookWithPassOf(long passMs, long nowNanos) {
    var fresh = new Due();
    boolean _ = fresh.look(Optional.of(backlog(0, 1)), 60_000, passMs, FILE_BYTES, 0);
    return fresh.look(Optional.of(backlog(0, 1)), 60_000, passMs, FILE_BYTES, nowNanos);
  }

  private boolean look(long coldEnd, long sizeBytes, long nowNanos) {
    return due.look(Optional.of(backlog(coldEnd, sizeBytes)), 60_000, 0, FILE_BYTES, nowNanos);
  }

  private static Backlog backlog(long coldEnd, long sizeBytes) {
    return new Backlog(new LogOffsets(0, 0, coldEnd, 100, 100), 100, coldEnd, sizeBytes, -1);
  }
}
