package oxbow.cold.upkeep;

import java.util.ArrayList;
import java.util.List;
import oxbow.cold.TopicTiering.CompactionRules;
import oxbow.cold.file.ColdFile;
import oxbow.cold.table.ColdTable.Compacted;

/**
 * Which part of a partition's files waits for compaction, and how urgently. Immutable.
 *
 * @param dirtyStart first offset that was not compacted yet
 * @param dirtyEnd first offset that must not be, now: where a file begins or the last one ends
 * @param settledEnd tombstones below it were there for as long as the topic asks, since what they
 *     delete was gone
 * @param isDue compaction would do something, and is asked for
 */
record CompactionPlan(long dirtyStart, long dirtyEnd, long settledEnd, boolean isDue) {
  /** Rounds that are remembered; of more, those between are taken for later ones. */
  private static final int ROUNDS_MAX = 50;

  /**
   * @param files of a partition, in offset order; at least one
   * @param rounds of before
   */
  static CompactionPlan of(
      List<ColdFile> files, List<Compacted> rounds, CompactionRules rules, long nowMs) {
    long start = files.getFirst().baseOffset();
    long dirtyStart =
        Math.max(start, rounds.stream().mapToLong(Compacted::endOffset).max().orElse(start));
    long dirtyEnd = dirtyStart;
    long cleanBytes = 0;
    long dirtyBytes = 0;
    long earliestMs = Long.MAX_VALUE;
    for (ColdFile file : files) {
      if (file.endOffset() <= dirtyStart) {
        cleanBytes += file.bytes();
        continue;
      }
      boolean isYoung = rules.lagMsMin() > 0 && file.timestampMax() > nowMs - rules.lagMsMin();
      if (isYoung) break;
      dirtyEnd = file.endOffset();
      dirtyBytes += file.bytes();
      earliestMs = Math.min(earliestMs, file.timestampMin());
    }
    long settledEnd = 0;
    for (Compacted round : rounds) {
      boolean isSettled = round.atMs() <= nowMs - rules.deleteRetentionMs();
      if (isSettled) settledEnd = Math.max(settledEnd, round.endOffset());
    }
    double dirtyRatio = dirtyBytes / (double) Math.max(1, cleanBytes + dirtyBytes);
    boolean isOverdue = earliestMs < nowMs - Math.max(0, rules.lagMsMax());
    boolean isDue = dirtyBytes > 0 && (isOverdue || dirtyRatio > rules.dirtyRatioMin());
    return new CompactionPlan(dirtyStart, dirtyEnd, settledEnd, isDue);
  }

  /** The rounds to remember after this one: of the settled ones the last is enough. */
  static List<Compacted> after(
      List<Compacted> rounds, long endOffset, CompactionRules rules, long nowMs) {
    List<Compacted> next = new ArrayList<>();
    for (Compacted round : rounds) {
      boolean isSettled = round.atMs() <= nowMs - rules.deleteRetentionMs();
      if (isSettled) next.clear();
      next.add(round);
    }
    next.add(new Compacted(endOffset, nowMs));
    // Leaving out the second keeps what is settled: its offsets wait for the round after it.
    while (next.size() > ROUNDS_MAX) next.remove(1);
    return next;
  }
}
