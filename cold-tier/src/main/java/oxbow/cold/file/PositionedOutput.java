package oxbow.cold.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A local file that is written from its beginning to its end. Nothing is fsynced: until the file is
 * in the bucket, the log has its records.
 */
public final class PositionedOutput implements AutoCloseable {
  private final FileChannel channel;
  private long position;

  public PositionedOutput(Path path) throws IOException {
    channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  public long position() {
    return position;
  }

  public void write(byte[] bytes, int from, int length) throws IOException {
    var buffer = ByteBuffer.wrap(bytes, from, length);
    while (buffer.hasRemaining()) channel.write(buffer);
    position += length;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
