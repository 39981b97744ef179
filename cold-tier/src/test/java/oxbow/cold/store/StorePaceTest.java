package oxbow.cold.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.log.testing.ManualClock;

/** Transfers take no more than they may, and requests no more than the store bears. */
class StorePaceTest {
  private static final long MIB = 1 << 20;

  private final ManualClock clock = new ManualClock(0);

  @Test
  void transfersWaitUntilThoseBeforeArePaidFor() throws InterruptedException {
    var budget = new BandwidthBudget(MIB, clock);

    budget.take(MIB); // a quarter of it is there at once
    assertThat(budget.waitNanos()).isEqualTo(Duration.ofMillis(750).toNanos());
    clock.advance(500);
    assertThat(budget.waitNanos()).isEqualTo(Duration.ofMillis(250).toNanos());
    clock.advance(250);
    assertThat(budget.waitNanos()).isZero();
    clock.advance(60_000);
    budget.take(2 * MIB);
    assertThat(budget.waitNanos()).isEqualTo(Duration.ofMillis(1750).toNanos());
  }

  @Test
  void changedRateIsFeltAtOnce() throws InterruptedException {
    var budget = new BandwidthBudget(MIB, clock);
    budget.take(100 * MIB);
    var released = new CountDownLatch(1);
    Thread waiting =
        Thread.ofVirtual()
            .start(() -> {
              try {
                budget.take(MIB);
                released.countDown();
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            });

    budget.changeTo(BandwidthBudget.UNLIMITED);

    assertThat(released.await(20, TimeUnit.SECONDS)).isTrue();
    waiting.join();
    assertThat(budget.waitNanos()).isZero();
  }

  @Test
  void eachWayHasItsOwnBudget() {
    var writes = new BandwidthBudget(MIB, clock);
    var reads = new BandwidthBudget(MIB, clock);
    try (var store = new PacedObjectStore(new MemoryObjectStore(clock), writes, reads)) {
      store.put("a", ByteBuffer.allocate((int) MIB));

      assertThat(writes.waitNanos()).isPositive();
      assertThat(reads.waitNanos()).isZero();
      store.read("a", 0, (int) MIB / 2);
      assertThat(reads.waitNanos()).isEqualTo(Duration.ofMillis(250).toNanos());
    }
  }

  @Test
  void overwhelmedStoreGetsHalfAsManyRequestsAndMoreAgainAsItRecovers()
      throws InterruptedException {
    var limit = new AdaptiveLimit(16, clock);
    for (int i = 0; i < 3; i++) limit.enter();
    limit.overwhelmed();
    limit.overwhelmed();
    assertThat(limit.limit()).isEqualTo(8);
    clock.advance(1000);
    limit.overwhelmed();
    assertThat(limit.limit()).isEqualTo(4);

    for (int round = 0; round < 100; round++) {
      int now = limit.limit();
      for (int i = 0; i < now; i++) limit.enter();
      for (int i = 0; i < now; i++) limit.succeeded();
    }

    assertThat(limit.limit()).isEqualTo(16);
  }
}
