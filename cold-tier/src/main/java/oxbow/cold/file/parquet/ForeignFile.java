package oxbow.cold.file.parquet;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafPage;
import oxbow.schema.layout.Type;

/**
 * A Parquet file that another engine wrote of rows of ours: where in it the table's columns are.
 * Columns that came to the table later are null in it. Immutable.
 */
final class ForeignFile {
  /** How much is read of a row group at a time, over all columns. */
  private static final int BUFFERS_BYTES = 4 << 20;

  private static final int BUFFER_BYTES_MIN = 64 << 10;

  final ForeignFooter footer;
  private final RangeSource source;
  private final ColumnTree tree;

  /** For each leaf of the table the column of the file; -1: it has none. */
  private final int[] columns;

  /** Likewise for each level from the top whether its absence shows. */
  private final List<List<Boolean>> steps = new ArrayList<>();

  /** For each leaf that the file lacks: what of its place in the table the file has. */
  private final @Nullable Beside[] beside;

  /**
   * Where a leaf is that lies in the same part of a row as one that is missing.
   *
   * @param part that both lie in
   */
  private record Beside(int leaf, ColumnNode part) {}

  private ForeignFile(ForeignFooter footer, RangeSource source, ColumnTree tree) {
    this.footer = footer;
    this.source = source;
    this.tree = tree;
    int leaves = tree.leaves().size();
    columns = new int[leaves];
    beside = new Beside[leaves];
    Map<Integer, Integer> byId = new HashMap<>();
    for (int i = 0; i < footer.columns.size(); i++) byId.put(footer.columns.get(i).id(), i);
    for (Leaf leaf : tree.leaves()) {
      columns[leaf.index()] = byId.getOrDefault(leaf.column().id(), -1);
    }
    for (ColumnNode node : tree.top()) place(node, List.of(), null);
  }

  static ForeignFile open(RangeSource source, long bytes, ColumnTree tree) throws IOException {
    return new ForeignFile(ForeignFooter.read(source, bytes), source, tree);
  }

  /**
   * @param above steps above the node
   * @param known the innermost part around the node that the file has
   */
  private void place(ColumnNode node, List<Boolean> above, @Nullable ColumnNode known) {
    List<Boolean> own = new ArrayList<>(above);
    own.add(node.column.isOptional());
    Leaf leaf = node.leaf;
    if (leaf != null) {
      steps.add(own); // leaves come in their order
      if (columns[leaf.index()] < 0 && known != null) besides(leaf, known);
      return;
    }
    boolean isList =
        node.column.type() instanceof Type.ListOf || node.column.type() instanceof Type.MapOf;
    if (isList) own.add(true);
    ColumnNode inner = footer.ids.contains(node.column.id()) ? node : known;
    for (ColumnNode part : node.parts) place(part, own, inner);
  }

  private void besides(Leaf leaf, ColumnNode known) {
    for (int i = known.leafStart; i < known.leafEnd; i++) {
      if (columns[i] < 0) continue;
      beside[leaf.index()] = new Beside(i, known);
      return;
    }
  }

  /** Whether the file has a leaf of the table. */
  boolean has(int leaf) {
    return columns[leaf] >= 0;
  }

  ForeignFooter.Chunk chunk(int group, int leaf) {
    return footer.groups.get(group).chunks().get(columns[leaf]);
  }

  /** Opens some leaves of a row group, to fill these pages; null ones are not wanted. */
  Block open(int group, @Nullable LeafPage[] pages, ZstdDecompressCtx zstd) throws IOException {
    return new Block(group, pages, zstd);
  }

  /** Rows of one row group, some at a time. Owned by one thread. */
  final class Block {
    private final @Nullable LeafPage[] pages;
    private final @Nullable ForeignColumn[] open;

    private Block(int group, @Nullable LeafPage[] pages, ZstdDecompressCtx zstd)
        throws IOException {
      this.pages = pages.clone();
      open = new ForeignColumn[pages.length];
      int wanted = 0;
      for (LeafPage page : pages) if (page != null) wanted++;
      int bufferBytes = Math.max(BUFFER_BYTES_MIN, BUFFERS_BYTES / Math.max(1, wanted));
      for (int leaf = 0; leaf < pages.length; leaf++) {
        LeafPage page = pages[leaf];
        if (page == null || columns[leaf] < 0) continue;
        open[leaf] =
            new ForeignColumn(
                footer.columns.get(columns[leaf]),
                chunk(group, leaf),
                source,
                steps.get(leaf),
                page,
                zstd,
                bufferBytes);
      }
    }

    void restart() {
      for (ForeignColumn column : open) if (column != null) column.restart();
    }

    void skip(int rows) throws IOException {
      for (ForeignColumn column : open) if (column != null) column.skip(rows);
    }

    /** Fills the pages with the next rows. */
    void take(int rows) throws IOException {
      for (ForeignColumn column : open) if (column != null) column.take(rows);
      for (int leaf = 0; leaf < pages.length; leaf++) {
        LeafPage page = pages[leaf];
        if (page != null && open[leaf] == null) fillMissing(page, leaf, rows);
      }
    }

    private void fillMissing(LeafPage page, int leaf, int rows) throws IOException {
      Beside place = beside[leaf];
      page.values = 0;
      page.count = 0;
      if (page.definitionMax == 0) {
        throw new IOException("the file has no column " + page.leaf.path());
      }
      LeafPage known = place == null ? null : pages[place.leaf];
      int entries = known == null ? rows : known.count;
      if (page.definitions.length < entries) page.definitions = new byte[entries];
      if (!page.isFlat && page.repetitions.length < entries) page.repetitions = new byte[entries];
      for (int i = 0; i < entries; i++) {
        int repetition = known == null || known.isFlat ? 0 : known.repetitions[i];
        int definition = 0;
        if (place != null && known != null) {
          if (repetition > place.part.repetition) continue;
          int there = known.definitionMax == 0 ? 0 : known.definitions[i];
          definition = Math.min(there, place.part.definition);
        }
        if (!page.isFlat) page.repetitions[page.count] = (byte) repetition;
        page.definitions[page.count++] = (byte) definition;
      }
    }
  }

  ColumnTree tree() {
    return tree;
  }
}
