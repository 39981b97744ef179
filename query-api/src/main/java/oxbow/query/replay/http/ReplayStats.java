package oxbow.query.replay.http;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What replays over HTTP did since the start, for metrics. Thread-safe. */
public final class ReplayStats {
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger followers = new AtomicInteger();
  private final LongAdder ended = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder hot = new LongAdder();
  private final LongAdder cold = new LongAdder();
  private final LongAdder rows = new LongAdder();

  void begin(boolean isFollowing) {
    open.incrementAndGet();
    if (isFollowing) followers.incrementAndGet();
  }

  void end(boolean isFollowing, long tookNanos) {
    open.decrementAndGet();
    if (isFollowing) followers.decrementAndGet();
    ended.increment();
    nanos.add(tookNanos);
  }

  void sent(int count) {
    bytes.add(count);
  }

  void read(long moreHot, long moreCold) {
    hot.add(moreHot);
    cold.add(moreCold);
  }

  void gaveRows(long more) {
    rows.add(more);
  }

  /** Replays under way, those that follow a topic among them. */
  public int open() {
    return open.get();
  }

  /** Replays under way that follow a topic. */
  public int followers() {
    return followers.get();
  }

  public long ended() {
    return ended.sum();
  }

  /** How long those that ended took. */
  public double seconds() {
    return nanos.sum() / (double) TimeUnit.SECONDS.toNanos(1);
  }

  /** Bytes of answers, as they were sent. */
  public long bytes() {
    return bytes.sum();
  }

  /** Records looked at that lay on local disk. */
  public long hot() {
    return hot.sum();
  }

  /** Records looked at that came from the object store. */
  public long cold() {
    return cold.sum();
  }

  /** Records given as rows of SQL, from either tier. */
  public long rows() {
    return rows.sum();
  }
}
