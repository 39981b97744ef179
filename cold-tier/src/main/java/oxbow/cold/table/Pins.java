package oxbow.cold.table;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Objects that somebody of this process reads: cleaning leaves them for later, though no snapshot
 * knows them any more. A table that is dropped, and keys that are erased, go nevertheless.
 * Thread-safe.
 */
public final class Pins {
  private final Map<String, Integer> pinned = new HashMap<>();
  private int open;

  /** What one reader has pinned. One thread at a time; released by closing. */
  public final class Pin implements AutoCloseable {
    private Set<String> objects = Set.of();
    private boolean isOpen = true;
    private boolean isReleased;

    private Pin() {}

    /** From here on it is only these objects. */
    public void narrow(Collection<String> names) {
      synchronized (pinned) {
        if (!isOpen || isReleased) throw new IllegalStateException("it was narrowed before");
        objects = Set.copyOf(names);
        for (String name : objects) pinned.merge(name, 1, Integer::sum);
        isOpen = false;
        open--;
      }
    }

    @Override
    public void close() {
      synchronized (pinned) {
        if (isReleased) return;
        isReleased = true;
        if (isOpen) open--;
        for (String name : objects) pinned.computeIfPresent(name, (_, n) -> n == 1 ? null : n - 1);
      }
    }
  }

  /**
   * Pins everything, for as long as it takes to learn what is wanted. Taken before a table's
   * version is read.
   */
  public Pin all() {
    synchronized (pinned) {
      open++;
    }
    return new Pin();
  }

  /** What may not be deleted now; empty: anything may be wanted. */
  public Optional<Set<String>> objects() {
    synchronized (pinned) {
      return open > 0 ? Optional.empty() : Optional.of(Set.copyOf(pinned.keySet()));
    }
  }
}
