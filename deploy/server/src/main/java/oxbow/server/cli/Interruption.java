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

  private final CountDownLatch finished = new CountDownLatch(1);
  private final @Nullable Thread hook;
  private volatile boolean isInterrupted; // set by the signal's thread, read by the command's

  Interruption(Runnable stop) {
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
