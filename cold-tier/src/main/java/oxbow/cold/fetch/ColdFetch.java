package oxbow.cold.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicIdPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
  private static final Logger log = LoggerFactory.getLogger(ColdFetch.class);
  private static final int CHUNK_BYTES_MAX = 8 << 20;

  /** Who asks for less than this share of a chunk soon asks for the rest of it. */
  private static final int LITTLE_SHARE = 4;

  private final Manifests manifests;
  private final Readers readers;
  private final FetchBounds bounds;
  private final ReadCounters counters;
  private final ColdThreads threads;
  private final ChunkMemory memory;
  private final Chunks chunks;
  private final ConcurrentMap<Place, Bringing> underWay = new ConcurrentHashMap<>();
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
    this.memory = new ChunkMemory(bounds.cacheBytes());
    this.chunks = new Chunks(bounds.cacheBytes(), memory::shrink);
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
    var place = new Place(partition, offset);
    Optional<Chunk> here = chunks.holding(partition, offset);
    if (here.isPresent()) {
      counters.chunkHits.increment();
      return CompletableFuture.completedFuture(
          Optional.of(served(here.get(), place, bytesMax, true)));
    }
    return threads.submit(
        () -> guarded(partition, () -> serve(place, bytesMax)),
        found -> found.ifPresent(ColdBatches::release),
        counters);
  }

  @Override
  public CompletableFuture<Optional<TimestampedOffset>> find(
      TopicIdPartition partition, long timestampMs, long from, long to) {
    return threads.submit(
        () -> guarded(partition, () -> findNow(partition, timestampMs, from, to)),
        _ -> {},
        counters);
  }

  @Override
  public CompletableFuture<Optional<TimestampedOffset>> findMaxTimestamp(
      TopicIdPartition partition, long from, long to) {
    return threads.submit(
        () -> guarded(partition, () -> findMaxNow(partition, from, to)), _ -> {}, counters);
  }

  @Override
  public CompletableFuture<Optional<EpochEnd>> endOf(TopicIdPartition partition, int leaderEpoch) {
    return threads.submit(
        () -> guarded(partition, () -> endOfNow(partition, leaderEpoch)), _ -> {}, counters);
  }

  private Optional<ColdBatches> serve(Place place, int bytesMax) {
    Optional<Chunk> found = bringBackOnce(place, bytesMax);
    return found.map(chunk -> served(chunk, place, bytesMax, chunk.isReadOn()));
  }

  /**
   * What is sent of a chunk. Whoever reads on finds the next one made meanwhile.
   *
   * @param chunk held by the answer from now on
   */
  private ColdBatches served(Chunk chunk, Place place, int bytesMax, boolean isReadOn) {
    Chunk.View view = chunk.from(place.offset(), bytesMax);
    counters.servedBytes.add(view.batches().remaining());
    if (view.isToEnd()) {
      chunks.wasRead(place.partition(), chunk);
      if (isReadOn) decodeAhead(new Place(place.partition(), chunk.endOffset()), bytesMax);
    }
    return new Served(chunk, view.batches());
  }

  /** Begins to bring back what a reader will want next, unless there are no threads for it. */
  private void decodeAhead(Place place, int bytesMax) {
    if (bounds.aheadMax() == 0 || chunks.isHere(place.partition(), place.offset())) return;
    var ahead = new Bringing(place, bytesMax);
    if (underWay.putIfAbsent(place, ahead) != null) return;
    try {
      threads.execute(ahead::runOnce);
    } catch (RejectedExecutionException _) {
      ahead.runNever();
    }
  }

  /**
   * The chunk from a place on, held for the caller. Of many that want it one brings it back; the
   * others find it here then, or go themselves if it was too large to be kept.
   */
  private Optional<Chunk> bringBackOnce(Place place, int bytesMax) {
    var mine = new Bringing(place, bytesMax);
    Bringing other = underWay.putIfAbsent(place, mine);
    if (other != null) {
      other.runOnce(); // it may not have had its turn, and must not wait for ours
      other.await();
    }
    // Also without another one under way now: it may have ended since we looked.
    Optional<Chunk> found = chunks.holding(place.partition(), place.offset());
    if (found.isPresent()) {
      counters.chunkHits.increment();
      mine.runNever();
      return found;
    }
    return other == null ? mine.runFor() : bringBack(place, bytesMax);
  }

  /** Where somebody reads. */
  private record Place(TopicIdPartition partition, long offset) {}

  /** One chunk on its way, whoever wants it: begun once, by whoever comes first. */
  private final class Bringing {
    private final Place place;
    private final int bytesMax;
    private final AtomicBoolean isBegun = new AtomicBoolean();
    private final CountDownLatch done = new CountDownLatch(1);

    Bringing(Place place, int bytesMax) {
      this.place = place;
      this.bytesMax = bytesMax;
    }

    /** For nobody yet: it is kept. Who wants it and doesn't find it hears why. */
    void runOnce() {
      if (!isBegun.compareAndSet(false, true)) return;
      try {
        boolean isKnown = manifests.of(place.partition()).end() > place.offset();
        if (isKnown) bringBack(place, bytesMax).ifPresent(Chunk::release);
      } catch (RuntimeException e) {
        log.atDebug()
            .addKeyValue("partition", place.partition().topicPartition())
            .addKeyValue("reason", e.getMessage())
            .log("nothing was brought back ahead of its reader");
      } finally {
        end();
      }
    }

    Optional<Chunk> runFor() {
      boolean _ = isBegun.compareAndSet(false, true);
      try {
        return bringBack(place, bytesMax);
      } finally {
        end();
      }
    }

    void runNever() {
      boolean _ = isBegun.compareAndSet(false, true);
      end();
    }

    private void end() {
      underWay.remove(place, this);
      done.countDown();
    }

    void await() {
      try {
        done.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt(); // it is brought back by ourselves then
      }
    }
  }

  /** The batches from an offset on, and what a reader that goes on will want next. */
  private Optional<Chunk> bringBack(Place place, int bytesMax) {
    TopicIdPartition partition = place.partition();
    long offset = place.offset();
    long generation = chunks.generation();
    Manifest manifest = manifests.upTo(partition, offset + 1);
    Optional<ColdFile> next = manifest.from(offset);
    boolean isReadOn = false;
    while (next.isPresent()) {
      ColdFile file = next.get();
      ColdFileReader reader = reader(file);
      Optional<Cursor> left = cursors.take(file.name(), offset);
      isReadOn |= left.isPresent();
      Cursor cursor = left.orElseGet(() -> reader.open(offset));
      ByteBuffer batches = nextOf(cursor, chunkBytes(bytesMax));
      if (batches.hasRemaining()) {
        Chunk chunk = Chunk.copyOf(offset, batches, memory, isReadOn);
        // First of all: once others see the chunk they go on behind it.
        fetchAhead(reader, manifest, chunk.endOffset());
        cursors.keep(file.name(), chunk.endOffset(), cursor);
        chunks.keep(partition, chunk, generation);
        return Optional.of(chunk);
      }
      cursor.close();
      next = manifest.from(file.endOffset());
    }
    return Optional.empty();
  }

  /** One that fails is of no use any more. */
  private static ByteBuffer nextOf(Cursor cursor, int bytesMax) {
    try {
      return cursor.nextView(bytesMax);
    } catch (RuntimeException e) {
      cursor.close();
      throw e;
    }
  }

  /** What is asked for at once, unless it is little or very much. */
  private int chunkBytes(int bytesMax) {
    boolean isLittle = bytesMax < bounds.chunkBytes() / LITTLE_SHARE;
    return isLittle
        ? bounds.chunkBytes()
        : Math.min(bytesMax, Math.max(CHUNK_BYTES_MAX, bounds.chunkBytes()));
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
    return open.get(file.name(), _ -> readers.open(file, ranges.of(file)));
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

  /** A view of a chunk, which it holds. */
  private static final class Served implements ColdBatches {
    private final Chunk chunk;
    private final ByteBuffer bytes;
    private final AtomicBoolean isReleased = new AtomicBoolean();

    Served(Chunk chunk, ByteBuffer bytes) {
      this.chunk = chunk;
      this.bytes = bytes;
    }

    @Override
    public ByteBuffer bytes() {
      return bytes;
    }

    @Override
    public List<AbortedTransaction> aborted() {
      return List.of(); // records of aborted transactions were left behind on the way here
    }

    @Override
    public void release() {
      if (isReleased.compareAndSet(false, true)) chunk.release();
    }
  }
}
