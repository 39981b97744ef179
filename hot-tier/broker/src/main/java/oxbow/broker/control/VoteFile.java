package oxbow.broker.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.raft.ElectionState;
import org.apache.kafka.raft.QuorumStateStore;
import org.apache.kafka.raft.generated.QuorumStateData;
import org.apache.kafka.server.common.KRaftVersion;
import oxbow.broker.control.ControlException.Kind;

/**
 * What raft must not forget: whom this node voted for, and who leads. One line of JSON, in Kafka's
 * form, replaced as a whole:
 *
 * <pre>{"leaderId":1,"leaderEpoch":4,"votedId":-1,"votedDirectoryId":"AAA...","data_version":1}
 * </pre>
 *
 * Kafka's own class for it reads and writes the same, but needs Jackson, whose 400 classes are a
 * tenth of a cold start.
 */
final class VoteFile implements QuorumStateStore {
  static final String NAME = "quorum-state";
  private static final Pattern FIELD =
      Pattern.compile("\"(\\w+)\"\\s*:\\s*(?:\"([^\"]*)\"|(-?\\d+))");
  private static final int VERSION = KRaftVersion.KRAFT_VERSION_1.quorumStateVersion();

  private final Path path;

  VoteFile(Path directory) {
    this.path = directory.resolve(NAME);
  }

  @Override
  public Optional<ElectionState> readElectionState() {
    if (!Files.exists(path)) return Optional.empty();
    String text = text();
    try {
      Map<String, String> fields = fields(text);
      if (number(fields, "data_version") != VERSION) {
        throw new IllegalArgumentException("data_version is not " + VERSION);
      }
      return Optional.of(
          ElectionState.fromQuorumStateData(
              new QuorumStateData()
                  .setLeaderId(number(fields, "leaderId"))
                  .setLeaderEpoch(number(fields, "leaderEpoch"))
                  .setVotedId(number(fields, "votedId"))
                  .setVotedDirectoryId(Uuid.fromString(field(fields, "votedDirectoryId")))));
    } catch (IllegalArgumentException e) {
      throw new ControlException(
          Kind.DIRECTORY, path + " can't be understood: " + e.getMessage(), e);
    }
  }

  private String text() {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new ControlException(Kind.DIRECTORY, path + " can't be read: " + e, e);
    }
  }

  private static Map<String, String> fields(String text) {
    String json = text.strip();
    if (!json.startsWith("{") || !json.endsWith("}")) {
      throw new IllegalArgumentException("it is not one JSON object");
    }
    var fields = new HashMap<String, String>();
    Matcher matcher = FIELD.matcher(json);
    while (matcher.find()) {
      String number = matcher.group(3);
      fields.put(matcher.group(1), number == null ? matcher.group(2) : number);
    }
    return fields;
  }

  private static String field(Map<String, String> fields, String name) {
    String value = fields.get(name);
    if (value == null) throw new IllegalArgumentException(name + " is missing");
    return value;
  }

  private static int number(Map<String, String> fields, String name) {
    return Integer.parseInt(field(fields, name));
  }

  @Override
  public void writeElectionState(ElectionState latest, KRaftVersion version) {
    if (version.quorumStateVersion() != VERSION) {
      // Our directories are formatted with voters in the log, and there is no way back from that.
      throw new IllegalArgumentException("kraft.version " + version.featureLevel());
    }
    QuorumStateData state = latest.toQuorumStateData(version.quorumStateVersion());
    String json =
        "{\"leaderId\":%d,\"leaderEpoch\":%d,\"votedId\":%d,\"votedDirectoryId\":\"%s\",\"data_version\":%d}"
            .formatted(
                state.leaderId(),
                state.leaderEpoch(),
                state.votedId(),
                state.votedDirectoryId(),
                VERSION);
    try {
      replace(json);
    } catch (IOException e) {
      throw new UncheckedIOException(path + " can't be written", e);
    }
  }

  /** Either the old line or the new one is there after a crash, never half of one. */
  private void replace(String json) throws IOException {
    Path next = path.resolveSibling(NAME + ".tmp");
    try (var file =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        int _ = file.write(bytes);
      }
      file.force(true);
    }
    Utils.atomicMoveWithFallback(next, path);
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public void clear() {
    try {
      Files.deleteIfExists(path);
      Files.deleteIfExists(path.resolveSibling(NAME + ".tmp"));
    } catch (IOException e) {
      throw new UncheckedIOException(path + " can't be deleted", e);
    }
  }
}
