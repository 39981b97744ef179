package oxbow.broker.produce;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs appends on the thread that brings them while their log's disk keeps up, and on log threads
 * for a while after two in a row were slow, or one very slow. Hot path.
 *
 * <p>One slow append alone tells little: where others take the CPU, a thread loses it for longer
 * than a disk may take. A disk that is throttled or stuck makes the next append slow too.
 *
 * <p>One thread's appends to one log run in the order in which it brought them, whichever way they
 * go: while a log has a lane, everything goes through it, one append after the other.
 */
final class AppendHandover {
  private static final Logger log = LoggerFactory.getLogger(AppendHandover.class);

  /** Appends this many times slower than slow need no second one. */
  private static final int VERY = 10;

  private final long slowNanos;
  private final long handoverNanos;
  private final Executor logThreads;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<TopicIdPartition, Lane> lanes = new ConcurrentHashMap<>();
  private final Set<TopicIdPartition> suspects = ConcurrentHashMap.newKeySet();

  AppendHandover(ProduceConfig config, Executor logThreads, LongSupplier nanoTime) {
    this.slowNanos = config.slowAppend().toNanos();
    this.handoverNanos = config.handover().toNanos();
    this.logThreads = logThreads;
    this.nanoTime = nanoTime;
  }

  /** Runs the append now, or soon on a log thread. It reports its own failure. */
  void run(TopicIdPartition partition, Runnable append) {
    while (!lanes.isEmpty()) {
      Lane lane = lanes.get(partition);
      if (lane == null) break;
      if (lane.offer(append)) return;
      lanes.remove(partition, lane); // closed just now: the next look finds a newer one or none
    }
    long start = nanoTime.getAsLong();
    append.run();
    long tookNanos = nanoTime.getAsLong() - start;
    if (tookNanos > slowNanos) slow(partition, tookNanos);
    else if (!suspects.isEmpty()) suspects.remove(partition);
  }

  /** Logs whose appends go through log threads at this moment. */
  int slowLogs() {
    return lanes.size();
  }

  private void slow(TopicIdPartition partition, long tookNanos) {
    boolean isFirst = suspects.add(partition);
    if (isFirst && tookNanos < VERY * slowNanos) return;
    suspects.remove(partition);
    lanes.values().removeIf(Lane::closeIfOver); // those of logs that nobody appends to any more
    Lane fresh = new Lane();
    Lane lane = lanes.putIfAbsent(partition, fresh);
    if (lane != null) {
      lane.slowAgain();
      return;
    }
    log.atWarn()
        .addKeyValue("partition", partition)
        .addKeyValue("tookMs", tookNanos / 1_000_000)
        .log("disk is slow, appends go through log threads for a while");
  }

  /** The waiting appends of one slow log, run by one log thread at a time. */
  private final class Lane implements Runnable {
    private final Queue<Runnable> waiting = new ArrayDeque<>(); // guarded by this, as all below
    private boolean isRunning;
    private boolean isClosed;
    private long lastSlowNanos = nanoTime.getAsLong();

    /** Takes an append, unless the lane has been closed. */
    synchronized boolean offer(Runnable append) {
      if (closeIfOver()) return false;
      waiting.add(append);
      if (!isRunning) {
        isRunning = true;
        logThreads.execute(this);
      }
      return true;
    }

    /** Where nothing waits or runs any more, the callers' threads may try the disk again. */
    synchronized boolean closeIfOver() {
      boolean isOver = nanoTime.getAsLong() - lastSlowNanos >= handoverNanos;
      if (isOver && !isRunning) isClosed = true;
      return isClosed;
    }

    synchronized void slowAgain() {
      lastSlowNanos = nanoTime.getAsLong();
    }

    @Override
    public void run() {
      for (Runnable append = next(); append != null; append = next()) {
        long start = nanoTime.getAsLong();
        append.run();
        if (nanoTime.getAsLong() - start > slowNanos) slowAgain();
      }
    }

    private synchronized @Nullable Runnable next() {
      Runnable append = waiting.poll();
      isRunning = append != null;
      return append;
    }
  }
}
