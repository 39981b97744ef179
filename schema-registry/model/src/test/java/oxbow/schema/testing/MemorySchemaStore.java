package oxbow.schema.testing;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import oxbow.schema.RegistryException;
import oxbow.schema.SchemaStore;

/** Keeps records in memory, and fails as it is told to. Thread-safe. */
public final class MemorySchemaStore implements SchemaStore {
  /** What happens to one append. */
  public enum Fault {
    /** Nothing is written, and that is known. */
    REFUSED,
    /** It is written, and the answer is lost. */
    REPLY_LOST,
    /** Nothing is written, and nobody knows. */
    WRITE_LOST
  }

  public static final long FIRST_TIMESTAMP_MS = 1_700_000_000_000L;

  private final List<Entry> entries = new ArrayList<>();
  private final Queue<Fault> faults = new ArrayDeque<>();
  private @Nullable Listener listener;

  /** A store that holds records already. */
  public static MemorySchemaStore holding(List<Entry> entries) {
    var store = new MemorySchemaStore();
    store.entries.addAll(entries);
    return store;
  }

  /** The next appends fail in this order. */
  public synchronized void failNext(Fault... next) {
    faults.addAll(List.of(next));
  }

  public synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  @Override
  public synchronized CompletionStage<Void> open(Listener listener) {
    this.listener = listener;
    for (int offset = 0; offset < entries.size(); offset++) {
      listener.read(offset, FIRST_TIMESTAMP_MS + offset, entries.get(offset));
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized CompletionStage<Long> append(List<Entry> added) {
    Fault fault = faults.poll();
    if (fault == Fault.REFUSED) {
      return CompletableFuture.failedFuture(
          new RegistryException(RegistryException.Kind.STORE, "the store is offline"));
    }
    if (fault != Fault.WRITE_LOST) added.forEach(this::write);
    return fault == null
        ? CompletableFuture.completedFuture(entries.size() - 1L)
        : CompletableFuture.failedFuture(new IllegalStateException("the connection broke"));
  }

  /** A record that another writer of the topic appends. */
  public synchronized void write(Entry entry) {
    entries.add(entry);
    long offset = entries.size() - 1L;
    if (listener != null) listener.read(offset, FIRST_TIMESTAMP_MS + offset, entry);
  }

  @Override
  public void close() {}
}
