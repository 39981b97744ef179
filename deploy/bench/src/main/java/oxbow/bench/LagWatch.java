package oxbow.bench;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Asks ten times a second where a topic's log and its table end, and so knows how old the oldest
 * record is that the table lacks.
 */
final class LagWatch implements AutoCloseable {
  private static final long EVERY_NANOS = 100_000_000L;

  /** Where the log ended at a time. */
  private record Mark(long nanos, long end) {}

  /** What was found at a time. */
  private record Lag(long nanos, double seconds) {}

  private final LakeTopic topic;
  private final List<Deque<Mark>> marks = new ArrayList<>();
  private final List<Lag> lags = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final long begin = System.nanoTime();
  private final Thread thread;
  private volatile boolean isEnding; // set by the caller's thread, read by ours

  LagWatch(LakeTopic topic) {
    this.topic = topic;
    topic.partitions().forEach(_ -> marks.add(new ArrayDeque<>()));
    thread =
        Thread.ofPlatform()
            .name("bench-lag")
            .uncaughtExceptionHandler((_, thrown) -> failure.compareAndSet(null, thrown))
            .start(this::watch);
  }

  private void watch() {
    while (!isEnding) {
      long now = System.nanoTime();
      Offsets ends = topic.ends();
      Offsets inTable = topic.tableEnds();
      double oldest = 0;
      for (int p = 0; p < marks.size(); p++) {
        Deque<Mark> open = marks.get(p);
        open.addLast(new Mark(now, ends.of(p)));
        long tableEnd = inTable.of(p);
        // The record at the table's end came after the last mark at or below it, which stays.
        while (open.size() > 1 && second(open).end() <= tableEnd) open.removeFirst();
        if (ends.of(p) <= tableEnd) continue;
        oldest = Math.max(oldest, (System.nanoTime() - open.getFirst().nanos()) / 1e9);
      }
      lags.add(new Lag(now, oldest));
      LockSupport.parkNanos(now + EVERY_NANOS - System.nanoTime());
    }
  }

  private static Mark second(Deque<Mark> marks) {
    Iterator<Mark> all = marks.iterator();
    Mark _ = all.next();
    return all.next();
  }

  /** Ends the watch; all that was found but for the first seconds, sorted. */
  double[] lagSeconds(int afterSeconds) {
    close();
    Throwable thrown = failure.get();
    if (thrown != null) throw new IllegalStateException("the watch failed", thrown);
    long from = begin + afterSeconds * 1_000_000_000L;
    return lags.stream()
        .filter(lag -> lag.nanos() >= from)
        .mapToDouble(Lag::seconds)
        .sorted()
        .toArray();
  }

  @Override
  public void close() {
    isEnding = true;
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
