package oxbow.broker.wire;

import io.netty.buffer.ByteBuf;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.List;
import org.apache.kafka.common.network.TransferableChannel;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordsSend;
import oxbow.log.FileSlice;

/**
 * Where Kafka's message classes write a response. Hot path. Everything goes into one buffer, except
 * slices of files: those become regions that are sent between two of the buffer's bytes. Short
 * slices are read into the buffer: one copy is cheaper than two system calls more.
 *
 * <pre>
 *   buffer:   [header, metadata)  [metadata)  [metadata]
 *   regions:                   r0           r1             cut by {@link EncodedResponse}
 * </pre>
 */
final class ResponseBytes implements Writable {
  // sendfile on a channel that is not the JDK's own would hand a wrong object to native code.
  private static final String JDK_FILE_CHANNEL = "sun.nio.ch.FileChannelImpl";

  // Many short slices would make a large buffer, held for as long as a slow client reads it.
  private static final int INLINE_SLICES_MAX = 4;

  private final ByteBuf buffer;
  private final int inlineBytesMax;
  private int inlineBytesLeft;
  private final ArrayDeque<EncodedResponse.Cut> cuts = new ArrayDeque<>(0);

  ResponseBytes(ByteBuf buffer, int inlineBytesMax) {
    this.buffer = buffer;
    this.inlineBytesMax = inlineBytesMax;
    this.inlineBytesLeft = Math.multiplyExact(INLINE_SLICES_MAX, inlineBytesMax);
  }

  ArrayDeque<EncodedResponse.Cut> cuts() {
    return cuts;
  }

  @Override
  public void writeByte(byte value) {
    buffer.writeByte(value);
  }

  @Override
  public void writeShort(short value) {
    buffer.writeShort(value);
  }

  @Override
  public void writeInt(int value) {
    buffer.writeInt(value);
  }

  @Override
  public void writeLong(long value) {
    buffer.writeLong(value);
  }

  @Override
  public void writeDouble(double value) {
    buffer.writeDouble(value);
  }

  @Override
  public void writeByteArray(byte[] bytes) {
    buffer.writeBytes(bytes);
  }

  @Override
  public void writeUnsignedVarint(int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      buffer.writeByte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    buffer.writeByte(rest);
  }

  @Override
  public void writeByteBuffer(ByteBuffer bytes) {
    buffer.writeBytes(bytes.duplicate());
  }

  @Override
  public void writeVarint(int value) {
    writeUnsignedVarint((value << 1) ^ (value >> 31));
  }

  @Override
  public void writeVarlong(long value) {
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7fL) != 0) {
      buffer.writeByte((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    buffer.writeByte((int) rest);
  }

  @Override
  public void writeRecords(BaseRecords records) {
    try {
      switch (records) {
        case SlicedRecords sliced -> writeSlices(sliced.takeSlices());
        case HeldRecords held -> writeHeld(held);
        case MemoryRecords memory -> buffer.writeBytes(memory.buffer().duplicate());
        default -> copy(records);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("records could not be read from their file", e);
    }
  }

  /** Releases every region; called when the response is given up half-written. */
  void releaseRegions() {
    for (EncodedResponse.Cut cut : cuts) cut.region().release();
    cuts.clear();
  }

  private void writeSlices(List<FileSlice> slices) throws IOException {
    int taken = 0;
    try {
      for (FileSlice slice : slices) {
        if (!isInline(slice.sizeBytes()) && isJdkFile(slice.channel())) {
          cuts.add(new EncodedResponse.Cut(buffer.writerIndex(), new SliceRegion(slice)));
          taken++;
        } else {
          readFully(slice.channel(), slice.position(), slice.sizeBytes());
          inlineBytesLeft -= slice.sizeBytes();
          slice.release();
          taken++;
        }
      }
    } finally {
      for (FileSlice unsent : slices.subList(taken, slices.size())) unsent.release();
    }
  }

  private void writeHeld(HeldRecords held) {
    if (isInline(held.sizeInBytes())) {
      inlineBytesLeft -= held.sizeInBytes();
      buffer.writeBytes(held.bytes());
      held.release();
    } else {
      cuts.add(new EncodedResponse.Cut(buffer.writerIndex(), held.takeRegion()));
    }
  }

  private boolean isInline(int bytes) {
    return bytes <= inlineBytesMax && bytes <= inlineBytesLeft;
  }

  private static boolean isJdkFile(FileChannel channel) {
    return channel.getClass().getName().equals(JDK_FILE_CHANNEL);
  }

  private void readFully(FileChannel channel, long position, int bytes) throws IOException {
    int end = buffer.writerIndex() + bytes;
    buffer.ensureWritable(bytes);
    while (buffer.writerIndex() < end) {
      int left = end - buffer.writerIndex();
      if (buffer.writeBytes(channel, position + bytes - left, left) <= 0) {
        throw new EOFException("the file ends " + left + " bytes before its records do");
      }
    }
  }

  private void copy(BaseRecords records) throws IOException {
    RecordsSend<? extends BaseRecords> send = records.toSend();
    var channel = new IntoBuffer();
    while (!send.completed()) {
      if (send.writeTo(channel) <= 0) {
        throw new EOFException("records end before their size says");
      }
    }
  }

  /** Lets Kafka's own record sets write themselves into the buffer. */
  private final class IntoBuffer implements TransferableChannel {
    @Override
    public boolean hasPendingWrites() {
      return false;
    }

    @Override
    public long transferFrom(FileChannel file, long position, long count) throws IOException {
      int bytes = (int) Math.min(count, Integer.MAX_VALUE);
      readFully(file, position, bytes);
      return bytes;
    }

    @Override
    public int write(ByteBuffer bytes) {
      int count = bytes.remaining();
      buffer.writeBytes(bytes);
      return count;
    }

    @Override
    public long write(ByteBuffer[] all, int offset, int length) {
      long count = 0;
      for (int i = offset; i < offset + length; i++) count += write(all[i]);
      return count;
    }

    @Override
    public long write(ByteBuffer[] all) {
      return write(all, 0, all.length);
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
