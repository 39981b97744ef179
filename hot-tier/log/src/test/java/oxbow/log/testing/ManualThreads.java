package oxbow.log.testing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import oxbow.log.LogThreads;

/** Runs what is handed over when told to, on the caller's thread, in an order of its choice. */
public final class ManualThreads implements LogThreads {
  private final ManualClock clock;
  private final List<Runnable> ready = new ArrayList<>();
  private final PriorityQueue<Timed> later =
      new PriorityQueue<>(Comparator.comparingLong(Timed::dueMs));

  private record Timed(long dueMs, Runnable work) {}

  public ManualThreads(ManualClock clock) {
    this.clock = clock;
  }

  @Override
  public void execute(Runnable work) {
    ready.add(work);
  }

  @Override
  public void flush(Runnable work) {
    ready.add(work);
  }

  @Override
  public int flushThreads() {
    return 4;
  }

  @Override
  public void after(long delayMs, Runnable work) {
    later.add(new Timed(clock.millis() + delayMs, work));
  }

  @Override
  public void every(long periodMs, Runnable work) {
    after(
        periodMs,
        () -> {
          work.run();
          every(periodMs, work);
        });
  }

  /** Runs one piece of work that is ready, if any. */
  public void runOne(Random random) {
    collectDue();
    if (!ready.isEmpty()) ready.remove(random.nextInt(ready.size())).run();
  }

  /** Runs everything that is ready, and what that makes ready. */
  public void runAll() {
    collectDue();
    while (!ready.isEmpty()) ready.removeFirst().run();
  }

  private void collectDue() {
    while (!later.isEmpty() && later.peek().dueMs <= clock.millis()) {
      ready.add(later.remove().work);
    }
  }

  @Override
  public void close() {
    later.clear();
    runAll();
  }
}
