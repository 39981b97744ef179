package oxbow.cold.file.parquet;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnIndex;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.OffsetIndex;
import org.apache.parquet.format.PageLocation;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Statistics;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.ColumnRange.Form;
import oxbow.cold.file.FileFacts;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafType;
import oxbow.cold.shred.PageVectors;
import oxbow.cold.store.StoreException;
import oxbow.schema.layout.Type;

/**
 * Some columns of a cold file, without the row groups and pages that can't hold what is wanted: all
 * of that is decided by the file's end, before anything else of it is fetched. Immutable.
 *
 * <pre>
 *   end of file -> groups -> spans -> (fetched by whoever reads) -> {@link PageRows}
 * </pre>
 */
public final class ColumnScan {
  private static final int TAIL_BYTES = 8;
  private static final int FOOTER_BYTES_MAX = 64 << 20;

  private final List<Group> groups;
  private final Shape shape;
  private final Work work;

  /** A range of the file. */
  public record Span(long position, int length) {}

  /**
   * What is read, and what isn't.
   *
   * @param bytes of the pages of wanted columns, with their dictionaries
   * @param bytesPruned of such pages that are left out
   */
  public record Work(
      long groups, long groupsPruned, long pages, long pagesPruned, long bytes, long bytesPruned) {
    public static final Work NONE = new Work(0, 0, 0, 0, 0, 0);

    public Work plus(Work more) {
      return new Work(
          groups + more.groups,
          groupsPruned + more.groupsPruned,
          pages + more.pages,
          pagesPruned + more.pagesPruned,
          bytes + more.bytes,
          bytesPruned + more.bytesPruned);
    }
  }

  /** A table's leaf and the file's that holds its values; null: none does. */
  record Pair(Leaf table, @Nullable Leaf file) {}

  /**
   * Which leaves are read; those of files of one schema are the same.
   *
   * @param offsets the leaf by which rows are left out
   */
  public record Shape(List<Pair> pairs, Leaf offsets) {
    public Shape {
      pairs = List.copyOf(pairs);
    }
  }

  /** A run of pages that follow each other. */
  record Run(int first, int end) {}

  /** The wanted pages of a row group. */
  public static final class Group {
    final List<Run> runs;

    /** First row of each page of the row group, then the number of all rows. */
    final int[] pageRows;

    /**
     * Of the leaves that are read, in the order of the shape's pairs that have a file's leaf; last
     * that of the offsets.
     */
    private final List<Chunk> chunks;

    /** Rows have to be left out by their offset. */
    final boolean isCut;

    Group(List<Run> runs, int[] pageRows, List<Chunk> chunks, boolean isCut) {
      this.runs = List.copyOf(runs);
      this.pageRows = pageRows;
      this.chunks = List.copyOf(chunks);
      this.isCut = isCut;
    }

    /** What has to be fetched: for each chunk its dictionary, then its runs. */
    public List<Span> spans() {
      List<Span> spans = new ArrayList<>();
      for (Chunk chunk : read()) {
        if (chunk.dictionary >= 0) spans.add(span(chunk.dictionary, chunk.pages[0]));
        for (Run run : runs) spans.add(span(chunk.pages[run.first], chunk.pages[run.end]));
      }
      return spans;
    }

    /** The chunks that are fetched. */
    List<Chunk> read() {
      return isCut ? chunks : chunks.subList(0, chunks.size() - 1);
    }

    public long bytes() {
      long bytes = 0;
      for (Span span : spans()) bytes += span.length();
      return bytes;
    }

    private static Span span(long start, long end) {
      return new Span(start, Math.toIntExact(end - start));
    }
  }

  /** A column chunk. */
  static final class Chunk {
    /** Where it lies; -1: there is none. */
    final long dictionary;

    /** Where each begins, then where the last ends. */
    final long[] pages;

    Chunk(long dictionary, long[] pages) {
      this.dictionary = dictionary;
      this.pages = pages;
    }
  }

  private ColumnScan(List<Group> groups, Shape shape, Work work) {
    this.groups = List.copyOf(groups);
    this.shape = shape;
    this.work = work;
  }

  public List<Group> groups() {
    return groups;
  }

  public Shape shape() {
    return shape;
  }

  public Work work() {
    return work;
  }

  /**
   * Looks at the end of a file.
   *
   * @param end its last {@code indexBytes}
   * @param tree of the table
   * @param wanted columns of it
   * @param ranges by the ids of leaves: rows outside are not wanted
   * @param isCut rows have to be left out by their offset
   * @return empty: the file's columns can't be handed over as the table's; its batches have to be
   *     read
   * @throws StoreException {@code CORRUPT}: it isn't the end of such a file
   */
  public static Optional<ColumnScan> open(
      ColdFile file,
      ByteBuffer end,
      ColumnTree tree,
      List<ColumnNode> wanted,
      Map<Integer, ColumnRange> ranges,
      boolean isCut) {
    try {
      var bytes = new byte[end.remaining()];
      end.get(end.position(), bytes);
      return new Opening(bytes, file.bytes() - bytes.length, tree, ranges, isCut).open(wanted);
    } catch (IOException | RuntimeException e) {
      throw new StoreException(
          StoreException.Kind.CORRUPT,
          "the end of cold file " + file.name() + " can't be read: " + e.getMessage(),
          e);
    }
  }

