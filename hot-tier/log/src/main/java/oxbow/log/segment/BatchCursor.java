package oxbow.log.segment;

import java.io.IOException;
import java.nio.ByteBuffer;
import oxbow.log.batch.BatchView;

/**
 * Walks over the batch headers of a segment's file, reading a few kilobytes at a time and skipping
 * the records. Hot path. Used by one thread at a time.
 */
public final class BatchCursor {
  /** Headers of small batches come together in one read; a larger one would read records. */
  private static final int WINDOW_BYTES = 4096;

  private static final ThreadLocal<ByteBuffer> WINDOWS =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(WINDOW_BYTES));

  private final SegmentFile file;
  private final int endPosition;
  private final ByteBuffer window;

  /** Address in the file of the window's first byte. */
  private int windowStart;

  private int windowBytes;
  private int position;
  private int header;
  private int sizeBytes;

  private BatchCursor(SegmentFile file, int position, int endPosition, ByteBuffer window) {
    this.file = file;
    this.position = position;
    this.endPosition = endPosition;
    this.window = window;
  }

  /** Stands before the batch at {@code position}; nothing at or after the end is looked at. */
  public static BatchCursor at(SegmentFile file, int position, int endPosition) {
    return new BatchCursor(file, position, endPosition, ByteBuffer.allocateDirect(WINDOW_BYTES));
  }

  /** The same with the thread's own window: it has only one such cursor at a time. */
  static BatchCursor brief(SegmentFile file, int position, int endPosition) {
    return new BatchCursor(file, position, endPosition, WINDOWS.get());
  }

  /** Steps on the next batch; false at the end. */
  public boolean next() throws IOException {
    position += sizeBytes;
    sizeBytes = 0;
    if (position == endPosition) return false;
    if (endPosition - position < BatchView.HEADER_BYTES) {
      throw damaged("%d bytes are no batch".formatted(endPosition - position));
    }
    if (position < windowStart || position + BatchView.HEADER_BYTES > windowStart + windowBytes) {
      fill();
    }
    header = position - windowStart;
    int bytes = BatchView.sizeBytes(window, header);
    if (BatchView.magic(window, header) != BatchView.MAGIC) {
      throw damaged("magic " + BatchView.magic(window, header));
    }
    if (bytes < BatchView.HEADER_BYTES || bytes > endPosition - position) {
      throw damaged("a batch of %d bytes before %d".formatted(bytes, endPosition));
    }
    if (BatchView.lastOffsetDelta(window, header) < 0 || baseOffset() < 0) {
      throw damaged("offsets %d to %d".formatted(baseOffset(), lastOffset()));
    }
    sizeBytes = bytes;
    return true;
  }

  private void fill() throws IOException {
    window.clear().limit(Math.min(window.capacity(), endPosition - position));
    windowBytes = file.read(window, position);
    windowStart = position;
    if (windowBytes < BatchView.HEADER_BYTES) {
      int there = windowBytes;
      windowBytes = 0;
      throw damaged("the file ends %d bytes on".formatted(there));
    }
  }

  private DamagedSegmentException damaged(String what) {
    return new DamagedSegmentException(file.path(), position, what);
  }

  /** Address of the batch. */
  public int position() {
    return position;
  }

  /** Address of what follows the batch. */
  public int followingPosition() {
    return position + sizeBytes;
  }

  public int sizeBytes() {
    return sizeBytes;
  }

  /** Holds the header at {@link #headerAt}, until the next step. */
  public ByteBuffer header() {
    return window;
  }

  public int headerAt() {
    return header;
  }

  public long baseOffset() {
    return BatchView.baseOffset(window, header);
  }

  public long lastOffset() {
    return BatchView.lastOffset(window, header);
  }

  public long maxTimestampMs() {
    return BatchView.maxTimestampMs(window, header);
  }

  /** The whole batch in a buffer of its own. */
  public ByteBuffer batch() throws IOException {
    ByteBuffer batch = ByteBuffer.allocate(sizeBytes);
    if (file.read(batch, position) < sizeBytes) throw damaged("the file ends within the batch");
    return batch.flip();
  }
}
