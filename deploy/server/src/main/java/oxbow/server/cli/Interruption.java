package oxbow.server.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes Ctrl-C stop a command in order: it is told, and the process ends once it has finished or
 * three seconds have passed.
 */
final class Interruption implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 3;

  private final CountDownLatch finished;
  private final @Nullable Thread hook;
  private volatile boolean isInterrupted; // set by the signal's thread, read by the command's

  /** Of a command that finishes by itself soon after it was told to. */
  Interruption(Runnable stop) {
    this(stop, new CountDownLatch(1));
  }

  /** Of a command that may be waiting for somebody who types: what is left to do is done for it. */
  static Interruption finishing(Runnable rest) {
    return new Interruption(rest, new CountDownLatch(0));
  }

  private Interruption(Runnable stop, CountDownLatch finished) {
    this.finished = finished;
    Thread thread =
        new Thread(
            () -> {
              isInterrupted = true;
              stop.run();
              try {
                if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) return;
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "interruption");
    boolean isAdded = true;
    try {
      Runtime.getRuntime().addShutdownHook(thread);
    } catch (IllegalStateException e) {
      isAdded = false; // the process is ending already
    }
    hook = isAdded ? thread : null;
  }

  boolean isInterrupted() {
    return isInterrupted;
  }

  @Override
  public void close() {
    finished.countDown();
    if (hook == null || isInterrupted) return;
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      isInterrupted = true; // the process began to end in between
    }
  }
}
