package oxbow.cold;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes threads that the operating system runs when those of the network and the log have nothing
 * to do: Linux gives each thread a niceness of its own.
 */
public final class BackgroundThreads {
  private static final Logger log = LoggerFactory.getLogger(BackgroundThreads.class);
  private static final int OF_A_PROCESS = 0;
  private static final int MYSELF = 0;
  private static final int NICENESS = 10;
  private static final AtomicBoolean isTold = new AtomicBoolean();
  private static final Optional<MethodHandle> SET_PRIORITY = setPriority();

  private BackgroundThreads() {}

  /** Threads with this name and a number. */
  public static ThreadFactory named(String name) {
    ThreadFactory threads = Thread.ofPlatform().name(name + "-", 0).daemon().factory();
    return work ->
        threads.newThread(() -> {
          stepBack();
          work.run();
        });
  }

  /** The calling thread yields to all others from now on. */
  public static void stepBack() {
    if (SET_PRIORITY.isEmpty()) return;
    try {
      int _ = (int) SET_PRIORITY.get().invokeExact(OF_A_PROCESS, MYSELF, NICENESS);
    } catch (Throwable e) {
      // It works as hard as the others then, which is what it would do elsewhere.
      if (!isTold.getAndSet(true)) log.atWarn().setCause(e).log("threads can't be made nicer");
    }
  }

  @SuppressWarnings("restricted") // one call of the C library, with three numbers
  private static Optional<MethodHandle> setPriority() {
    if (!System.getProperty("os.name", "").startsWith("Linux")) return Optional.empty();
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> found = linker.defaultLookup().find("setpriority");
    return found.map(address ->
        linker.downcallHandle(
            address,
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT)));
  }
}
