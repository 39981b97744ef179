package oxbow.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.utils.ImplicitLinkedHashCollection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FetchSessionsTest {
  private static final Duration EVICTION = Duration.ofMinutes(2);

  private long nowMs;

  @Test
  void aFullCacheGivesNoSessionWhileAllOthersAreYoung() {
    FetchSessions sessions = sessions(2);
    create(sessions, 1);
    create(sessions, 1);

    assertThat(create(sessions, 100)).isEmpty();
  }

  @Test
  void aSessionUnusedForLongIsDisplacedWhateverItsSize() {
    FetchSessions sessions = sessions(2);
    FetchSession unused = create(sessions, 1_000).orElseThrow();
    FetchSession used = create(sessions, 1).orElseThrow();
    nowMs += EVICTION.toMillis() + 1;
    sessions.use(used);

    FetchSession fresh = create(sessions, 1).orElseThrow();

    assertThat(sessions.find(unused.id())).isEmpty();
    assertThat(sessions.find(used.id())).isPresent();
    assertThat(sessions.find(fresh.id())).isPresent();
    assertThat(sessions.evictions().sum()).isEqualTo(1);
  }

  @Test
  void anOldSessionIsDisplacedByALargerOneOnly() {
    FetchSessions sessions = sessions(1);
    FetchSession old = create(sessions, 10).orElseThrow();
    nowMs += EVICTION.toMillis() + 1;
    sessions.use(old);

    assertThat(create(sessions, 10)).isEmpty();
    assertThat(create(sessions, 11)).isPresent();
    assertThat(sessions.find(old.id())).isEmpty();
  }

  @Test
  void noSessionsAreKeptWithoutSlots() {
    assertThat(create(sessions(0), 1)).isEmpty();
  }

  /** Kafka's rules, written down as plainly as can be. */
  @Test
  void evictionAgreesWithTheRulesUnderRandomUse() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    int slots = 8;
    FetchSessions sessions = sessions(slots);
    var model = new ArrayList<Known>();

    for (int step = 0; step < 5_000; step++) {
      nowMs += random.nextInt(20_000);
      switch (random.nextInt(4)) {
        case 0 -> {
          int size = 1 + random.nextInt(20);
          Optional<Known> victim = victim(model, slots, size);
          boolean hasRoom = model.size() < slots || victim.isPresent();
          Optional<FetchSession> created = create(sessions, size);
          assertThat(created.isPresent()).as("seed %d step %d", seed, step).isEqualTo(hasRoom);
          victim.ifPresent(model::remove);
          created.ifPresent(session -> model.add(new Known(session, size, nowMs)));
        }
        case 1 -> {
          if (!model.isEmpty() && random.nextInt(10) == 0) {
            sessions.remove(model.remove(random.nextInt(model.size())).session.id());
          }
        }
        default -> {
          if (model.isEmpty()) break;
          Known used = model.get(random.nextInt(model.size()));
          sessions.use(used.session);
          used.usedMs = nowMs;
        }
      }
      assertThat(sessions.size()).as("seed %d step %d", seed, step).isEqualTo(model.size());
      for (Known known : model) {
        assertThat(sessions.find(known.session.id()))
            .as("seed %d step %d", seed, step)
            .contains(known.session);
      }
    }
  }

  private Optional<Known> victim(List<Known> model, int slots, int size) {
    if (model.size() < slots) return Optional.empty();
    Optional<Known> stalest = model.stream().min(Comparator.comparingLong(known -> known.usedMs));
    if (stalest.isPresent() && nowMs - stalest.get().usedMs > EVICTION.toMillis()) return stalest;
    return model.stream()
        .filter(known -> known.usedMs - known.createdMs > EVICTION.toMillis())
        .min(
            Comparator.comparingInt((Known known) -> known.size)
                .thenComparingInt(known -> known.session.id()))
        .filter(known -> size > known.size);
  }

  private static final class Known {
    private final FetchSession session;
    private final int size;
    private final long createdMs;
    private long usedMs;

    Known(FetchSession session, int size, long nowMs) {
      this.session = session;
      this.size = size;
      this.createdMs = nowMs;
      this.usedMs = nowMs;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return session.id();
    }
  }

  private FetchSessions sessions(int slots) {
    return new FetchSessions(
        new FetchConfig(1 << 20, slots, EVICTION, 0),
        () -> Instant.ofEpochMilli(nowMs),
        new Random(7));
  }

  private static Optional<FetchSession> create(FetchSessions sessions, int size) {
    var wanted = new ImplicitLinkedHashCollection<WantedPartition>();
    for (int i = 0; i < size; i++) wanted.mustAdd(new WantedPartition("orders", i));
    return sessions.create(wanted, false);
  }
}
