package oxbow.cold.file.parquet;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ProgramTable;
import oxbow.cold.shred.RecordAssembler;

/** The rows of one row group that another engine wrote, as records. Owned by one thread. */
final class ForeignRows implements AutoCloseable {
  private static final int BLOCK_ROWS = 512;

  private final int groupRows;
  private final RecordAssembler assembler;
  private final ForeignFile.Block block;
  private final LeafPage timestampTypes;
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();

  // Rows that the pages have, and the one that comes next.
  private int blockStart;
  private int blockEnd;
  private int row;

  ForeignRows(ForeignFile file, int group, ProgramTable values, ProgramTable keys)
      throws IOException {
    this.groupRows = file.footer.groups.get(group).rows();
    this.assembler = new RecordAssembler(file.tree(), values, keys);
    LeafPage[] pages = assembler.pages();
    this.timestampTypes = pages[file.tree().leafIndex(SystemColumns.TIMESTAMP_TYPE.id())];
    this.block = file.open(group, pages, zstd);
  }

  /** Moves to a row. */
  void seek(int wanted) throws IOException {
    if (wanted < row) {
      block.restart();
      blockStart = 0;
      blockEnd = 0;
      row = 0;
    }
    if (wanted >= blockEnd) {
      block.skip(wanted - blockEnd);
      load(wanted);
    }
    assembler.skip(wanted - row);
    row = wanted;
  }

  private void load(int from) throws IOException {
    int some = Math.min(BLOCK_ROWS, groupRows - from);
    if (some <= 0) throw new IOException("a row group has " + groupRows + " rows, not " + from);
    block.take(some);
    blockStart = from;
    blockEnd = from + some;
    row = from;
    assembler.beginBlock();
  }

  /** Whether the broker's time is that of the row that comes next. */
  boolean isAppendTime() throws IOException {
    if (row == blockEnd) load(row);
    return timestampTypes.longs[row - blockStart] != 0;
  }

  /**
   * Writes the next row's record to the start of {@link #bytes}: with its own time in milliseconds
   * as its difference in time, and no difference in offset. Returns where it ends.
   */
  int assemble(long offset) throws IOException {
    if (row == blockEnd) load(row);
    int end = assembler.assemble(0, offset, 0, false, 0);
    row++;
    return end;
  }

  byte[] bytes() {
    return assembler.bytes();
  }

  @Override
  public void close() {
    zstd.close();
  }
}
