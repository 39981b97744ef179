package oxbow.cold.file.avro;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import oxbow.cold.file.BatchIndex;
import oxbow.cold.file.BatchIndexCodec;
import oxbow.cold.file.FileFacts;
import oxbow.cold.file.RowFile;
import oxbow.cold.shred.ByteAccess;

/**
 * The index at the end of an Avro file: facts, the batch index, and where the blocks lie.
 *
 * <pre>
 *  4 number of facts, each 4 + bytes and 4 + bytes | 4 length of the batch index, and it
 *  | 4 number of blocks, each 8 position 8 first row | 8 rows 8 end of the last block
 *  | 8 start of the whole batches | 4 checksum of all before
 * </pre>
 */
final class AvroTrailer {
  /** What a block's header takes at most. */
  private static final int BLOCK_HEADER_BYTES_MAX = 20;

  /** An index decompressed; a file of the largest size has far less. */
  private static final int BYTES_MAX = 256 << 20;

  final FileFacts facts;
  final BatchIndex batches;

  /** Where each block begins, then where the last ends. */
  final long[] blockStarts;

  /** First row of each block, then the number of all rows. */
  final long[] blockRows;

  final long blobsStart;

  private AvroTrailer(
      FileFacts facts, BatchIndex batches, long[] blockStarts, long[] blockRows, long blobsStart) {
    this.facts = facts;
    this.batches = batches;
    this.blockStarts = blockStarts;
    this.blockRows = blockRows;
    this.blobsStart = blobsStart;
  }

  static byte[] encode(
      RowFile.Contents contents,
      List<Long> blockStarts,
      List<Long> blockRows,
      long rows,
      long blocksEnd,
      long blobsStart)
      throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.writeInt(contents.facts().size());
    for (Map.Entry<String, String> fact : contents.facts().entrySet()) {
      writeText(out, fact.getKey());
      writeText(out, fact.getValue());
    }
    out.writeInt(contents.index().length);
    out.write(contents.index());
    out.writeInt(blockStarts.size());
    for (int i = 0; i < blockStarts.size(); i++) {
      out.writeLong(blockStarts.get(i));
      out.writeLong(blockRows.get(i));
    }
    out.writeLong(rows);
    out.writeLong(blocksEnd);
    out.writeLong(blobsStart);
    var crc = new CRC32C();
    crc.update(bytes.toByteArray());
    out.writeInt((int) crc.getValue());
    return bytes.toByteArray();
  }

  private static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * Reads the last block of a file.
   *
   * @throws IOException or a run-time exception: it isn't one of ours
   */
  static AvroTrailer read(byte[] block) throws IOException {
    byte[] padded = java.util.Arrays.copyOf(block, block.length + BLOCK_HEADER_BYTES_MAX);
    if (padded[0] != 0) throw new IOException("the last block has rows");
    long size = 0;
    int at = 1;
    for (int shift = 0; ; shift += 7) {
      int next = padded[at++];
      size |= (next & 0x7fL) << shift;
      if (next >= 0) break;
      if (shift > 35) throw new IOException("the last block has no size");
    }
    size = ByteAccess.unzigzag(size);
    if (size < 0 || at + size + AvroRowFile.SYNC_BYTES != block.length) {
      throw new IOException("the last block claims to have " + size + " bytes");
    }
    byte[] frame = java.util.Arrays.copyOfRange(block, at, at + (int) size);
    long plainBytes = Zstd.getFrameContentSize(frame);
    if (plainBytes < 0 || plainBytes > BYTES_MAX) {
      throw new IOException("the index claims to have " + plainBytes + " bytes");
    }
    return decode(Zstd.decompress(frame, (int) plainBytes));
  }

  private static AvroTrailer decode(byte[] bytes) throws IOException {
    int crcAt = bytes.length - Integer.BYTES;
    var crc = new CRC32C();
    crc.update(bytes, 0, crcAt);
    if ((int) crc.getValue() != ByteAccess.intBe(bytes, crcAt)) {
      throw new IOException("the index does not match its checksum");
    }
    var in = new DataInputStream(new ByteArrayInputStream(bytes));
    Map<String, String> texts = new HashMap<>();
    for (int left = in.readInt(); left > 0; left--) texts.put(readText(in), readText(in));
    if (!FileFacts.areIn(texts)) throw new IOException("the facts are not of this format");
    BatchIndex batches = BatchIndexCodec.decode(ByteBuffer.wrap(in.readNBytes(in.readInt())));
    int blocks = in.readInt();
    var starts = new long[blocks + 1];
    var rows = new long[blocks + 1];
    for (int i = 0; i < blocks; i++) {
      starts[i] = in.readLong();
      rows[i] = in.readLong();
    }
    rows[blocks] = in.readLong();
    starts[blocks] = in.readLong();
    long blobsStart = in.readLong();
    if (rows[blocks] != batches.totalRows()) {
      throw new IOException(
          "the file has " + rows[blocks] + " rows, its batches have " + batches.totalRows());
    }
    return new AvroTrailer(FileFacts.of(texts), batches, starts, rows, blobsStart);
  }

  private static String readText(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), UTF_8);
  }
}
