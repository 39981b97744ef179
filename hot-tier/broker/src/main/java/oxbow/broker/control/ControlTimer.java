package oxbow.broker.control;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.raft.ExpirationService;
import org.apache.kafka.server.util.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread for everything in the control plane that waits for time: heartbeats, request
 * timeouts, the metadata log's own chores. Kafka's timers for these would be four threads, one of
 * them waking five times a second for nothing.
 */
final class ControlTimer implements Scheduler, ExpirationService, Executor, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ControlTimer.class);

  private final ScheduledThreadPoolExecutor executor;

  ControlTimer() {
    executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("control-timer").daemon().factory());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public void startup() {}

  @Override
  public void shutdown() {}

  @Override
  public void resizeThreadPool(int threads) {}

  @Override
  public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
    Runnable guarded = () -> run(name, task);
    return periodMs > 0
        ? executor.scheduleAtFixedRate(guarded, delayMs, periodMs, TimeUnit.MILLISECONDS)
        : executor.schedule(guarded, Math.max(0, delayMs), TimeUnit.MILLISECONDS);
  }

  /** An executor forgets what its tasks throw, and never runs a periodic one again. */
  private static void run(String name, Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      log.atError().addKeyValue("task", name).setCause(e).log("task failed");
    }
  }

  /** Runs the task on the timer's thread; not at all once the timer is closed. */
  @Override
  public void execute(Runnable task) {
    try {
      executor.execute(() -> run("task", task));
    } catch (RejectedExecutionException e) {
      log.atDebug().log("task refused: closed");
    }
  }

  @Override
  public <T extends @Nullable Object> CompletableFuture<T> failAfter(long timeoutMs) {
    var expiring = new CompletableFuture<T>();
    ScheduledFuture<?> timeout =
        executor.schedule(
            () -> {
              expiring.completeExceptionally(
                  new TimeoutException(
                      "Future failed to be completed before timeout of "
                          + timeoutMs
                          + " ms was reached"));
            },
            timeoutMs,
            TimeUnit.MILLISECONDS);
    var _ = expiring.whenComplete((_, _) -> timeout.cancel(false));
    return expiring;
  }

  @Override
  public void close() {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
        log.atWarn().log("timer still busy at close");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
