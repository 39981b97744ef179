package oxbow.broker.wire;

import io.netty.channel.DefaultFileRegion;
import oxbow.log.FileSlice;

/** A slice on its way into a socket by sendfile. Released: gives the file back, never closes it. */
final class SliceRegion extends DefaultFileRegion {
  private final FileSlice slice;

  SliceRegion(FileSlice slice) {
    super(slice.channel(), slice.position(), slice.sizeBytes());
    this.slice = slice;
  }

  @Override
  protected void deallocate() {
    slice.release();
  }
}
