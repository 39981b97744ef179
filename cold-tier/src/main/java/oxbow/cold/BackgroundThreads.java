package oxbow.cold;

import java.lang.foreign.Arena;
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
 * to do: Linux gives each thread a niceness of its own, and a thread of the network that wakes up
 * takes the processor at once from one that said it takes it for long.
 */
public final class BackgroundThreads {
  private static final Logger log = LoggerFactory.getLogger(BackgroundThreads.class);
  private static final int NICENESS = 10;
  private static final int NICENESS_OF_READS = 5;

  private static final int OF_A_PROCESS = 0;
  private static final int MYSELF = 0;
  private static final long X86_SET_ATTRIBUTES = 314;
  private static final long ARM_SET_ATTRIBUTES = 274;
  private static final int BATCH = 3; // does not take the processor from others when it wakes up
  private static final long SLICE_NANOS = 10_000_000; // theirs is a few milliseconds at most
  private static final int ATTRIBUTES_BYTES = 48;

  private static final String ARCHITECTURE = System.getProperty("os.arch", "");
  private static final AtomicBoolean isTold = new AtomicBoolean();
  private static final Optional<MethodHandle> SET_PRIORITY = setPriority();
  private static final Optional<MethodHandle> SYSTEM_CALL = systemCall();

  private BackgroundThreads() {}

  /** Threads with this name and a number. */
  public static ThreadFactory named(String name) {
    return named(name, NICENESS);
  }

  /** The same for work that somebody waits for, though not as somebody at the log's end does. */
  public static ThreadFactory ofReads(String name) {
    return named(name, NICENESS_OF_READS);
  }

  private static ThreadFactory named(String name, int niceness) {
    ThreadFactory threads = Thread.ofPlatform().name(name + "-", 0).daemon().factory();
    return work ->
        threads.newThread(() -> {
          stepBack(niceness);
          work.run();
        });
  }

  /** The calling thread yields to all others from now on. */
  public static void stepBack() {
    stepBack(NICENESS);
  }

  private static void stepBack(int niceness) {
    if (SET_PRIORITY.isEmpty()) return;
    try {
      int _ = (int) SET_PRIORITY.get().invokeExact(OF_A_PROCESS, MYSELF, niceness);
      if (SYSTEM_CALL.isPresent()) setAttributes(SYSTEM_CALL.get(), niceness);
    } catch (Throwable e) {
      // It works as hard as the others then, which is what it would do elsewhere.
      if (!isTold.getAndSet(true)) log.atWarn().setCause(e).log("threads can't be made nicer");
    }
  }

  /** Kernels before 6.12 know no slices, and a sandbox may forbid it: niceness is left then. */
  private static void setAttributes(MethodHandle systemCall, int niceness) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      // size, policy, flags, niceness, priority, run time: of a fair policy that is its slice
      MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
      attributes.set(ValueLayout.JAVA_INT, 0, ATTRIBUTES_BYTES);
      attributes.set(ValueLayout.JAVA_INT, 4, BATCH);
      attributes.set(ValueLayout.JAVA_INT, 16, niceness);
      attributes.set(ValueLayout.JAVA_LONG, 24, SLICE_NANOS);
      long number = ARCHITECTURE.equals("aarch64") ? ARM_SET_ATTRIBUTES : X86_SET_ATTRIBUTES;
      long _ = (long) systemCall.invokeExact(number, MYSELF, attributes, 0);
    }
  }

  private static boolean isLinux() {
    return System.getProperty("os.name", "").startsWith("Linux");
  }

  @SuppressWarnings("restricted") // one call of the C library, with three numbers
  private static Optional<MethodHandle> setPriority() {
    if (!isLinux()) return Optional.empty();
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

  @SuppressWarnings("restricted") // the C library has no function of its own for this call
  private static Optional<MethodHandle> systemCall() {
    boolean isKnown = ARCHITECTURE.equals("amd64") || ARCHITECTURE.equals("aarch64");
    if (!isLinux() || !isKnown) return Optional.empty();
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> found = linker.defaultLookup().find("syscall");
    return found.map(address ->
        linker.downcallHandle(
            address,
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(1)));
  }
}
