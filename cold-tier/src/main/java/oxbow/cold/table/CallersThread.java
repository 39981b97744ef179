package oxbow.cold.table;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Runs each task at once, in the thread that brings it. Iceberg's own pool is shared by the whole
 * process, and who waits for it looks every ten milliseconds, several times in a commit.
 */
final class CallersThread extends AbstractExecutorService {
  static final CallersThread INSTANCE = new CallersThread();

  private CallersThread() {}

  @Override
  public void execute(Runnable task) {
    task.run();
  }

  @Override
  public void shutdown() {
    throw new UnsupportedOperationException("callers' threads are theirs");
  }

  @Override
  public List<Runnable> shutdownNow() {
    throw new UnsupportedOperationException("callers' threads are theirs");
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }
}
