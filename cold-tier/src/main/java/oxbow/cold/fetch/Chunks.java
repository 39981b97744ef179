package oxbow.cold.fetch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;

/**
 * Batches brought back and perhaps wanted again: by the consumer that reads on, or by another one
 * that follows it. Bounded; what nobody asks for goes first.
 */
final class Chunks {
  private static final Duration IDLE_MAX = Duration.ofMinutes(1);

  private final Cache<Key, Chunk> kept;
  private final ConcurrentMap<TopicIdPartition, ConcurrentSkipListMap<Long, Key>> order =
      new ConcurrentHashMap<>();

  private final AtomicLong generation = new AtomicLong();

  private record Key(TopicIdPartition partition, long baseOffset) {}

  Chunks(long bytesMax) {
    this.kept =
        Caffeine.newBuilder()
            .maximumWeight(bytesMax)
            .weigher((Key _, Chunk chunk) -> Math.max(1, chunk.batches().remaining()))
            .expireAfterAccess(IDLE_MAX)
            .scheduler(Scheduler.systemScheduler())
            .executor(Runnable::run)
            .evictionListener(this::evicted)
            .build();
  }

  Optional<Chunk> holding(TopicIdPartition partition, long offset) {
    var chunks = order.get(partition);
    if (chunks == null) return Optional.empty();
    var below = chunks.floorEntry(offset);
    if (below == null) return Optional.empty();
    Chunk chunk = kept.getIfPresent(below.getValue());
    return chunk != null && chunk.holds(offset) ? Optional.of(chunk) : Optional.empty();
  }

  /** Read before whatever chunks are made of, and given to {@link #keep} with them. */
  long generation() {
    return generation.get();
  }

  /** Keeps a chunk, unless something was forgotten since its generation. */
  void keep(TopicIdPartition partition, Chunk chunk, long ofGeneration) {
    if (generation.get() != ofGeneration) return;
    var key = new Key(partition, chunk.baseOffset());
    order.computeIfAbsent(partition, _ -> new ConcurrentSkipListMap<>()).put(key.baseOffset(), key);
    kept.put(key, chunk);
    if (generation.get() != ofGeneration) drop(partition); // it may have come too late
  }

  /** Forgets what was brought back of a partition: its files are other ones now. */
  void forget(TopicIdPartition partition) {
    generation.incrementAndGet();
    drop(partition);
  }

  private void drop(TopicIdPartition partition) {
    var chunks = order.remove(partition);
    if (chunks != null) kept.invalidateAll(chunks.values());
  }

  private void evicted(@Nullable Key key, @Nullable Chunk chunk, RemovalCause cause) {
    if (key == null) return; // only where keys are weak
    order.computeIfPresent(
        key.partition(),
        (_, chunks) -> {
          chunks.remove(key.baseOffset());
          return chunks.isEmpty() ? null : chunks;
        });
  }
}
