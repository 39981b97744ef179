package oxbow.broker.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import oxbow.broker.control.ControlException.Kind;

/**
 * Looks for damage in the metadata log before Kafka opens it. Kafka cuts a log at its first bad
 * batch, which is right for a write that was under way in a crash. In the middle of the log it
 * would forget topics that exist, and their records would then be deleted as nobody's.
 *
 * <pre>
 *   batch: base offset 8 | length 4 | epoch 4 | magic 1 | crc 4 | what the crc covers ...
 * </pre>
 */
final class MetadataLogCheck {
  private static final int LENGTH_AT = 8;
  private static final int MAGIC_AT = 16;
  private static final int CRC_AT = 17;
  private static final int COVERED_AT = 21;
  private static final int HEADER_BYTES = 61;
  private static final int LENGTH_STARTS_AT = 12;
  private static final byte MAGIC = 2;

  private MetadataLogCheck() {}

  /** Throws {@link ControlException} if something other than the log's very end is damaged. */
  static void check(Path directory) {
    List<Path> segments = segments(directory);
    for (Path segment : segments) {
      boolean isLast = segment.equals(segments.getLast());
      try (var file = FileChannel.open(segment);
          var mapping = Arena.ofConfined()) {
        var bytes = file.map(MapMode.READ_ONLY, 0, file.size(), mapping).asByteBuffer();
        check(segment, bytes, isLast);
      } catch (IOException e) {
        throw new ControlException(Kind.DIRECTORY, segment + " can't be read: " + e, e);
      }
    }
  }

  private static List<Path> segments(Path directory) {
    if (!Files.isDirectory(directory)) return List.of();
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(Path segment, ByteBuffer bytes, boolean isLast) {
    int position = 0;
    while (position < bytes.limit()) {
      int batchBytes = validBytes(bytes, position);
      if (batchBytes == 0) {
        int next = isLast ? nextValid(bytes, position + 1) : bytes.limit();
        if (isLast && next < 0) return; // the end of a write that was cut short
        throw new ControlException(
            Kind.DIRECTORY,
            segment
                + " is damaged at position "
                + position
                + ", and metadata follows it: restore the directory from a copy; to start without"
                + " what follows, cut the file there");
      }
      position += batchBytes;
    }
  }

  private static int nextValid(ByteBuffer bytes, int from) {
    for (int position = from; position <= bytes.limit() - HEADER_BYTES; position++) {
      if (validBytes(bytes, position) > 0) return position;
    }
    return -1;
  }

  /** The size of the batch at a position; zero if there is no whole and sound one. */
  private static int validBytes(ByteBuffer bytes, int position) {
    if (bytes.limit() - position < HEADER_BYTES || bytes.get(position + MAGIC_AT) != MAGIC) {
      return 0;
    }
    int length = bytes.getInt(position + LENGTH_AT);
    if (length < HEADER_BYTES - LENGTH_STARTS_AT
        || length > bytes.limit() - position - LENGTH_STARTS_AT) {
      return 0;
    }
    int batchBytes = length + LENGTH_STARTS_AT;
    var crc = new CRC32C();
    crc.update(bytes.slice(position + COVERED_AT, batchBytes - COVERED_AT));
    return (int) crc.getValue() == bytes.getInt(position + CRC_AT) ? batchBytes : 0;
  }
}
