package oxbow.log.batch;

import static java.util.Objects.requireNonNull;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.Snappy;

/**
 * Decompresses the records of one batch after the other, a window at a time, in the framings that
 * Kafka's clients write. Its memory is fixed but for two cases that the format forces: a zstd frame
 * that asks for a history of more than {@link #HISTORY_BYTES_KEPT}, and a snappy block that is not
 * cut into chunks. Those take turns on one lock, so that many of them need no more than one. Used
 * by one thread at a time. Hot path.
 */
public final class Decompressor implements AutoCloseable {
  static final int WINDOW_BYTES = 128 << 10;

  /** History that zstd asks for up to level 19; decoders are kept for reuse up to this size. */
  private static final int HISTORY_BYTES_KEPT = 8 << 20;

  private static final int ZSTD_MAGIC = 0xFD2FB528;

  /** A three-byte snappy element copies at most 64 bytes, so that no block expands more. */
  private static final int SNAPPY_EXPANSION_MAX = 22;

  private static final byte[] SNAPPY_FRAME = {(byte) 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
  private static final int SNAPPY_FRAME_BYTES = 16;

  private final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
  private final BufferSupplier buffers = BufferSupplier.create();

  /** Decompressors with needs beyond the fixed memory take turns. Shared by all of a validator. */
  private final ReentrantLock large;

  private final byte[] chunk = new byte[16 << 10];
  private @Nullable ZstdDecompressCtx zstd;
  private @Nullable ByteBuffer staging;
  private @Nullable ByteBuffer snappyChunk;

  // The batch in work.
  private ByteBuffer compressed = ByteBuffer.allocate(0);
  private int codec;
  private boolean isFrameOpen;
  private boolean isFramedSnappy;
  private @Nullable ByteBuffer snappyBlock;
  private @Nullable Arena snappyArena;
  private @Nullable InputStream stream;

  public Decompressor(ReentrantLock large) {
    this.large = large;
  }

  /** How many times its size a payload can have at most when decompressed. */
  static long expansionMax(int codec) {
    return switch (codec) {
      case BatchView.CODEC_GZIP -> 1_032;
      case BatchView.CODEC_SNAPPY -> SNAPPY_EXPANSION_MAX;
      case BatchView.CODEC_LZ4 -> 255;
      default -> Integer.MAX_VALUE; // zstd says a hundred kilobytes with four bytes
    };
  }

  /** What {@link #fill} fills, from position zero. */
  public ByteBuffer window() {
    return window;
  }

  /** Begins with a batch's records. Followed by {@link #finish}, whatever happens between. */
  public void begin(ByteBuffer batch, int codec) throws IOException {
    this.codec = codec;
    compressed = batch.slice(BatchView.HEADER_BYTES, batch.limit() - BatchView.HEADER_BYTES);
    isFrameOpen = false;
    switch (codec) {
      case BatchView.CODEC_ZSTD -> {
        if (zstd == null) zstd = new ZstdDecompressCtx();
        zstd.reset();
        toDirect();
      }
      case BatchView.CODEC_SNAPPY -> {
        toDirect();
        beginSnappy();
      }
      case BatchView.CODEC_GZIP -> stream = open(CompressionType.GZIP);
      case BatchView.CODEC_LZ4 -> stream = open(CompressionType.LZ4);
      default -> throw new IOException("codec " + codec + " is unknown");
    }
  }

  /** Fills the window anew and returns how many bytes it holds; zero: the end. */
  public int fill() throws IOException {
    try {
      return switch (codec) {
        case BatchView.CODEC_ZSTD -> fillZstd();
        case BatchView.CODEC_SNAPPY -> fillSnappy();
        default -> fillFromStream();
      };
    } catch (ZstdException | KafkaException e) {
      throw new IOException(e);
    }
  }

  /** Lets go of the batch and of everything that is not kept for the next one. */
  public void finish() throws IOException {
    compressed = ByteBuffer.allocate(0);
    snappyBlock = null;
    if (snappyArena != null) {
      snappyArena.close();
      snappyArena = null;
    }
    if (staging != null && staging.capacity() > WINDOW_BYTES) staging = null;
    if (large.isHeldByCurrentThread()) {
      if (zstd != null) {
        zstd.close(); // gives the large history back
        zstd = null;
      }
      large.unlock();
    }
    if (stream != null) {
      var closing = stream;
      stream = null;
      closing.close();
    }
  }

  @Override
  public void close() {
    if (zstd != null) zstd.close();
    buffers.close();
  }

  private InputStream open(CompressionType type) throws IOException {
    try {
      return Compression.of(type).build().wrapForInput(compressed, BatchView.MAGIC, buffers);
    } catch (KafkaException e) {
      throw new IOException(e);
    }
  }

  /** The native decoders want native memory; from a network buffer nothing is copied. */
  private void toDirect() {
    if (compressed.isDirect()) return;
    int bytes = compressed.remaining();
    if (staging == null || staging.capacity() < bytes) {
      staging = ByteBuffer.allocateDirect(Math.max(bytes, WINDOW_BYTES));
    }
    staging.clear().put(compressed).flip();
    compressed = staging.slice();
  }

  private int fillFromStream() throws IOException {
    var in = requireNonNull(stream);
    int filled = 0;
    while (filled < WINDOW_BYTES) {
      int read = in.read(chunk, 0, Math.min(chunk.length, WINDOW_BYTES - filled));
      if (read < 0) break;
      window.put(filled, chunk, 0, read);
      filled += read;
    }
    return filled;
  }

  private int fillZstd() throws IOException {
    var decoder = requireNonNull(zstd);
    window.clear();
    while (window.hasRemaining()) {
      if (!isFrameOpen) {
        if (!compressed.hasRemaining()) break;
        if (zstdHistoryBytes() > HISTORY_BYTES_KEPT && !large.isHeldByCurrentThread()) large.lock();
      }
      int filledBefore = window.position();
      int readBefore = compressed.position();
      isFrameOpen = !decoder.decompressDirectByteBufferStream(window, compressed);
      boolean isStuck =
          window.position() == filledBefore && compressed.position() == readBefore && isFrameOpen;
      if (isStuck) throw new IOException("the zstd frame is cut short");
    }
    return window.position();
  }

  /** The history that the frame which begins here asks for; zero if its header is no header. */
  private long zstdHistoryBytes() {
    int at = compressed.position();
    int left = compressed.remaining();
    if (left < 6 || Integer.reverseBytes(compressed.getInt(at)) != ZSTD_MAGIC) return 0;
    int descriptor = compressed.get(at + 4);
    boolean isSingleSegment = (descriptor & 0x20) != 0;
    if (!isSingleSegment) {
      int window = compressed.get(at + 5) & 0xff;
      long base = 1L << (10 + (window >>> 3));
      return base + base / 8 * (window & 7);
    }
    // The whole content is the history: its size follows the id of the dictionary, if there is one.
    int dictionaryBytes = (1 << (descriptor & 3)) >> 1;
    int sizeBytes = 1 << ((descriptor >>> 6) & 3);
    int sizeAt = 5 + dictionaryBytes;
    if (sizeBytes < 4 || left < sizeAt + sizeBytes) return 0;
    if (sizeBytes == 4) {
      return Integer.toUnsignedLong(Integer.reverseBytes(compressed.getInt(at + sizeAt)));
    }
    long size = Long.reverseBytes(compressed.getLong(at + sizeAt));
    return size < 0 ? Long.MAX_VALUE : size;
  }

  private void beginSnappy() throws IOException {
    if (!compressed.hasRemaining()) throw new IOException("snappy data is empty");
    isFramedSnappy = compressed.remaining() >= SNAPPY_FRAME_BYTES;
    for (int i = 0; isFramedSnappy && i < SNAPPY_FRAME.length; i++) {
      isFramedSnappy = compressed.get(i) == SNAPPY_FRAME[i];
    }
    if (!isFramedSnappy) {
      snappyBlock = uncompressSnappy(compressed.remaining());
    } else if (compressed.getInt(SNAPPY_FRAME.length) < 1) {
      throw new IOException("snappy framing is older than version 1");
    } else {
      compressed.position(SNAPPY_FRAME_BYTES);
    }
  }

  private int fillSnappy() throws IOException {
    window.clear();
    while (window.hasRemaining()) {
      if (snappyBlock == null || !snappyBlock.hasRemaining()) {
        // Less than a length at the end is no chunk; other readers of the format ignore it, too.
        if (!isFramedSnappy || compressed.remaining() < Integer.BYTES) break;
        int blockBytes = compressed.getInt();
        if (blockBytes == 0x82534e41) { // a second stream, with a header of its own
          compressed.position(
              Math.min(
                  compressed.limit(), compressed.position() + SNAPPY_FRAME_BYTES - Integer.BYTES));
          continue;
        }
        snappyBlock = uncompressSnappy(blockBytes);
      }
      int bytes = Math.min(window.remaining(), snappyBlock.remaining());
      window.put(window.position(), snappyBlock, snappyBlock.position(), bytes);
      window.position(window.position() + bytes);
      snappyBlock.position(snappyBlock.position() + bytes);
    }
    return window.position();
  }

  private ByteBuffer uncompressSnappy(int blockBytes) throws IOException {
    if (blockBytes <= 0 || blockBytes > compressed.remaining()) {
      throw new IOException("a snappy block claims to have " + blockBytes + " bytes");
    }
    var block = compressed.slice(compressed.position(), blockBytes);
    compressed.position(compressed.position() + blockBytes);
    int bytes = Snappy.uncompressedLength(block);
    if (bytes < 0 || bytes > (long) SNAPPY_EXPANSION_MAX * blockBytes + 64) {
      throw new IOException("a snappy block claims to expand to " + bytes + " bytes");
    }
    var target = snappyTarget(bytes);
    Snappy.uncompress(block, target);
    return target;
  }

  /** Chunks of the usual 32 KiB go to a buffer that is kept, whole batches to one that is not. */
  private ByteBuffer snappyTarget(int bytes) {
    if (bytes <= WINDOW_BYTES) {
      if (snappyChunk == null) snappyChunk = ByteBuffer.allocateDirect(WINDOW_BYTES);
      return snappyChunk.clear();
    }
    if (!large.isHeldByCurrentThread()) large.lock();
    if (snappyArena != null) snappyArena.close();
    snappyArena = Arena.ofConfined();
    return snappyArena.allocate(bytes).asByteBuffer();
  }

  /** What the client gets to hear when a payload doesn't decompress. */
  static InvalidRecordException undecodable(IOException e) {
    return new InvalidRecordException("the batch's payload can't be decompressed", e);
  }
}
