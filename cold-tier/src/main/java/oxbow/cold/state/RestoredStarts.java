package oxbow.cold.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import oxbow.log.ColdStart;

/**
 * What a data directory remembers of its bucket: the token by which the bucket knows it, whether it
 * had one, and, after a restore, where each partition goes on, so that nobody waits for the store
 * at the start.
 */
public final class RestoredStarts {
  private static final String TOKEN = "bucket.token";
  private static final String CLAIMED = "bucket.claimed";
  private static final String STARTS = "restored.json";

  private final Path directory;
  private final Map<Uuid, Map<Integer, ColdStart>> starts;

  private RestoredStarts(Path directory, Map<Uuid, Map<Integer, ColdStart>> starts) {
    this.directory = directory;
    this.starts = starts;
  }

  /** Reads what a restore has left; nothing, if there was none. */
  public static RestoredStarts open(Path directory) {
    try {
      byte[] body = Files.readAllBytes(directory.resolve(STARTS));
      return new RestoredStarts(directory, StateJson.starts(ByteBuffer.wrap(body)));
    } catch (NoSuchFileException _) {
      return new RestoredStarts(directory, Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException("can't read " + directory.resolve(STARTS), e);
    }
  }

  /** Where a partition goes on; empty: it was not restored. */
  public Optional<ColdStart> of(TopicIdPartition partition) {
    return Optional.ofNullable(
        starts.getOrDefault(partition.topicId(), Map.of()).get(partition.partition()));
  }

  /** By what the bucket knows this directory; made at the first use. */
  public String token() {
    Path file = directory.resolve(TOKEN);
    try {
      String known = Files.readString(file).strip();
      if (!known.isEmpty()) return known;
    } catch (NoSuchFileException _) {
      // made below
    } catch (IOException e) {
      throw new UncheckedIOException("can't read " + file, e);
    }
    String token = UUID.randomUUID().toString();
    write(file, ByteBuffer.wrap((token + "\n").getBytes(UTF_8)));
    return token;
  }

  /** There was a bucket that knew this directory, and it holds records that are nowhere else. */
  public boolean hasClaimed() {
    return Files.exists(claimedFile());
  }

  /** The file that says so; who wants to begin with an empty bucket removes it. */
  public Path claimedFile() {
    return directory.resolve(CLAIMED);
  }

  /** A bucket knows this directory from now on. */
  public void claimed(Owner owner) {
    if (!hasClaimed()) writeClaimed(directory, owner);
  }

  private static void writeClaimed(Path directory, Owner owner) {
    write(
        directory.resolve(CLAIMED),
        ByteBuffer.wrap(("owner " + owner.number() + "\n").getBytes(UTF_8)));
  }

  /** Writes down what a restored server needs to start with. */
  public static void write(Path directory, BucketRestore.Contents contents) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("can't make " + directory, e);
    }
    Map<Uuid, Map<Integer, ColdStart>> starts = new HashMap<>();
    for (BucketRestore.Topic topic : contents.topics()) {
      if (!topic.starts().isEmpty()) starts.put(topic.state().id(), topic.starts());
    }
    write(directory.resolve(STARTS), StateJson.writeStarts(starts));
    write(
        directory.resolve(TOKEN),
        ByteBuffer.wrap((contents.owner().token() + "\n").getBytes(UTF_8)));
    writeClaimed(directory, contents.owner());
  }

  private static void write(Path file, ByteBuffer body) {
    Path written = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(
              written,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        while (body.hasRemaining()) channel.write(body);
        channel.force(true);
      }
      Files.move(
          written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("can't write " + file, e);
    }
  }
}
