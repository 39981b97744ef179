package oxbow.log;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whole batches of one segment file, ready for sendfile. Holding a slice keeps the file open, also
 * after its segment was deleted; whoever is given one releases it once.
 */
public interface FileSlice {
  /** The segment's file. Borrowed: never closed, written or repositioned. */
  FileChannel channel();

  /** Where the file was when the slice was made, for hints to the system. */
  default Optional<Path> path() {
    return Optional.empty();
  }

  /** Address in the file of the first batch. */
  long position();

  /** Whole batches, except where a read was cut by its size limit. */
  int sizeBytes();

  /** Gives the file back. A second time breaks an invariant, and takes nothing from others. */
  void release();
}
