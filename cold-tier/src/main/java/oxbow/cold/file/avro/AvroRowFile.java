package oxbow.cold.file.avro;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import oxbow.cold.file.FileMetrics;
import oxbow.cold.file.PositionedOutput;
import oxbow.cold.file.RowFile;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.ColumnVector;

/**
 * An Avro container of rows that is being written. Readers of Avro see rows only: what is ours lies
 * in blocks behind them that have no rows.
 *
 * <pre>
 *  Obj 1, metadata, sync | block of rows, sync | ... | whole batches, sync | index, sync
 * </pre>
 */
public final class AvroRowFile implements RowFile {
  static final int SYNC_BYTES = 16;
  static final byte[] MAGIC = {'O', 'b', 'j', 1};

  private static final String SCHEMA = "avro.schema";
  private static final String CODEC = "avro.codec";

  private final AvroOptions options;
  private final PositionedOutput out;
  private final AvroRowWriter writer;
  private final ZstdCompressCtx zstd = new ZstdCompressCtx();
  private final byte[] sync = new byte[SYNC_BYTES];
  private final List<Long> blockStarts = new ArrayList<>();
  private final List<Long> blockRows = new ArrayList<>();
  private final ByteArrayOutputStream blobs = new ByteArrayOutputStream();

  private byte[] compressed = new byte[0];
  private long rows;

  public AvroRowFile(ColumnTree tree, AvroOptions options, Path path) throws IOException {
    this.options = options;
    this.writer = new AvroRowWriter(tree.top());
    zstd.setLevel(options.zstdLevel());
    // The mark between blocks need only be unlikely, and the same data give the same file.
    new Random(path.getFileName().toString().hashCode()).nextBytes(sync);
    this.out = new PositionedOutput(path);
    writeHeader(AvroRowSchema.of(tree).toString());
  }

  private void writeHeader(String schema) throws IOException {
    out.write(MAGIC, 0, MAGIC.length);
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(SCHEMA, schema);
    metadata.put(CODEC, "zstandard");
    writeNumber(metadata.size());
    for (Map.Entry<String, String> each : metadata.entrySet()) {
      writeText(each.getKey());
      writeText(each.getValue());
    }
    writeNumber(0);
    out.write(sync, 0, SYNC_BYTES);
  }

  private void writeText(String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    writeNumber(bytes.length);
    out.write(bytes, 0, bytes.length);
  }

  private void writeNumber(long number) throws IOException {
    var bytes = new byte[10 + ByteAccess.SLACK_BYTES];
    out.write(bytes, 0, ByteAccess.putZigzag(bytes, 0, number));
  }

  @Override
  public void addBlock(ColumnVector[] vectors, int count) throws IOException {
    if (count == 0) return;
    writer.write(vectors, count);
    int bound = (int) Zstd.compressBound(writer.size());
    if (compressed.length < bound) compressed = new byte[bound + bound / 4];
    int size =
        zstd.compressByteArray(compressed, 0, compressed.length, writer.bytes(), 0, writer.size());
    blockStarts.add(out.position());
    blockRows.add(rows);
    rows += count;
    writeBlock(count, compressed, size);
  }

  private void writeBlock(long count, byte[] bytes, int size) throws IOException {
    writeNumber(count);
    writeNumber(size);
    out.write(bytes, 0, size);
    out.write(sync, 0, SYNC_BYTES);
  }

  @Override
  public int blockRowsMax() {
    return options.rowsPerBlock();
  }

  @Override
  public int blockBytesMax() {
    return options.bytesPerBlock();
  }

  @Override
  public int zstdLevel() {
    return options.zstdLevel();
  }

  /** Among the others, counted from the first: where that will be is known at the end. */
  @Override
  public long addBlob(byte[] bytes) {
    long position = blobs.size();
    blobs.writeBytes(bytes);
    return position;
  }

  @Override
  public long bytes() {
    return out.position() + blobs.size();
  }

  @Override
  public long rows() {
    return rows;
  }

  /**
   * Readers of Avro find the next block from anywhere, and would skip the one they were sent to.
   */
  @Override
  public FileMetrics metrics() {
    return FileMetrics.NONE;
  }

  @Override
  public Written finish(Trailer trailer) throws IOException {
    long blobsStart = out.position();
    if (blobs.size() > 0) {
      byte[] all = blobs.toByteArray();
      writeBlock(0, all, all.length);
      blobsStart = out.position() - SYNC_BYTES - all.length;
    }
    long rowsEnd = blockStarts.isEmpty() ? out.position() : blobsStart;
    long indexStart = out.position();
    Contents contents = trailer.at(0);
    byte[] index = AvroTrailer.encode(contents, blockStarts, blockRows, rows, rowsEnd, blobsStart);
    byte[] frame = Zstd.compress(index, options.zstdLevel());
    writeBlock(0, frame, frame.length);
    out.close();
    return new Written(out.position(), indexStart);
  }

  @Override
  public void close() {
    zstd.close();
    try {
      out.close();
    } catch (IOException e) {
      // Nothing hangs on it: a file that counts was closed in finish().
    }
  }
}
