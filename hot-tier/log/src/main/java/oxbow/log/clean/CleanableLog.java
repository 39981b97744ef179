package oxbow.log.clean;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.storage.internals.log.LastRecord;
import oxbow.log.BrokenInvariantException;
import oxbow.log.LogConfig;
import oxbow.log.segment.Segment;

/**
 * What compaction needs of a partition's log. A port: tests put a bare directory of segments in its
 * place. Called on the compacting thread.
 */
public interface CleanableLog {
  TopicPartition partition();

  LogConfig config();

  /** In offset order, the active one last; a copy, which does not change. */
  List<Segment> segments();

  long logStart();

  /** End of what may be compacted: what lies above can still be truncated, or aborted. */
  long lastStableOffset();

  long logEnd();

  /**
   * From here on the cold tier has not seen the records yet: tombstones and markers stay, so that
   * it learns what they end. Without a cold tier nothing is kept for it.
   */
  long unseenFrom();

  /** The last batch of each producer that is still known, which holds its sequence number. */
  Map<Long, LastRecord> lastRecords();

  /** How often records were cut off: a segment read before is not what it was. */
  int truncations();

  /**
   * Brings everything below an offset to disk, and writes down that it is there: only offsets that
   * an opening finds below are taken for compacted where they are missing.
   */
  void settle(long endOffset) throws IOException;

  /** A new segment to write to, with names of its own until it replaces others. */
  Segment newCleaned(long baseOffset) throws IOException;

  /**
   * Puts a segment in the place of those it was made from, which follow each other; whole or not at
   * all, also if the process stops meanwhile. False: they are not in the log any more, or records
   * were cut off since {@code truncations}, and the new one is gone, too.
   */
  boolean replace(List<Segment> old, Segment cleaned, int truncations) throws IOException;

  /** Closed, deleted or offline: whatever is going on with it has no point. */
  boolean isGone();

  /** A bug of ours showed: nothing is written to it or read from it any more. */
  void takeOffline(BrokenInvariantException reason);
}
