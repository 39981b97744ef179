package oxbow.cold.file.avro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import oxbow.cold.file.BatchSource;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.FileFacts;
import oxbow.cold.file.IndexedFileReader;
import oxbow.cold.file.RawCounts;
import oxbow.cold.file.RowBatchSource;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.store.StoreException;

/** Reads a cold file that {@link AvroRowFile} wrote. */
public final class AvroColdFileReader extends IndexedFileReader {
  /** Blocks are fetched together up to this size. */
  private static final long RUN_BYTES = 4 << 20;

  private final AvroTrailer index;
  private final ColumnTree tree;
  private final RangeSource source;

  /** First block of each run, then the number of all blocks. */
  private final int[] runStarts;

  private AvroColdFileReader(ColdFile file, AvroTrailer index, RangeSource source) {
    super(file, index.batches);
    this.index = index;
    this.tree = new ColumnTree(index.facts.columns());
    this.source = source;
    this.runStarts = runStarts(index.blockStarts);
  }

  /**
   * Reads the file's end with one read.
   *
   * @throws StoreException {@code CORRUPT}: it isn't what was written
   */
  public static AvroColdFileReader open(ColdFile file, RangeSource source) {
    ByteBuffer end = source.read(file.bytes() - file.indexBytes(), file.indexBytes());
    try {
      var bytes = new byte[end.remaining()];
      end.get(end.position(), bytes);
      AvroTrailer index = AvroTrailer.read(bytes);
      checkRange(file, index.facts);
      return new AvroColdFileReader(file, index, source);
    } catch (StoreException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new StoreException(
          StoreException.Kind.CORRUPT,
          "the end of cold file " + file.name() + " can't be read: " + e.getMessage(),
          e);
    }
  }

  private static int[] runStarts(long[] blockStarts) {
    List<Integer> starts = new ArrayList<>();
    int blocks = blockStarts.length - 1;
    for (int block = 0; block < blocks; block++) {
      boolean isNew =
          starts.isEmpty() || blockStarts[block + 1] - blockStarts[starts.getLast()] > RUN_BYTES;
      if (isNew) starts.add(block);
    }
    starts.add(blocks);
    return starts.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public Set<Integer> schemaIds() {
    return Set.of();
  }

  @Override
  public Optional<FileFacts.Absent> absentSchemas() {
    return index.facts.absent();
  }

  @Override
  public Optional<RawCounts> raw() {
    return index.facts.raw();
  }

  @Override
  protected BatchSource openSource() {
    return new RowBatchSource(
        index.batches,
        index.facts,
        tree,
        pages -> new AvroBlocks(index, runStarts, tree, source, pages));
  }

  /** Rows lie together with all else: a batch is looked at as consumers get it. */
  @Override
  protected boolean visitRows(int batch, RowVisitor visitor) {
    return false;
  }

  @Override
  public List<Span> spans() {
    List<Span> spans = new ArrayList<>();
    int batch = 0;
    for (int run = 0; run < runStarts.length - 1; run++) {
      long firstRow = index.blockRows[runStarts[run]];
      while (batch < index.batches.size() - 1 && index.batches.rowStart(batch) < firstRow) batch++;
      long start = index.blockStarts[runStarts[run]];
      long end = index.blockStarts[runStarts[run + 1]];
      spans.add(new Span(index.batches.baseOffset(batch), start, (int) (end - start)));
    }
    return spans;
  }
}
