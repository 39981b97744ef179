package oxbow.log.segment;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import oxbow.log.io.LogFile;
import oxbow.log.io.LogFiles;

/**
 * The entries of an index that lie in its file: sorted, all of one size, found by bisection. Keeps
 * no file open and only the block of entries last looked at, which a reader that goes on needs
 * again.
 */
final class IndexFile {
  private static final int BLOCK_BYTES = 4096;

  private final LogFiles files;
  private final int entryBytes;
  private volatile Path path;
  private volatile @Nullable Block block;

  IndexFile(LogFiles files, Path path, int entryBytes) {
    this.files = files;
    this.path = path;
    this.entryBytes = entryBytes;
  }

  /** Neighbouring entries. */
  private record Block(int first, int count, ByteBuffer bytes) {}

  Path path() {
    return path;
  }

  /** Whole entries in the file; -1: there is no file, or its size fits no entries. */
  int count() throws IOException {
    try {
      long bytes = files.sizeBytes(path);
      return bytes % entryBytes == 0 && bytes <= Integer.MAX_VALUE
          ? (int) (bytes / entryBytes)
          : -1;
    } catch (NoSuchFileException _) {
      return -1;
    }
  }

  /** Writes entries behind the first ones; what followed those is gone. */
  void write(int first, ByteBuffer entries, boolean isForced) throws IOException {
    try (LogFile file = files.open(path)) {
      file.truncate((long) first * entryBytes);
      file.write(entries, (long) first * entryBytes);
      if (isForced) file.force();
    }
    block = null;
  }

  void truncate(int count) throws IOException {
    block = null;
    try (LogFile file = files.openExisting(path)) {
      file.truncate((long) count * entryBytes);
    } catch (NoSuchFileException _) {
      // Nothing was stored, so there is nothing to cut.
    }
  }

  void rename(Path to) throws IOException {
    try {
      files.rename(path, to);
    } catch (NoSuchFileException _) {
      // An index without entries has no file.
    }
    path = to;
  }

  void moved(Path directory) {
    path = directory.resolve(path.getFileName());
  }

  void delete() throws IOException {
    files.delete(path);
  }

  /** Forgets what was read. */
  void rest() {
    block = null;
  }

  /**
   * The last of {@code count} entries whose key is at most {@code key}; -1: there is none. A key is
   * a number of four or eight bytes at the same place of every entry, and grows from one to the
   * next.
   */
  int floor(int count, int keyAt, int keyBytes, long key) throws IOException {
    Block near = block;
    if (near == null || !holds(near, count, keyAt, keyBytes, key)) {
      near = search(count, keyAt, keyBytes, key);
    }
    int low = 0;
    int high = near.count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (key(near.bytes, middle * entryBytes + keyAt, keyBytes) <= key) low = middle + 1;
      else high = middle;
    }
    return near.first + low - 1;
  }

  /** One entry. */
  ByteBuffer entry(int number) throws IOException {
    Block near = block;
    if (near == null || number < near.first || number >= near.first + near.count) {
      try (LogFile file = files.openExisting(path)) {
        near = read(file, number, 1);
      }
    }
    return near.bytes.slice((number - near.first) * entryBytes, entryBytes);
  }

  private boolean holds(Block near, int count, int keyAt, int keyBytes, long key) {
    if (near.first + near.count > count) return false;
    if (near.first > 0 && key(near.bytes, keyAt, keyBytes) > key) return false;
    return near.first + near.count == count
        || key(near.bytes, (near.count - 1) * entryBytes + keyAt, keyBytes) > key;
  }

  private Block search(int count, int keyAt, int keyBytes, long key) throws IOException {
    int blockEntries = BLOCK_BYTES / entryBytes;
    try (LogFile file = files.openExisting(path)) {
      ByteBuffer probe = ByteBuffer.allocate(keyBytes);
      int low = 0;
      int high = count;
      while (high - low >= blockEntries) {
        int middle = (low + high) >>> 1;
        if (file.read(probe.clear(), (long) middle * entryBytes + keyAt) < keyBytes) {
          throw new DamagedSegmentException(path, (long) middle * entryBytes, "the index ends");
        }
        if (key(probe, 0, keyBytes) <= key) low = middle;
        else high = middle;
      }
      Block found = read(file, low, Math.min(count - low, blockEntries));
      block = found;
      return found;
    }
  }

  private Block read(LogFile file, int first, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count * entryBytes);
    if (file.read(bytes, (long) first * entryBytes) < bytes.capacity()) {
      throw new DamagedSegmentException(path, (long) first * entryBytes, "the index ends");
    }
    return new Block(first, count, bytes);
  }

  private static long key(ByteBuffer bytes, int at, int keyBytes) {
    return keyBytes == Long.BYTES ? bytes.getLong(at) : bytes.getInt(at);
  }
}
