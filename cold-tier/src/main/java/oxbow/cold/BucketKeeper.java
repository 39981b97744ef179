package oxbow.cold;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
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
   * @param every how long it rests once there was something to do
   * @param work returns whether there was
   */
  record Duty(String name, Duration every, BooleanSupplier work) {
    /** One that always has something to do. */
    static Duty of(String name, Duration every, Runnable work) {
      return new Duty(
          name,
          every,
          () -> {
            work.run();
            return true;
          });
    }
  }

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
          notBeforeNanos[i] = now + pauseAfter(duty).toNanos();
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
        if (!isClosed()) offloader.storeFailed(e);
      } catch (RuntimeException e) {
        if (!isClosed()) log.atError().setCause(e).log("the bucket was not opened");
      }
      if (closed.await(pauseMs, TimeUnit.MILLISECONDS)) throw new InterruptedException("closed");
      pauseMs = Math.min(PAUSE_MAX.toMillis(), 2 * pauseMs);
    }
  }

  /** Does it, and returns how long it rests. */
  private Duration pauseAfter(Duty duty) {
    if (isClosed()) return AGAIN_AFTER;
    try {
      return duty.work().getAsBoolean() ? duty.every() : Duration.ZERO;
    } catch (RuntimeException e) {
      if (!isClosed()) tell(duty, e);
      return AGAIN_AFTER;
    }
  }

  private static void tell(Duty duty, RuntimeException failure) {
    if (failure instanceof StoreException) {
      log.atWarn()
          .addKeyValue("duty", duty.name())
          .addKeyValue("reason", failure.getMessage())
          .log("work on the bucket postponed");
    } else {
      log.atError()
          .addKeyValue("duty", duty.name())
          .setCause(failure)
          .log("work on the bucket failed");
    }
  }

  /** Then work that fails was interrupted, and is done anew after the next start. */
  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Interrupts what is being done, and waits for nothing. */
  synchronized void end() {
    closed.countDown();
    if (thread != null) thread.interrupt();
  }

  @Override
  public void close() {
    end();
    Thread running;
    synchronized (this) {
      running = thread;
    }
    if (running == null) return;
    try {
      running.join(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
