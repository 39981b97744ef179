package oxbow.log.segment;

import static oxbow.log.Invariants.invariant;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import oxbow.log.BrokenInvariantException;
import oxbow.log.FileSlice;
import oxbow.log.LogException;
import oxbow.log.io.LogFile;
import oxbow.log.io.LogFiles;

/**
 * The file of one segment, opened when first needed and closed when nobody reads it any more: the
 * segment holds one reference, each slice another.
 */
public final class SegmentFile {
  private final LogFiles files;
  private volatile Path path;
  private volatile @Nullable Opened opened;
  private boolean isClosed;

  SegmentFile(LogFiles files, Path path) {
    this.files = files;
    this.path = path;
  }

  /** Where it lies now; a file that is about to be deleted was renamed. */
  public Path path() {
    return path;
  }

  /** A part of the file, which stays readable until it is released. */
  FileSlice slice(long position, int sizeBytes) throws IOException {
    return new Slice(path, acquire(), position, sizeBytes);
  }

  /** Reads until the buffer is full or the file ends; the number of bytes read. */
  public int read(ByteBuffer to, long position) throws IOException {
    Opened file = acquire();
    try {
      return file.file.read(to, position);
    } finally {
      file.release();
    }
  }

  /** Writes the whole buffer; the first write makes the file. */
  void write(ByteBuffer from, long position) throws IOException {
    Opened file = opened;
    if (file == null || !file.tryAcquire()) file = open(files::open);
    try {
      file.file.write(from, position);
    } finally {
      file.release();
    }
  }

  public void truncate(long sizeBytes) throws IOException {
    Opened file = acquire();
    try {
      file.file.truncate(sizeBytes);
    } finally {
      file.release();
    }
  }

  /** Returns once everything written is on disk. */
  public void force() throws IOException {
    Opened file = acquire();
    try {
      file.file.force();
    } finally {
      file.release();
    }
  }

  /** Renames the file; those who read it go on, and nobody opens it by its old name meanwhile. */
  synchronized void rename(Path to) throws IOException {
    try {
      files.rename(path, to);
    } catch (NoSuchFileException e) {
      // An empty segment has no file before its first append.
      if (opened != null) throw e;
    }
    path = to;
  }

  /** Says that the files' directory has another name now. */
  void moved(Path directory) {
    path = directory.resolve(path.getFileName());
  }

  /** Gives the segment's own reference back: the file closes with its last slice. */
  void close() {
    Opened file;
    synchronized (this) {
      if (isClosed) return;
      isClosed = true;
      file = opened;
      opened = null;
    }
    if (file != null) file.release();
  }

  /** Closes a file that nobody reads at the moment; the next reader opens it again. */
  void rest() {
    Opened file;
    synchronized (this) {
      file = opened;
      if (file == null || file.references != 1) return;
      opened = null;
    }
    file.release();
  }

  private Opened acquire() throws IOException {
    Opened file = opened;
    if (file != null && file.tryAcquire()) return file;
    return open(files::openExisting);
  }

  private synchronized Opened open(Opening opening) throws IOException {
    Opened file = opened;
    if (file != null && file.tryAcquire()) return file;
    if (isClosed) throw new LogException(LogException.Kind.CLOSED, path + " was closed");
    file = new Opened(opening.open(path));
    invariant(file.tryAcquire(), "a file just opened has no owner", file.references);
    opened = file;
    return file;
  }

  /** How the file is opened: made if absent, or not. */
  private interface Opening {
    LogFile open(Path path) throws IOException;
  }

  /** An open file and how many hold it. */
  private static final class Opened {
    private static final VarHandle REFERENCES;

    static {
      try {
        REFERENCES = MethodHandles.lookup().findVarHandle(Opened.class, "references", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    final LogFile file;
    private volatile int references = 1;

    Opened(LogFile file) {
      this.file = file;
    }

    boolean tryAcquire() {
      while (true) {
        int held = references;
        if (held == 0) return false;
        if (REFERENCES.compareAndSet(this, held, held + 1)) return true;
      }
    }

    void release() {
      int held = (int) REFERENCES.getAndAdd(this, -1);
      invariant(held > 0, "a file was released more often than acquired", held);
      if (held > 1) return;
      try {
        file.close();
      } catch (IOException _) {
        // Closing reports what writing and forcing already did; nothing is left to be saved.
      }
    }
  }

  /** A part of the file in somebody's hands. */
  private static final class Slice implements FileSlice {
    private static final VarHandle IS_RELEASED;

    static {
      try {
        IS_RELEASED =
            MethodHandles.lookup().findVarHandle(Slice.class, "isReleased", boolean.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final Path path;
    private volatile boolean isReleased;
    private final Opened opened;
    private final long position;
    private final int sizeBytes;

    Slice(Path path, Opened opened, long position, int sizeBytes) {
      this.path = path;
      this.opened = opened;
      this.position = position;
      this.sizeBytes = sizeBytes;
    }

    @Override
    public FileChannel channel() {
      return opened.file.channel();
    }

    @Override
    public Optional<Path> path() {
      return Optional.of(path);
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public int sizeBytes() {
      return sizeBytes;
    }

    @Override
    public void release() {
      if (isReleased || !IS_RELEASED.compareAndSet(this, false, true)) {
        // The file is still others': only who released twice hears of it.
        throw new BrokenInvariantException(
            "the slice at %d of %s was released twice (%d)".formatted(position, path, sizeBytes));
      }
      opened.release();
    }
  }
}
