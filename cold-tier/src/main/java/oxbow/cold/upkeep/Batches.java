package oxbow.cold.upkeep;

import java.nio.ByteBuffer;
import oxbow.log.batch.BatchView;

/** Facts of a run of whole batches. */
final class Batches {
  private Batches() {}

  /** The offset that follows the last record; the buffer stays as it is. */
  static long endOffset(ByteBuffer batches) {
    long end = -1;
    for (int at = batches.position(); at < batches.limit(); ) {
      end = BatchView.baseOffset(batches, at) + BatchView.lastOffsetDelta(batches, at) + 1;
      at += BatchView.sizeBytes(batches, at);
    }
    return end;
  }
}
