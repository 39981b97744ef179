package oxbow.broker;

import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends long polls and waits for replicas. It sleeps until the next of them is due, where a wheel
 * would wake a hundred times a second to be as exact: nearly all are cancelled, and a broker at
 * rest does nothing.
 */
final class DeadlineTimer implements Timer {
  private static final Logger log = LoggerFactory.getLogger(DeadlineTimer.class);

  private final ScheduledThreadPoolExecutor thread;

  DeadlineTimer() {
    thread =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().daemon().name("broker-timer").unstarted(task));
    thread.setRemoveOnCancelPolicy(true);
    thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
  }

  /** What the task throws is logged. After {@link #stop} nothing is due any more. */
  @Override
  public Timeout newTimeout(TimerTask task, long delay, TimeUnit unit) {
    var deadline = new Deadline(this, task);
    deadline.future = thread.schedule(deadline, delay, unit);
    return deadline;
  }

  @Override
  public Set<Timeout> stop() {
    thread.shutdownNow();
    return Set.of(); // whoever waits is told by what it waits for
  }

  private static final class Deadline implements Timeout, Runnable {
    private final Timer timer;
    private final TimerTask task;
    private final AtomicBoolean isOver = new AtomicBoolean();
    private volatile @Nullable ScheduledFuture<?> future;
    private volatile boolean isExpired;

    Deadline(Timer timer, TimerTask task) {
      this.timer = timer;
      this.task = task;
    }

    @Override
    public void run() {
      if (!isOver.compareAndSet(false, true)) return;
      isExpired = true;
      try {
        task.run(this);
      } catch (Exception e) { // the outermost loop of this thread
        log.atError().setCause(e).log("what a deadline had to do failed");
      }
    }

    @Override
    public boolean cancel() {
      if (!isOver.compareAndSet(false, true)) return false;
      ScheduledFuture<?> scheduled = future;
      return scheduled == null || scheduled.cancel(false);
    }

    @Override
    public Timer timer() {
      return timer;
    }

    @Override
    public TimerTask task() {
      return task;
    }

    @Override
    public boolean isExpired() {
      return isExpired;
    }

    @Override
    public boolean isCancelled() {
      return isOver.get() && !isExpired;
    }
  }
}
