package oxbow.log;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Fsync before acknowledgement: logs that somebody waits for are flushed one after the other on the
 * flushing thread, and each flush serves all who waited by then.
 */
final class GroupCommit {
  private final LogThreads threads;
  private final ConcurrentLinkedQueue<PartitionLog> due = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean isRunning = new AtomicBoolean();

  GroupCommit(LogThreads threads) {
    this.threads = threads;
  }

  /** Flushes a log soon. The log sees to it that it is due only once. */
  void request(PartitionLog log) {
    due.add(log);
    if (isRunning.compareAndSet(false, true)) threads.flush(this::run);
  }

  private void run() {
    do {
      PartitionLog log = due.poll();
      while (log != null) {
        log.flushForWaiters();
        log = due.poll();
      }
      isRunning.set(false);
    } while (!due.isEmpty() && isRunning.compareAndSet(false, true));
  }
}
