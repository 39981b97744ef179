package oxbow.broker.fetch;

import io.netty.util.Timer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;
import oxbow.log.ColdReads;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.ReadLimit;

/**
 * Reads of cold records for fetches. A fetch doesn't wait for them if it has others to bring: what
 * was read is kept for the client's next fetch of the same offset. Bounded by the bytes that reads
 * may bring, from their start until the answer has left. Any thread.
 */
final class ColdFetches {
  private static final long SWEEP_MS = 5_000;
  private static final long KEPT_MS = 10_000;

  private final ColdReads cold;
  private final long bytesMax;
  private final int waitMsMin;
  private final Timer timer;
  private final LongSupplier nanoClock;

  private final ConcurrentMap<Key, ColdFetch> fetches = new ConcurrentHashMap<>();
  private final ConcurrentMap<ColdFetch, Integer> reserved = new ConcurrentHashMap<>();
  private final AtomicLong bytesHeld = new AtomicLong();
  private final AtomicBoolean isSweeping = new AtomicBoolean();

  final LongAdder reads = new LongAdder();
  final LongAdder failures = new LongAdder();
  final LongAdder refusals = new LongAdder();

  /** A client's place in a partition: it reads one offset of it at a time. */
  record Key(String connectionId, TopicIdPartition partition) {}

  ColdFetches(ColdReads cold, FetchConfig config, Timer timer, LongSupplier nanoClock) {
    this.cold = cold;
    this.bytesMax = config.coldBytesMax();
    this.waitMsMin = Math.toIntExact(config.coldWait().toMillis());
    this.timer = timer;
    this.nanoClock = nanoClock;
  }

  /** How long a fetch waits that wants cold records and finds no others. */
  int waitMs(int askedMs) {
    return Math.max(askedMs, waitMsMin);
  }

  long bytesHeld() {
    return bytesHeld.get();
  }

  /**
   * The read of an offset: begun with this call, under way, or done. Another offset the client
   * asked for before is forgotten. Null: too much is held already.
   *
   * @param waitMs how long the fetch may wait for it
   */
  @Nullable ColdFetch of(Key key, long offset, int bytes, ReadLimit limit, int waitMs) {
    ColdFetch known = fetches.get(key);
    if (known != null && known.isFor(offset, limit)) {
      keep(known, waitMs);
      return known;
    }
    if (known != null) known.drop();
    if (!reserve(bytes)) {
      refusals.increment();
      return null;
    }
    reads.increment();
    CompletableFuture<Optional<ColdBatches>> read;
    try {
      read = cold.read(key.partition(), offset, bytes, limit);
    } catch (RuntimeException e) {
      read = CompletableFuture.failedFuture(e);
    }
    var begun = new ColdFetch(this, key, offset, limit, read);
    reserved.put(begun, bytes);
    keep(begun, waitMs);
    ColdFetch other = fetches.put(key, begun);
    if (other != null) other.drop();
    begun.whenDone(() -> done(begun));
    startSweeping();
    return begun;
  }

  private void keep(ColdFetch fetch, int waitMs) {
    fetch.keepUntil(nanoClock.getAsLong() + TimeUnit.MILLISECONDS.toNanos(waitMs + KEPT_MS));
  }

  /** One read may always go on, however large it is. */
  private boolean reserve(int bytes) {
    long held = bytesHeld.get();
    while (held == 0 || held + bytes <= bytesMax) {
      if (bytesHeld.compareAndSet(held, held + bytes)) return true;
      held = bytesHeld.get();
    }
    return false;
  }

  /** From now on what it really brought counts. */
  private void done(ColdFetch fetch) {
    int bytes = 0;
    if (fetch.failure() != null) failures.increment();
    else bytes = fetch.found().map(batches -> batches.bytes().remaining()).orElse(0);
    Integer before = reserved.replace(fetch, bytes);
    if (before != null) bytesHeld.addAndGet(bytes - before);
  }

  /** Nobody finds it any more. */
  void forget(ColdFetch fetch) {
    fetches.remove(fetch.key(), fetch);
  }

  /** What it brought is released. */
  void giveBack(ColdFetch fetch) {
    Integer bytes = reserved.remove(fetch);
    if (bytes != null) bytesHeld.addAndGet(-bytes);
  }

  private void startSweeping() {
    if (!isSweeping.compareAndSet(false, true)) return;
    var _ = timer.newTimeout(_ -> sweep(), SWEEP_MS, TimeUnit.MILLISECONDS);
  }

  /** Drops what no fetch came back for. */
  private void sweep() {
    long now = nanoClock.getAsLong();
    for (ColdFetch fetch : fetches.values()) {
      if (fetch.keptUntilNanos() - now < 0) fetch.drop();
    }
    isSweeping.set(false);
    if (!fetches.isEmpty()) startSweeping();
  }
}
