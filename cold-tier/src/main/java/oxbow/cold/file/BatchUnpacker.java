package oxbow.cold.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import oxbow.cold.shred.BatchRecords;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.SpareArrays;
import oxbow.cold.store.StoreException;
import oxbow.log.batch.BatchView;
import oxbow.log.batch.Decompressor;

/**
 * Takes batches of the log apart, compressed ones after decompressing them. Hot path; owned by one
 * thread. Its memory is that of one batch.
 */
public final class BatchUnpacker implements AutoCloseable {
  /** A batch that decompresses to more is not taken apart. */
  public static final int UNPACKED_BYTES_MAX = 64 << 20;

  /** Buffers beyond this size are given back after the batch that needed them. */
  private static final int KEPT_BYTES_MAX = 4 << 20;

  /** Where the attributes begin, and what the checksum covers with them. */
  static final int ATTRIBUTES_AT = 21;

  private static final int COUNT_AT = 57;
  private static final int CODEC_BITS = 7;
  private static final int INITIAL_BYTES = 64 << 10;

  private final Decompressor decompressor = new Decompressor(new ReentrantLock());
  private final BatchRecords records = new BatchRecords();
  private byte[] bytes = SpareArrays.bytes(INITIAL_BYTES);
  private int size;
  private boolean isTooLarge;

  /**
   * Checks a batch's checksum and brings its uncompressed form into {@link #bytes}.
   *
   * @param batch alone in the buffer
   * @return whether its records were found; if not, it can only be kept whole
   * @throws StoreException {@code CORRUPT}: it isn't what was appended once
   */
  public boolean unpack(ByteBuffer batch) {
    int position = batch.position();
    int computed = BatchView.computeCrc(batch, position);
    if (computed != BatchView.crc(batch, position)) {
      throw new StoreException(
          StoreException.Kind.CORRUPT,
          "the batch at offset "
              + BatchView.baseOffset(batch, position)
              + " has checksum "
              + Integer.toHexString(computed)
              + ", its header says "
              + Integer.toHexString(BatchView.crc(batch, position)));
    }
    if (bytes.length > KEPT_BYTES_MAX) bytes = SpareArrays.grown(bytes, 0, INITIAL_BYTES);
    size = 0;
    isTooLarge = false;
    int codec = BatchView.codec(batch, position);
    if (codec == BatchView.CODEC_NONE) {
      append(batch, position, batch.remaining());
    } else {
      append(batch, position, BatchView.HEADER_BYTES);
      bytes[ATTRIBUTES_AT + 1] &= (byte) ~CODEC_BITS;
      if (!decompress(batch.slice(), codec)) return false;
      ByteAccess.intBe(bytes, Long.BYTES, size - BatchView.LENGTH_OVERHEAD_BYTES);
    }
    return records.read(
        bytes, BatchView.HEADER_BYTES, size, BatchView.recordCount(batch, position));
  }

  /**
   * Leaves out the records below an offset, as if they had been compacted away. The batch's records
   * were found.
   */
  public void dropBelow(long offset) {
    long baseOffset = ByteAccess.longBe(bytes, 0);
    int dropped = 0;
    while (dropped < records.count && baseOffset + records.offsetDeltas[dropped] < offset)
      dropped++;
    if (dropped == 0) return;
    int kept = records.count - dropped;
    int from = kept == 0 ? size : records.starts[dropped];
    System.arraycopy(bytes, from, bytes, BatchView.HEADER_BYTES, size - from);
    size -= from - BatchView.HEADER_BYTES;
    ByteAccess.intBe(bytes, Long.BYTES, size - BatchView.LENGTH_OVERHEAD_BYTES);
    ByteAccess.intBe(bytes, COUNT_AT, kept);
    records.read(bytes, BatchView.HEADER_BYTES, size, kept);
  }

  /** Header and records in uncompressed form, with slack behind. */
  public byte[] bytes() {
    return bytes;
  }

  public int size() {
    return size;
  }

  /** The batch was given up because of what it would decompress to. */
  public boolean isTooLarge() {
    return isTooLarge;
  }

  public BatchRecords records() {
    return records;
  }

  /** Checksum of the uncompressed form. */
  public int crc() {
    var crc = new CRC32C();
    crc.update(bytes, ATTRIBUTES_AT, size - ATTRIBUTES_AT);
    return (int) crc.getValue();
  }

  private boolean decompress(ByteBuffer batch, int codec) {
    try {
      try {
        decompressor.begin(batch, codec);
        int filled;
        while ((filled = decompressor.fill()) > 0) {
          if (size + filled > UNPACKED_BYTES_MAX) {
            isTooLarge = true;
            return false;
          }
          append(decompressor.window(), 0, filled);
        }
        return true;
      } finally {
        decompressor.finish();
      }
    } catch (IOException e) {
      return false; // nobody will ever read it; it stays what it is
    }
  }

  private void append(ByteBuffer source, int from, int length) {
    int needed = size + length + ByteAccess.SLACK_BYTES;
    if (needed > bytes.length) {
      bytes = SpareArrays.grown(bytes, size, Math.max(bytes.length * 2, needed));
    }
    source.get(from, bytes, size, length);
    size += length;
  }

  @Override
  public void close() {
    decompressor.close();
    SpareArrays.giveBack(bytes);
    bytes = new byte[0];
  }
}
