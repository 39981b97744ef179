package oxbow.log.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import oxbow.log.io.LocalLogFiles;
import oxbow.log.io.LogFile;
import oxbow.log.io.LogFiles;

/** A real directory on a disk that has only so much room; what is deleted is free again. */
public final class SmallDisk implements LogFiles {
  private final LocalLogFiles real = new LocalLogFiles();
  private final long bytes;

  public SmallDisk(long bytes) {
    this.bytes = bytes;
  }

  @Override
  public long totalBytes(Path directory) {
    return bytes;
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return bytes - files.mapToLong(SmallDisk::length).sum();
    } catch (UncheckedIOException e) {
      return usableBytes(directory); // something was deleted meanwhile
    }
  }

  private static long length(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (NoSuchFileException _) {
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public LogFile open(Path file) throws IOException {
    return real.open(file);
  }

  @Override
  public LogFile openExisting(Path file) throws IOException {
    return real.openExisting(file);
  }

  @Override
  public boolean exists(Path file) {
    return real.exists(file);
  }

  @Override
  public long sizeBytes(Path file) throws IOException {
    return real.sizeBytes(file);
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    return real.list(directory);
  }

  @Override
  public boolean isDirectory(Path path) {
    return real.isDirectory(path);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    real.createDirectory(directory);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    real.rename(from, to);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    return real.delete(path);
  }

  @Override
  public void force(Path file) throws IOException {
    real.force(file);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    real.forceDirectory(directory);
  }
}
