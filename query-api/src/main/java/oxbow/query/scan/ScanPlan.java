package oxbow.query.scan;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;
import oxbow.log.SealedSegments;
import oxbow.query.scan.TopicSnapshot.Part;

/**
 * What is read of a topic's snapshot, with what a query can't want left out.
 *
 * @param files Parquet files that the engine reads itself; rows outside of {@link #bounds} are none
 * @param pieces what is read by {@link LogRows}
 * @param bounds of each partition's rows in files
 * @param work what of it there was and is left
 */
public record ScanPlan(List<ColdFile> files, List<Piece> pieces, List<Bounds> bounds, Work work) {

  /** First offset, and the one that follows the last. */
  public record Bounds(long from, long to) {}

  /** Batches of one partition. */
  public sealed interface Piece {
    int partition();

    Bounds bounds();

    /** Out of the log. */
    record Hot(int partition, Bounds bounds, SealedSegments.Range range) implements Piece {}

    /** Out of a cold file. */
    record Cold(int partition, Bounds bounds, ColdFile file) implements Piece {}
  }

  /**
   * Numbers about the plan.
   *
   * @param hotRecords offsets that are read from the log
   */
  public record Work(
      long files,
      long filesPruned,
      long bytes,
      long bytesPruned,
      long hotRecords,
      long hotPruned) {}

  public ScanPlan {
    files = List.copyOf(files);
    pieces = List.copyOf(pieces);
    bounds = List.copyOf(bounds);
  }

  /**
   * Makes one.
   *
   * @param isLocal the engine can read Parquet files by itself
   */
  public static ScanPlan of(TopicSnapshot snapshot, Wanted wanted, boolean isLocal) {
    List<ColdFile> files = new ArrayList<>();
    List<Piece> pieces = new ArrayList<>();
    List<Bounds> bounds = new ArrayList<>();
    long allFiles = 0;
    long allBytes = 0;
    long bytes = 0;
    long allHot = 0;
    long hot = 0;
    Set<String> without = snapshot.without(wanted.values());
    for (Part part : snapshot.parts()) {
      int partition = part.partition().partition();
      bounds.add(new Bounds(part.from(), part.boundary()));
      boolean isWanted = wanted.mayHave(partition);
      for (ColdFile file : part.files()) {
        allFiles++;
        allBytes += file.bytes();
        if (!isWanted
            || !wanted.mayHaveOffsets(file.baseOffset(), file.endOffset())
            || !mayHaveTimes(wanted, file)
            || without.contains(file.name())) {
          continue;
        }
        bytes += file.bytes();
        if (isLocal && file.format() == ColdFormat.PARQUET) {
          files.add(file);
        } else {
          pieces.add(new Piece.Cold(partition, cut(wanted, part.from(), part.boundary()), file));
        }
      }
      for (SealedSegments.Range range : part.local().ranges()) {
        long first = Math.max(range.baseOffset(), part.from());
        long records = Math.max(0, range.endOffset() - first);
        if (records == 0) continue;
        allHot += records;
        if (!isWanted || !wanted.mayHaveOffsets(first, range.endOffset())) continue;
        boolean isTooOld =
            range.isSealed()
                && range.timestampMsMax() >= 0
                && !wanted.mayHaveTimes(Long.MIN_VALUE, range.timestampMsMax());
        if (isTooOld) continue;
        hot += records;
        pieces.add(new Piece.Hot(partition, cut(wanted, first, part.local().lastStable()), range));
      }
    }
    long read = files.size();
    read += pieces.stream().filter(Piece.Cold.class::isInstance).count();
    var work = new Work(allFiles, allFiles - read, bytes, allBytes - bytes, hot, allHot - hot);
    return new ScanPlan(files, pieces, bounds, work);
  }

  private static boolean mayHaveTimes(Wanted wanted, ColdFile file) {
    // Of files that another engine wrote it isn't known.
    return file.format() == ColdFormat.FOREIGN
        || wanted.mayHaveTimes(file.timestampMin(), file.timestampMax());
  }

  private static Bounds cut(Wanted wanted, long from, long to) {
    long last = wanted.offsetMax();
    return new Bounds(
        Math.max(from, wanted.offsetMin()), last == Long.MAX_VALUE ? to : Math.min(to, last + 1));
  }
}
