package oxbow.broker.fetch;

import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.utils.ImplicitLinkedHashCollection;
import org.jspecify.annotations.Nullable;

/**
 * The fetch sessions of all clients, up to a bound. A new session displaces one that has long been
 * unused, else the smallest of those that are old, if that is smaller than itself; otherwise there
 * is no session for it, and its client goes on with full requests.
 *
 * <p>Using a session takes no lock here. Only a creation that finds no room looks at all of them.
 */
final class FetchSessions {
  private final int slots;
  private final long evictionMs;
  private final InstantSource clock;
  private final RandomGenerator ids;
  private final Map<Integer, FetchSession> sessions = new ConcurrentHashMap<>();
  private final LongAdder evictions = new LongAdder();

  FetchSessions(FetchConfig config, InstantSource clock, RandomGenerator ids) {
    this.slots = config.sessionSlots();
    this.evictionMs = config.sessionEviction().toMillis();
    this.clock = clock;
    this.ids = ids;
  }

  Optional<FetchSession> find(int id) {
    return Optional.ofNullable(sessions.get(id));
  }

  void remove(int id) {
    sessions.remove(id);
  }

  void remove(FetchSession session) {
    sessions.remove(session.id(), session);
  }

  /** Notes that a session was used by one more request. The caller holds its monitor. */
  void use(FetchSession session) {
    session.advance(clock.millis());
  }

  /** A session for what is wanted; empty if there is no room. */
  synchronized Optional<FetchSession> create(
      ImplicitLinkedHashCollection<WantedPartition> wanted, boolean usesTopicIds) {
    long nowMs = clock.millis();
    if (sessions.size() >= slots) {
      FetchSession victim = victimOf(wanted.size(), nowMs);
      if (victim == null) return Optional.empty();
      remove(victim);
      evictions.increment();
    }
    var session = new FetchSession(freshId(), usesTopicIds, wanted, nowMs);
    sessions.put(session.id(), session);
    return Optional.of(session);
  }

  int size() {
    return sessions.size();
  }

  long partitionCount() {
    long sum = 0;
    for (FetchSession session : sessions.values()) sum += session.size();
    return sum;
  }

  LongAdder evictions() {
    return evictions;
  }

  private @Nullable FetchSession victimOf(int size, long nowMs) {
    FetchSession stalest = null;
    FetchSession smallest = null;
    for (FetchSession session : sessions.values()) {
      if (stalest == null || session.usedMs() < stalest.usedMs()) stalest = session;
      boolean isOld = session.usedMs() - session.createdMs() > evictionMs;
      if (isOld && (smallest == null || isBefore(session, smallest))) smallest = session;
    }
    if (stalest != null && nowMs - stalest.usedMs() > evictionMs) return stalest;
    return smallest != null && smallest.size() < size ? smallest : null;
  }

  private static boolean isBefore(FetchSession one, FetchSession other) {
    return one.size() < other.size() || (one.size() == other.size() && one.id() < other.id());
  }

  private int freshId() {
    int id;
    do {
      id = ids.nextInt(1, Integer.MAX_VALUE);
    } while (id == FetchMetadata.INVALID_SESSION_ID || sessions.containsKey(id));
    return id;
  }
}