  /** One look at a file's end. */
  private static final class Opening {
    private final byte[] end;
    private final long endStart;
    private final ColumnTree table;
    private final Map<Integer, ColumnRange> ranges;
    private final boolean isCut;
    private final FileMetaData meta;
    private final ColumnTree tree;

    Opening(
        byte[] end,
        long endStart,
        ColumnTree table,
        Map<Integer, ColumnRange> ranges,
        boolean isCut)
        throws IOException {
      this.end = end;
      this.endStart = endStart;
      this.table = table;
      this.ranges = ranges;
      this.isCut = isCut;
      this.meta = meta(end);
      Map<String, String> texts = new HashMap<>();
      for (KeyValue fact : Required.part(meta.getKey_value_metadata(), "facts")) {
        texts.put(fact.getKey(), Required.part(fact.getValue(), "value of " + fact.getKey()));
      }
      if (!FileFacts.areIn(texts)) throw new IOException("the footer is not of this format");
      this.tree = new ColumnTree(FileFacts.of(texts).columns());
    }

    private static FileMetaData meta(byte[] end) throws IOException {
      if (end.length < TAIL_BYTES) throw new IOException("the end has " + end.length + " bytes");
      int length =
          ByteBuffer.wrap(end).order(ByteOrder.LITTLE_ENDIAN).getInt(end.length - TAIL_BYTES);
      int from = end.length - TAIL_BYTES - length;
      if (length < 0 || from < 0 || length > FOOTER_BYTES_MAX) {
        throw new IOException("the footer claims to have " + length + " bytes");
      }
      return Util.readFileMetaData(new ByteArrayInputStream(end, from, length));
    }

    Optional<ColumnScan> open(List<ColumnNode> wanted) throws IOException {
      Optional<Shape> shape = shape(wanted);
      if (shape.isEmpty()) return Optional.empty();
      List<Group> groups = new ArrayList<>();
      Work work = Work.NONE;
      for (RowGroup group : Required.part(meta.getRow_groups(), "row groups")) {
        List<ColumnChunk> columns = Required.part(group.getColumns(), "columns");
        int offsets = shape.get().offsets().index();
        int[] pageRows = pageRows(columns.get(offsets), (int) group.getNum_rows());
        int pages = pageRows.length - 1;
        boolean[] isWanted = wantedPages(columns, pages);
        Group all = group(shape.get(), columns, pageRows, List.of(new Run(0, pages)));
        List<Run> runs = runs(isWanted);
        if (runs.isEmpty()) {
          work = work.plus(new Work(1, 1, pages, pages, all.bytes(), all.bytes()));
          continue;
        }
        Group some = group(shape.get(), columns, pageRows, runs);
        groups.add(some);
        int read = runs.stream().mapToInt(run -> run.end - run.first).sum();
        work =
            work.plus(new Work(1, 0, pages, pages - read, all.bytes(), all.bytes() - some.bytes()));
      }
      return Optional.of(new ColumnScan(groups, shape.get(), work));
    }

    private Optional<Shape> shape(List<ColumnNode> wanted) {
      List<Pair> pairs = new ArrayList<>();
      for (ColumnNode column : wanted) {
        ColumnNode there = tree.find(column.column.id());
        if (there != null && !PageVectors.isSame(column, there)) return Optional.empty();
        for (int i = column.leafStart; i < column.leafEnd; i++) {
          Leaf leaf = table.leaves().get(i);
          @Nullable Leaf from =
              there == null ? null : tree.leaves().get(there.leafStart + i - column.leafStart);
          pairs.add(new Pair(leaf, from));
        }
      }
      Leaf offsets = tree.leaves().get(tree.leafIndex(SystemColumns.OFFSET.id()));
      return Optional.of(new Shape(pairs, offsets));
    }

    private Group group(Shape shape, List<ColumnChunk> columns, int[] pageRows, List<Run> runs)
        throws IOException {
      List<Chunk> chunks = new ArrayList<>();
      for (Pair pair : shape.pairs()) {
        if (pair.file() != null) chunks.add(chunk(columns.get(pair.file().index())));
      }
      chunks.add(chunk(columns.get(shape.offsets().index())));
      return new Group(runs, pageRows, chunks, isCut);
    }

