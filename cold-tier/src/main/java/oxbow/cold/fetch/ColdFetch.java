package oxbow.cold.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileReader.Cursor;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.file.ColdFileReader.Span;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.Manifest;
import oxbow.log.ColdReads;
import oxbow.log.EpochEnd;
import oxbow.log.LogException;
import oxbow.log.LogRead.AbortedTransaction;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;

/**
 * Serves cold records as the log's own batches. A consumer that reads on finds the next batches
 * brought back already and the ranges after them on their way.
 *
 * <pre>
 *   fetch -> {@link Chunks} -> {@link ColdFileReader} -> {@link Ranges} -> {@link ObjectStore}
 *            batches           decodes                   bytes
 * </pre>
 */
public final class ColdFetch implements ColdReads, AutoCloseable {
  private final Manifests manifests;
  private final Readers readers;
  private final FetchBounds bounds;
  private final ReadCounters counters;
  private final ColdThreads threads;
  private final Chunks chunks;
  private final Cursors cursors;
  private final Ranges ranges;
  private final Cache<String, ColdFileReader> open;

  /** Opens a cold file of whatever format: reads its indexes. */
  public interface Readers {
    ColdFileReader open(ColdFile file, RangeSource source);
  }

  public ColdFetch(
      Manifests manifests,
      ObjectStore store,
      Readers readers,
      FetchBounds bounds,
      ReadCounters counters) {
    this.manifests = manifests;
    this.readers = readers;
    this.bounds = bounds;
    this.counters = counters;
    this.threads = new ColdThreads(bounds.parallelMax(), bounds.queuedMax());
    this.chunks = new Chunks(bounds.cacheBytes());
    this.cursors = new Cursors(bounds.cursorsMax());
    this.ranges = new Ranges(store, bounds.rangeCacheBytes(), counters);
    this.open =
        Caffeine.newBuilder()
            .maximumWeight(bounds.indexCacheBytes())
            .weigher((String _, ColdFileReader reader) -> reader.file().indexBytes())
            .executor(Runnable::run)
            .build();
  }

  @Override
  public CompletableFuture<Optional<ColdBatches>> read(
      TopicIdPartition partition, long offset, int bytesMax, ReadLimit limit) {
    counters.reads.increment();
    return threads.submit(
        () -> guarded(partition, () -> serve(partition, offset, bytesMax)), counters);
  }

  @Override
  public CompletableFuture<Optional<TimestampedOffset>> find(
      TopicIdPartition partition, long timestampMs, long from, long to) {
    return threads.submit(
        () -> guarded(partition, () -> findNow(partition, timestampMs, from, to)), counters);
  }

  @Override
  public CompletableFuture<Optional<TimestampedOffset>> findMaxTimestamp(
      TopicIdPartition partition, long from, long to) {
    return threads.submit(
        () -> guarded(partition, () -> findMaxNow(partition, from, to)), counters);
  }

  @Override
  public CompletableFuture<Optional<EpochEnd>> endOf(TopicIdPartition partition, int leaderEpoch) {
    return threads.submit(
        () -> guarded(partition, () -> endOfNow(partition, leaderEpoch)), counters);
  }

  private Optional<ColdBatches> serve(TopicIdPartition partition, long offset, int bytesMax) {
    Optional<Chunk> found = chunks.holding(partition, offset);
    if (found.isPresent()) counters.chunkHits.increment();
    else found = bringBack(partition, offset, bytesMax);
    if (found.isEmpty()) return Optional.empty();
    Chunk chunk = found.get();
    ByteBuffer batches = chunk.from(offset, bytesMax);
    counters.servedBytes.add(batches.remaining());
    return Optional.of(new Served(batches));
  }

  /** The batches from an offset on, and what a reader that goes on will want next. */
  private Optional<Chunk> bringBack(TopicIdPartition partition, long offset, int bytesMax) {
    long generation = chunks.generation();
    Manifest manifest = manifests.upTo(partition, offset + 1);
    Optional<ColdFile> next = manifest.from(offset);
    while (next.isPresent()) {
      ColdFile file = next.get();
      ColdFileReader reader = reader(file);
      Cursor cursor = cursors.take(file.name(), offset).orElseGet(() -> reader.open(offset));
      ByteBuffer batches = cursor.next(Math.max(bytesMax, bounds.chunkBytes()));
      if (batches.hasRemaining()) {
        Chunk chunk = Chunk.of(offset, batches);
        cursors.keep(file.name(), chunk.endOffset(), cursor);
        chunks.keep(partition, chunk, generation);
        fetchAhead(reader, manifest, chunk.endOffset());
        return Optional.of(chunk);
      }
      cursor.close();
      next = manifest.from(file.endOffset());
    }
    return Optional.empty();
  }

