package oxbow.log.recovery;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.server.util.Scheduler;

/**
 * What Kafka's epoch cache takes for a background thread. Its only work is to write the epoch file,
 * which for us means to note a change, so it runs at once.
 */
final class ImmediateScheduler implements Scheduler {
  @Override
  public void startup() {
    // Nothing runs behind it.
  }

  @Override
  public void shutdown() {
    // Nothing runs behind it.
  }

  @Override
  public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
    task.run();
    return new Done();
  }

  @Override
  public void resizeThreadPool(int size) {
    throw new UnsupportedOperationException("there is no pool");
  }

  private static final class Done extends CompletableFuture<Void> implements ScheduledFuture<Void> {
    Done() {
      complete(null);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return 0;
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(0, other.getDelay(TimeUnit.NANOSECONDS));
    }
  }
}
