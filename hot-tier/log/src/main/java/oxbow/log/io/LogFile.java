package oxbow.log.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** One open file. Any thread may read; one at a time writes. */
public interface LogFile extends Closeable {
  /** The channel behind it, for sendfile only: what is written here must go through this port. */
  FileChannel channel();

  /** Writes the whole buffer at an address, in one piece as far as the system allows. */
  void write(ByteBuffer from, long position) throws IOException;

  /** Reads until the buffer is full or the file ends; the number of bytes read. */
  int read(ByteBuffer to, long position) throws IOException;

  /** Cuts the file; a shorter file stays as it is. */
  void truncate(long sizeBytes) throws IOException;

  /** Returns once everything written so far is on disk. */
  void force() throws IOException;

  long sizeBytes() throws IOException;
}
