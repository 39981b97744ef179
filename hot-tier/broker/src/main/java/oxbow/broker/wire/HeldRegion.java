package oxbow.broker.wire;

import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Memory on its way into a socket. Released: gives it back. */
final class HeldRegion extends AbstractReferenceCounted implements FileRegion {
  /** What lies in the heap is copied for each write, also what the socket does not take of it. */
  private static final int WRITE_BYTES = 128 << 10;

  private final ByteBuffer bytes;
  private final Runnable givingBack;
  private long transferred;

  HeldRegion(ByteBuffer bytes, Runnable givingBack) {
    this.bytes = bytes;
    this.givingBack = givingBack;
  }

  @Override
  public long position() {
    return 0;
  }

  @Override
  @Deprecated
  public long transfered() {
    return transferred;
  }

  @Override
  public long transferred() {
    return transferred;
  }

  @Override
  public long count() {
    return bytes.limit();
  }

  @Override
  public long transferTo(WritableByteChannel target, long position) throws IOException {
    int from = Math.toIntExact(position);
    int written = target.write(bytes.slice(from, Math.min(WRITE_BYTES, bytes.limit() - from)));
    if (written > 0) transferred += written;
    return written;
  }

  @Override
  public FileRegion retain() {
    super.retain();
    return this;
  }

  @Override
  public FileRegion retain(int increment) {
    super.retain(increment);
    return this;
  }

  @Override
  public FileRegion touch() {
    return this;
  }

  @Override
  public FileRegion touch(Object hint) {
    return this;
  }

  @Override
  protected void deallocate() {
    givingBack.run();
  }
}
