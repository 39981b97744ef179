package oxbow.log;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Fsync before acknowledgement: logs that somebody waits for are flushed in the order in which they
 * asked, as many side by side as there are flushing threads. Each flush serves all who waited by
 * then, and a log has one at a time.
 */
final class GroupCommit {
  private final LogThreads threads;
  private final ConcurrentLinkedQueue<LogFlusher> due = new ConcurrentLinkedQueue<>();
  private final AtomicInteger running = new AtomicInteger();

  GroupCommit(LogThreads threads) {
    this.threads = threads;
  }

  /** Flushes a log soon. The log sees to it that it is due only once. */
  void request(LogFlusher log) {
    due.add(log);
    start();
  }

  private void start() {
    int count = running.get();
    while (count < threads.flushThreads()) {
      if (running.compareAndSet(count, count + 1)) {
        threads.flush(this::run);
        return;
      }
      count = running.get();
    }
  }

  private void run() {
    try {
      LogFlusher log = due.poll();
      while (log != null) {
        log.flushForWaiters();
        log = due.poll();
      }
    } finally {
      running.decrementAndGet();
    }
    if (!due.isEmpty()) start(); // asked for when this thread was about to end
  }
}
