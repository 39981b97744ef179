package oxbow.cold;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.offload.Offloader;
import oxbow.cold.store.StoreException;
import oxbow.log.NanoClock;

/**
 * Opens the bucket, however long it is away, and does what has to be done now and then for the
 * bucket as a whole. One thread ({@code bucket}); nobody waits for it.
 */
final class BucketKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BucketKeeper.class);
  private static final Duration PAUSE_FIRST = Duration.ofSeconds(1);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(30);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
  private static final Duration AGAIN_AFTER = Duration.ofMinutes(1);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Runnable opening;
  private final Offloader offloader;
  private final List<Duty> duties;
  private final NanoClock clock;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean isOpen;
  private @Nullable Thread thread;

  /**
   * Something to be done again and again.
   *
   * @param name as the log calls it
   */
  record Duty(String name, Duration every, Runnable work) {}

  /**
   * @param opening opens the bucket, or throws why it can't
   * @param offloader is told whether the store answers
   */
  BucketKeeper(Runnable opening, Offloader offloader, List<Duty> duties, NanoClock clock) {
    this.opening = opening;
    this.offloader = offloader;
    this.duties = List.copyOf(duties);
    this.clock = clock;
  }

  synchronized void start() {
    thread = Thread.ofPlatform().name("bucket").daemon().start(this::run);
  }

  /** Whether the bucket was opened: it is there, may be used, and is this cluster's. */
  boolean isOpen() {
    return isOpen;
  }

  private void run() {
    BackgroundThreads.stepBack();
    try {
      open();
      long[] notBeforeNanos = new long[duties.size()];
      Arrays.fill(notBeforeNanos, clock.nanos());
      do {
        for (int i = 0; i < notBeforeNanos.length; i++) {
          long now = clock.nanos();
          if (now - notBeforeNanos[i] < 0) continue;
          Duty duty = duties.get(i);
          Duration pause = tryTo(duty) ? duty.every() : AGAIN_AFTER;
          notBeforeNanos[i] = now + pause.toNanos();
        }
      } while (!closed.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void open() throws InterruptedException {
    for (long pauseMs = PAUSE_FIRST.toMillis(); ; ) {
      try {
        opening.run();
        isOpen = true;
        offloader.storeAnswered();
        return;
      } catch (StoreException e) {
        if (closed.getCount() > 0) offloader.storeFailed(e);
      } catch (RuntimeException e) {
        log.atError().setCause(e).log("the bucket was not opened");
      }
      if (closed.await(pauseMs, TimeUnit.MILLISECONDS)) throw new InterruptedException("closed");
      pauseMs = Math.min(PAUSE_MAX.toMillis(), 2 * pauseMs);
    }
  }

  /** Returns whether it was done. */
  private boolean tryTo(Duty duty) {
    if (closed.getCount() == 0) return false;
    try {
      duty.work().run();
      return true;
    } catch (StoreException e) {
      log.atWarn()
          .addKeyValue("duty", duty.name())
          .addKeyValue("reason", e.getMessage())
          .log("work on the bucket postponed");
    } catch (RuntimeException e) {
      log.atError().addKeyValue("duty", duty.name()).setCause(e).log("work on the bucket failed");
    }
    return false;
  }

  @Override
  public void close() {
    closed.countDown();
    Thread running;
    synchronized (this) {
      running = thread;
    }
    if (running == null) return;
    running.interrupt();
    try {
      running.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
