package oxbow.broker.fetch;

import java.io.IOException;
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

  /** Read beyond what was asked for; a client's usual partition limit is half of it. */
  private static final int AHEAD_BYTES_MAX = 2 << 20;

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

  /**
   * Brings slices into memory and goes on, on a log thread; then reads on behind the last of them,
   * since whoever reads old records asks for the next ones soon.
   */
  void load(List<FileSlice> slices, Runnable then) {
    logThreads.execute(() -> {
      // Mapped before the slices are given away: the mapping outlives the open file.
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment ahead = mapAhead(slices.getLast(), arena);
        try {
          slices.forEach(this::load);
        } finally {
          then.run();
        }
        load(ahead);
      }
    });
  }

  /** Bytes that log threads brought in. */
  LongAdder loadedBytes() {
    return loaded;
  }

  private void load(FileSlice slice) {
    try (Arena arena = Arena.ofConfined()) {
      load(map(slice, arena));
    } catch (IOException e) {
      log.atWarn().setCause(e).log("records not read ahead");
    }
  }

  private void load(MemorySegment mapped) {
    if (mapped.byteSize() == 0 || mapped.isLoaded()) return;
    mapped.load();
    loaded.add(mapped.byteSize());
  }

  private static MemorySegment mapAhead(FileSlice slice, Arena arena) {
    try {
      long from = slice.position() + slice.sizeBytes();
      long bytes = Math.min(AHEAD_BYTES_MAX, slice.channel().size() - from);
      if (bytes <= 0) return MemorySegment.NULL;
      return slice.channel().map(MapMode.READ_ONLY, from, bytes, arena);
    } catch (IOException e) {
      return MemorySegment.NULL; // reading the slice itself tells what is wrong
    }
  }

  private static MemorySegment map(FileSlice slice, Arena arena) throws IOException {
    return slice.channel().map(MapMode.READ_ONLY, slice.position(), slice.sizeBytes(), arena);
  }
}
