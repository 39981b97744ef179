package oxbow.query.replay;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
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
    return await(List.of(future), nanos);
  }

  /**
   * Whether one of them came in time; they go on if not. Leaves nothing with those that did not
   * come, however often they are waited for.
   */
  public boolean await(List<? extends CompletableFuture<?>> futures, long nanos) {
    boolean isAnyDone = futures.stream().anyMatch(CompletableFuture::isDone);
    if (isAnyDone || nanos <= 0) {
      check();
      return isAnyDone;
    }
    // Whoever stops ends this one: the others are not called off by it.
    var end = new CompletableFuture<Void>();
    CompletableFuture<?> first =
        CompletableFuture.anyOf(
            Stream.concat(futures.stream(), Stream.of(end)).toArray(CompletableFuture[]::new));
    current = end;
    if (isStopped) end.cancel(false);
    try {
      first.get(nanos, TimeUnit.NANOSECONDS);
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
      current = null;
      end.complete(null); // which takes away what waits for the others
    }
  }

  /** Waits for nothing. */
  public void pause(long nanos) {
    boolean _ = await(new CompletableFuture<Void>(), nanos);
  }
}
