package oxbow.cold.file.parquet;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnIndex;
import org.apache.parquet.format.ColumnOrder;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.OffsetIndex;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SortingColumn;
import org.apache.parquet.format.TypeDefinedOrder;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.FileMetrics;
import oxbow.cold.file.PositionedOutput;
import oxbow.cold.file.RowFile;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.Leaf;

/**
 * Writes one Parquet file from blocks of vectors: a block becomes page k of every column, blocks
 * become row groups. Knows nothing of records. Owned by one thread.
 *
 * <pre>
 *  PAR1 | row group: column chunk, column chunk ... | row group ... | column indexes
 *       | offset indexes | blobs | footer | its length | PAR1
 * </pre>
 */
public final class PageWriter implements RowFile {
  static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
  private static final String CREATED_BY = "oxbow version 0.1.0 (build 1)";
  private static final int FORMAT_VERSION = 2;

  private final ColumnTree tree;
  private final ParquetOptions options;
  private final PositionedOutput out;
  private final ChunkWriter.Scratch scratch;
  private final List<ChunkWriter> chunks = new ArrayList<>();

  private final List<RowGroup> groups = new ArrayList<>();
  private final List<OffsetIndex> offsetIndexes = new ArrayList<>();
  private final List<@Nullable ColumnIndex> columnIndexes = new ArrayList<>();
  private final List<ColumnChunk> writtenChunks = new ArrayList<>();

  private long rows;
  private int groupRows;
  private int groupBytes;

  public PageWriter(ColumnTree tree, ParquetOptions options, Path path) throws IOException {
    this.tree = tree;
    this.options = options;
    this.out = new PositionedOutput(path);
    this.scratch = new ChunkWriter.Scratch(options.zstdLevel());
    for (Leaf leaf : tree.leaves()) {
      chunks.add(new ChunkWriter(leaf, options.isDelta(), scratch));
    }
    out.write(MAGIC, 0, MAGIC.length);
  }

  @Override
  public long bytes() {
    return out.position() + groupBytes;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public int blockRowsMax() {
    return Math.min(options.rowsPerPage(), options.rowsPerGroup() - groupRows);
  }

  @Override
  public int blockBytesMax() {
    return options.bytesPerPage();
  }

  @Override
  public int zstdLevel() {
    return options.zstdLevel();
  }

  /** Adds a page to every column. */
  @Override
  public void addBlock(ColumnVector[] vectors, int blockRows) throws IOException {
    if (blockRows == 0) return;
    int bytes = 0;
    for (int i = 0; i < vectors.length; i++) {
      ChunkWriter chunk = chunks.get(i);
      chunk.addPage(vectors[i], groupRows);
      bytes += chunk.bytes();
    }
    groupRows += blockRows;
    groupBytes = bytes;
    rows += blockRows;
    if (groupRows >= options.rowsPerGroup() || groupBytes >= options.bytesPerGroup()) {
      finishGroup();
    }
  }

  /** Before the row group in work. */
  @Override
  public long addBlob(byte[] bytes) throws IOException {
    long position = out.position();
    out.write(bytes, 0, bytes.length);
    return position;
  }

  @Override
  public Written finish(Trailer trailer) throws IOException {
    if (groupRows > 0) finishGroup();
    long indexStart = out.position();
    writeIndexes();
    Contents contents = trailer.at(out.position());
    out.write(contents.index(), 0, contents.index().length);

    var meta = new FileMetaData(FORMAT_VERSION, ParquetSchema.of(tree), rows, groups);
    meta.setCreated_by(CREATED_BY);
    contents
        .facts()
        .forEach((key, value) -> {
          var fact = new KeyValue(key);
          fact.setValue(value);
          meta.addToKey_value_metadata(fact);
        });
    for (int i = 0; i < chunks.size(); i++) {
      meta.addToColumn_orders(ColumnOrder.TYPE_ORDER(new TypeDefinedOrder()));
    }
    try (var footer = new ByteSink(1 << 16)) {
      Util.writeFileMetaData(meta, footer);
      footer.putIntLe(footer.size);
      footer.write(MAGIC, 0, MAGIC.length);
      write(footer);
    }
    out.close();
    return new Written(out.position(), indexStart);
  }

  @Override
  public FileMetrics metrics() {
    return new FileMetrics(
        chunks.stream().map(ChunkWriter::metrics).toList(),
        groups.stream().map(RowGroup::getFile_offset).toList());
  }

  private void write(ByteSink sink) throws IOException {
    out.write(sink.bytes, 0, sink.size);
  }

  private void finishGroup() throws IOException {
    long start = out.position();
    var columns = new ArrayList<ColumnChunk>();
    long uncompressed = 0;
    for (ChunkWriter chunk : chunks) {
      ColumnChunk column = chunk.finish(out);
      columns.add(column);
      writtenChunks.add(column);
      offsetIndexes.add(chunk.offsetIndex());
      columnIndexes.add(chunk.columnIndex());
      uncompressed += Required.part(column.getMeta_data(), "chunk").getTotal_uncompressed_size();
      chunk.beginChunk();
    }
    var group = new RowGroup(columns, uncompressed, groupRows);
    group.setFile_offset(start);
    group.setTotal_compressed_size(out.position() - start);
    group.setOrdinal((short) groups.size());
    group.addToSorting_columns(new SortingColumn(OFFSET_LEAF, false, false));
    groups.add(group);
    groupRows = 0;
    groupBytes = 0;
  }

  /** Column indexes first, as engines expect them. */
  private void writeIndexes() throws IOException {
    try (var sink = new ByteSink(1 << 12)) {
      writeColumnIndexes(sink);
      writeOffsetIndexes(sink);
    }
  }

  private void writeColumnIndexes(ByteSink sink) throws IOException {
    for (int i = 0; i < writtenChunks.size(); i++) {
      ColumnIndex index = columnIndexes.get(i);
      if (index == null) continue;
      sink.clear();
      Util.writeColumnIndex(index, sink);
      writtenChunks.get(i).setColumn_index_offset(out.position());
      writtenChunks.get(i).setColumn_index_length(sink.size);
      write(sink);
    }
  }

  private void writeOffsetIndexes(ByteSink sink) throws IOException {
    for (int i = 0; i < writtenChunks.size(); i++) {
      sink.clear();
      Util.writeOffsetIndex(offsetIndexes.get(i), sink);
      writtenChunks.get(i).setOffset_index_offset(out.position());
      writtenChunks.get(i).setOffset_index_length(sink.size);
      write(sink);
    }
  }

  /** {@code kafka_offset} is the second column, and none before it has parts. */
  private static final int OFFSET_LEAF = 1;

  @Override
  public void close() {
    scratch.close();
    chunks.forEach(ChunkWriter::close);
    try {
      out.close();
    } catch (IOException e) {
      // Nothing hangs on it: a file that counts was closed in finish().
    }
  }
}
