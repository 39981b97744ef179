package oxbow.schema.registry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.schema.RegistryException;
import oxbow.schema.RegistryException.Kind;
import oxbow.schema.SchemaStore;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey;

/**
 * The one way a change gets into the state: decided one after the other, each checked against all
 * before it, appended, and answered once it is durable and applied.
 *
 * <p>Registrations share what being durable takes: while one's record is on its way, others of
 * other subjects and contents are decided, which neither of them could tell from the order they
 * would have had. Everything else waits until none is on its way, and then runs alone.
 *
 * <p>An append that fails may have been written all the same. Then an empty record is appended:
 * once that one was read, so was everything before it, and the state tells what came of the first.
 */
final class Journal {
  private static final Logger log = LoggerFactory.getLogger(Journal.class);
  private static final int CHARS_PER_APPEND = 200_000;
  private static final List<Entry> BARRIER = List.of(new Entry(noop(), null));

  private final SchemaStore store;
  private final Duration patience;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition turn = lock.newCondition();

  /** Something was appended and nobody knows what came of it. Guarded by the lock. */
  private boolean isUnsettled;

  /** Registrations that were appended and not applied yet. Guarded by the lock. */
  private final List<Flight> flights = new ArrayList<>();

  /** Commands that wait until there is none; no more set off meanwhile. Guarded by the lock. */
  private int waiting;

  private record Flight(StoredSchema added, CompletableFuture<Long> appended) {}

  /**
   * What a registration comes to.
   *
   * @param version that has the schema
   * @param entries what makes it so; empty: it was so
   */
  record Decision(StoredSchema version, List<Entry> entries) {}

  Journal(SchemaStore store, Duration patience) {
    this.store = store;
    this.patience = patience;
  }

  private static String noop() {
    return RecordCodec.tombstone(new RecordKey.NoopKey()).key();
  }

  /**
   * Runs a command: nothing changes while it looks and decides, but by its own appends. Throws
   * {@link RegistryException}.
   */
  <T> T command(Supplier<T> command) {
    long until = System.nanoTime() + patience.toNanos();
    begin(until);
    try {
      waiting++;
      try {
        awaitTurn(flights::isEmpty, until);
      } finally {
        waiting--;
      }
      settle();
      return command.get();
    } finally {
      turn.signalAll();
      lock.unlock();
    }
  }

  /**
   * Runs a registration beside others: what is decided may rest on its subject, and on what only
   * commands change. Returns the version once it is applied. Throws {@link RegistryException}.
   *
   * @param isApplied whether the state shows a version; asked if the store can't tell
   */
  StoredSchema register(
      String subject, Supplier<Decision> decide, Predicate<StoredSchema> isApplied) {
    long until = System.nanoTime() + patience.toNanos();
    Flight flight;
    begin(until);
    try {
      Decision decision = decided(subject, decide, until);
      if (decision.entries().isEmpty()) return decision.version();
      if (end(decision.entries(), 0) < decision.entries().size()) {
        StoredSchema version = decision.version();
        append(decision.entries(), () -> isApplied.test(version));
        return version;
      }
      flight =
          new Flight(decision.version(), store.append(decision.entries()).toCompletableFuture());
      flights.add(flight);
    } finally {
      lock.unlock();
    }
    land(flight, isApplied);
    return flight.added();
  }

  private Decision decided(String subject, Supplier<Decision> decide, long untilNanos) {
    while (true) {
      awaitTurn(
          () -> waiting == 0 && !isUnderWay(added -> added.subject().equals(subject)), untilNanos);
      settle();
      Decision decision = decide.get();
      // The id of a content is found once that is applied: until then it might get another.
      var isSame = new SameContent(decision.version());
      if (decision.entries().isEmpty() || !isUnderWay(isSame)) return decision;
      awaitTurn(() -> !isUnderWay(isSame), untilNanos);
    }
  }

  private record SameContent(StoredSchema version) implements Predicate<StoredSchema> {
    @Override
    public boolean test(StoredSchema added) {
      return added.content().guid().equals(version.content().guid())
          && contextOf(added).equals(contextOf(version));
    }
  }

