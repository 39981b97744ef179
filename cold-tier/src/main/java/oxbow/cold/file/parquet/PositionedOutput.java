package oxbow.cold.file.parquet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that is written from its beginning to its end. */
final class PositionedOutput implements AutoCloseable {
  private final FileChannel channel;
  private long position;

  PositionedOutput(Path path) throws IOException {
    channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  long position() {
    return position;
  }

  void write(byte[] bytes, int from, int length) throws IOException {
    var buffer = ByteBuffer.wrap(bytes, from, length);
    while (buffer.hasRemaining()) channel.write(buffer);
    position += length;
  }

  void write(ByteSink sink) throws IOException {
    write(sink.bytes, 0, sink.size);
  }

  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
