package oxbow.broker.group;

import org.apache.kafka.server.util.timer.SystemTimer;
import org.apache.kafka.server.util.timer.Timer;
import org.apache.kafka.server.util.timer.TimerTask;

/**
 * Runs sessions, rebalances and expiry: Kafka's timing wheel, turned by a thread that sleeps until
 * something is due, where Kafka's own reaper looks five times a second.
 */
final class GroupTimer implements Timer {
  private static final long SLEEP_MS_MAX = 60_000;

  private final SystemTimer wheel = new SystemTimer("group-timer");
  private final Thread thread =
      Thread.ofPlatform().daemon().name("group-timer").unstarted(this::run);
  private volatile boolean closed;

  /** Starts its thread. */
  GroupTimer() {
    thread.start();
  }

  @Override
  public void add(TimerTask task) {
    wheel.add(task);
  }

  @Override
  public boolean advanceClock(long timeoutMs) throws InterruptedException {
    return wheel.advanceClock(timeoutMs);
  }

  @Override
  public int size() {
    return wheel.size();
  }

  private void run() {
    try {
      while (!closed) wheel.advanceClock(SLEEP_MS_MAX);
    } catch (InterruptedException stopped) {
      // Only close() interrupts.
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    }
    wheel.close();
  }
}
