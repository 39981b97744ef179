package oxbow.broker.control;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.controller.Controller;

/**
 * The way to the active controller. A call finds it anew on each attempt, so a controller that is
 * just being elected, or has lost its office between, costs a short wait instead of an error; every
 * call ends after the timeout at the latest.
 */
final class ControllerRoute implements AutoCloseable {
  private static final long RETRY_DELAY_MS_MIN = 2;
  private static final long RETRY_DELAY_MS_MAX = 100;

  private final Supplier<Controller> active;
  private final ControlTimer timer;
  private final Duration timeout;
  private final Map<Long, CompletableFuture<?>> underway = new ConcurrentHashMap<>();
  private final AtomicLong calls = new AtomicLong();
  private volatile boolean isClosed;

  /**
   * @param active finds the controller to call: the one in this process, or a stand-in that sends
   *     the call to where it is
   */
  ControllerRoute(Supplier<Controller> active, ControlTimer timer, Duration timeout) {
    this.active = active;
    this.timer = timer;
    this.timeout = timeout;
  }

  /** Calls the active controller; every failure comes through the future, unwrapped. */
  <T> CompletableFuture<T> call(Function<Controller, CompletableFuture<T>> rpc) {
    var answer = new CompletableFuture<T>();
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    CompletableFuture<Void> expiry = timer.failAfter(timeout.toMillis());
    var _ =
        expiry.exceptionally(_ -> {
          answer.completeExceptionally(
              new TimeoutException("no controller answered within " + timeout.toMillis() + " ms"));
          return null;
        });
    long call = calls.incrementAndGet();
    underway.put(call, answer);
    var _ =
        answer.whenComplete((_, _) -> {
          expiry.cancel(false);
          underway.remove(call);
        });
    if (isClosed) fail(answer);
    attempt(rpc, answer, deadlineNanos, RETRY_DELAY_MS_MIN);
    return answer;
  }

  private <T> void attempt(
      Function<Controller, CompletableFuture<T>> rpc,
      CompletableFuture<T> answer,
      long deadlineNanos,
      long retryDelayMs) {
    CompletableFuture<T> sent;
    try {
      Controller now = active.get();
      // One that is not in office would refuse, and log that it did.
      sent =
          now.isActive()
              ? rpc.apply(now)
              : CompletableFuture.failedFuture(new NotControllerException("none is elected"));
    } catch (RuntimeException e) { // Kafka's controller throws some of its answers at once
      sent = CompletableFuture.failedFuture(e);
    }
    var _ =
        sent.whenComplete((result, failure) -> {
          if (failure == null) {
            answer.complete(result);
            return;
          }
          Throwable cause = unwrapped(failure);
          boolean isTimeLeft = deadlineNanos - System.nanoTime() > 0;
          if (!(cause instanceof NotControllerException) || !isTimeLeft || answer.isDone()) {
            answer.completeExceptionally(cause);
            return;
          }
          long nextDelayMs = Math.min(2 * retryDelayMs, RETRY_DELAY_MS_MAX);
          var _ =
              timer.schedule(
                  "call again",
                  () -> attempt(rpc, answer, deadlineNanos, nextDelayMs),
                  retryDelayMs,
                  -1);
        });
  }

  /** Fails the calls that are under way, and those to come. */
  @Override
  public void close() {
    isClosed = true;
    underway.values().forEach(ControllerRoute::fail);
  }

  private static void fail(CompletableFuture<?> answer) {
    answer.completeExceptionally(closed());
  }

  private static ControlException closed() {
    return new ControlException(ControlException.Kind.CLOSED, "the control plane was closed");
  }

  static Throwable unwrapped(Throwable failure) {
    boolean isWrapper =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    Throwable cause = failure.getCause();
    if (isWrapper && cause != null) return cause;
    return failure instanceof CancellationException ? closed() : failure;
  }
}
