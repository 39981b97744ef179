package oxbow.log;

import java.nio.channels.FileChannel;

/**
 * Whole batches of one segment file, ready for sendfile. Holding a slice keeps the file open, also
 * after its segment was deleted; whoever is given one releases it once.
 */
public interface FileSlice {
  /** The segment's file. Borrowed: never closed, written or repositioned. */
  FileChannel channel();

  /** Address in the file of the first batch. */
  long position();

  /** Whole batches, except where a read was cut by its size limit. */
  int sizeBytes();

  /** Gives the file back. A second time breaks an invariant, and takes nothing from others. */
  void release();
}
