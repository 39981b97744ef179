package oxbow.broker.fetch;

import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import oxbow.broker.wire.HeldRecords;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.ReadLimit;

/**
 * One read of cold records for one client: under way, or done and kept until the client's fetch
 * takes it. Nobody takes what another one dropped.
 */
final class ColdFetch {
  private final ColdFetches owner;
  private final ColdFetches.Key key;
  private final long offset;
  private final ReadLimit limit;
  private final CompletableFuture<Optional<ColdBatches>> read;
  private final AtomicBoolean isGone = new AtomicBoolean();
  private volatile long keptUntilNanos;

  ColdFetch(
      ColdFetches owner,
      ColdFetches.Key key,
      long offset,
      ReadLimit limit,
      CompletableFuture<Optional<ColdBatches>> read) {
    this.owner = owner;
    this.key = key;
    this.offset = offset;
    this.limit = limit;
    this.read = read;
  }

  ColdFetches.Key key() {
    return key;
  }

  boolean isFor(long wantedOffset, ReadLimit wantedLimit) {
    return offset == wantedOffset && limit == wantedLimit;
  }

  void keepUntil(long nanos) {
    keptUntilNanos = nanos;
  }

  long keptUntilNanos() {
    return keptUntilNanos;
  }

  boolean isDone() {
    return read.isDone();
  }

  /** Runs once the read is done, at once or on the thread that ends it. */
  void whenDone(Runnable then) {
    var _ = read.whenComplete((_, _) -> then.run());
  }

  /** Why it failed; null: it didn't. Only when it is done. */
  @Nullable Throwable failure() {
    return switch (read.state()) {
      case SUCCESS -> null;
      case FAILED -> read.exceptionNow();
      case CANCELLED -> new CancellationException("nobody wanted it any more");
      case RUNNING -> throw new IllegalStateException("it is not done yet");
    };
  }

  /** What was read, still owned by this; empty: the log goes on behind the cold tier's end. */
  Optional<ColdBatches> found() {
    return read.resultNow();
  }

  /** Hands what was read to an answer; null: it is gone meanwhile. */
  @Nullable HeldRecords take(ColdBatches batches) {
    if (!isGone.compareAndSet(false, true)) return null;
    owner.forget(this);
    return new HeldRecords(
        batches.bytes(),
        () -> {
          batches.release();
          owner.giveBack(this);
        });
  }

  /** Nobody wants it any more: stops the read, or gives back what it brought. */
  void drop() {
    if (!isGone.compareAndSet(false, true)) return;
    owner.forget(this);
    owner.giveBack(this);
    if (read.cancel(false)) return; // whoever reads sees it and releases what it has
    if (failure() == null) found().ifPresent(ColdBatches::release);
  }
}
