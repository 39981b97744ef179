package oxbow.cold.fetch;

import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;

/**
 * Batches brought back and perhaps wanted again: by the consumer that reads on, or by another one
 * that follows it. Bounded; what somebody has read to its end goes first, then what nobody asked
 * for the longest. Thread-safe.
 */
final class Chunks {
  private static final Duration IDLE_MAX = Duration.ofMinutes(1);

  private final long bytesMax;
  private final Runnable onEmpty;
  private final Map<Key, Kept> unread = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Key, Kept> read = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<TopicIdPartition, TreeMap<Long, Kept>> order = new HashMap<>();
  private long bytes;
  private long generation;
  private boolean isSweeping;

  private record Key(TopicIdPartition partition, long baseOffset) {}

  /** A chunk that this holds. */
  private static final class Kept {
    final Key key;
    final Chunk chunk;
    boolean isRead;
    boolean wasAskedFor = true; // since the last sweep

    Kept(Key key, Chunk chunk) {
      this.key = key;
      this.chunk = chunk;
    }
  }

  /**
   * @param onEmpty called when there is nothing left after a while
   */
  Chunks(long bytesMax, Runnable onEmpty) {
    this.bytesMax = bytesMax;
    this.onEmpty = onEmpty;
  }

  /** The chunk with an offset, if it is here: held for the caller, who releases it. */
  synchronized Optional<Chunk> holding(TopicIdPartition partition, long offset) {
    Kept kept = find(partition, offset);
    if (kept == null || !kept.chunk.retain()) return Optional.empty();
    kept.wasAskedFor = true;
    Kept _ = (kept.isRead ? read : unread).get(kept.key); // it is the youngest now
    return Optional.of(kept.chunk);
  }

  synchronized boolean isHere(TopicIdPartition partition, long offset) {
    return find(partition, offset) != null;
  }

  private @Nullable Kept find(TopicIdPartition partition, long offset) {
    TreeMap<Long, Kept> chunks = order.get(partition);
    if (chunks == null) return null;
    var below = chunks.floorEntry(offset);
    return below != null && below.getValue().chunk.holds(offset) ? below.getValue() : null;
  }

  /** Read before whatever chunks are made of, and given to {@link #keep} with them. */
  synchronized long generation() {
    return generation;
  }

  /** Keeps a chunk as well, unless something was forgotten since its generation. */
  synchronized void keep(TopicIdPartition partition, Chunk chunk, long ofGeneration) {
    if (generation != ofGeneration || !chunk.retain()) return;
    var kept = new Kept(new Key(partition, chunk.baseOffset()), chunk);
    drop(find(kept.key));
    unread.put(kept.key, kept);
    order.computeIfAbsent(partition, _ -> new TreeMap<>()).put(chunk.baseOffset(), kept);
    bytes += chunk.bytes();
    while (bytes > bytesMax) drop(eldest());
    startSweeping();
  }

  /** Somebody has read a chunk to its end. */
  synchronized void wasRead(TopicIdPartition partition, Chunk chunk) {
    Kept kept = find(new Key(partition, chunk.baseOffset()));
    if (kept == null || kept.isRead) return;
    unread.remove(kept.key);
    kept.isRead = true;
    read.put(kept.key, kept);
  }

  private @Nullable Kept find(Key key) {
    Kept kept = unread.get(key);
    return kept == null ? read.get(key) : kept;
  }

  private @Nullable Kept eldest() {
    Map<Key, Kept> from = read.isEmpty() ? unread : read;
    Iterator<Kept> all = from.values().iterator();
    return all.hasNext() ? all.next() : null;
  }

  private void drop(@Nullable Kept kept) {
    if (kept == null) return;
    (kept.isRead ? read : unread).remove(kept.key);
    TopicIdPartition partition = kept.key.partition();
    TreeMap<Long, Kept> chunks = order.get(partition);
    if (chunks != null) {
      chunks.remove(kept.key.baseOffset());
      if (chunks.isEmpty()) order.remove(partition);
    }
    bytes -= kept.chunk.bytes();
    kept.chunk.release();
  }

  /** Forgets what was brought back of a partition: its files are other ones now. */
  synchronized void forget(TopicIdPartition partition) {
    generation++;
    TreeMap<Long, Kept> chunks = order.get(partition);
    if (chunks != null) List.copyOf(chunks.values()).forEach(this::drop);
  }

  private void startSweeping() {
    if (isSweeping) return;
    isSweeping = true;
    CompletableFuture.delayedExecutor(IDLE_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .execute(this::sweep);
  }

  /** Drops what nobody asked for since the last time. */
  synchronized void sweep() {
    for (TreeMap<Long, Kept> chunks : List.copyOf(order.values())) {
      for (Kept kept : List.copyOf(chunks.values())) {
        if (!kept.wasAskedFor) drop(kept);
        kept.wasAskedFor = false;
      }
    }
    isSweeping = false;
    if (order.isEmpty()) onEmpty.run();
    else startSweeping();
  }
}
