package oxbow.cold.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.file.ColdFileReader.Span;
import oxbow.cold.file.ForeignObjects;
import oxbow.cold.store.ObjectStore;

/**
 * Ranges of cold files on their way from the object store to whoever decodes them: each is fetched
 * once, however many ask for it, and kept for a while in bounded memory.
 */
final class Ranges {
  private final ObjectStore store;
  private final Cache<Range, ByteBuffer> kept;
  private final ConcurrentMap<Range, CompletableFuture<ByteBuffer>> underWay =
      new ConcurrentHashMap<>();
  private final ReadCounters counters;

  private record Range(String name, long position, int length) {}

  Ranges(ObjectStore store, long bytesMax, ReadCounters counters) {
    this.store = store;
    this.counters = counters;
    this.kept =
        Caffeine.newBuilder()
            .maximumWeight(bytesMax)
            .weigher((Range range, ByteBuffer _) -> range.length())
            .executor(Runnable::run)
            .build();
  }

  RangeSource of(ColdFile file) {
    return (position, length) -> read(new Range(file.name(), position, length));
  }

  private ByteBuffer read(Range range) {
    ByteBuffer found = kept.getIfPresent(range);
    if (found != null) {
      counters.rangeHits.increment();
      return found.duplicate();
    }
    var mine = new CompletableFuture<ByteBuffer>();
    CompletableFuture<ByteBuffer> theirs = underWay.putIfAbsent(range, mine);
    if (theirs != null) return joined(theirs).duplicate();
    fetch(range, mine);
    return joined(mine).duplicate();
  }

  /** Fetches a range that will be wanted, unless it is here or there is no thread for it. */
  void fetchAhead(ColdFile file, Span span, Executor threads) {
    var range = new Range(file.name(), span.position(), span.length());
    if (kept.getIfPresent(range) != null) return;
    var mine = new CompletableFuture<ByteBuffer>();
    if (underWay.putIfAbsent(range, mine) != null) return;
    try {
      threads.execute(() -> fetch(range, mine));
    } catch (RejectedExecutionException e) {
      underWay.remove(range);
      // Somebody may have begun to wait for it meanwhile, and asks the store then.
      mine.completeExceptionally(e);
    }
  }

  private void fetch(Range range, CompletableFuture<ByteBuffer> promise) {
    try {
      ForeignObjects.Place place = ForeignObjects.place(range.name(), range.position());
      ByteBuffer bytes = store.read(place.object(), place.position(), range.length());
      counters.fetches.increment();
      counters.fetchedBytes.add(range.length());
      kept.put(range, bytes);
      underWay.remove(range);
      promise.complete(bytes);
    } catch (RuntimeException e) {
      underWay.remove(range);
      promise.completeExceptionally(e);
    }
  }

  private static ByteBuffer joined(CompletableFuture<ByteBuffer> promise) {
    try {
      return promise.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) throw cause;
      throw e;
    }
  }

  /** Asks the store again for what these files hold. */
  void forget(Set<String> names) {
    kept.asMap().keySet().removeIf(range -> names.contains(range.name()));
  }

  /** Ranges in memory now. */
  long bytes() {
    return kept.policy().eviction().map(bound -> bound.weightedSize().orElse(0)).orElse(0L);
  }
}
