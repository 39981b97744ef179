package oxbow.server.cold;

import java.nio.ByteBuffer;
import oxbow.log.batch.BatchView;

/** Batches of a log, one after the other in a buffer. */
final class Batches {
  private Batches() {}

  /** The offset that follows the last. */
  static long end(ByteBuffer batches) {
    long end = -1;
    for (int at = batches.position();
        at < batches.limit();
        at += BatchView.sizeBytes(batches, at)) {
      end = BatchView.lastOffset(batches, at) + 1;
    }
    return end;
  }

  /** Where the first batch begins that does not follow the one before it; the limit: all do. */
  static int firstGap(ByteBuffer batches, long expected) {
    long next = expected;
    for (int at = batches.position();
        at < batches.limit();
        at += BatchView.sizeBytes(batches, at)) {
      if (BatchView.baseOffset(batches, at) != next) return at;
      next = BatchView.lastOffset(batches, at) + 1;
    }
    return batches.limit();
  }

  /** The last batch's leader epoch; -1: there is none. */
  static int lastEpoch(ByteBuffer batches) {
    int epoch = -1;
    for (int at = batches.position();
        at < batches.limit();
        at += BatchView.sizeBytes(batches, at)) {
      epoch = BatchView.leaderEpoch(batches, at);
    }
    return epoch;
  }
}
