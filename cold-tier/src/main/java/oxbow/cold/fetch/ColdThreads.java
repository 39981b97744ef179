package oxbow.cold.fetch;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import oxbow.log.LogException;

/**
 * Runs cold reads on virtual threads ({@code cold-*}): some at a time, some more waiting for their
 * turn, the rest refused.
 */
final class ColdThreads implements Executor, AutoCloseable {
  private final Semaphore turns;
  private final Semaphore places;
  private final Thread.Builder.OfVirtual threads =
      Thread.ofVirtual().name("cold-", 0).inheritInheritableThreadLocals(false);
  private volatile boolean isClosed;

  ColdThreads(int parallelMax, int queuedMax) {
    turns = new Semaphore(parallelMax, true);
    places = new Semaphore(parallelMax + queuedMax);
  }

  /** Runs work that somebody waits for. */
  <T> CompletableFuture<T> submit(Supplier<T> work, ReadCounters counters) {
    var promise = new CompletableFuture<T>();
    try {
      execute(() -> {
        if (promise.isDone()) return; // nobody waits any more
        try {
          promise.complete(work.get());
        } catch (Throwable e) {
          promise.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException e) {
      counters.refusals.increment();
      promise.completeExceptionally(
          new LogException(
              LogException.Kind.OFFLINE, "too many cold reads are under way; try again", e));
    }
    return promise;
  }

  /** Runs work, or refuses it if too much is waiting already. */
  @Override
  public void execute(Runnable work) {
    if (isClosed) throw new RejectedExecutionException("cold reads are closed");
    if (!places.tryAcquire()) throw new RejectedExecutionException("no place left");
    threads.start(() -> {
      try {
        turns.acquireUninterruptibly();
        try {
          work.run();
        } finally {
          turns.release();
        }
      } finally {
        places.release();
      }
    });
  }

  /** Takes no more work; what runs ends by itself. */
  @Override
  public void close() {
    isClosed = true;
  }
}
