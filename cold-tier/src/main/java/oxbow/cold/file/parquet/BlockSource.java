package oxbow.cold.file.parquet;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import java.nio.ByteBuffer;
import oxbow.cold.file.BatchIndex;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.file.RowBlocks;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.SpareArrays;

/**
 * Fetches a row group with one read and decodes its pages, one block of rows at a time. Owned by
 * one thread; holds the row group until the next one.
 */
final class BlockSource implements RowBlocks {
  private final ParquetIndex index;
  private final RangeSource source;
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
  private final PageDecoder[] decoders;

  private byte[] bytes = new byte[0];
  private long bytesStart;
  private int group = -1;
  private int page = -1;

  BlockSource(ParquetIndex index, RangeSource source, LeafPage[] pages) {
    this.index = index;
    this.source = source;
    decoders = new PageDecoder[pages.length];
    for (int i = 0; i < pages.length; i++) decoders[i] = new PageDecoder(pages[i], zstd);
  }

  @Override
  public long load(long row) throws IOException {
    int wanted = index.groupOf(row);
    ParquetIndex.Group rows = index.groups[wanted];
    if (wanted != group) fetch(wanted);
    int inGroup = (int) (row - index.groupRowStarts[wanted]);
    page = rows.pageOf(inGroup);
    return loadPage();
  }

  @Override
  public int blockRows() {
    int[] rows = index.groups[group].pageRows;
    return rows[page + 1] - rows[page];
  }

  @Override
  public byte[] whole(BatchIndex.Whole whole) throws IOException {
    byte[] frame;
    int from;
    if (group >= 0
        && whole.position() >= bytesStart
        && whole.position() + whole.length() <= index.groups[group].end) {
      frame = bytes;
      from = (int) (whole.position() - bytesStart);
    } else {
      frame = new byte[whole.length()];
      copy(source.read(whole.position(), whole.length()), frame, whole.length());
      from = 0;
    }
    var batch = new byte[whole.batchBytes()];
    int got = zstd.decompressByteArray(batch, 0, batch.length, frame, from, whole.length());
    if (got != batch.length) throw new IOException("a whole batch of " + got + " bytes");
    return batch;
  }

  private void fetch(int wanted) throws IOException {
    ParquetIndex.Group target = index.groups[wanted];
    long length = target.end - target.start;
    if (length > Integer.MAX_VALUE - 64) throw new IOException("a row group of " + length);
    group = -1;
    int needed = (int) length + ByteAccess.SLACK_BYTES;
    if (bytes.length < needed) bytes = SpareArrays.grown(bytes, 0, needed);
    source.read(target.start, bytes, (int) length);
    bytesStart = target.start;
    for (int i = 0; i < decoders.length; i++) {
      ParquetIndex.Chunk chunk = target.chunks[i];
      if (chunk.dictionary < 0) continue;
      decoders[i].readDictionary(bytes, at(chunk.dictionary), at(chunk.pages[0]));
    }
    group = wanted;
  }

  private long loadPage() throws IOException {
    ParquetIndex.Group rows = index.groups[group];
    for (int i = 0; i < decoders.length; i++) {
      long[] pages = rows.chunks[i].pages;
      decoders[i].readPage(bytes, at(pages[page]), at(pages[page + 1]));
    }
    return index.groupRowStarts[group] + rows.pageRows[page];
  }

  private int at(long position) {
    return (int) (position - bytesStart);
  }

  private static void copy(ByteBuffer from, byte[] into, int length) throws IOException {
    if (from.remaining() != length) {
      throw new IOException("asked for " + length + " bytes and got " + from.remaining());
    }
    from.get(from.position(), into, 0, length);
  }

  @Override
  public void close() {
    zstd.close();
    SpareArrays.giveBack(bytes);
    bytes = new byte[0];
  }
}
