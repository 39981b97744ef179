package oxbow.broker.fetch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel.MapMode;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.FileSlice;

/**
 * Keeps sendfile from waiting for the disk on a net-* thread: asks the kernel whether old records
 * are in the page cache, and lets a log thread bring in those that aren't.
 */
final class PageCache {
  private static final Logger log = LoggerFactory.getLogger(PageCache.class);

  private final Executor logThreads;
  private final LongAdder loaded = new LongAdder();

  PageCache(Executor logThreads) {
    this.logThreads = logThreads;
  }

  /** Whether a slice can be sent without waiting for the disk. Costs two system calls. */
  boolean holds(FileSlice slice) {
    try (Arena arena = Arena.ofConfined()) {
      return map(slice, arena).isLoaded();
    } catch (IOException e) {
      return true; // sending it will tell what is wrong with the file
    }
  }

  /** Brings slices into memory, then goes on, on a log thread. */
  void load(List<FileSlice> slices, Runnable then) {
    logThreads.execute(() -> {
      try {
        slices.forEach(this::load);
      } finally {
        then.run();
      }
    });
  }

  /** Bytes that log threads brought in. */
  LongAdder loadedBytes() {
    return loaded;
  }

  private void load(FileSlice slice) {
    try (Arena arena = Arena.ofConfined()) {
      map(slice, arena).load();
      loaded.add(slice.sizeBytes());
    } catch (IOException | UncheckedIOException e) {
      log.atWarn().setCause(e).log("records not read ahead");
    }
  }

  private static MemorySegment map(FileSlice slice, Arena arena) throws IOException {
    return slice.channel().map(MapMode.READ_ONLY, slice.position(), slice.sizeBytes(), arena);
  }
}
