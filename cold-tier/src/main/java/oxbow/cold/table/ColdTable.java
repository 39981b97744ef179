package oxbow.cold.table;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.TableColumns;
import oxbow.schema.layout.Layout;

/**
 * The table of one topic. Every change is one commit that either took effect whole or not at all.
 * Calls block. Thread-safe; other processes may commit to the same table at any time.
 */
public interface ColdTable {
  /** The offset up to which each partition is in the table, read anew. */
  Map<Integer, Long> ends();

  /** From now on only the bucket's present owner commits. */
  void takeOver();

  /** Where the log of each partition began as far as the table was told, read anew. */
  Map<Integer, Long> starts();

  /**
   * The files of a partition in offset order: their ranges follow each other without overlap. There
   * is a gap where records were deleted, and where another engine wrote files anew: {@link
   * #rewritten} tells those.
   */
  List<ColdFile> files(int partition);

  /**
   * All that consumers replay of a partition, in offset order: its files, and between them those of
   * {@link oxbow.cold.file.ColdFormat#FOREIGN} that another engine wrote in their place.
   */
  List<ColdFile> replayed(int partition);

  /** Ranges of a partition whose files another engine wrote, in offset order. */
  List<Rewritten> rewritten(int partition);

  /**
   * The object under which a new file of this table is uploaded before it is added. Its facts are
   * part of the name, so that the table alone tells them.
   *
   * @param attempt tells uploads of the same range apart: the writer's epoch and something unique
   */
  String name(ColdFile file, String attempt);

  /**
   * Adds files, if the table still ends where the caller believes. A file usually begins there; it
   * begins later if the records between were deleted before they got here.
   *
   * @param expectedEnds where each partition of the files ends in the table; absent: it has nothing
   *     of that partition
   * @return the snapshot
   * @throws oxbow.cold.store.StoreException {@code EXISTS} if the table ends elsewhere: somebody
   *     else committed; {@code NOT_FOUND} if a file isn't in the bucket, or has lain there for so
   *     long that cleaning may take it; {@code OUTCOME_UNKNOWN} if the reply was lost: ask {@link
   *     #ends}
   */
  long append(List<NewFile> files, Map<Integer, Long> expectedEnds);

  /**
   * Puts files in the place of others that cover the same ranges, in one commit.
   *
   * @throws oxbow.cold.store.StoreException {@code EXISTS} if one of the old ones is gone; {@code
   *     INVALID} if one that another engine wrote holds records of other ranges, too; the rest as
   *     {@link #append} does
   */
  long replace(List<ColdFile> old, List<NewFile> now);

  /**
   * Drops a partition's files that lie wholly below an offset; its log begins there. Where the
   * table ends doesn't change.
   */
  long expire(int partition, long logStart);

  /** All of it at one moment, read anew. */
  TableVersion version();

  /** Its columns, read anew. */
  TableColumns columns();

  /**
   * Moves the columns on: more of them, wider ones, none less.
   *
   * @throws oxbow.cold.store.StoreException {@code EXISTS} if these don't contain what the table
   *     has: somebody else moved it on, so merge with {@link #columns} again
   */
  void evolve(TableColumns next);

  /** The columns of its values, read anew. */
  default Layout layout() {
    return columns().values();
  }

  /** Moves the columns of its values on: only what {@code LayoutMerger} made of {@link #layout}. */
  default void evolve(Layout next) {
    evolve(columns().withValues(next));
  }

  /** What other engines may commit from now on. */
  void allow(ForeignCommits allowed);

  /**
   * How files to come are told apart by planners; those that are there stay as they are. Fields
   * whose column the table doesn't have yet are left out.
   *
   * @throws oxbow.cold.store.StoreException {@code INVALID} if a column's type has no such
   *     transform
   */
  void repartition(Partitioning partitioning);

  /**
   * Forgets snapshots that no reader should still hold; their files go with {@link #clean}.
   *
   * @param keptMin how many are kept whatever their age
   * @return how many were forgotten
   */
  int expireSnapshots(Instant olderThan, int keptMin);

  /**
   * Deletes objects of this table that no snapshot knows: what expired, was replaced or never
   * committed.
   *
   * @param age younger ones may belong to a commit or a reader that is under way
   * @return how many were deleted
   */
  int clean(Duration age);

  /**
   * Deletes these objects now.
   *
   * @return those that a snapshot still knows, and which were left
   */
  Set<String> purge(Collection<String> names);

  /**
   * Cold files of a partition that lie in the bucket and are none of the table's now: of earlier
   * snapshots, or left behind by whoever did not get them into the table. How many records they
   * have is not known.
   */
  List<ColdFile> past(int partition);

  /** An earlier snapshot knows files that another engine wrote, and the current one does not. */
  boolean hasForeignPast();

  /**
   * Leaves nothing of what was: forgets all snapshots but the current one, with the branches and
   * tags that hold them, writes the lists of the current files anew, and deletes every object that
   * only those knew, and what cold files of some partitions nobody knows. Nobody of ours may be
   * about to add a file of these partitions.
   */
  Forgotten forgetPast(Set<Integer> partitions);

  /** What was compacted of each partition, read anew. */
  Map<Integer, List<Compacted>> compacted();

  /** Notes what was compacted of a partition, from the first round that still matters on. */
  void compacted(int partition, List<Compacted> rounds);

  /**
   * A round of compaction: below this offset no record is left that another one below supersedes.
   *
   * @param atMs when it was done
   */
  record Compacted(long endOffset, long atMs) {}

  /**
   * What a table does not remember any more.
   *
   * @param references names of branches and tags
   * @param objects names of those deleted
   */
  record Forgotten(int snapshots, List<String> references, Set<String> objects) {
    public Forgotten {
      references = List.copyOf(references);
      objects = Set.copyOf(objects);
    }
  }

  /**
   * A range of offsets whose records lie in files that another engine wrote, in no known order.
   *
   * @param names of the objects
   */
  record Rewritten(long baseOffset, long endOffset, List<String> names) {
    public Rewritten {
      names = List.copyOf(names);
    }
  }
}
