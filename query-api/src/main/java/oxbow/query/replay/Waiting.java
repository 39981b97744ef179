package oxbow.query.replay;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import oxbow.query.Failures;
import oxbow.query.QueryException;

/**
 * How one thread waits, until another calls it off. Its thread is never interrupted: that would
 * close files under other readers.
 */
public final class Waiting {
  // Each side writes its own and reads the other's: whoever comes second sees the first.
  private volatile boolean isStopped;
  private volatile @Nullable CompletableFuture<?> current;

  /** Nobody waits for the outcome any more. */
  public static final class StoppedException extends RuntimeException {
    StoppedException() {
      super("stopped", null, false, false);
    }
  }

  /** Any thread: what is waited for is cancelled, and so is everything after it. */
  public void stop() {
    isStopped = true;
    CompletableFuture<?> waitedFor = current;
    if (waitedFor != null) waitedFor.cancel(false);
  }

  public boolean isStopped() {
    return isStopped;
  }

  public void check() {
    if (isStopped) throw new StoppedException();
  }

  /** The outcome. Throws {@link StoppedException} or {@link QueryException}. */
  public <T> T await(CompletableFuture<T> future) {
    current = future;
    if (isStopped) future.cancel(false);
    try {
      return future.get();
    } catch (CancellationException e) {
      check();
      throw Failures.of(e);
    } catch (ExecutionException e) {
      check();
      throw Failures.of(e);
    } catch (InterruptedException e) {
      future.cancel(false);
      Thread.currentThread().interrupt();
      throw new StoppedException();
    } finally {
      current = null;
    }
  }

  /** Whether it came in time; it goes on if not. */
  public boolean await(CompletableFuture<?> future, long nanos) {
    if (future.isDone() || nanos <= 0) {
      check();
      return future.isDone();
    }
    CompletableFuture<?> waitedFor = future.copy(); // called off without calling off the other
    current = waitedFor;
    if (isStopped) waitedFor.cancel(false);
    try {
      waitedFor.get(nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    } catch (CancellationException | ExecutionException _) {
      check();
      return true; // whoever takes the outcome finds the failure
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoppedException();
    } finally {
      waitedFor.cancel(false);
      current = null;
    }
  }

  /** Waits for nothing. */
  public void pause(long nanos) {
    boolean _ = await(new CompletableFuture<Void>(), nanos);
  }
}
