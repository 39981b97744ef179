package oxbow.cold.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes one cold file to a local path. Owned by one thread; memory is bounded whatever is added.
 */
public interface ColdFileWriter extends AutoCloseable {
  /**
   * Adds whole batches of the log in offset order: data, control and compressed ones, as they lie
   * in the segment. The buffer is borrowed for the call.
   *
   * @param from records below it are left out: they were deleted, or are in the cold tier
   * @param aborted transactions whose records are left out, by first offset
   */
  void add(ByteBuffer batches, long from, List<Aborted> aborted) throws IOException;

  /**
   * An aborted transaction.
   *
   * @param lastOffset of its marker
   */
  record Aborted(long producerId, long firstOffset, long lastOffset) {}

  /** About how large the file would be if it were finished now. */
  long bytes();

  /** Rows that were kept raw so far, and why. */
  RawCounts raw();

  /**
   * Completes the file.
   *
   * @param endOffset where its range ends: at or behind the last batch
   */
  ColdFile finish(String name, long endOffset) throws IOException;

  /** What the table notes of the finished file. */
  FileMetrics metrics();

  /** The file. */
  Path path();

  /** Gives everything back; an unfinished file is deleted. */
  @Override
  void close();
}
