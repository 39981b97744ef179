package oxbow.log.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The few things a log does with a file system. A port: tests put a fake in its place that loses
 * power, tears writes and runs full.
 */
public interface LogFiles {
  /** Opens a file to read and write; made if absent. */
  LogFile open(Path file) throws IOException;

  /** Opens a file to read and write; {@code NoSuchFileException} if absent. */
  LogFile openExisting(Path file) throws IOException;

  boolean exists(Path file);

  /** {@code NoSuchFileException} if absent. */
  long sizeBytes(Path file) throws IOException;

  /** Names of what lies in a directory, in no order. */
  List<String> list(Path directory) throws IOException;

  boolean isDirectory(Path path);

  /** Makes a directory and those above it; nothing happens if it is there. */
  void createDirectory(Path directory) throws IOException;

  /** Atomic; replaces what is there. */
  void rename(Path from, Path to) throws IOException;

  /** Deletes a file or an empty directory; false: it was not there. */
  boolean delete(Path path) throws IOException;

  /** Forces the content of a file that another class wrote. */
  void force(Path file) throws IOException;

  /** Forces which files a directory has. */
  void forceDirectory(Path directory) throws IOException;

  /** Bytes that the file system has in all. */
  long totalBytes(Path directory) throws IOException;

  /** Bytes that are free on it. */
  long usableBytes(Path directory) throws IOException;

  /** The content of a small file. */
  default byte[] content(Path file) throws IOException {
    try (LogFile opened = openExisting(file)) {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(opened.sizeBytes()));
      int read = opened.read(bytes, 0);
      byte[] content = new byte[Math.max(read, 0)];
      bytes.get(0, content);
      return content;
    }
  }

  /**
   * Gives a small file a new content: afterwards it has the old or the new one, whatever happens.
   */
  default void replace(Path file, byte[] content) throws IOException {
    replaceUnforced(file, content, true);
    forceDirectory(parent(file));
  }

  /** The same without waiting for the disk: after a power loss the file may be damaged. */
  default void replaceUnforced(Path file, byte[] content) throws IOException {
    replaceUnforced(file, content, false);
  }

  private void replaceUnforced(Path file, byte[] content, boolean isForced) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".tmp");
    try (LogFile opened = open(next)) {
      opened.truncate(0);
      opened.write(ByteBuffer.wrap(content), 0);
      if (isForced) opened.force();
    }
    rename(next, file);
  }

  /** The directory a file lies in. */
  static Path parent(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) throw new IllegalArgumentException(file + " lies in no directory");
    return parent;
  }
}
