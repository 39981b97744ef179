package oxbow.log.batch;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Takes records out of batches. Those that stay keep every byte, their offset and their codec; a
 * batch that loses all of them becomes its header, so that offsets and producers' sequences go on
 * as if it were whole. Records pass through one by one: memory is that of one batch and the longest
 * key that is looked at. Owned by one thread.
 */
public final class RecordCutter implements AutoCloseable {
  private static final int CODEC_BITS = 0x07;

  private final Choice choice;
  private final int keyBytesMax;
  private final Decompressor decompressor = new Decompressor(new ReentrantLock());
  private final BitSet leaving = new BitSet();
  private byte[] key = new byte[256];
  private long droppedRecords;

  // The bytes of records, a window at a time.
  private ByteBuffer window = ByteBuffer.allocate(0);
  private int at;
  private int end;
  private boolean isCompressed;
  private @Nullable OutputStream copy;
  private byte[] piece = new byte[0];

  /** Of the number that was read last. */
  private int numberBytes;

  // What was found in the batch in work.
  private int count;
  private long keptTimestampMax;

  /** Which records go. */
  public interface Choice {
    /**
     * Says whether a record goes.
     *
     * @param key good for the call; null: it has none
     * @param hasValue false: it is a tombstone
     */
    boolean leaves(long offset, @Nullable ByteBuffer key, boolean hasValue);
  }

  /**
   * @param keyBytesMax records with longer keys stay, without being asked for
   */
  public RecordCutter(Choice choice, int keyBytesMax) {
    this.choice = choice;
    this.keyBytesMax = keyBytesMax;
  }

  /**
   * Counts the records of a batch that would go.
   *
   * @param batch alone in the buffer, from its start to its limit; no control batch
   * @throws IOException its records can't be found
   */
  public int count(ByteBuffer batch) throws IOException {
    choose(batch);
    return leaving.cardinality();
  }

  /**
   * Takes records out of a batch.
   *
   * @param batch as {@link #count} wants it
   * @return the same buffer if they all stay, else a new one
   * @throws IOException its records can't be found
   */
  public ByteBuffer cut(ByteBuffer batch) throws IOException {
    choose(batch);
    int dropped = leaving.cardinality();
    if (dropped == 0) return batch;
    droppedRecords += dropped;
    return dropped == count ? header(batch) : rebuilt(batch, count - dropped);
  }

  /** How many records were taken out so far. */
  public long droppedRecords() {
    return droppedRecords;
  }

  private void choose(ByteBuffer batch) throws IOException {
    leaving.clear();
    count = BatchView.recordCount(batch, 0);
    keptTimestampMax = -1;
    long baseOffset = BatchView.baseOffset(batch, 0);
    long baseTimestampMs = BatchView.baseTimestampMs(batch, 0);
    if (count == 0) return;
    begin(batch);
    try {
      for (int i = 0; i < count; i++) choose(i, baseOffset, baseTimestampMs);
      if (at < end || refill()) throw new IOException("bytes follow the last record");
    } finally {
      finish();
    }
  }

  private void choose(int record, long baseOffset, long baseTimestampMs) throws IOException {
    long left = recordBytes();
    long before = left;
    left -= skip(1);
    long timestampDelta = zigzag();
    left -= numberBytes;
    long offsetDelta = zigzag();
    left -= numberBytes;
    long keyBytes = zigzag();
    left -= numberBytes;
    boolean isLong = keyBytes > keyBytesMax;
    if (keyBytes > left) throw new IOException("a key is longer than its record");
    if (isLong) skip(keyBytes);
    else if (keyBytes > 0) readKey((int) keyBytes);
    left -= Math.max(0, keyBytes);
    long valueBytes = zigzag();
    left -= numberBytes;
    if (left < 0) throw new IOException("a record has not the length it claims, " + before);
    skip(left);
    ByteBuffer shown = keyBytes < 0 ? null : ByteBuffer.wrap(key, 0, isLong ? 0 : (int) keyBytes);
    if (!isLong && choice.leaves(baseOffset + offsetDelta, shown, valueBytes >= 0)) {
      leaving.set(record);
    } else {
      keptTimestampMax = Math.max(keptTimestampMax, baseTimestampMs + timestampDelta);
    }
  }

