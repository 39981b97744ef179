package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import oxbow.cold.offload.PassPlan.Candidate;

/** Who is far behind catches up at a pace, and nobody else waits for it. */
class CatchUpTest {
  private static final long MIB = 1 << 20;
  private static final Uuid TOPIC = Uuid.randomUuid();

  private final AtomicLong nanos = new AtomicLong(1_000);

  private static Candidate candidate(int partition, long mib, long ageMs) {
    return new Candidate(new TopicIdPartition(TOPIC, partition, "orders"), 0, mib * MIB, ageMs);
  }

  private static List<Integer> partitions(PassPlan plan) {
    return plan.chosen().stream().map(one -> one.partition().partition()).toList();
  }

  @Test
  void passesThatAreBehindTakeTheirPaceTogether() {
    var pace = new CatchUp(64 * MIB, nanos::get);
    long taken = 0;
    long start = nanos.get();
    for (int pass = 0; pass < 100; pass++) {
      long next = pace.next(32 * MIB);
      taken += 32 * MIB;
      if (next > nanos.get()) nanos.set(next);
    }

    double seconds = (nanos.get() - start) / 1e9;
    assertThat(taken / seconds / MIB).isCloseTo(64, within(2.0));
  }

  @Test
  void whereMoreComesInMoreIsTaken() {
    var pace = new CatchUp(64 * MIB, nanos::get);
    long backlog = 10_000 * MIB;
    for (int look = 0; look < 50; look++) {
      pace.measured(backlog, 0);
      backlog += 500 * MIB;
      nanos.addAndGet(Duration.ofSeconds(5).toNanos());
    }

    assertThat(pace.bytesPerSecond() / MIB).isCloseTo(150, within(1.0));
    for (int look = 0; look < 50; look++) {
      pace.measured(backlog, 0);
      nanos.addAndGet(Duration.ofSeconds(5).toNanos());
    }
    assertThat(pace.bytesPerSecond() / MIB).isEqualTo(64);
  }

  @Test
  void youngRecordsGoAlongWithEveryPass() {
    PassPlan plan =
        PassPlan.of(
            List.of(candidate(0, 9_000, 50), candidate(1, 10, 900), candidate(2, 5_000, 80)),
            256 * MIB,
            256 * MIB);

    assertThat(partitions(plan)).containsExactly(1, 2);
    assertThat(plan.isBehind()).isTrue();
    assertThat(plan.bytes()).isEqualTo(266 * MIB);
  }

  @Test
  void whoeverWaitedLongestIsNextSoThatAllGetOn() {
    PassPlan plan =
        PassPlan.of(
            List.of(candidate(0, 900, 10), candidate(1, 900, 30), candidate(2, 900, 20)),
            64 * MIB,
            128 * MIB);

    assertThat(partitions(plan)).containsExactly(1, 2);
  }

  @Test
  void whoNeedsOneFileEachIsNotBehind() {
    PassPlan plan =
        PassPlan.of(
            List.of(candidate(0, 256, 10), candidate(1, 300, 30), candidate(2, 511, 5)),
            256 * MIB,
            256 * MIB);

    assertThat(partitions(plan)).containsExactly(0, 1, 2);
    assertThat(plan.isBehind()).isFalse();
  }
}
