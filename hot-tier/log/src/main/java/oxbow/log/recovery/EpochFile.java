package oxbow.log.recovery;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.io.LogFiles;

/**
 * The file of a partition's leader epochs, {@code leader-epoch-checkpoint}. Kafka's cache writes it
 * with every change, on whatever thread; here a change is only noted, and {@link #store} writes the
 * latest one before the recovery point passes it.
 */
public final class EpochFile extends LeaderEpochCheckpointFile {
  private static final Logger log = LoggerFactory.getLogger(EpochFile.class);

  private final LogFiles files;
  private final Path path;
  private @Nullable List<EpochEntry> unstored;
  private boolean isUnforced;

  public EpochFile(LogFiles files, Path directory) throws IOException {
    super(LeaderEpochCheckpointFile.newFile(directory.toFile()), new LogDirFailureChannel(1));
    this.files = files;
    this.path = LeaderEpochCheckpointFile.newFile(directory.toFile()).toPath();
  }

  @Override
  public synchronized void write(Collection<EpochEntry> epochs) {
    unstored = List.copyOf(epochs);
  }

  @Override
  public void writeIfDirExists(Collection<EpochEntry> epochs) {
    write(epochs);
  }

  @Override
  public List<EpochEntry> read() {
    List<EpochEntry> epochs = new ArrayList<>();
    try {
      byte[] content = files.content(path);
      if (content.length == 0) return epochs;
      isUnforced = true; // for all that is known of it
      for (String entry : CheckpointText.entries(content)) {
        int space = entry.indexOf(' ');
        if (space < 0) throw new IOException("no epoch and offset: " + entry);
        epochs.add(
            new EpochEntry(
                Integer.parseInt(entry.substring(0, space)),
                Long.parseLong(entry.substring(space + 1))));
      }
    } catch (NoSuchFileException _) {
      // Made with the first epoch.
    } catch (IOException | NumberFormatException e) {
      log.atWarn()
          .addKeyValue("file", path)
          .addKeyValue("reason", e.getMessage())
          .log("damaged leader epochs ignored");
      epochs.clear();
    }
    return epochs;
  }

  /** Writes the latest change to the page cache, or with {@code isForced} to the disk. */
  public synchronized void store(boolean isForced) throws IOException {
    List<EpochEntry> epochs = unstored;
    if (epochs == null) {
      if (isForced && isUnforced) {
        files.force(path);
        files.forceDirectory(LogFiles.parent(path));
        isUnforced = false;
      }
      return;
    }
    List<String> entries = new ArrayList<>(epochs.size());
    for (EpochEntry epoch : epochs) entries.add(epoch.epoch() + " " + epoch.startOffset());
    byte[] content = CheckpointText.of(entries);
    if (isForced) files.replace(path, content);
    else files.replaceUnforced(path, content);
    isUnforced = !isForced;
    unstored = null;
  }
}
