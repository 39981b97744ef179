package oxbow.log.recovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The text of Kafka's checkpoint files.
 *
 * <pre>
 * 0              version
 * 2              number of entries
 * orders 0 4711  entries, one a line
 * orders 1 42
 * </pre>
 */
final class CheckpointText {
  private static final String VERSION = "0";

  private CheckpointText() {}

  static byte[] of(List<String> entries) {
    var text = new StringBuilder(VERSION).append('\n').append(entries.size()).append('\n');
    for (String entry : entries) text.append(entry).append('\n');
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  static List<String> entries(byte[] content) throws IOException {
    List<String> lines = new String(content, StandardCharsets.UTF_8).lines().toList();
    if (lines.size() < 2 || !lines.getFirst().equals(VERSION)) {
      throw new IOException("a checkpoint begins with its version " + VERSION + " and a count");
    }
    List<String> entries = lines.subList(2, lines.size());
    if (!lines.get(1).equals(Integer.toString(entries.size()))) {
      throw new IOException(
          "a checkpoint of %s entries has %d".formatted(lines.get(1), entries.size()));
    }
    return entries;
  }
}
