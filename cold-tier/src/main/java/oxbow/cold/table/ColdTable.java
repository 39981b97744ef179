package oxbow.cold.table;

import java.util.List;
import java.util.Map;
import oxbow.cold.file.ColdFile;
import oxbow.schema.layout.Layout;

/**
 * The table of one topic. Every change is one commit that either took effect whole or not at all.
 * Calls block. Thread-safe; other processes may commit to the same table at any time.
 */
public interface ColdTable {
  /** The offset up to which each partition is in the table, read anew. */
  Map<Integer, Long> ends();

  /** The files of a partition in offset order: their ranges follow each other without overlap. */
  List<ColdFile> files(int partition);

  /**
   * Adds files, if the table still ends where the caller believes. A file usually begins there; it
   * begins later if the records between were deleted before they got here.
   *
   * @param expectedEnds where each partition of the files ends in the table; absent: it has nothing
   *     of that partition
   * @return the snapshot
   * @throws oxbow.cold.store.StoreException {@code EXISTS} if the table ends elsewhere: somebody
   *     else committed; {@code OUTCOME_UNKNOWN} if the reply was lost: ask {@link #ends}
   */
  long append(List<ColdFile> files, Map<Integer, Long> expectedEnds);

  /**
   * Puts files in the place of others that cover the same ranges, in one commit.
   *
   * @throws oxbow.cold.store.StoreException {@code EXISTS} if one of the old ones is gone
   */
  long replace(List<ColdFile> old, List<ColdFile> now);

  /** Drops a partition's files that lie wholly below an offset; its log begins there. */
  long expire(int partition, long logStart);

  /** The columns of its values. */
  Layout layout();

  /** Moves the columns on: only what {@code LayoutMerger} made of {@link #layout}. */
  void evolve(Layout next);
}
