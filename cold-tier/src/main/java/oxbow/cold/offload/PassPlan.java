package oxbow.cold.offload;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.common.TopicIdPartition;

/**
 * Which partitions of a topic a pass takes. Those that are not behind always go along: their
 * records are young, and have to be in the table soon. Of those that are, the ones that waited
 * longest, until the pass is long enough: its end is when other topics have their turn.
 *
 * @param isBehind more is left than this pass takes
 * @param bytes of log that it takes, about
 */
record PassPlan(List<Candidate> chosen, boolean isBehind, long bytes) {
  /**
   * A partition with a backlog.
   *
   * @param bytes of log that wait
   * @param ageMs how long they have
   */
  record Candidate(TopicIdPartition partition, long coldEnd, long bytes, long ageMs) {}

  /**
   * @param fileLogBytes what one file takes of a partition's log
   * @param passBytesMax where a pass that is behind ends; the first partition goes in any case
   */
  static PassPlan of(List<Candidate> candidates, long fileLogBytes, long passBytesMax) {
    List<Candidate> chosen = new ArrayList<>();
    List<Candidate> behind = new ArrayList<>();
    long bytes = 0;
    for (Candidate one : candidates) {
      // One file of each is ordinary work; what needs a second one has fallen behind.
      if (one.bytes() >= 2 * fileLogBytes) {
        behind.add(one);
      } else {
        chosen.add(one);
        bytes += one.bytes();
      }
    }
    behind.sort(Comparator.comparingLong(Candidate::ageMs).reversed());
    long behindBytes = 0;
    for (Candidate one : behind) {
      if (behindBytes > 0 && behindBytes + fileLogBytes > passBytesMax) break;
      chosen.add(one);
      behindBytes += Math.min(one.bytes(), fileLogBytes);
    }
    return new PassPlan(List.copyOf(chosen), !behind.isEmpty(), bytes + behindBytes);
  }
}
