package oxbow.query.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread's waiting for what others complete. */
@Timeout(60)
class WaitingTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(50);

  private final Waiting waiting = new Waiting();
  private final CompletableFuture<Void> one = new CompletableFuture<>();
  private final CompletableFuture<Void> other = new CompletableFuture<>();

  @Test
  void whoeverWaitsAgainAndAgainLeavesNothingBehind() {
    for (int i = 0; i < 100; i++) {
      assertThat(waiting.await(List.of(one, other), 1_000)).isFalse();
      assertThat(waiting.await(one, 1_000)).isFalse();
    }

    assertThat(one.getNumberOfDependents()).isZero();
    assertThat(other.getNumberOfDependents()).isZero();
  }

  @Test
  void theFirstThatComesIsEnough() {
    Thread.startVirtualThread(() -> other.complete(null));

    assertThat(waiting.await(List.of(one, other), LONG)).isTrue();
    assertThat(one.getNumberOfDependents()).isZero();
  }

  @Test
  void aFailureIsAnOutcome() {
    Thread.startVirtualThread(() -> one.completeExceptionally(new IllegalStateException("gone")));

    assertThat(waiting.await(List.of(one, other), LONG)).isTrue();
  }

  @Test
  void whoIsStoppedWaitsNoLongerAndCallsNobodyOff() {
    Thread.startVirtualThread(waiting::stop);

    assertThatThrownBy(() -> waiting.await(List.of(one, other), LONG))
        .isInstanceOf(Waiting.StoppedException.class);
    assertThat(one).isNotDone();
    assertThat(one.getNumberOfDependents()).isZero();
  }
}
