package oxbow.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.LogFileUtils;
import oxbow.log.io.LogFiles;

/** Names of partitions' directories, and the file in each that says which topic it belongs to. */
final class PartitionDirectory {
  static final String METADATA = "partition.metadata";
  private static final int NAME_MAX = 255;

  private PartitionDirectory() {}

  static String name(TopicPartition partition) {
    return partition.topic() + "-" + partition.partition();
  }

  /** Which partition a directory is of; empty: of none. */
  static Optional<TopicPartition> parse(String name) {
    int dash = name.lastIndexOf('-');
    if (dash <= 0 || dash == name.length() - 1 || isMarkedDeleted(name)) return Optional.empty();
    if (!name.chars().skip(dash + 1).allMatch(c -> c >= '0' && c <= '9')) return Optional.empty();
    try {
      return Optional.of(
          new TopicPartition(name.substring(0, dash), Integer.parseInt(name.substring(dash + 1))));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  static boolean isMarkedDeleted(String name) {
    return name.endsWith(LogFileUtils.DELETE_DIR_SUFFIX);
  }

  /** The name a directory gets before it is deleted: topic-partition.unique-delete. */
  static String deletedName(TopicPartition partition, Uuid unique) {
    return marked(partition, unique, LogFileUtils.DELETE_DIR_SUFFIX);
  }

  /** The name of one that no topic owns: topic-partition.unique-stray. */
  static String strayName(TopicPartition partition, Uuid unique) {
    return marked(partition, unique, LogFileUtils.STRAY_DIR_SUFFIX);
  }

  private static String marked(TopicPartition partition, Uuid unique, String mark) {
    String suffix = "-" + partition.partition() + "." + unique.toString().replace("-", "_") + mark;
    String topic = partition.topic();
    int length = Math.min(topic.length(), NAME_MAX - suffix.length());
    return topic.substring(0, length) + suffix;
  }

  /** The topic it was made for; empty: that was not written down, or not completely. */
  static Optional<Uuid> topicId(LogFiles files, Path directory) throws IOException {
    try {
      String text = new String(files.content(directory.resolve(METADATA)), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        if (line.startsWith("topic_id: ")) {
          return Optional.of(Uuid.fromString(line.substring("topic_id: ".length()).strip()));
        }
      }
    } catch (NoSuchFileException | IllegalArgumentException _) {
      // Made, but not forced to disk before the machine stopped.
    }
    return Optional.empty();
  }

  static void writeTopicId(LogFiles files, Path directory, Uuid topicId) throws IOException {
    String text = "version: 0\ntopic_id: %s\n".formatted(topicId);
    files.replaceUnforced(directory.resolve(METADATA), text.getBytes(StandardCharsets.UTF_8));
  }
}
