package oxbow.cold.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.StoreFault;

/** A store that fails often behaves as one that doesn't, once calls are tried again. */
class RetryingObjectStoreTest extends ObjectStoreContract {
  private static final long SEED = 17;
  private static final RetryPolicy POLICY =
      new RetryPolicy(12, Duration.ofMillis(100), Duration.ofSeconds(5));

  private final MemoryObjectStore bucket = new MemoryObjectStore(InstantSource.system());
  private final StoreCounters counters = new StoreCounters();

  @Override
  ObjectStore openEmpty() {
    bucket.failByChance(
        new Random(SEED),
        Map.of(
            StoreFault.BUSY,
            0.1,
            StoreFault.TIMED_OUT,
            0.1,
            StoreFault.LOST_REPLY,
            0.1,
            StoreFault.SHORT_BODY,
            0.02));
    return retrying();
  }

  private RetryingObjectStore retrying() {
    return new RetryingObjectStore(
        bucket, POLICY, (_, _) -> {}, new Random(SEED), 8, System::nanoTime, counters);
  }

  @Test
  void creationWhoseReplyWasLostIsFoundToBeOurs() {
    bucket.heal();
    bucket.failNext(Request.PUT, StoreFault.LOST_REPLY);

    store().create("pointer", bytes("ours"));

    assertThat(text(store().read("pointer"))).isEqualTo("ours");
    assertThat(counters.retries()).isEqualTo(1);
  }

  @Test
  void creationThatLostIsToldSoThoughReplyAfterReplyWasLost() {
    bucket.heal();
    store().create("pointer", bytes("theirs"));
    for (int i = 0; i < 3; i++) bucket.failNext(Request.PUT, StoreFault.TIMED_OUT);

    assertFails(Kind.EXISTS, () -> store().create("pointer", bytes("ours")));
  }

  @Test
  void creationThatMayStillArriveIsNeverCalledFailed() {
    bucket.heal();
    bucket.failNext(Request.PUT, StoreFault.LATE);
    bucket.failNext(Request.PUT, StoreFault.DENIED);

    assertFails(Kind.OUTCOME_UNKNOWN, () -> store().create("pointer", bytes("ours")));
    bucket.heal();

    assertThat(text(store().read("pointer"))).isEqualTo("ours");
  }

  @Test
  void whatIsDeniedIsNotTriedAgain() {
    bucket.heal();
    bucket.failNext(Request.HEAD, StoreFault.DENIED);

    assertFails(Kind.DENIED, () -> store().find("a"));

    assertThat(counters.retries()).isZero();
  }

  @Test
  void bytesThatAreDamagedTwiceAreDamaged() {
    bucket.heal();
    store().put("a", bytes("a"));
    bucket.failNext(Request.GET, StoreFault.SHORT_BODY);

    assertThat(text(store().read("a"))).isEqualTo("a");
    bucket.failNext(Request.GET, StoreFault.SHORT_BODY);
    bucket.failNext(Request.GET, StoreFault.SHORT_BODY);

    assertFails(Kind.CORRUPT, () -> store().read("a"));
  }

  @Test
  void storeThatIsAwayIsGivenUpAfterSomeTries() {
    bucket.heal();
    bucket.goAway();

    assertFails(Kind.BUSY, () -> store().find("a"));

    assertThat(bucket.requests(Request.HEAD)).isEqualTo(POLICY.attempts());
    try (RetryingObjectStore other = retrying()) {
      assertFails(Kind.BUSY, () -> other.list("", "", 1));
      assertThat(other.atOnce()).isLessThan(8);
    }
  }

  @Test
  void nobodyWaitsForAClosedStore() {
    bucket.heal();
    bucket.goAway();
    store().close();

    assertFails(Kind.BUSY, () -> store().delete(List.of("a")));

    assertThat(bucket.requests(Request.DELETE)).isEqualTo(1);
  }

  @Test
  void pausesGrowAndAreNeverAlike() {
    RetryPolicy policy = new RetryPolicy(100, Duration.ofMillis(100), Duration.ofSeconds(5));
    Random random = new Random(SEED);

    for (int attempt = 1; attempt < policy.attempts(); attempt++) {
      long bound = Math.min(5000, 100L << Math.min(attempt - 1, 20));
      assertThat(policy.pause(attempt, random)).isLessThan(Duration.ofMillis(bound));
    }
    assertThat(policy.pause(9, random)).isNotEqualTo(policy.pause(9, random));
  }
}
