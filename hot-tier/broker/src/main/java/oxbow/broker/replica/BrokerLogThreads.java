package oxbow.broker.replica;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The broker's own {@code log-*} threads: they wait for local disk where net-* threads must not.
 * What is queued here is bounded by its sources: one opening per partition, and appends and
 * page-ins of requests, whose memory the Kafka port bounds.
 */
public final class BrokerLogThreads implements Executor, AutoCloseable {
  private final ExecutorService pool;

  public BrokerLogThreads(int threads) {
    pool =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("log-broker-", 0).daemon(true).factory());
  }

  @Override
  public void execute(Runnable task) {
    pool.execute(task);
  }

  /** Ends what runs and what is queued, then returns; nothing is taken any more. */
  @Override
  public void close() {
    pool.shutdown();
    try {
      if (!pool.awaitTermination(30, TimeUnit.SECONDS)) pool.shutdownNow();
    } catch (InterruptedException e) {
      pool.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
