package oxbow.schema.registry;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.schema.RegistryException;
import oxbow.schema.RegistryException.Kind;
import oxbow.schema.SchemaStore;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey;

/**
 * The one way a change gets into the state: one after the other, each checked against all before
 * it, appended, and answered once it is durable and applied.
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

  /** Something was appended and nobody knows what came of it. Guarded by the lock. */
  private boolean isUnsettled;

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
    boolean isLocked;
    try {
      isLocked = lock.tryLock(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    if (!isLocked) {
      throw new RegistryException(
          Kind.TIMED_OUT, "other changes take so long that this one was not begun");
    }
    try {
      settle();
      return command.get();
    } finally {
      lock.unlock();
    }
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
        await(entries.subList(from, end));
      } catch (RegistryException e) {
        if (e.kind() == Kind.STORE || e.kind() == Kind.TOO_LARGE) throw e;
        settleAfter(e);
        if (!isApplied.getAsBoolean()) {
          throw new RegistryException(Kind.STORE, "the change was not written", e);
        }
      }
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
    await(BARRIER);
    isUnsettled = false;
  }

  private void await(List<Entry> entries) {
    CompletableFuture<Long> appended = store.append(entries).toCompletableFuture();
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
      isUnsettled = true;
      throw interrupted(e);
    }
  }

  private static RegistryException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new RegistryException(Kind.TIMED_OUT, "the registry stops", e);
  }
}
