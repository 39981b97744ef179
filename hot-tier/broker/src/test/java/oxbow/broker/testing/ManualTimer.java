package oxbow.broker.testing;

import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A timer whose time a test moves. Any thread may start and cancel timeouts. */
public final class ManualTimer implements Timer {
  private final List<Pending> pending = new ArrayList<>();
  private long nowMs;

  /** Moves time on and runs what is due, in order, on the caller's thread. */
  public void advanceMs(long byMs) {
    List<Pending> due;
    synchronized (this) {
      nowMs += byMs;
      due = pending.stream().filter(one -> one.dueMs <= nowMs).sorted(Pending.BY_TIME).toList();
      pending.removeAll(due);
    }
    for (Pending one : due) one.expire();
  }

  /** Timeouts that are neither due nor cancelled. */
  public synchronized int pending() {
    return pending.size();
  }

  @Override
  public synchronized Timeout newTimeout(TimerTask task, long delay, TimeUnit unit) {
    var timeout = new Pending(this, task, nowMs + unit.toMillis(delay));
    pending.add(timeout);
    return timeout;
  }

  @Override
  public synchronized Set<Timeout> stop() {
    var left = Set.<Timeout>copyOf(pending);
    pending.clear();
    return left;
  }

  private static final class Pending implements Timeout {
    private static final Comparator<Pending> BY_TIME = Comparator.comparingLong(one -> one.dueMs);

    private final ManualTimer timer;
    private final TimerTask task;
    private final long dueMs;
    private volatile boolean isCancelled;
    private volatile boolean isExpired;

    Pending(ManualTimer timer, TimerTask task, long dueMs) {
      this.timer = timer;
      this.task = task;
      this.dueMs = dueMs;
    }

    void expire() {
      isExpired = true;
      try {
        task.run(this);
      } catch (Exception e) {
        throw new AssertionError("a timer's task failed", e);
      }
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
      return isCancelled;
    }

    @Override
    public boolean cancel() {
      synchronized (timer) {
        if (!timer.pending.remove(this)) return false;
        isCancelled = true;
        return true;
      }
    }
  }
}
