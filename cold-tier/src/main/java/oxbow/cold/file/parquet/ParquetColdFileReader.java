package oxbow.cold.file.parquet;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import oxbow.cold.file.BatchSource;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.FileFacts;
import oxbow.cold.file.IndexedFileReader;
import oxbow.cold.file.RawCounts;
import oxbow.cold.file.RowBatchSource;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.store.StoreException;

/**
 * Reads a cold file that {@link PageWriter} wrote. Holds the end of the file decoded; a record
 * costs one read of its row group, a time lookup one of two column chunks.
 */
public final class ParquetColdFileReader extends IndexedFileReader {
  private final ParquetIndex index;
  private final RangeSource source;

  private ParquetColdFileReader(ColdFile file, ParquetIndex index, RangeSource source) {
    super(file, index.batches);
    this.index = index;
    this.source = source;
  }

  /**
   * Reads the file's end with one read.
   *
   * @throws StoreException {@code CORRUPT}: it isn't what was written
   */
  public static ParquetColdFileReader open(ColdFile file, RangeSource source) {
    long endStart = file.bytes() - file.indexBytes();
    ByteBuffer end = source.read(endStart, file.indexBytes());
    try {
      var bytes = new byte[end.remaining()];
      end.get(end.position(), bytes);
      ParquetIndex index = ParquetIndex.read(bytes, endStart);
      checkRange(file, index.facts);
      return new ParquetColdFileReader(file, index, source);
    } catch (StoreException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new StoreException(
          StoreException.Kind.CORRUPT,
          "the end of cold file " + file.name() + " can't be read: " + e.getMessage(),
          e);
    }
  }

  @Override
  public Set<Integer> schemaIds() {
    Set<Integer> ids = new HashSet<>(index.facts.valueSchemas().keySet());
    ids.addAll(index.facts.keySchemas().keySet());
    return ids;
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
        index.batches, index.facts, index.tree, pages -> new BlockSource(index, source, pages));
  }

  @Override
  protected boolean visitRows(int batch, RowVisitor visitor) throws IOException {
    long row = index.batches.rowStart(batch);
    long rowEnd = row + index.batches.rows(batch);
    Leaf offsetLeaf = index.tree.leaves().get(index.tree.leafIndex(SystemColumns.OFFSET.id()));
    Leaf timestampLeaf =
        index.tree.leaves().get(index.tree.leafIndex(SystemColumns.TIMESTAMP.id()));
    var offsets = new LeafPage(offsetLeaf);
    var timestamps = new LeafPage(timestampLeaf);
    try (var zstd = new ZstdDecompressCtx()) {
      var columns = new TwoColumns(offsets, timestamps, zstd);
      while (row < rowEnd) {
        long blockStart = columns.load(row);
        long blockEnd = Math.min(rowEnd, blockStart + offsets.count);
        if (timestamps.values < timestamps.count) return false; // one is beyond what columns hold
        for (; row < blockEnd; row++) {
          int i = (int) (row - blockStart);
          if (!visitor.visit(offsets.longs[i], timestamps.longs[i] / 1000)) return true;
        }
      }
    }
    return true;
  }

  @Override
  public List<Span> spans() {
    List<Span> spans = new ArrayList<>();
    int batch = 0;
    for (int i = 0; i < index.groups.length; i++) {
      while (batch < index.batches.size() - 1
          && index.batches.rowStart(batch) < index.groupRowStarts[i]) {
        batch++;
      }
      ParquetIndex.Group group = index.groups[i];
      spans.add(
          new Span(index.batches.baseOffset(batch), group.start, (int) (group.end - group.start)));
    }
    return spans;
  }

  /** The two columns that lookups by time need; they lie side by side. */
  private final class TwoColumns {
    private final Column first;
    private final Column second;
    private byte[] bytes = new byte[0];
    private long bytesStart;
    private int group = -1;

    private record Column(LeafPage page, PageDecoder decoder) {}

    TwoColumns(LeafPage first, LeafPage second, ZstdDecompressCtx zstd) {
      this.first = new Column(first, new PageDecoder(first, zstd));
      this.second = new Column(second, new PageDecoder(second, zstd));
    }

    /** Decodes the pages with a row; returns the block's first row. */
    long load(long row) throws IOException {
      int wanted = index.groupOf(row);
      ParquetIndex.Group rows = index.groups[wanted];
      if (wanted != group) fetch(wanted);
      int inGroup = (int) (row - index.groupRowStarts[wanted]);
      int page = rows.pageOf(inGroup);
      decode(first, page);
      decode(second, page);
      return index.groupRowStarts[wanted] + rows.pageRows[page];
    }

    private void fetch(int wanted) throws IOException {
      group = wanted;
      long start = Math.min(chunk(first).start(), chunk(second).start());
      long end = Math.max(chunk(first).end(), chunk(second).end());
      ByteBuffer got = source.read(start, (int) (end - start));
      bytes = new byte[got.remaining() + ByteAccess.SLACK_BYTES];
      got.get(got.position(), bytes, 0, got.remaining());
      bytesStart = start;
      readDictionary(first);
      readDictionary(second);
    }

    private ParquetIndex.Chunk chunk(Column column) {
      return index.groups[group].chunks[column.page.leaf.index()];
    }

    private void readDictionary(Column column) throws IOException {
      ParquetIndex.Chunk chunk = chunk(column);
      if (chunk.dictionary < 0) return;
      column.decoder.readDictionary(bytes, at(chunk.dictionary), at(chunk.pages[0]));
    }

    private void decode(Column column, int page) throws IOException {
      long[] pages = chunk(column).pages;
      column.decoder.readPage(bytes, at(pages[page]), at(pages[page + 1]));
    }

    private int at(long position) {
      return (int) (position - bytesStart);
    }
  }
}
