package oxbow.cold.file;

import java.io.IOException;

/** Brings blocks of a file's rows into the pages it was made with. Owned by one thread. */
public interface RowBlocks extends AutoCloseable {
  /** Fills the pages with the block that holds a row; returns the block's first row. */
  long load(long row) throws IOException;

  /** Number of rows of the block in the pages. */
  int blockRows();

  /** A batch that is kept as it came. */
  byte[] whole(BatchIndex.Whole whole) throws IOException;

  @Override
  void close();

  /** Opens them over pages that somebody else empties. */
  @FunctionalInterface
  interface Opener {
    RowBlocks open(oxbow.cold.shred.LeafPage[] pages);
  }
}
