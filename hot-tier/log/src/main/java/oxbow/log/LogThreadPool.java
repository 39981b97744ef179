package oxbow.log;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Real threads: a pool for work, one for fsync, a thread that keeps the time. */
final class LogThreadPool implements LogThreads {
  private static final Logger log = LoggerFactory.getLogger(LogThreadPool.class);
  private static final long CLOSE_SECONDS = 60;

  /** They wait for the disk nearly all the time: its queue bounds them, not the processors. */
  private static final int FLUSH_THREADS = 8;

  private final ThreadPoolExecutor workers;
  private final ThreadPoolExecutor flushers;
  private final ScheduledThreadPoolExecutor timer;

  LogThreadPool(int threads) {
    workers = pool(threads, named("log-"));
    flushers = pool(FLUSH_THREADS, named("log-flush-"));
    timer = new ScheduledThreadPoolExecutor(1, factory(_ -> "log-timer"));
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    timer.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
    timer.setRemoveOnCancelPolicy(true);
  }

  private static ThreadPoolExecutor pool(int threads, Naming naming) {
    var pool =
        new ThreadPoolExecutor(
            threads, threads, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory(naming));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private interface Naming {
    String name(int number);
  }

  private static Naming named(String prefix) {
    return number -> prefix + number;
  }

  private static ThreadFactory factory(Naming naming) {
    var number = new AtomicInteger();
    return work -> {
      var thread = new Thread(work, naming.name(number.getAndIncrement()));
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public void execute(Runnable work) {
    hand(workers, work);
  }

  @Override
  public void flush(Runnable work) {
    hand(flushers, work);
  }

  @Override
  public int flushThreads() {
    return FLUSH_THREADS;
  }

  @Override
  public void after(long delayMs, Runnable work) {
    try {
      var _ = timer.schedule(() -> execute(work), delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      // Closing: what is due later is made up for at the next start.
    }
  }

  @Override
  public void every(long periodMs, Runnable work) {
    var _ = timer.scheduleWithFixedDelay(guarded(work), periodMs, periodMs, TimeUnit.MILLISECONDS);
  }

  private static void hand(ExecutorService pool, Runnable work) {
    try {
      pool.execute(guarded(work));
    } catch (RejectedExecutionException _) {
      // Closing: the log itself does on closing what is left to be done.
    }
  }

  private static Runnable guarded(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        log.atError().setCause(e).log("log thread failed");
      }
    };
  }

  @Override
  public void close() {
    timer.shutdown();
    workers.shutdown();
    flushers.shutdown();
    try {
      boolean ended =
          workers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)
              && flushers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
      if (!ended) log.atError().log("log threads still run");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
