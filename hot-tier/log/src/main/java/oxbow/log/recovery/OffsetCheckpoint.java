package oxbow.log.recovery;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.io.LogFiles;

/** One offset per partition, in a file with Kafka's name and format. */
public final class OffsetCheckpoint {
  private static final Logger log = LoggerFactory.getLogger(OffsetCheckpoint.class);

  private final LogFiles files;
  private final Path file;

  public OffsetCheckpoint(LogFiles files, Path file) {
    this.files = files;
    this.file = file;
  }

  /** What was last written; empty: the file is absent or damaged. */
  public Optional<Map<TopicPartition, Long>> read() throws IOException {
    byte[] content;
    try {
      content = files.content(file);
    } catch (NoSuchFileException _) {
      return Optional.empty();
    }
    try {
      Map<TopicPartition, Long> offsets = new HashMap<>();
      for (String entry : CheckpointText.entries(content)) {
        String[] fields = entry.split(" ", -1);
        if (fields.length != 3) throw new IOException("no topic, partition and offset: " + entry);
        offsets.put(
            new TopicPartition(fields[0], Integer.parseInt(fields[1])), Long.parseLong(fields[2]));
      }
      return Optional.of(offsets);
    } catch (IOException | NumberFormatException e) {
      log.atWarn()
          .addKeyValue("file", file.getFileName())
          .addKeyValue("reason", e.getMessage())
          .log("damaged checkpoint ignored");
      return Optional.empty();
    }
  }

  /** Replaces all of it; after a crash it is as before or as now. */
  public void write(Map<TopicPartition, Long> offsets) throws IOException {
    List<String> entries = new ArrayList<>(offsets.size());
    offsets.forEach((partition, offset) ->
        entries.add(partition.topic() + " " + partition.partition() + " " + offset));
    files.replace(file, CheckpointText.of(entries));
  }
}
