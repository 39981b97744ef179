package oxbow.cold.fetch;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.file.ColdFileReader.Span;
import oxbow.cold.file.ForeignObjects;
import oxbow.cold.store.ObjectStore;

/**
 * Ranges of cold files on their way from the object store to whoever decodes them. One that is
 * fetched ahead waits here, in bounded memory, for the reader that wants it; where the store brings
 * it nearer itself, it waits there. Others go straight to their reader. Thread-safe.
 */
final class Ranges {
  private static final Duration IDLE_MAX = Duration.ofSeconds(10);
  private static final int ANNOUNCED_MAX = 256;

  private final ObjectStore store;
  private final long bytesMax;
  private final ReadCounters counters;

  /** Fetched ahead, or about to be. Under this object's monitor. */
  private final Map<Range, Ahead> ahead = new HashMap<>();

  /** Those that the store was told of, the eldest first. Under this object's monitor. */
  private final Map<Range, Boolean> announced = new LinkedHashMap<>();

  private long bytes;
  private boolean isSweeping;

  private record Range(String name, long position, int length) {}

  /** A range that will be wanted. */
  private static final class Ahead {
    final CompletableFuture<ByteBuffer> fetched = new CompletableFuture<>();
    final AtomicBoolean isBegun = new AtomicBoolean();
    boolean isOld; // it was there at the last sweep
  }

  Ranges(ObjectStore store, long bytesMax, ReadCounters counters) {
    this.store = store;
    this.bytesMax = bytesMax;
    this.counters = counters;
  }

  RangeSource of(ColdFile file) {
    return new RangeSource() {
      @Override
      public ByteBuffer read(long position, int length) {
        var range = new Range(file.name(), position, length);
        ByteBuffer found = take(range);
        return found == null ? fetch(range) : found;
      }

      @Override
      public void read(long position, byte[] into, int length) {
        var range = new Range(file.name(), position, length);
        ByteBuffer found = take(range);
        if (found == null) fetch(range, ByteBuffer.wrap(into, 0, length));
        else found.get(found.position(), into, 0, length);
      }
    };
  }

  /** What was fetched ahead of this reader; null: nothing. */
  private @Nullable ByteBuffer take(Range range) {
    Ahead found;
    synchronized (this) {
      Boolean _ = announced.remove(range);
      found = ahead.get(range);
    }
    if (found == null) return null;
    ByteBuffer fetched;
    try {
      // It has had no thread yet, and must not wait for that of whoever waits for it.
      if (found.isBegun.compareAndSet(false, true)) return null;
      fetched = found.fetched.join();
    } catch (CompletionException _) {
      return null; // it is asked for once more, and fails again or not
    } finally {
      drop(range, found);
    }
    counters.rangeHits.increment();
    return fetched.duplicate();
  }

  private synchronized void drop(Range range, Ahead gone) {
    if (ahead.remove(range, gone)) bytes -= range.length();
  }

  private ByteBuffer fetch(Range range) {
    ForeignObjects.Place place = ForeignObjects.place(range.name(), range.position());
    ByteBuffer fetched = store.read(place.object(), place.position(), range.length());
    count(range);
    return fetched;
  }

  private void fetch(Range range, ByteBuffer into) {
    ForeignObjects.Place place = ForeignObjects.place(range.name(), range.position());
    store.read(place.object(), place.position(), into);
    count(range);
  }

  private void count(Range range) {
    counters.fetches.increment();
    counters.fetchedBytes.add(range.length());
  }

  /** Fetches a range that will be wanted, unless it is here, or there is no room or thread. */
  void fetchAhead(ColdFile file, Span span, Executor threads) {
    var range = new Range(file.name(), span.position(), span.length());
    if (!isNews(range)) return;
    ForeignObjects.Place place = ForeignObjects.place(range.name(), range.position());
    if (store.announce(place.object(), place.position(), range.length())) return;
    Ahead mine = reserve(range);
    if (mine == null) return;
    try {
      threads.execute(() -> fetchAhead(range, mine));
    } catch (RejectedExecutionException _) {
      drop(range, mine);
    }
  }

  private synchronized boolean isNews(Range range) {
    if (ahead.containsKey(range) || announced.putIfAbsent(range, true) != null) return false;
    if (announced.size() > ANNOUNCED_MAX) announced.remove(announced.keySet().iterator().next());
    return true;
  }

  /** Null: there is no room for it now. */
  private synchronized @Nullable Ahead reserve(Range range) {
    Boolean _ = announced.remove(range);
    if (bytes + range.length() > bytesMax) return null;
    var mine = new Ahead();
    ahead.put(range, mine);
    bytes += range.length();
    startSweeping();
    return mine;
  }

  private void fetchAhead(Range range, Ahead mine) {
    if (!mine.isBegun.compareAndSet(false, true)) return;
    try {
      mine.fetched.complete(fetch(range));
    } catch (RuntimeException e) {
      drop(range, mine);
      mine.fetched.completeExceptionally(e);
    }
  }

  private void startSweeping() {
    if (isSweeping) return;
    isSweeping = true;
    CompletableFuture.delayedExecutor(IDLE_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .execute(this::sweep);
  }

  /** Drops what its reader did not come for since the last time. */
  synchronized void sweep() {
    for (Map.Entry<Range, Ahead> one : List.copyOf(ahead.entrySet())) {
      if (one.getValue().isOld) drop(one.getKey(), one.getValue());
      one.getValue().isOld = true;
    }
    isSweeping = false;
    if (!ahead.isEmpty()) startSweeping();
  }

  /** Asks the store again for what these files hold. */
  synchronized void forget(Set<String> names) {
    for (Map.Entry<Range, Ahead> one : List.copyOf(ahead.entrySet())) {
      if (names.contains(one.getKey().name())) drop(one.getKey(), one.getValue());
    }
  }

  /** Ranges in memory now. */
  synchronized long bytes() {
    return bytes;
  }
}
