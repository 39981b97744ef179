package oxbow.cold.file;

import java.io.IOException;

/**
 * Brings the batches of one file back, one after the other from wherever it was moved to. What a
 * file's format has to offer for {@link IndexedFileReader}. Owned by one thread.
 */
public interface BatchSource extends AutoCloseable {
  /**
   * Writes a batch behind what is in the array already.
   *
   * @param batch number in the file's batch index; each call's is one more than the call's before,
   *     or comes after {@link #seek}
   * @return where it ends in {@link #bytes}
   * @throws IOException or a run-time exception: the file's bytes are not what was written
   */
  int append(int batch, int at) throws IOException;

  /** Moves before a batch. */
  void seek(int batch) throws IOException;

  /** What was appended, until it is written over; a later call may replace the array. */
  byte[] bytes();

  @Override
  void close();
}
