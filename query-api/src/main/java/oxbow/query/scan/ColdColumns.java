package oxbow.query.scan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.parquet.ColumnScan;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.query.scan.ScanPlan.Piece;

/**
 * How a query reads cold files that the engine can't read itself.
 *
 * @param open reads a file back as batches, whatever its format is
 * @param bytes a file's ranges
 * @param aheadBytes fetched, and not yet made rows of
 */
public record ColdColumns(
    Function<ColdFile, ColdFileReader> open,
    Function<ColdFile, RangeSource> bytes,
    RangeCache cache,
    RangeCache.Traffic traffic,
    int aheadBytes) {
  private static final int LOOKS_MAX = 8;

  /** Looks at what of a Parquet file is wanted; empty: it has to be read as batches. */
  Optional<ColumnScan> look(
      Piece.Cold piece,
      ColumnTree tree,
      List<ColumnNode> wanted,
      Map<Integer, ColumnRange> ranges) {
    ColdFile file = piece.file();
    boolean isCut =
        piece.bounds().from() > file.baseOffset() || piece.bounds().to() < file.endOffset();
    return ColumnScan.open(
        file, cache.end(file, bytes.apply(file), traffic), tree, wanted, ranges, isCut);
  }

  /** What of files is wanted, by their ends; of those that have to be read as batches, nothing. */
  public ColumnScan.Work work(
      List<Piece.Cold> pieces, ColumnTree tree, List<ColumnNode> wanted, Wanted conditions) {
    Map<Integer, ColumnRange> ranges = conditions.ranges();
    List<Future<Optional<ColumnScan>>> looks = new ArrayList<>();
    ColumnScan.Work work = ColumnScan.Work.NONE;
    try (ExecutorService threads =
        Executors.newFixedThreadPool(LOOKS_MAX, Thread.ofVirtual().name("query-cold").factory())) {
      for (Piece.Cold piece : pieces) {
        looks.add(threads.submit(() -> look(piece, tree, wanted, ranges)));
      }
      for (Future<Optional<ColumnScan>> look : looks) {
        Optional<ColumnScan> scan = look.get();
        if (scan.isPresent()) work = work.plus(scan.get().work());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("nobody waits for it");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) throw cause;
      throw new IllegalStateException(e.getCause());
    }
    return work;
  }
}
