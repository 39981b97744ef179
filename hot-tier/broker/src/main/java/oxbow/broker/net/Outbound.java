package oxbow.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import oxbow.broker.wire.EncodedResponse;
import oxbow.broker.wire.ResponseEncoder;

/**
 * Answers on their way into one connection's socket. Hot path. Short answers share a buffer, so
 * that many leave with one write. Owned by the connection's event loop.
 */
final class Outbound {
  private static final int BUFFER_BYTES = 2048;
  // Measured: up to here one read and a shared write cost less than sendfile and a write of its
  // own.
  private static final int INLINE_BYTES_MAX = 32 * 1024;

  private @Nullable ByteBuf open; // answers not handed to the channel yet

  /** Queues an answer; returns its bytes. Fails without a trace in the stream. */
  long send(ChannelHandlerContext ctx, ResponseEncoder encoder) {
    int bytes = encoder.bufferBytes();
    // A buffer that may grow is a new one: slices of the old one are being written.
    if (open != null && !encoder.hasRecords() && open.writableBytes() >= bytes) {
      return encoder.encode(open, INLINE_BYTES_MAX).frameBytes();
    }
    ByteBuf buffer = ctx.alloc().directBuffer(Math.max(bytes, BUFFER_BYTES));
    EncodedResponse encoded;
    try {
      encoded = encoder.encode(buffer, INLINE_BYTES_MAX);
    } catch (RuntimeException e) {
      buffer.release();
      throw e;
    }
    handOver(ctx);
    open = buffer;
    if (!encoded.cuts().isEmpty()) writeCut(ctx, buffer, encoded);
    return encoded.frameBytes();
  }

  /** Hands everything to the channel; the caller flushes. */
  void handOver(ChannelHandlerContext ctx) {
    if (open == null) return;
    ByteBuf buffer = open;
    open = null;
    if (buffer.isReadable()) {
      var _ = ctx.write(buffer, ctx.voidPromise());
    } else {
      buffer.release();
    }
  }

  void close() {
    if (open == null) return;
    open.release();
    open = null;
  }

  private static void writeCut(ChannelHandlerContext ctx, ByteBuf buffer, EncodedResponse encoded) {
    Iterator<EncodedResponse.Cut> cuts = encoded.cuts().iterator();
    while (cuts.hasNext()) {
      EncodedResponse.Cut cut = cuts.next();
      int bytes = cut.position() - buffer.readerIndex();
      if (bytes > 0) {
        var _ = ctx.write(buffer.readRetainedSlice(bytes), ctx.voidPromise());
      }
      var _ = ctx.write(cut.region(), ctx.voidPromise());
    }
  }
}
