package oxbow.cold.file.avro;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import oxbow.cold.file.BatchIndex;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.file.RowBlocks;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.LeafPage;

/** Fetches runs of blocks and takes one block after the other apart. Owned by one thread. */
final class AvroBlocks implements RowBlocks {
  /** A block decompressed; writers make them far smaller, unless one record is larger. */
  private static final long BLOCK_BYTES_MAX = 1L << 30;

  private final AvroTrailer index;
  private final int[] runStarts;
  private final RangeSource source;
  private final AvroRowReader reader;
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();

  private byte[] run = new byte[0];
  private long runStart;
  private int runNumber = -1;
  private byte[] plain = new byte[0];
  private int block;

  AvroBlocks(
      AvroTrailer index, int[] runStarts, ColumnTree tree, RangeSource source, LeafPage[] pages) {
    this.index = index;
    this.runStarts = runStarts;
    this.source = source;
    this.reader = new AvroRowReader(tree.top(), pages);
  }

  @Override
  public long load(long row) throws IOException {
    block = place(Arrays.binarySearch(index.blockRows, row));
    int wanted = place(Arrays.binarySearch(runStarts, block));
    if (wanted != runNumber) fetch(wanted);
    int at = (int) (index.blockStarts[block] - runStart);
    int end = (int) (index.blockStarts[block + 1] - runStart) - AvroRowFile.SYNC_BYTES;
    long rows = number(at, end);
    at += ByteAccess.varintBytes(ByteAccess.zigzag(rows));
    long size = number(at, end);
    at += ByteAccess.varintBytes(ByteAccess.zigzag(size));
    if (rows != blockRows() || size < 0 || size > end - at) {
      throw new IOException("a block has " + rows + " rows in " + size + " bytes");
    }
    decompress(at, (int) size);
    return index.blockRows[block];
  }

  private void decompress(int at, int size) throws IOException {
    long plainBytes = Zstd.getFrameContentSize(run, at, size);
    if (plainBytes < 0 || plainBytes > BLOCK_BYTES_MAX) {
      throw new IOException("a block claims to have " + plainBytes + " bytes");
    }
    int needed = (int) plainBytes + ByteAccess.SLACK_BYTES;
    if (plain.length < needed) plain = new byte[needed + needed / 4];
    int got = zstd.decompressByteArray(plain, 0, (int) plainBytes, run, at, size);
    if (got != plainBytes) throw new IOException("a block of " + got + " bytes");
    reader.read(plain, got, blockRows());
  }

  private static int place(int found) {
    return found >= 0 ? found : -found - 2;
  }

  private void fetch(int wanted) throws IOException {
    runNumber = -1;
    runStart = index.blockStarts[runStarts[wanted]];
    long runEnd = index.blockStarts[runStarts[wanted + 1]];
    ByteBuffer got = source.read(runStart, (int) (runEnd - runStart));
    if (got.remaining() != runEnd - runStart) {
      throw new IOException("asked for " + (runEnd - runStart) + " bytes, got " + got.remaining());
    }
    int needed = got.remaining() + ByteAccess.SLACK_BYTES;
    if (run.length < needed) run = new byte[needed + needed / 8];
    got.get(got.position(), run, 0, got.remaining());
    runNumber = wanted;
  }

  private long number(int at, int end) {
    long value = 0;
    for (int shift = 0; shift <= 63 && at < end; shift += 7) {
      long next = run[at++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) return ByteAccess.unzigzag(value);
    }
    throw new IndexOutOfBoundsException("a block's header ends early");
  }

  @Override
  public int blockRows() {
    return (int) (index.blockRows[block + 1] - index.blockRows[block]);
  }

  @Override
  public byte[] whole(BatchIndex.Whole whole) throws IOException {
    ByteBuffer got = source.read(index.blobsStart + whole.position(), whole.length());
    var frame = new byte[got.remaining()];
    got.get(got.position(), frame);
    var batch = new byte[whole.batchBytes()];
    int size = zstd.decompressByteArray(batch, 0, batch.length, frame, 0, frame.length);
    if (size != batch.length) throw new IOException("a whole batch of " + size + " bytes");
    return batch;
  }

  @Override
  public void close() {
    zstd.close();
  }
}
