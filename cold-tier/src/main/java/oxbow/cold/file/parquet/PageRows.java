package oxbow.cold.file.parquet;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import oxbow.cold.file.parquet.ColumnScan.Chunk;
import oxbow.cold.file.parquet.ColumnScan.Group;
import oxbow.cold.file.parquet.ColumnScan.Pair;
import oxbow.cold.file.parquet.ColumnScan.Run;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.PageVectors;

/**
 * Rows of fetched pages, as vectors of the table's leaves. Serves one row group after the other, of
 * all files of a shape. Hot path; one thread.
 */
public final class PageRows implements AutoCloseable {
  private final PageVectors vectors;
  private final List<LeafPage> pages = new ArrayList<>();
  private final List<PageDecoder> decoders = new ArrayList<>();
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
  private final LeafPage offsets;

  private Group group = new Group(List.of(), new int[1], List.of(), true);
  private List<ByteBuffer> bytes = List.of();
  private long from;
  private long to;
  private int run;
  private int page;

  // Of the page in work: the rows that are left.
  private int row;
  private int rowEnd;

  /**
   * @param tree of the table
   */
  public PageRows(ColumnScan.Shape shape, ColumnTree tree) {
    List<PageVectors.Source> sources = new ArrayList<>();
    for (Pair pair : shape.pairs()) {
      LeafPage leaf = pair.file() == null ? null : new LeafPage(pair.file());
      sources.add(new PageVectors.Source(pair.table(), leaf));
      if (leaf != null) add(leaf);
    }
    offsets = new LeafPage(shape.offsets());
    add(offsets);
    vectors = new PageVectors(tree, sources);
  }

  private void add(LeafPage leaf) {
    pages.add(leaf);
    decoders.add(new PageDecoder(leaf, zstd));
  }

  /**
   * Begins a row group.
   *
   * @param fetched its spans, in their order, each in an array
   * @param from rows of lower offsets are left out, if the group was opened so
   * @param to so are those of this and higher ones
   */
  public void begin(Group group, List<ByteBuffer> fetched, long from, long to) throws IOException {
    this.group = group;
    this.bytes = List.copyOf(fetched);
    this.from = from;
    this.to = to;
    run = 0;
    page = group.runs.isEmpty() ? 0 : group.runs.getFirst().first();
    row = 0;
    rowEnd = 0;
    List<Chunk> chunks = group.read();
    for (int i = 0; i < chunks.size(); i++) {
      if (chunks.get(i).dictionary < 0) continue;
      ByteBuffer dictionary = bytes.get(spanOf(i, -1));
      int at = dictionary.arrayOffset() + dictionary.position();
      decoders.get(i).readDictionary(dictionary.array(), at, at + dictionary.remaining());
    }
  }

  /** Which span has a chunk's run; -1: its dictionary. */
  private int spanOf(int chunk, int wantedRun) {
    int span = 0;
    List<Chunk> chunks = group.read();
    for (int i = 0; i < chunk; i++) {
      span += (chunks.get(i).dictionary < 0 ? 0 : 1) + group.runs.size();
    }
    return span + (chunks.get(chunk).dictionary < 0 ? 0 : 1) + wantedRun;
  }

  /**
   * Puts the next rows into the vectors.
   *
   * @return how many; zero: the row group has no more
   */
  public int take(int rowsMax) throws IOException {
    while (row >= rowEnd) {
      if (run >= group.runs.size()) return 0;
      load();
    }
    int count = Math.min(rowsMax, rowEnd - row);
    vectors.take(row, count);
    row += count;
    return count;
  }

  /** One for each leaf of the table; those that nobody wants are empty. */
  public ColumnVector[] vectors() {
    return vectors.vectors();
  }

  private void load() throws IOException {
    List<Chunk> chunks = group.read();
    Run wanted = group.runs.get(run);
    for (int i = 0; i < chunks.size(); i++) {
      long[] starts = chunks.get(i).pages;
      ByteBuffer span = bytes.get(spanOf(i, run));
      long base = starts[wanted.first()] - span.arrayOffset() - span.position();
      decoders
          .get(i)
          .readPage(span.array(), (int) (starts[page] - base), (int) (starts[page + 1] - base));
    }
    row = 0;
    rowEnd = group.pageRows[page + 1] - group.pageRows[page];
    if (group.isCut) cut();
    page++;
    if (page < wanted.end()) return;
    run++;
    if (run < group.runs.size()) page = group.runs.get(run).first();
  }

  /** Offsets ascend. */
  private void cut() {
    row = lowest(from);
    rowEnd = lowest(to);
  }

  private int lowest(long offset) {
    int found = Arrays.binarySearch(offsets.longs, 0, offsets.values, offset);
    return found >= 0 ? found : -found - 1;
  }

  @Override
  public void close() {
    zstd.close();
  }
}
