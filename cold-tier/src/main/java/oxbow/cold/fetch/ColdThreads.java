package oxbow.cold.fetch;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import oxbow.cold.BackgroundThreads;
import oxbow.log.LogException;

/**
 * Runs cold reads on threads ({@code cold-*}) that yield to those of the network: some at a time,
 * some more waiting for their turn, the rest refused. They end when nothing is read.
 */
final class ColdThreads implements Executor, AutoCloseable {
  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor threads;

  ColdThreads(int parallelMax, int queuedMax) {
    threads =
        new ThreadPoolExecutor(
            parallelMax,
            parallelMax,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(queuedMax),
            BackgroundThreads.ofReads("cold"));
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * Runs work that somebody waits for.
   *
   * @param unwanted gets what nobody waited for any more
   */
  <T> CompletableFuture<T> submit(Supplier<T> work, Consumer<T> unwanted, ReadCounters counters) {
    var promise = new CompletableFuture<T>();
    try {
      execute(() -> {
        if (promise.isDone()) return; // nobody waits any more
        try {
          T found = work.get();
          if (!promise.complete(found)) unwanted.accept(found);
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
    threads.execute(work);
  }

  /** Takes no more work; what runs ends by itself. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
