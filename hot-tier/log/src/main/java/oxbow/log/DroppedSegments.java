package oxbow.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.segment.Segment;

/**
 * Segments that left their log and whose files still have to go: first until it is written down
 * where the log begins, then for as long as {@code file.delete.delay.ms} says. Under the
 * partition's maintenance lock, but for the deletion itself.
 */
final class DroppedSegments {
  private static final Logger log = LoggerFactory.getLogger(DroppedSegments.class);

  private final LogThreads threads;
  private final TopicPartition partition;
  private final List<Segment> held = new ArrayList<>();
  private final Set<Segment> marked = ConcurrentHashMap.newKeySet();

  DroppedSegments(LogThreads threads, TopicPartition partition) {
    this.threads = threads;
    this.partition = partition;
  }

  /** Takes a segment whose files have to stay until {@link #deleteHeld}. */
  void hold(Segment segment) {
    held.add(segment);
  }

  boolean isHolding() {
    return !held.isEmpty();
  }

  void deleteHeld(long delayMs) throws IOException {
    deleteLater(held, delayMs);
    held.clear();
  }

  /** Marks segments as deleted now, so that no opening takes them for more, and deletes later. */
  void deleteLater(List<Segment> segments, long delayMs) throws IOException {
    for (Segment segment : segments) segment.markDeleted();
    List<Segment> left = List.copyOf(segments);
    marked.addAll(left);
    threads.after(delayMs, () -> delete(left));
  }

  /** Deletes those that are marked, without their delay. */
  void deleteNow() {
    delete(List.copyOf(marked));
  }

  private void delete(List<Segment> segments) {
    for (Segment segment : segments) {
      marked.remove(segment);
      try {
        segment.delete();
      } catch (IOException e) {
        log.atWarn()
            .addKeyValue("partition", partition)
            .addKeyValue("segment", segment.baseOffset())
            .setCause(e)
            .log("deleted segment's files are left until the next start");
      }
    }
  }

  /** Those whose files are still there, and perhaps open. */
  List<Segment> left() {
    List<Segment> left = new ArrayList<>(held);
    left.addAll(marked);
    return left;
  }
}