  private void readKey(int bytes) throws IOException {
    if (key.length < bytes) key = new byte[Math.max(bytes, key.length * 2)];
    for (int read = 0; read < bytes; ) {
      if (at == end && !refill()) throw new IOException("a key is cut short");
      int some = Math.min(bytes - read, end - at);
      window.get(at, key, read, some);
      at += some;
      read += some;
    }
  }

  /** Its records are gone, and what it was remains: whose, how many offsets, until when. */
  private static ByteBuffer header(ByteBuffer batch) {
    ByteBuffer header = ByteBuffer.allocate(BatchView.HEADER_BYTES);
    header.put(0, batch, 0, BatchView.HEADER_BYTES);
    short attributes = (short) (BatchView.attributes(batch, 0) & ~CODEC_BITS);
    BatchView.stampContent(header, attributes, BatchView.maxTimestampMs(batch, 0), 0);
    return header;
  }

  private ByteBuffer rebuilt(ByteBuffer batch, int kept) throws IOException {
    var out = new ByteBufferOutputStream(batch.limit() + 64);
    out.position(BatchView.HEADER_BYTES);
    var codec = CompressionType.forId(BatchView.codec(batch, 0));
    begin(batch);
    try (OutputStream records = Compression.of(codec).build().wrapForOutput(out, BatchView.MAGIC)) {
      for (int i = 0; i < count; i++) {
        copy = leaving.get(i) ? null : records;
        skip(recordBytes());
      }
    } finally {
      copy = null;
      finish();
    }
    ByteBuffer rebuilt = out.buffer().flip();
    rebuilt.put(0, batch, 0, BatchView.HEADER_BYTES);
    long timestampMs =
        BatchView.isLogAppendTime(batch, 0) ? BatchView.maxTimestampMs(batch, 0) : keptTimestampMax;
    BatchView.stampContent(rebuilt, BatchView.attributes(batch, 0), timestampMs, kept);
    return rebuilt;
  }

  // Reading.

  private void begin(ByteBuffer batch) throws IOException {
    int codec = BatchView.codec(batch, 0);
    isCompressed = codec != BatchView.CODEC_NONE;
    if (isCompressed) {
      decompressor.begin(batch, codec);
      at = 0;
      end = 0;
    } else {
      window = batch;
      at = BatchView.HEADER_BYTES;
      end = batch.limit();
    }
  }

  private boolean refill() throws IOException {
    if (!isCompressed) return false;
    end = decompressor.fill();
    at = 0;
    window = decompressor.window();
    return end > 0;
  }

  private void finish() throws IOException {
    window = ByteBuffer.allocate(0);
    if (isCompressed) decompressor.finish();
  }

  /** The length of the record that begins here. */
  private long recordBytes() throws IOException {
    long bytes = zigzag();
    if (bytes < 0) throw new IOException("a record has " + bytes + " bytes");
    return bytes;
  }

  /** A number as records have them; longer forms than need be are read, too. */
  private long zigzag() throws IOException {
    long value = 0;
    numberBytes = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int next = oneByte();
      numberBytes++;
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) return (value >>> 1) ^ -(value & 1);
    }
    throw new IOException("a number has no end");
  }

  private int oneByte() throws IOException {
    if (at == end && !refill()) throw new IOException("the records are cut short");
    byte next = window.get(at++);
    if (copy != null) copy.write(next);
    return next;
  }

  /** Goes on by so many bytes, which are copied if anything is; returns their number. */
  private long skip(long bytes) throws IOException {
    for (long left = bytes; left > 0; ) {
      if (at == end && !refill()) throw new IOException("the records are cut short");
      int some = (int) Math.min(left, end - at);
      if (copy != null) copyTo(copy, some);
      at += some;
      left -= some;
    }
    return bytes;
  }

  private void copyTo(OutputStream out, int bytes) throws IOException {
    if (window.hasArray()) {
      out.write(window.array(), window.arrayOffset() + at, bytes);
      return;
    }
    if (piece.length < bytes) piece = Arrays.copyOf(piece, bytes);
    window.get(at, piece, 0, bytes);
    out.write(piece, 0, bytes);
  }

  @Override
  public void close() {
    decompressor.close();
  }

  /** The same for callers whose interface knows no such failure. */
  public static UncheckedIOException unreadable(ByteBuffer batch, IOException cause) {
    return new UncheckedIOException(
        "the records of the batch at offset "
            + BatchView.baseOffset(batch, batch.position())
            + " can't be read: "
            + cause.getMessage(),
        cause);
  }
}
