package oxbow.log;

/**
 * The {@code log-*} threads. A port: simulations put a fake in its place that runs everything on
 * their own thread. Work that is handed over twice before it ran is the caller's to merge, so that
 * what waits here is bounded by the number of partitions.
 */
public interface LogThreads extends AutoCloseable {
  /** Runs soon: recovery, retention, writing of indexes. */
  void execute(Runnable work);

  /** Runs soon on one of the threads that do nothing but fsync for those who wait for it. */
  void flush(Runnable work);

  /** How many there are of these. */
  int flushThreads();

  /** Runs later. */
  void after(long delayMs, Runnable work);

  /** Runs again and again, with that much time between two runs. */
  void every(long periodMs, Runnable work);

  /** Ends the threads after what they are doing; what is due later never runs. */
  @Override
  void close();
}
