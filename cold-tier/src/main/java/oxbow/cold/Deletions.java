package oxbow.cold;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/**
 * Deleted topics whose tables are still in the bucket, as files: the process may end before the
 * store has let them go, and nobody else remembers them.
 */
final class Deletions {
  private static final String SUFFIX = ".deleted";

  private final Path directory;

  Deletions(Path directory) {
    this.directory = directory;
  }

  void begun(Uuid topicId, String topic) {
    try {
      Files.write(file(topicId), topic.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("can't write down that " + topic + " is deleted", e);
    }
  }

  void done(Uuid topicId) {
    try {
      boolean _ = Files.deleteIfExists(file(topicId));
    } catch (IOException e) {
      throw new UncheckedIOException("can't write down that a table is dropped", e);
    }
  }

  /** Names of the topics by their ids. */
  Map<Uuid, String> unfinished() {
    Map<Uuid, String> topics = new HashMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        Uuid id = Uuid.fromString(name.substring(0, name.length() - SUFFIX.length()));
        topics.put(id, Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("can't read which tables are to be dropped", e);
    }
    return topics;
  }

  private Path file(Uuid topicId) {
    return directory.resolve(topicId + SUFFIX);
  }
}
