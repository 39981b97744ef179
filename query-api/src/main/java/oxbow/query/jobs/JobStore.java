package oxbow.query.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jobs in a directory, a file each, replaced as a whole: whoever reads one after a crash finds the
 * last that was written, or the one before. Thread-safe for different jobs.
 */
final class JobStore {
  private static final Logger log = LoggerFactory.getLogger(JobStore.class);
  private static final int VERSION = 1;
  private static final String SUFFIX = ".json";

  private final Path directory;

  /** A file's content. */
  record Stored(int version, Job job, Progress progress) {}

  /** Made when the first job is: most servers never have any. */
  private static final class Form {
    static final ObjectMapper MAPPER = JsonMapper.builder().build();
  }

  JobStore(Path directory) {
    this.directory = directory;
  }

  /** All there are, oldest first. A file that makes no sense is put aside. */
  List<Stored> load() {
    List<Stored> all = new ArrayList<>();
    if (!Files.isDirectory(directory)) return all;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) read(file, all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    all.sort(Comparator.comparingLong(stored -> stored.job().createdMs()));
    return all;
  }

  private static void read(Path file, List<Stored> into) throws IOException {
    try {
      Stored stored = Form.MAPPER.readValue(Files.readAllBytes(file), Stored.class);
      if (stored.version() != VERSION) throw new IOException("it has version " + stored.version());
      into.add(stored);
    } catch (IOException e) {
      log.atError()
          .addKeyValue("file", file)
          .setCause(e)
          .log("a job can't be read; its file is put aside");
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + ".damaged"),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Durable when it returns. */
  void write(Job job, Progress progress) {
    try {
      Files.createDirectories(directory);
      byte[] bytes = Form.MAPPER.writeValueAsBytes(new Stored(VERSION, job, progress));
      Path file = directory.resolve(job.id() + SUFFIX);
      Path next = directory.resolve(job.id() + ".next");
      try (var channel =
          FileChannel.open(
              next,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer content = ByteBuffer.wrap(bytes);
        while (content.hasRemaining()) {
          int _ = channel.write(content);
        }
        channel.force(true);
      }
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      forceDirectory();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void delete(Job job) {
    try {
      Files.delete(directory.resolve(job.id() + SUFFIX));
      forceDirectory();
    } catch (NoSuchFileException _) {
      // as it shall be
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void forceDirectory() throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
