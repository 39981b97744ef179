package oxbow.log.recovery;

import java.io.IOException;
import java.nio.ByteBuffer;
import oxbow.log.batch.BatchView;
import oxbow.log.segment.SegmentFile;

/** Reads batches in full and checks each, up to the first that isn't whole. */
final class BatchVerifier {
  private static final int BUFFER_BYTES = 1 << 20;

  private final SegmentFile file;
  private final int endPosition;
  private ByteBuffer buffer;
  private int bufferStart;
  private int bufferBytes;
  private int position;
  private long nextOffset;

  BatchVerifier(SegmentFile file, int position, int endPosition, long nextOffset) {
    this.file = file;
    this.position = position;
    this.bufferStart = position;
    this.endPosition = endPosition;
    this.nextOffset = nextOffset;
    this.buffer = ByteBuffer.allocateDirect(Math.clamp(endPosition - position, 1, BUFFER_BYTES));
  }

  void run() throws IOException {
    while (endPosition - position >= BatchView.HEADER_BYTES) {
      int at = load(BatchView.HEADER_BYTES);
      if (at < 0 || BatchView.magic(buffer, at) != BatchView.MAGIC) return;
      int bytes = BatchView.sizeBytes(buffer, at);
      if (bytes < BatchView.HEADER_BYTES || bytes > endPosition - position) return;
      at = load(bytes);
      if (at < 0 || !isWhole(at)) return;
      nextOffset = BatchView.lastOffset(buffer, at) + 1;
      position += bytes;
    }
  }

  private boolean isWhole(int at) {
    return BatchView.baseOffset(buffer, at) >= nextOffset
        && BatchView.lastOffsetDelta(buffer, at) >= 0
        && BatchView.crc(buffer, at) == BatchView.computeCrc(buffer, at);
  }

  /** Has that many bytes from the position on in the buffer; -1: the file has not. */
  private int load(int bytes) throws IOException {
    int at = position - bufferStart;
    if (at + bytes <= bufferBytes) return at;
    if (bytes > buffer.capacity()) buffer = ByteBuffer.allocateDirect(bytes);
    buffer.clear().limit(Math.min(buffer.capacity(), endPosition - position));
    bufferStart = position;
    bufferBytes = file.read(buffer, position);
    return bufferBytes < bytes ? -1 : 0;
  }

  /** Where the batches found whole end. */
  int position() {
    return position;
  }

  /** The offset that follows them. */
  long nextOffset() {
    return nextOffset;
  }
}
