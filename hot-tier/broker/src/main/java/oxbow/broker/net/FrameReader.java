package oxbow.broker.net;

import static oxbow.broker.wire.BadRequestException.Reason.FRAME_SIZE;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import org.jspecify.annotations.Nullable;
import oxbow.broker.wire.BadRequestException;

/**
 * Cuts the byte stream of one connection into frames, and says into which buffer the socket is read
 * next. Hot path. Owned by the connection's event loop.
 *
 * <pre>
 *   nothing left over    a read buffer, as large as recent reads were worth; frames are slices of it
 *   a short frame begun  the same buffer goes on being filled, or a new one that begins with the rest
 *   a long frame begun   a buffer of its own, filled straight from the socket to its last byte
 * </pre>
 *
 * A connection that has nothing left over holds no buffer.
 */
final class FrameReader implements RecvByteBufAllocator.ExtendedHandle {
  static final int SIZE_BYTES = Integer.BYTES;
  private static final int READ_BYTES_MIN = 1024;
  private static final int READ_BYTES_MAX = 64 * 1024;
  // Enough to get on with when nothing should be read but the transport reads once more.
  private static final int RELUCTANT_READ_BYTES = 512;
  private static final int READS_PER_WAKEUP_MAX = 16;

  private final FrameBudget budget;
  private final int frameBytesMax;

  private int readBytes = 4 * READ_BYTES_MIN;
  private @Nullable ByteBuf rest; // read, not cut yet
  private int restCharge; // what the budget was told of a rest that waits for more bytes
  private @Nullable ByteBuf filling; // a long frame; charged when it was granted
  private int wantedBytes; // size of a long frame that waits for its grant

  private @Nullable ChannelConfig channelConfig;
  private int attemptedBytes;
  private int lastBytes;
  private int reads;

  FrameReader(FrameBudget budget, int frameBytesMax) {
    this.budget = budget;
    this.frameBytesMax = frameBytesMax;
  }

  /** Takes what was read. */
  void takeRead(ByteBuf read) {
    if (isSame(read, filling) || isSame(read, rest)) {
      read.release(); // the transport's hold on it, ours remains
      return;
    }
    if (filling != null) {
      filling.writeBytes(read, Math.min(read.readableBytes(), filling.writableBytes()));
    }
    if (!read.isReadable()) {
      read.release();
    } else if (rest == null) {
      rest = read;
    } else {
      ByteBuf joined = read.alloc().directBuffer(rest.readableBytes() + read.readableBytes());
      joined.writeBytes(rest).writeBytes(read);
      read.release();
      dropRest();
      rest = joined;
    }
  }

  /**
   * The next whole frame without its size field, or null if it is not there yet. The caller gives
   * its readable bytes back to the budget and releases it.
   */
  @Nullable ByteBuf next(ByteBufAllocator allocator) {
    if (filling != null) {
      if (filling.isWritable()) return null;
      ByteBuf frame = filling;
      filling = null;
      return frame;
    }
    if (rest == null || wantedBytes > 0) return null;
    int readable = rest.readableBytes();
    if (readable < SIZE_BYTES) {
      carry(rest, SIZE_BYTES - readable, allocator);
      return null;
    }
    int frameBytes = rest.getInt(rest.readerIndex());
    if (frameBytes < 0 || frameBytes > frameBytesMax) {
      throw new BadRequestException(
          FRAME_SIZE, "a frame of " + frameBytes + " bytes; at most " + frameBytesMax);
    }
    if (readable - SIZE_BYTES >= frameBytes) return cut(rest, frameBytes);
    if (SIZE_BYTES + frameBytes <= READ_BYTES_MAX / 2) {
      carry(rest, SIZE_BYTES + frameBytes - readable, allocator);
    } else if (budget.tryTake(frameBytes)) {
      begin(rest, frameBytes, allocator);
    } else {
      uncharge(); // who waits for bytes must not be what is waited for
      wantedBytes = frameBytes;
    }
    return null;
  }

  /** Bytes that must be granted before reading makes sense again; zero: none. */
  int wantedBytes() {
    return wantedBytes;
  }

