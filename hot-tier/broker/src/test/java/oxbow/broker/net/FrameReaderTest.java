package oxbow.broker.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import oxbow.broker.wire.BadRequestException;

final class FrameReaderTest {
  private static final int FRAME_BYTES_MAX = 1 << 20;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
  private final FrameBudget budget = new FrameBudget(64 << 20, 1_000);
  private final FrameReader frames = new FrameReader(budget, FRAME_BYTES_MAX);

  @AfterEach
  void nothingIsLeft() {
    frames.close();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
    assertThat(budget.heldBytes()).isZero();
    assertThat(budget.heldFrames()).isZero();
  }

  @Test
  void framesCutAtEveryByteAreWholeAgain() {
    byte[] stream = stream(3, 0, 1, 100, 40_000, 7, 33_000, 2);
    for (int at = 1; at < 200; at++) {
      int first = at;
      var chunks = new int[] {first, 1, 1, Integer.MAX_VALUE};
      int[] next = {0};
      assertThat(read(stream, () -> chunks[Math.min(next[0]++, 3)])).isEqualTo(frames(stream));
    }
  }

  @Test
  void framesReadByteByByteAreWholeAgain() {
    byte[] stream = stream(0, 5, 300, 1, 1_000, 66_000, 3);

    assertThat(read(stream, () -> 1)).isEqualTo(frames(stream));
  }

  @Test
  void framesOfAnySizeReadInAnyPiecesAreWholeAgain() {
    for (long seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      int[] sizes = new int[1 + random.nextInt(30)];
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = random.nextInt(1 << (1 + random.nextInt(18)));
      }
      byte[] stream = stream(sizes);
      int pieceMax = 1 << (1 + random.nextInt(18));

      assertThat(read(stream, () -> 1 + random.nextInt(pieceMax)))
          .as("seed %s", seed)
          .isEqualTo(frames(stream));
    }
  }

  /** As a handler in front of this one would hand it over, TLS for instance. */
  @Test
  void bytesFromForeignBuffersAreCutToo() {
    for (long seed = 0; seed < 100; seed++) {
      var random = new Random(seed);
      byte[] stream = stream(10, 50_000, 3, 0, 200_000, 70_000, 1, 1, 30_000);
      var whole = new ArrayList<ByteBuf>();
      for (int at = 0; at < stream.length; ) {
        int bytes = Math.min(stream.length - at, 1 + random.nextInt(80_000));
        frames.takeRead(allocator.directBuffer().writeBytes(stream, at, bytes));
        at += bytes;
        takeAll(whole);
      }
      assertThat(copied(whole)).as("seed %s", seed).isEqualTo(frames(stream));
    }
  }

  @Test
  void aLargeFrameIsReadStraightIntoItsOwnBuffer() {
    byte[] stream = stream(500_000);
    int readCalls = 0;
    int at = 0;
    var whole = new ArrayList<ByteBuf>();
    while (at < stream.length) {
      at += readInto(stream, at, Integer.MAX_VALUE);
      takeAll(whole);
      readCalls++;
    }
    assertThat(readCalls).isEqualTo(2); // its beginning, and all the rest
    assertThat(whole.getFirst().capacity()).isEqualTo(500_000);
    copied(whole);
  }

  @Test
  void sizesNoFrameCanHaveAreRefused() {
    for (int size : new int[] {-1, Integer.MIN_VALUE, FRAME_BYTES_MAX + 1, Integer.MAX_VALUE}) {
      var reader = new FrameReader(budget, FRAME_BYTES_MAX);
      reader.takeRead(Unpooled.buffer().writeInt(size));
      assertThatExceptionOfType(BadRequestException.class).isThrownBy(() -> reader.next(allocator));
      reader.close();
    }
  }

  @Test
  void aLargeFrameIsNotBegunBeforeItsBytesAreGranted() {
    budget.take((64 << 20) - 100_000);
    byte[] stream = stream(200_000);
    readInto(stream, 0, 10_000);

    assertThat(frames.next(allocator)).isNull();
    assertThat(frames.wantedBytes()).isEqualTo(200_000);
    assertThat(allocator.metric().usedDirectMemory()).isLessThan(70_000);

    budget.give((64 << 20) - 100_000);
    assertThat(budget.tryTake(200_000)).isTrue();
    frames.beginGranted(allocator);
    int at = 4 * 1024;
    var whole = new ArrayList<ByteBuf>();
    while (at < stream.length) {
      at += readInto(stream, at, Integer.MAX_VALUE);
      takeAll(whole);
    }
    assertThat(copied(whole)).isEqualTo(frames(stream));
  }

  @Test
  void aConnectionWithNothingBegunHoldsNoMemory() {
    byte[] stream = stream(10, 60_000, 20);

    assertThat(read(stream, () -> 50_000)).hasSize(3);
    assertThat(allocator.metric().usedDirectMemory()).isZero();
  }

  private List<List<Byte>> read(byte[] stream, IntSupplier pieces) {
    var whole = new ArrayList<ByteBuf>();
    for (int at = 0; at < stream.length; ) {
      at += readInto(stream, at, pieces.getAsInt());
      takeAll(whole);
    }
    return copied(whole);
  }

  /** What the transport does: reads into the buffer it is given, and hands it over. */
  private int readInto(byte[] stream, int at, int bytesMax) {
    ByteBuf buffer = frames.allocate(allocator);
    int bytes = Math.min(Math.min(bytesMax, buffer.writableBytes()), stream.length - at);
    frames.attemptedBytesRead(buffer.writableBytes());
    buffer.writeBytes(stream, at, bytes);
    frames.lastBytesRead(bytes);
    frames.takeRead(buffer);
    return bytes;
  }

  private void takeAll(List<ByteBuf> whole) {
    ByteBuf frame;
    while ((frame = frames.next(allocator)) != null) whole.add(frame);
  }

  private List<List<Byte>> copied(List<ByteBuf> whole) {
    var copies = new ArrayList<List<Byte>>();
    for (ByteBuf frame : whole) {
      budget.give(frame.readableBytes());
      var copy = new ArrayList<Byte>(frame.readableBytes());
      while (frame.isReadable()) copy.add(frame.readByte());
      copies.add(copy);
      frame.release();
    }
    return copies;
  }

  private static byte[] stream(int... sizes) {
    var random = new Random(sizes.length);
    ByteBuf stream = Unpooled.buffer();
    for (int size : sizes) {
      byte[] body = new byte[size];
      random.nextBytes(body);
      stream.writeInt(size).writeBytes(body);
    }
    byte[] bytes = new byte[stream.readableBytes()];
    stream.readBytes(bytes);
    return bytes;
  }

  private static List<List<Byte>> frames(byte[] stream) {
    var all = new ArrayList<List<Byte>>();
    ByteBuf bytes = Unpooled.wrappedBuffer(stream);
    while (bytes.isReadable()) {
      int size = bytes.readInt();
      var frame = new ArrayList<Byte>(size);
      for (int i = 0; i < size; i++) frame.add(bytes.readByte());
      all.add(frame);
    }
    return all;
  }
}
