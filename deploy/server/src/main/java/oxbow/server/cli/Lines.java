package oxbow.server.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Cuts a stream of bytes into lines, which may hold anything but a line feed. */
final class Lines {
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final int bytesMax;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private long bytesRead;

  Lines(InputStream in, int bytesMax) {
    this.in = in;
    this.bytesMax = bytesMax;
  }

  /** The next line without its end; null: there is none. */
  byte @Nullable [] next() throws IOException {
    var line = new ByteArrayOutputStream();
    boolean isAny = false;
    while (true) {
      if (position == limit) {
        limit = in.read(buffer);
        position = 0;
        if (limit <= 0) {
          limit = 0;
          return isAny ? withoutReturn(line.toByteArray()) : null;
        }
      }
      isAny = true;
      int end = position;
      while (end < limit && buffer[end] != '\n') end++;
      line.write(buffer, position, end - position);
      boolean isWhole = end < limit;
      bytesRead += end - position + (isWhole ? 1 : 0);
      position = isWhole ? end + 1 : end;
      if (line.size() > bytesMax) {
        throw CommandException.usage("a line is longer than " + Units.bytes(bytesMax), "");
      }
      if (isWhole) return withoutReturn(line.toByteArray());
    }
  }

  /** Bytes taken from the stream so far, line ends included. */
  long bytesRead() {
    return bytesRead;
  }

  private static byte[] withoutReturn(byte[] line) {
    if (line.length == 0 || line[line.length - 1] != '\r') return line;
    return java.util.Arrays.copyOf(line, line.length - 1);
  }
}
