package oxbow.log;

import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.TopicIdPartition;

/** What the log offers to the cold tier: take these, tell me when they are safe. */
public interface SealedSegments {
  /** The ranges below the watermark that are not yet in the cold tier, oldest first. */
  List<Sealed> waiting(TopicIdPartition partition);

  /** The table holds everything below {@code coldEnd}: local records below it may be trimmed. */
  void committed(TopicIdPartition partition, long coldEnd);

  /**
   * One immutable range of a segment. Held until released, also if the segment is deleted
   * meanwhile.
   *
   * @param baseOffset first offset
   * @param endOffset offset that follows the last
   * @param slice its batches
   * @param transactionIndex the segment's aborted transactions
   */
  record Sealed(long baseOffset, long endOffset, FileSlice slice, Path transactionIndex) {}
}
