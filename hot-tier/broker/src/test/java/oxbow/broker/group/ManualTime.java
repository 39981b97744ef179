package oxbow.broker.group;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.timer.Timer;
import org.apache.kafka.server.util.timer.TimerTask;
import org.apache.kafka.server.util.timer.TimerTaskEntry;
import org.jspecify.annotations.Nullable;

/** A clock and its timer, both moved by the test alone. */
final class ManualTime implements Time, Timer {
  private final PriorityQueue<TimerTaskEntry> entries =
      new PriorityQueue<>(Comparator.comparingLong(entry -> entry.expirationMs));
  private long nowMs = 1_700_000_000_000L;

  @Override
  public synchronized long milliseconds() {
    return nowMs;
  }

  @Override
  public long nanoseconds() {
    return TimeUnit.MILLISECONDS.toNanos(milliseconds());
  }

  @Override
  public void sleep(long ms) {
    throw new UnsupportedOperationException("nobody sleeps");
  }

  @Override
  public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
    throw new UnsupportedOperationException("nobody waits");
  }

  @Override
  public synchronized void add(TimerTask task) {
    entries.add(new TimerTaskEntry(task, nowMs + task.delayMs));
  }

  /** Lets this much time pass; runs what becomes due. */
  @Override
  public boolean advanceClock(long ms) {
    synchronized (this) {
      nowMs += ms;
    }
    boolean ran = false;
    for (TimerTaskEntry due = due(); due != null; due = due()) {
      if (due.cancelled()) continue;
      due.timerTask.run();
      ran = true;
    }
    return ran;
  }

  private synchronized @Nullable TimerTaskEntry due() {
    TimerTaskEntry first = entries.peek();
    return first == null || first.expirationMs > nowMs ? null : entries.remove();
  }

  @Override
  public synchronized int size() {
    return entries.size();
  }

  @Override
  public void close() {}
}
