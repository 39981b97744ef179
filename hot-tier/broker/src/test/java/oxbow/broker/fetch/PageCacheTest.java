package oxbow.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.TestSlice;
import oxbow.log.FileSlice;

class PageCacheTest {
  private static final int MIB = 1 << 20;
  private static final int DONT_NEED = 4; // POSIX_FADV_DONTNEED on Linux

  @TempDir private Path directory;
  private Path file;
  private FileChannel channel;
  private final Queue<Runnable> logThread = new ArrayDeque<>();
  private final PageCache pages = new PageCache(logThread::add);

  @BeforeEach
  void write() throws Exception {
    file = directory.resolve("segment");
    Files.write(file, new byte[8 * MIB]);
    channel = FileChannel.open(file, StandardOpenOption.READ);
    channel.force(true);
  }

  @AfterEach
  void close() throws Exception {
    channel.close();
  }

  @Test
  void whatWasJustWrittenIsInThePageCache() {
    assertThat(pages.holds(slice(0, MIB))).isTrue();
  }

  @Test
  void whatWasDroppedIsBroughtBackByALogThreadWithWhatFollows() throws Throwable {
    drop();
    FileSlice slice = slice(MIB, MIB);
    assumeFalse(pages.holds(slice), "this file system keeps its pages");
    List<String> done = new ArrayList<>();

    pages.load(List.of(slice), () -> done.add("sent: " + pages.holds(slice)));
    assertThat(done).isEmpty();
    logThread.remove().run();

    assertThat(done).containsExactly("sent: true");
    assertThat(pages.holds(slice(2 * MIB, 2 * MIB))).isTrue();
    assertThat(pages.loadedBytes().sum()).isEqualTo(3 * MIB);
  }

  @Test
  void theEndOfAFileIsNotReadBeyond() throws Throwable {
    drop();
    FileSlice last = slice(7 * MIB, MIB);
    assumeFalse(pages.holds(last), "this file system keeps its pages");

    pages.load(List.of(last), () -> {});
    logThread.remove().run();

    assertThat(pages.holds(last)).isTrue();
    assertThat(pages.loadedBytes().sum()).isEqualTo(MIB);
  }

  private FileSlice slice(long position, int sizeBytes) {
    return new TestSlice(channel, position, sizeBytes);
  }

  /** Takes the file out of the page cache. */
  @SuppressWarnings("restricted") // Java has no other way to the system call
  private void drop() throws Throwable {
    Linker linker = Linker.nativeLinker();
    MethodHandle open =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    MethodHandle advise =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("posix_fadvise"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
    MethodHandle close =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      int descriptor = (int) open.invokeExact(arena.allocateFrom(file.toString()), 0);
      int failed = (int) advise.invokeExact(descriptor, 0L, 0L, DONT_NEED);
      int unclosed = (int) close.invokeExact(descriptor);
      assertThat(failed + unclosed).isZero();
    }
  }
}
