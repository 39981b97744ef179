package oxbow.cold.store;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the system that a file's bytes won't be read again soon, so that what the cold tier moves
 * does not push the hot tier's records out of memory. A hint: where it can't be given, nothing else
 * changes. It costs three system calls, and what is not yet on disk stays.
 */
public final class PageCacheHint {
  private static final Logger log = LoggerFactory.getLogger(PageCacheHint.class);
  private static final int READ_ONLY = 0;
  private static final int CLOSED_ON_EXEC = 0x80000;
  private static final int WILL_NEED = 3;
  private static final int DONT_NEED = 4;
  private static final AtomicBoolean isTold = new AtomicBoolean();
  private static final Optional<Calls> CALLS = calls();

  private PageCacheHint() {}

  private record Calls(MethodHandle open, MethodHandle advise, MethodHandle close) {}

  /**
   * Nobody needs it any more.
   *
   * @param length 0: to the end of the file
   */
  public static void drop(Path file, long position, long length) {
    boolean _ = advise(file, position, length, DONT_NEED);
  }

  /**
   * It will be read soon.
   *
   * @return whether the kernel was told
   */
  static boolean willNeed(Path file, long position, long length) {
    return advise(file, position, length, WILL_NEED);
  }

  private static boolean advise(Path file, long position, long length, int what) {
    if (CALLS.isEmpty()) return false;
    Calls calls = CALLS.get();
    try (Arena arena = Arena.ofConfined()) {
      int descriptor =
          (int)
              calls
                  .open()
                  .invokeExact(arena.allocateFrom(file.toString()), READ_ONLY | CLOSED_ON_EXEC);
      if (descriptor < 0) return false; // renamed or deleted meanwhile
      int told = (int) calls.advise().invokeExact(descriptor, position, length, what);
      int _ = (int) calls.close().invokeExact(descriptor);
      return told == 0;
    } catch (Throwable e) {
      if (!isTold.getAndSet(true)) {
        log.atWarn().setCause(e).log("the page cache keeps what the cold tier reads");
      }
      return false;
    }
  }

  @SuppressWarnings("restricted") // three calls of the C library: a path in, a number out
  private static Optional<Calls> calls() {
    if (!System.getProperty("os.name", "").startsWith("Linux")) return Optional.empty();
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> open = linker.defaultLookup().find("open");
    Optional<MemorySegment> advise = linker.defaultLookup().find("posix_fadvise");
    Optional<MemorySegment> close = linker.defaultLookup().find("close");
    if (open.isEmpty() || advise.isEmpty() || close.isEmpty()) return Optional.empty();
    return Optional.of(
        new Calls(
            linker.downcallHandle(
                open.get(),
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2)),
            linker.downcallHandle(
                advise.get(),
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT)),
            linker.downcallHandle(
                close.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))));
  }
}
