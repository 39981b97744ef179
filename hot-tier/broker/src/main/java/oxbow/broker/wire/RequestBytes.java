package oxbow.broker.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Readable;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.jspecify.annotations.Nullable;

/**
 * A frame's bytes as Kafka's message classes read them. Hot path. Record sets are views of the
 * frame, everything else is copied. Lengths are checked before anything is allocated for them, and
 * what the decoded objects will roughly weigh on the heap is bounded: a frame of empty strings
 * would otherwise grow forty-fold.
 */
final class RequestBytes implements Readable {
  // Object headers, references and boxes, as they come out per value read; rough, but never far
  // too low.
  private static final int VALUE_HEAP_BYTES = 24;
  private static final int ARRAY_HEAP_BYTES = 48;

  private final ByteBuf frame;
  private int heapBytesLeft;
  private boolean isBorrowed;

  RequestBytes(ByteBuf frame, int heapBytesMax) {
    this.frame = frame;
    this.heapBytesLeft = heapBytesMax;
  }

  /** Whether what was read holds views of the frame. */
  boolean isBorrowed() {
    return isBorrowed;
  }

  @Override
  public byte readByte() {
    expect(Byte.BYTES);
    return frame.readByte();
  }

  @Override
  public short readShort() {
    expect(Short.BYTES);
    return frame.readShort();
  }

  @Override
  public int readInt() {
    expect(Integer.BYTES);
    return frame.readInt();
  }

  @Override
  public long readLong() {
    expect(Long.BYTES);
    return frame.readLong();
  }

  @Override
  public double readDouble() {
    expect(Double.BYTES);
    return frame.readDouble();
  }

  @Override
  public byte[] readArray(int length) {
    checkLength(length);
    charge(ARRAY_HEAP_BYTES + length);
    byte[] bytes = new byte[length];
    frame.readBytes(bytes);
    return bytes;
  }

  @Override
  public String readString(int length) {
    return new String(readArray(length), StandardCharsets.UTF_8);
  }

  @Override
  public ByteBuffer readByteBuffer(int length) {
    checkLength(length);
    charge(ARRAY_HEAP_BYTES);
    isBorrowed = true;
    ByteBuffer view = frame.nioBuffer(frame.readerIndex(), length);
    frame.skipBytes(length);
    return view;
  }

  @Override
  public int readUnsignedVarint() {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte b = readByte();
      value |= (b & 0x7f) << shift;
      if (b >= 0) return value;
    }
    throw new IllegalArgumentException("a varint is longer than five bytes");
  }

  @Override
  public int readVarint() {
    int value = readUnsignedVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  @Override
  public long readVarlong() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte b = readByte();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) return (value >>> 1) ^ -(value & 1);
    }
    throw new IllegalArgumentException("a varlong is longer than ten bytes");
  }

  @Override
  public List<RawTaggedField> readUnknownTaggedField(
      @Nullable List<RawTaggedField> unknown, int tag, int size) {
    List<RawTaggedField> fields = unknown == null ? new ArrayList<>() : unknown;
    fields.add(new RawTaggedField(tag, readArray(size)));
    return fields;
  }

  /**
   * Bytes left. The message classes make room for as many elements as an array claims to have, up
   * to this number, so it also says how many would still fit the heap bound.
   */
  @Override
  public int remaining() {
    return Math.min(frame.readableBytes(), heapBytesLeft / VALUE_HEAP_BYTES);
  }

  @Override
  public Readable slice() {
    isBorrowed = true;
    return new RequestBytes(frame.slice(), heapBytesLeft);
  }

  private void checkLength(int length) {
    if (length < 0 || length > frame.readableBytes()) {
      throw new IllegalArgumentException(
          "a field claims " + length + " bytes of " + frame.readableBytes() + " left");
    }
  }

  /**
   * The buffer checks too, but a flag of Netty's turns that off; memory safety must not hang on it.
   */
  private void expect(int bytes) {
    if (frame.readableBytes() < bytes) {
      throw new IllegalArgumentException("the request ends within a value");
    }
    charge(VALUE_HEAP_BYTES);
  }

  private void charge(int heapBytes) {
    heapBytesLeft -= heapBytes;
    if (heapBytesLeft < 0) {
      throw new IllegalArgumentException("the request holds too many values");
    }
  }
}
