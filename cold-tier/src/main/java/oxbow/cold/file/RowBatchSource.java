package oxbow.cold.file;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.RecordAssembler;
import oxbow.log.batch.BatchView;

/** Makes batches of a file's rows. Hot path; owned by one thread. */
public final class RowBatchSource implements BatchSource {
  private final BatchIndex batches;
  private final RecordAssembler assembler;
  private final RowBlocks blocks;

  /** The row that the assembler gives next, if it lies before the block's end. */
  private long row;

  private long blockEnd;

  public RowBatchSource(
      BatchIndex batches, FileFacts facts, ColumnTree tree, RowBlocks.Opener opener) {
    this.batches = batches;
    var programs = new Programs(tree);
    this.assembler =
        new RecordAssembler(
            tree, programs.values(facts.valueSchemas()), programs.keys(facts.keySchemas()));
    this.blocks = opener.open(assembler.pages());
  }

  @Override
  public void seek(int batch) {
    row = batches.rowStart(batch);
    blockEnd = row; // loads the block with the next row
  }

  @Override
  public int append(int batch, int at) throws IOException {
    BatchIndex.Whole whole = batches.whole(batch);
    if (whole != null) {
      skipRows(batches.rows(batch));
      return appendWhole(whole, at);
    }
    assembler.ensure(at, BatchView.HEADER_BYTES);
    int end = at + BatchView.HEADER_BYTES;
    end = isControl(batch) ? appendControl(batch, end) : appendRows(batch, end);
    BatchHeader.put(assembler.bytes(), at, end, batches, batch);
    return end;
  }

  private boolean isControl(int batch) {
    return (batches.attributes(batch) & CONTROL_BIT) != 0;
  }

  private static final int CONTROL_BIT = 0x20;

  private int appendControl(int batch, int at) throws IOException {
    byte[] records = batches.payload(batch);
    if (records == null) throw new IOException("a control batch has no records");
    assembler.ensure(at, records.length);
    System.arraycopy(records, 0, assembler.bytes(), at, records.length);
    return at + records.length;
  }

  private int appendRows(int batch, int at) throws IOException {
    long baseOffset = batches.baseOffset(batch);
    long baseTimestampMs = batches.baseTimestampMs(batch);
    byte @Nullable [] deltas = batches.payload(batch);
    long left = batches.rows(batch);
    int deltaAt = 0;
    int end = at;
    while (left > 0) {
      if (row == blockEnd) loadBlock();
      long some = Math.min(left, blockEnd - row);
      if (deltas == null) {
        end = assembler.assembleRows(end, (int) some, baseOffset, baseTimestampMs);
      } else {
        for (long i = 0; i < some; i++) {
          long bits = varint(deltas, deltaAt);
          deltaAt += ByteAccess.varintBytes(bits);
          end = assembler.assemble(end, baseOffset, 0, true, ByteAccess.unzigzag(bits));
        }
      }
      row += some;
      left -= some;
    }
    return end;
  }

  private static long varint(byte[] bytes, int at) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      long next = bytes[at++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) return value;
    }
  }

  private int appendWhole(BatchIndex.Whole whole, int at) throws IOException {
    byte[] bytes = blocks.whole(whole);
    assembler.ensure(at, bytes.length);
    System.arraycopy(bytes, 0, assembler.bytes(), at, bytes.length);
    return at + bytes.length;
  }

  /** Moves the columns on by rows whose batch comes from elsewhere. */
  private void skipRows(long count) throws IOException {
    long left = count;
    while (left > 0) {
      if (row == blockEnd) loadBlock();
      long some = Math.min(left, blockEnd - row);
      assembler.skip((int) some);
      row += some;
      left -= some;
    }
  }

  /** Loads the block with the next row, and moves to it. */
  private void loadBlock() throws IOException {
    long blockStart = blocks.load(row);
    blockEnd = blockStart + blocks.blockRows();
    assembler.beginBlock();
    assembler.skip((int) (row - blockStart));
  }

  @Override
  public byte[] bytes() {
    return assembler.bytes();
  }

  @Override
  public void close() {
    blocks.close();
    assembler.close();
  }
}