  /** The wanted bytes are taken: begins the frame. */
  void beginGranted(ByteBufAllocator allocator) {
    int frameBytes = wantedBytes;
    wantedBytes = 0;
    if (rest != null) begin(rest, frameBytes, allocator);
  }

  /** Whether a frame has begun that is not whole. */
  boolean isPartial() {
    return filling != null || restCharge > 0 || wantedBytes > 0;
  }

  /** Size of the frame that was begun, as far as known. */
  int partialBytes() {
    return filling == null ? wantedBytes : filling.capacity();
  }

  /** Gives back everything. The bytes that were wanted are the caller's to forget. */
  void close() {
    wantedBytes = 0;
    dropRest();
    if (filling != null) {
      budget.give(filling.capacity());
      filling.release();
      filling = null;
    }
  }

  @SuppressWarnings("ReferenceEquality") // buffers are equal by content; here it's about ownership
  private static boolean isSame(ByteBuf one, @Nullable ByteBuf other) {
    return one == other;
  }

  private ByteBuf cut(ByteBuf from, int frameBytes) {
    uncharge();
    budget.take(frameBytes);
    from.skipBytes(SIZE_BYTES);
    if (from.readableBytes() == frameBytes) {
      rest = null;
      return from;
    }
    return from.readRetainedSlice(frameBytes);
  }

  private void carry(ByteBuf from, int missingBytes, ByteBufAllocator allocator) {
    if (from.writableBytes() < missingBytes) {
      int wholeBytes = from.readableBytes() + missingBytes;
      ByteBuf roomy = allocator.directBuffer(Math.max(readBytes, wholeBytes));
      roomy.writeBytes(from);
      dropRest();
      rest = roomy;
      charge(roomy);
    } else if (restCharge == 0) {
      charge(from);
    }
  }

  private void begin(ByteBuf from, int frameBytes, ByteBufAllocator allocator) {
    ByteBuf frame = allocator.directBuffer(frameBytes, frameBytes);
    from.skipBytes(SIZE_BYTES);
    frame.writeBytes(from);
    dropRest();
    filling = frame;
  }

  private void charge(ByteBuf buffer) {
    restCharge = buffer.capacity();
    budget.take(restCharge);
  }

  private void uncharge() {
    if (restCharge == 0) return;
    budget.give(restCharge);
    restCharge = 0;
  }

  private void dropRest() {
    uncharge();
    if (rest == null) return;
    rest.release();
    rest = null;
  }

  // ---- What the transport asks while it reads.

  @Override
  public ByteBuf allocate(ByteBufAllocator allocator) {
    if (filling != null && filling.isWritable()) return filling.retain();
    if (rest != null && restCharge > 0 && rest.isWritable()) return rest.retain();
    boolean isReluctant = rest != null || filling != null || budget.isFull();
    return allocator.directBuffer(isReluctant ? RELUCTANT_READ_BYTES : readBytes);
  }

  @Override
  public int guess() {
    return readBytes;
  }

  @Override
  public void reset(ChannelConfig config) {
    channelConfig = config;
    reads = 0;
  }

  @Override
  public void incMessagesRead(int count) {
    reads += count;
  }

  @Override
  public void attemptedBytesRead(int bytes) {
    attemptedBytes = bytes;
  }

  @Override
  public int attemptedBytesRead() {
    return attemptedBytes;
  }

  @Override
  public void lastBytesRead(int bytes) {
    lastBytes = bytes;
    if (bytes >= readBytes) {
      readBytes = Math.min(readBytes * 4, READ_BYTES_MAX);
    } else if (bytes > 0 && bytes < readBytes / 8 && attemptedBytes == readBytes) {
      readBytes = Math.max(readBytes / 2, READ_BYTES_MIN);
    }
  }

  @Override
  public int lastBytesRead() {
    return lastBytes;
  }

  @Override
  public boolean continueReading() {
    // A read that did not fill its buffer emptied the socket: no need to ask once more.
    return lastBytes == attemptedBytes
        && lastBytes > 0
        && reads < READS_PER_WAKEUP_MAX
        && channelConfig != null
        && channelConfig.isAutoRead();
  }

  @Override
  public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
    return continueReading();
  }

  @Override
  public void readComplete() {}
}