    private OffsetIndex offsetIndex(ColumnChunk column) throws IOException {
      return Util.readOffsetIndex(
          at(column.getOffset_index_offset(), column.getOffset_index_length()));
    }

    private ByteArrayInputStream at(long position, int length) throws IOException {
      long from = position - endStart;
      if (from < 0 || length < 0 || from + length > end.length) {
        throw new IOException("an index lies outside the end");
      }
      return new ByteArrayInputStream(end, (int) from, length);
    }

    private int[] pageRows(ColumnChunk column, int rows) throws IOException {
      List<PageLocation> pages = Required.part(offsetIndex(column).getPage_locations(), "pages");
      var first = new int[pages.size() + 1];
      for (int i = 0; i < pages.size(); i++) first[i] = (int) pages.get(i).getFirst_row_index();
      first[pages.size()] = rows;
      return first;
    }

    private Chunk chunk(ColumnChunk column) throws IOException {
      ColumnMetaData chunk = Required.part(column.getMeta_data(), "chunk");
      List<PageLocation> locations =
          Required.part(offsetIndex(column).getPage_locations(), "pages");
      var pages = new long[locations.size() + 1];
      for (int i = 0; i < locations.size(); i++) pages[i] = locations.get(i).getOffset();
      boolean hasDictionary = chunk.isSetDictionary_page_offset();
      long start = hasDictionary ? chunk.getDictionary_page_offset() : pages[0];
      pages[locations.size()] = start + chunk.getTotal_compressed_size();
      return new Chunk(hasDictionary ? start : -1, pages);
    }

    // ---- what can hold what is wanted

    private boolean[] wantedPages(List<ColumnChunk> columns, int pages) throws IOException {
      var isWanted = new boolean[pages];
      java.util.Arrays.fill(isWanted, true);
      for (Map.Entry<Integer, ColumnRange> range : ranges.entrySet()) {
        ColumnNode there = tree.find(range.getKey());
        if (there == null) return new boolean[pages]; // all null, and null is never wanted
        Leaf leaf = there.leaf;
        if (leaf == null || !leaf.isFlat() || !isComparable(leaf)) continue;
        ColumnChunk column = columns.get(leaf.index());
        if (!meets(column, leaf, range.getValue())) return new boolean[pages];
        if (column.isSetColumn_index_offset()) leaveOut(column, leaf, range.getValue(), isWanted);
      }
      return isWanted;
    }

    /** Bounds are compared with those of the table's column, which may be wider. */
    private boolean isComparable(Leaf leaf) {
      ColumnNode node = table.find(leaf.column().id());
      if (node == null) return false;
      Type wide = node.column.type();
      Type narrow = leaf.column().type();
      return wide.equals(narrow) || narrow.widensTo(wide);
    }

    private static boolean meets(ColumnChunk column, Leaf leaf, ColumnRange range)
        throws IOException {
      ColumnMetaData chunk = Required.part(column.getMeta_data(), "chunk");
      Statistics statistics = chunk.getStatistics();
      if (statistics == null) return true;
      boolean isNull =
          statistics.isSetNull_count() && statistics.getNull_count() == chunk.getNum_values();
      if (isNull) return false;
      return range.meets(
          statistics.isSetMin_value() ? ByteBuffer.wrap(statistics.getMin_value()) : null,
          statistics.isSetMax_value() ? ByteBuffer.wrap(statistics.getMax_value()) : null,
          Form.PLAIN,
          mayHaveNans(leaf));
    }

    private void leaveOut(ColumnChunk column, Leaf leaf, ColumnRange range, boolean[] isWanted)
        throws IOException {
      ColumnIndex index =
          Util.readColumnIndex(
              at(column.getColumn_index_offset(), column.getColumn_index_length()));
      List<Boolean> nullPages = Required.part(index.getNull_pages(), "null pages");
      List<ByteBuffer> mins = Required.part(index.getMin_values(), "least values");
      List<ByteBuffer> maxs = Required.part(index.getMax_values(), "largest values");
      if (nullPages.size() != isWanted.length) throw new IOException("an index of other pages");
      for (int i = 0; i < isWanted.length; i++) {
        boolean isMet =
            !nullPages.get(i)
                && range.meets(mins.get(i), maxs.get(i), Form.PLAIN, mayHaveNans(leaf));
        if (!isMet) isWanted[i] = false;
      }
    }

    private static boolean mayHaveNans(Leaf leaf) {
      return leaf.type() == LeafType.FLOAT || leaf.type() == LeafType.DOUBLE;
    }

    private static List<Run> runs(boolean[] isWanted) {
      List<Run> runs = new ArrayList<>();
      for (int i = 0; i < isWanted.length; i++) {
        if (!isWanted[i]) continue;
        int first = i;
        while (i < isWanted.length && isWanted[i]) i++;
        runs.add(new Run(first, i));
      }
      return runs;
    }
  }
}