  private void fetchAhead(ColdFileReader reader, Manifest manifest, long offset) {
    List<Span> spans = reader.spans();
    int left = bounds.aheadMax();
    for (Span span : spans) {
      if (span.baseOffset() < offset) continue; // one that begins here is the very next
      if (left-- == 0) return;
      ranges.fetchAhead(reader.file(), span, threads);
    }
    // The file ends soon: the next one's indexes are wanted, too.
    manifest
        .from(reader.file().endOffset())
        .ifPresent(file -> {
          if (open.getIfPresent(file.name()) != null) return;
          try {
            threads.execute(() -> reader(file));
          } catch (RejectedExecutionException _) {
            // Nobody waits for it; it is read when it is asked for.
          }
        });
  }

  private Optional<TimestampedOffset> findNow(
      TopicIdPartition partition, long timestampMs, long from, long to) {
    Manifest manifest = manifests.upTo(partition, to);
    Optional<ColdFile> next = manifest.fromTime(timestampMs, from);
    while (next.isPresent() && next.get().baseOffset() < to) {
      Optional<TimestampedOffset> found = reader(next.get()).find(timestampMs, from, to);
      if (found.isPresent()) return found;
      next = manifest.fromTime(timestampMs, next.get().endOffset());
    }
    return Optional.empty();
  }

  /** Files that can't hold a larger timestamp than was found are not opened. */
  private Optional<TimestampedOffset> findMaxNow(TopicIdPartition partition, long from, long to) {
    Optional<TimestampedOffset> best = Optional.empty();
    for (ColdFile file : manifests.upTo(partition, to).files()) {
      if (file.endOffset() <= from) continue;
      if (file.baseOffset() >= to) break;
      if (best.isPresent() && file.timestampMax() <= best.get().timestampMs()) continue;
      Optional<TimestampedOffset> found = reader(file).findMaxTimestamp(from, to);
      boolean isLarger =
          found.isPresent()
              && (best.isEmpty() || found.get().timestampMs() > best.get().timestampMs());
      if (isLarger) best = found;
    }
    return best;
  }

  private Optional<EpochEnd> endOfNow(TopicIdPartition partition, int leaderEpoch) {
    Manifest manifest = manifests.upTo(partition, Long.MAX_VALUE); // whoever asks is rare
    Optional<EpochEnd> last = Optional.empty();
    for (ColdFile file : manifest.files()) {
      if (file.leaderEpoch() > leaderEpoch) {
        // The epoch asked for ends in this file, or with the one before.
        Optional<EpochEnd> inside = reader(file).endOf(leaderEpoch);
        return inside.isPresent() ? inside : last;
      }
      last = Optional.of(new EpochEnd(file.leaderEpoch(), file.endOffset()));
    }
    return last;
  }

  private ColdFileReader reader(ColdFile file) {
    ColdFileReader known = open.getIfPresent(file.name());
    if (known != null) return known;
    ColdFileReader opened = readers.open(file, ranges.of(file));
    open.put(file.name(), opened);
    return opened;
  }

  /**
   * A file that is gone was replaced by another one of the same range: what is known was old. Bytes
   * that make no sense may have been damaged on their way here, where no checksum of the store's
   * covers a range: they are fetched once more. What else the store refuses is told as the log's
   * readers know it.
   */
  private <T> T guarded(TopicIdPartition partition, Supplier<T> read) {
    try {
      try {
        return read.get();
      } catch (StoreException e) {
        switch (e.kind()) {
          case NOT_FOUND -> changed(partition);
          case CORRUPT -> forget(partition);
          default -> throw e;
        }
        return read.get();
      }
    } catch (StoreException e) {
      counters.failures.increment();
      throw new LogException(
          LogException.Kind.OFFLINE, "cold records can't be read: " + e.getMessage(), e);
    }
  }

  /** What is in memory of a partition's files may be damaged. */
  private void forget(TopicIdPartition partition) {
    Set<String> names =
        manifests.upTo(partition, Long.MAX_VALUE).files().stream()
            .map(ColdFile::name)
            .collect(Collectors.toSet());
    open.invalidateAll(names);
    ranges.forget(names);
  }

  /** The files of a partition are other ones now. */
  public void changed(TopicIdPartition partition) {
    manifests.changed(partition);
    chunks.forget(partition);
  }

  @Override
  public void close() {
    threads.close();
    cursors.close();
  }

  /** A view of a chunk: memory that the collector gives back. */
  private record Served(ByteBuffer bytes) implements ColdBatches {
    @Override
    public List<AbortedTransaction> aborted() {
      return List.of(); // records of aborted transactions were left behind on the way here
    }

    @Override
    public void release() {}
  }
}
