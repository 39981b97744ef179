package oxbow.broker.fetch;

import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Request;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partition.HighWatermarkListener;

/**
 * A fetch request that waits for records. It watches its partitions' watermarks and holds nothing
 * else: no slices, no frame. Whoever moves a watermark only queues a look on the connection's
 * thread; many moves may share one look.
 */
final class ParkedFetch {
  /** How often a long wait checks whether the client is still there. */
  private static final int ABANDONED_CHECK_MS = 30_000;

  private final FetchCall call;
  private final Request request;
  private final Timer timer;
  private final FetchMeters meters;
  private final List<Watch> watches = new ArrayList<>();
  private final Queue<Watch> moved = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean isLookQueued = new AtomicBoolean();
  private final AtomicBoolean isDone = new AtomicBoolean();

  private long bytes; // found so far; used on the connection's thread
  private int waitMsLeft;
  private volatile @Nullable Timeout timeout;

  ParkedFetch(FetchCall call, Request request, int waitMs, Timer timer, FetchMeters meters) {
    this.call = call;
    this.request = request;
    this.waitMsLeft = waitMs;
    this.timer = timer;
    this.meters = meters;
  }

  /** Waits from now on. Called on the connection's thread. */
  void park() {
    meters.parked();
    for (WantedPartition one : call.wantedNow()) {
      Partition partition = one.partition();
      if (partition == null) continue;
      var watch = new Watch(one, partition);
      watches.add(watch);
      bytes += watch.bytes;
      partition.watchHighWatermark(watch);
    }
    // What moved between the look and the watch told nobody.
    for (Watch watch : watches) {
      if (call.endOf(watch.partition) > watch.seenEnd) watch.moved(watch.partition, 0);
      if (!watch.partition.isLeader()) finishSoon();
    }
    startTimer();
  }

  private void startTimer() {
    int nextMs = Math.min(waitMsLeft, ABANDONED_CHECK_MS);
    waitMsLeft -= nextMs;
    timeout = timer.newTimeout(_ -> timeIsUp(), nextMs, TimeUnit.MILLISECONDS);
    if (isDone.get()) cancelTimer();
  }

  private void timeIsUp() {
    if (waitMsLeft > 0 && !request.isAbandoned()) startTimer();
    else finishSoon();
  }

  private void finishSoon() {
    onThread(this::finish);
  }

  private void lookSoon() {
    if (isLookQueued.compareAndSet(false, true)) onThread(this::look);
  }

  /** The connection's thread ends before partitions and timer do. */
  private void onThread(Runnable work) {
    try {
      request.thread().execute(work);
    } catch (RejectedExecutionException _) {
      // The port is closed: nobody waits for an answer any more.
      if (leave()) request.answerNothing();
    }
  }

  private void look() {
    isLookQueued.set(false);
    if (isDone.get()) return;
    for (Watch watch = moved.poll(); watch != null; watch = moved.poll()) {
      watch.isQueued.set(false);
      int now = call.bytesOf(watch.wanted);
      bytes += now - watch.bytes;
      watch.bytes = now;
    }
    if (bytes >= call.bytesMin()) finish();
  }

  /** Cold records came, or won't come. Any thread. */
  void coldReadDone() {
    onThread(this::lookForCold);
  }

  private void lookForCold() {
    if (!isDone.get() && (request.isAbandoned() || call.isReady())) finish();
  }

  private void finish() {
    if (!leave()) return;
    if (request.isAbandoned()) request.answerNothing();
    else call.finish();
  }

  /** Returns whether it still waited. */
  private boolean leave() {
    if (!isDone.compareAndSet(false, true)) return false;
    meters.unparked();
    cancelTimer();
    for (Watch watch : watches) watch.partition.unwatchHighWatermark(watch);
    return true;
  }

  private void cancelTimer() {
    Timeout running = timeout;
    if (running != null) running.cancel();
  }

  /** One partition this fetch waits for. */
  private final class Watch implements HighWatermarkListener {
    private final WantedPartition wanted;
    private final Partition partition;
    private final long seenEnd;
    private final AtomicBoolean isQueued = new AtomicBoolean();
    private int bytes;

    Watch(WantedPartition wanted, Partition partition) {
      this.wanted = wanted;
      this.partition = partition;
      this.seenEnd = wanted.seenEnd();
      this.bytes = wanted.seenBytes();
    }

    @Override
    public void moved(Partition partition, long highWatermark) {
      if (isQueued.compareAndSet(false, true)) {
        ParkedFetch.this.moved.add(this);
        lookSoon();
      }
    }

    @Override
    public void roleChanged(Partition partition) {
      finishSoon();
    }
  }
}
