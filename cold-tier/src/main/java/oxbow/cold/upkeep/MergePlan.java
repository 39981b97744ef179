package oxbow.cold.upkeep;

import java.util.ArrayList;
import java.util.List;
import oxbow.cold.file.ColdFile;

/**
 * Which neighbouring files are to become one. Files are merged into ones several times as large, so
 * a record is written anew only a few times on its way to a file of the wished size, whatever the
 * size its first file had.
 */
final class MergePlan {
  /** A merge makes of this many files one; fewer are left until more have come. */
  static final int FAN_IN = 8;

  private MergePlan() {}

  /**
   * The first run of files worth merging; empty: none is.
   *
   * @param files of one partition, in offset order
   * @param fileBytes about how large files are to be
   */
  static List<ColdFile> next(List<ColdFile> files, long fileBytes) {
    return next(files, fileBytes, FAN_IN);
  }

  /** The first neighbours that make a larger file, whatever their number. */
  static List<ColdFile> eager(List<ColdFile> files, long fileBytes) {
    return next(files, fileBytes, 2);
  }

  private static List<ColdFile> next(List<ColdFile> files, long fileBytes, int countMin) {
    for (int from = 0; from < files.size(); from++) {
      if (isWhole(files.get(from), fileBytes)) continue;
      List<ColdFile> run = runFrom(files, from, fileBytes);
      if (isWorthIt(run, fileBytes, countMin)) return run;
    }
    return List.of();
  }

  /** Neighbours of about the same size: a large one is not written anew for a small one's sake. */
  private static List<ColdFile> runFrom(List<ColdFile> files, int from, long fileBytes) {
    List<ColdFile> run = new ArrayList<>();
    long bytes = 0;
    long sizeMax = FAN_IN * Math.max(1, files.get(from).bytes());
    for (ColdFile file : files.subList(from, files.size())) {
      boolean isNeighbour = run.isEmpty() || run.getLast().endOffset() == file.baseOffset();
      boolean isOfSize = file.bytes() < sizeMax && !isWhole(file, fileBytes);
      if (!isNeighbour || !isOfSize || bytes + file.bytes() > fileBytes + fileBytes / 4) break;
      run.add(file);
      bytes += file.bytes();
    }
    return run;
  }

  private static boolean isWorthIt(List<ColdFile> run, long fileBytes, int countMin) {
    if (run.size() < 2) return false;
    long bytes = run.stream().mapToLong(ColdFile::bytes).sum();
    long largest = run.stream().mapToLong(ColdFile::bytes).max().orElse(0);
    boolean fillsOne = bytes >= fileBytes * 3 / 4;
    boolean isLargeEnough = countMin < FAN_IN || bytes >= 2 * largest;
    return fillsOne || (run.size() >= countMin && isLargeEnough);
  }

  private static boolean isWhole(ColdFile file, long fileBytes) {
    return file.bytes() >= fileBytes / 2;
  }
}
