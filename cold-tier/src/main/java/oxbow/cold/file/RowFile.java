package oxbow.cold.file;

import java.io.IOException;
import java.util.Map;
import oxbow.cold.shred.ColumnVector;

/**
 * A file of rows that is being written, in whatever format. Knows nothing of batches. Owned by one
 * thread.
 */
public interface RowFile extends AutoCloseable {
  /** Adds a block of rows: all that the vectors hold. */
  void addBlock(ColumnVector[] vectors, int rows) throws IOException;

  /** Rows that the next block may have. */
  int blockRowsMax();

  /** Bytes of records after which a block should end as well. */
  int blockBytesMax();

  int zstdLevel();

  /**
   * Keeps bytes that are no rows, near the rows of the block in work. Returns where they will be,
   * as the file's reader understands it.
   */
  long addBlob(byte[] bytes) throws IOException;

  /** About how large the file is. */
  long bytes();

  long rows();

  /** What the table notes of it. */
  FileMetrics metrics();

  /** Completes the file with what is said of it. */
  Written finish(Trailer trailer) throws IOException;

  @Override
  void close();

  /** What stands at the end of a file, made when its place is known. */
  @FunctionalInterface
  interface Trailer {
    /**
     * @param position where the index will lie
     * @return the bytes of the index
     */
    Contents at(long position);
  }

  /** An index, and the facts that name its place. */
  final class Contents {
    final byte[] index;
    final Map<String, String> facts;

    Contents(byte[] index, Map<String, String> facts) {
      this.index = index;
      this.facts = facts;
    }

    public byte[] index() {
      return index;
    }

    public Map<String, String> facts() {
      return facts;
    }
  }

  /**
   * A complete file.
   *
   * @param indexStart from where on it has to be read to be used
   */
  record Written(long bytes, long indexStart) {}
}
