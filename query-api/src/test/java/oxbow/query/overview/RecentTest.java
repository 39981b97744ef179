package oxbow.query.overview;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentTest {
  private final AtomicLong nowMs = new AtomicLong(1);
  private final AtomicLong costMs = new AtomicLong();
  private final AtomicInteger made = new AtomicInteger();
  private final Recent<Integer> recent =
      new Recent<>(
          Duration.ofMillis(500),
          () -> TimeUnit.MILLISECONDS.toNanos(nowMs.get()),
          () -> {
            nowMs.addAndGet(costMs.get());
            return made.incrementAndGet();
          });

  @Test
  void anAnswerIsMadeOnceForAllWhoAskWithinAMoment() {
    assertThat(recent.get()).isEqualTo(1);
    nowMs.addAndGet(499);
    assertThat(recent.get()).isEqualTo(1);
    nowMs.addAndGet(1);
    assertThat(recent.get()).isEqualTo(2);
  }

  @Test
  void anAnswerThatIsSlowToMakeIsKeptForLonger() {
    costMs.set(2_000);
    assertThat(recent.get()).isEqualTo(1);
    nowMs.addAndGet(7_999);
    assertThat(recent.get()).isEqualTo(1);
    nowMs.addAndGet(1);
    assertThat(recent.get()).isEqualTo(2);
  }

  @Test
  void aFailureIsNotKept() {
    var fails =
        new Recent<Integer>(
            Duration.ofMillis(500),
            nowMs::get,
            () -> {
              if (made.incrementAndGet() == 1) throw new IllegalStateException("not yet");
              return 7;
            });
    assertThatThrownBy(fails::get).hasMessage("not yet");
    assertThat(fails.get()).isEqualTo(7);
  }
}
