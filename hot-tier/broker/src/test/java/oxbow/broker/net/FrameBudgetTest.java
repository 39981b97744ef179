package oxbow.broker.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class FrameBudgetTest {
  private final FrameBudget budget = new FrameBudget(1_000, 10);
  private final List<String> granted = new ArrayList<>();

  @Test
  void roomIsGivenInTheOrderOfAsking() {
    budget.take(1_000);
    budget.await(() -> granted.add("large"), 900);
    budget.await(() -> granted.add("small"), 10);
    budget.await(() -> granted.add("reader"), 0);

    assertThat(granted).isEmpty();
    assertThat(budget.tryTake(1)).isFalse();
    assertThat(budget.isFull()).isTrue();

    budget.give(1_000);
    assertThat(granted).containsExactly("large", "small", "reader");
    assertThat(budget.heldBytes()).isEqualTo(910);
    assertThat(budget.isFull()).isFalse();
  }

  @Test
  void aFrameLargerThanEverythingIsGrantedAlone() {
    budget.take(10);
    budget.await(() -> granted.add("huge"), 5_000);
    assertThat(granted).isEmpty();

    budget.give(10);

    assertThat(granted).containsExactly("huge");
    assertThat(budget.isFull()).isTrue();
  }

  @Test
  void theNumberOfFramesIsBoundedToo() {
    for (int i = 0; i < 9; i++) assertThat(budget.tryTake(1)).isTrue();
    assertThat(budget.isFull()).isFalse();
    budget.take(1);

    assertThat(budget.isFull()).isTrue();
    assertThat(budget.tryTake(1)).isFalse();
  }

  @Test
  void whoGoesAwayDoesNotStandInTheWay() {
    budget.take(500);
    FrameBudget.Waiter gone = () -> granted.add("gone");
    budget.await(gone, 900);
    budget.await(() -> granted.add("next"), 400);

    assertThat(budget.forget(gone)).isTrue();

    assertThat(granted).containsExactly("next");
    assertThat(budget.forget(gone)).isFalse();
  }

  @Test
  void askingWhenThereIsRoomIsGrantedAtOnce() {
    budget.await(() -> granted.add("reader"), 0);

    assertThat(granted).containsExactly("reader");
  }

  @Test
  void manyThreadsNeverWaitForeverAndNeverOverdraw() throws InterruptedException {
    int threads = 4;
    int rounds = 5_000;
    var shared = new FrameBudget(1_000, 8);
    var highest = new AtomicLong();
    var done = new CountDownLatch(threads);
    for (int t = 0; t < threads; t++) {
      var random = new Random(t);
      Thread.ofVirtual()
          .start(() -> {
            for (int i = 0; i < rounds; i++) {
              int bytes = 1 + random.nextInt(600);
              if (!shared.tryTake(bytes)) {
                var latch = new CountDownLatch(1);
                shared.await(latch::countDown, bytes);
                awaitFor(latch);
              }
              highest.accumulateAndGet(shared.heldBytes(), Math::max);
              shared.give(bytes);
            }
            done.countDown();
          });
    }

    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(highest.get()).isLessThanOrEqualTo(1_000);
    assertThat(shared.heldBytes()).isZero();
    assertThat(shared.heldFrames()).isZero();
  }

  private static void awaitFor(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) throw new AssertionError("never granted");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