  private static String contextOf(StoredSchema schema) {
    return Subject.of(schema.subject()).context();
  }

  private boolean isUnderWay(Predicate<StoredSchema> which) {
    return flights.stream().map(Flight::added).anyMatch(which);
  }

  /** The largest id that a registration under way gives; 0: there is none. */
  int maxIdUnderWay(String context) {
    return flights.stream()
        .map(Flight::added)
        .filter(added -> contextOf(added).equals(context))
        .mapToInt(StoredSchema::id)
        .max()
        .orElse(0);
  }

  private void land(Flight flight, Predicate<StoredSchema> isApplied) {
    RegistryException failure = null;
    try {
      await(flight.appended());
    } catch (RegistryException e) {
      failure = e;
    }
    lock.lock();
    try {
      flights.remove(flight);
      turn.signalAll();
      if (failure != null) resolve(failure, () -> isApplied.test(flight.added()));
    } finally {
      lock.unlock();
    }
  }

  private void begin(long untilNanos) {
    try {
      if (lock.tryLock(untilNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) return;
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    throw notBegun();
  }

  private void awaitTurn(BooleanSupplier isFree, long untilNanos) {
    try {
      while (!isFree.getAsBoolean()) {
        long leftNanos = untilNanos - System.nanoTime();
        if (leftNanos <= 0) throw notBegun();
        long _ = turn.awaitNanos(leftNanos);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static RegistryException notBegun() {
    return new RegistryException(
        Kind.TIMED_OUT, "other changes take so long that this one was not begun");
  }

  /**
   * Appends records and returns once they are applied. Many are appended in several goes, so their
   * order has to make sense if only the first of them come about.
   *
   * @param isApplied whether the state shows them; asked if the store can't tell
   */
  void append(List<Entry> entries, BooleanSupplier isApplied) {
    if (!lock.isHeldByCurrentThread())
      throw new IllegalStateException("appended without a command");
    for (int from = 0, end; from < entries.size(); from = end) {
      end = end(entries, from);
      try {
        await(store.append(entries.subList(from, end)).toCompletableFuture());
      } catch (RegistryException e) {
        resolve(e, isApplied);
      }
    }
  }

  /** Returns if what seemed to fail has come about. */
  private void resolve(RegistryException failure, BooleanSupplier isApplied) {
    if (failure.kind() == Kind.STORE || failure.kind() == Kind.TOO_LARGE) throw failure;
    settleAfter(failure);
    if (!isApplied.getAsBoolean()) {
      throw new RegistryException(Kind.STORE, "the change was not written", failure);
    }
  }

  /** What goes into one append: a topic takes a megabyte at a time, if nobody has changed that. */
  private static int end(List<Entry> entries, int from) {
    int end = from;
    int chars = 0;
    do {
      Entry entry = entries.get(end++);
      chars += entry.key().length() + (entry.value() == null ? 0 : entry.value().length());
    } while (end < entries.size() && chars < CHARS_PER_APPEND);
    return end;
  }

  private void settleAfter(RegistryException failure) {
    isUnsettled = true;
    log.atWarn().setCause(failure).log("a change's outcome is not known; reading it back");
    try {
      settle();
    } catch (RegistryException e) {
      failure.addSuppressed(e);
      throw failure;
    }
  }

  /** Waits until the state shows everything that was ever appended. */
  private void settle() {
    if (!isUnsettled) return;
    await(store.append(BARRIER).toCompletableFuture());
    isUnsettled = false;
  }

  private void await(CompletableFuture<Long> appended) {
    try {
      appended.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new RegistryException(
          Kind.TIMED_OUT, "the store did not answer within " + patience.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RegistryException known) throw known;
      throw new RegistryException(Kind.TIMED_OUT, "the store failed: " + cause, cause);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static RegistryException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new RegistryException(Kind.TIMED_OUT, "the registry stops", e);
  }
}
