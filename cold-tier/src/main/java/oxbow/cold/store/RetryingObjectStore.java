package oxbow.cold.store;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException.Kind;
import oxbow.log.NanoClock;

/**
 * Tries calls again that failed for no lasting reason, never more at once than the store bears. A
 * creation whose reply was lost is resolved by reading whose body is there. Owns the store behind
 * it. Thread-safe.
 */
public final class RetryingObjectStore implements ObjectStore {
  private final ObjectStore store;
  private final RetryPolicy policy;
  private final RetryPolicy.Pauses pauses;
  private final RandomGenerator random;
  private final AdaptiveLimit limit;
  private final StoreListener listener;
  private final CountDownLatch closed = new CountDownLatch(1);

  /**
   * @param atOnceMax requests under way at any time
   * @param random thread-safe
   */
  public RetryingObjectStore(
      ObjectStore store,
      RetryPolicy policy,
      RetryPolicy.Pauses pauses,
      RandomGenerator random,
      int atOnceMax,
      NanoClock clock,
      StoreListener listener) {
    this.store = store;
    this.policy = policy;
    this.pauses = pauses;
    this.random = random;
    this.limit = new AdaptiveLimit(atOnceMax, clock);
    this.listener = listener;
  }

  @Override
  public ObjectInfo put(String name, ByteBuffer body) {
    return retried(() -> store.put(name, body));
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    return retried(() -> store.put(name, body));
  }

  @Override
  public ObjectInfo create(String name, ByteBuffer body) {
    boolean mayBeThere = false;
    for (int attempt = 1; ; attempt++) {
      try {
        return once(() -> store.create(name, body));
      } catch (StoreException e) {
        if (e.kind() == Kind.EXISTS && mayBeThere) return resolved(name, body, e);
        // Once a reply is lost the request may still be on its way, and no failure undoes that.
        mayBeThere |= e.kind() == Kind.OUTCOME_UNKNOWN;
        boolean isLasting = !isPassing(e.kind()) && e.kind() != Kind.OUTCOME_UNKNOWN;
        if (isLasting || attempt == policy.attempts()) throw mayBeThere ? unknown(name, e) : e;
        pause(attempt, e);
      }
    }
  }

  /** An object is there: ours, if its body is. */
  private ObjectInfo resolved(String name, ByteBuffer body, StoreException exists) {
    try {
      if (!read(name).equals(body)) throw exists;
      return find(name).orElseThrow(() -> unknown(name, exists));
    } catch (StoreException e) {
      throw e.kind() == Kind.EXISTS ? e : unknown(name, e);
    }
  }

  private static StoreException unknown(String name, StoreException cause) {
    if (cause.kind() == Kind.OUTCOME_UNKNOWN) return cause;
    return new StoreException(Kind.OUTCOME_UNKNOWN, "no answer whether " + name + " is", cause);
  }

  @Override
  public Optional<ObjectInfo> find(String name) {
    return retried(() -> store.find(name));
  }

  @Override
  public ByteBuffer read(String name) {
    return retried(() -> store.read(name));
  }

  @Override
  public ByteBuffer read(String name, long position, int length) {
    return retried(() -> store.read(name, position, length));
  }

  @Override
  public void read(String name, long position, ByteBuffer into) {
    int _ =
        retried(() -> {
          store.read(name, position, into);
          return into.remaining();
        });
  }

  @Override
  public boolean announce(String name, long position, int length) {
    return store.announce(name, position, length);
  }

  @Override
  public List<ObjectInfo> list(String prefix, String after, int countMax) {
    return retried(() -> store.list(prefix, after, countMax));
  }

  @Override
  public void delete(Collection<String> names) {
    var _ =
        retried(() -> {
          store.delete(names);
          return names;
        });
  }

  @Override
  public Optional<LocalFiles> localFiles() {
    return store.localFiles();
  }

  @Override
  public String location(String name) {
    return store.location(name);
  }

  @Override
  public int removeLeftovers(Duration age) {
    return retried(() -> store.removeLeftovers(age));
  }

  /** How many requests may be under way now. */
  public int atOnce() {
    return limit.limit();
  }

  /** For calls that may be repeated whatever became of them. */
  private <T> T retried(Supplier<T> call) {
    boolean wasDamaged = false;
    for (int attempt = 1; ; attempt++) {
      try {
        return once(call);
      } catch (StoreException e) {
        // Bytes that a wire has damaged come whole the next time; those on a disk don't.
        boolean isSecondDamage = e.kind() == Kind.CORRUPT && wasDamaged;
        wasDamaged |= e.kind() == Kind.CORRUPT;
        boolean isPassing =
            isPassing(e.kind()) || e.kind() == Kind.OUTCOME_UNKNOWN || e.kind() == Kind.CORRUPT;
        if (!isPassing || isSecondDamage || attempt == policy.attempts()) throw e;
        pause(attempt, e);
      }
    }
  }

  private static boolean isPassing(Kind kind) {
    return kind == Kind.BUSY;
  }

  private <T> T once(Supplier<T> call) {
    try {
      limit.enter();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    @Nullable Kind failure = Kind.INVALID;
    try {
      T result = call.get();
      failure = null;
      return result;
    } catch (StoreException e) {
      failure = e.kind();
      throw e;
    } finally {
      if (failure == null) limit.succeeded();
      else if (failure == Kind.BUSY) limit.overwhelmed();
      else limit.failed();
    }
  }

  private void pause(int attempt, StoreException failure) {
    if (closed.getCount() == 0) throw failure;
    listener.retried(failure.kind());
    try {
      pauses.pause(policy.pause(attempt, random), closed);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static StoreException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new StoreException(Kind.BUSY, "interrupted while waiting for the store", e);
  }

  @Override
  public void close() {
    closed.countDown();
    store.close();
  }
}
