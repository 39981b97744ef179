package oxbow.broker.testing;

import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicInteger;
import oxbow.log.FileSlice;

/** A part of a test's own file, which counts how often it was released. */
public final class TestSlice implements FileSlice {
  private final FileChannel channel;
  private final long position;
  private final int sizeBytes;
  private final AtomicInteger releases = new AtomicInteger();

  public TestSlice(FileChannel channel, long position, int sizeBytes) {
    this.channel = channel;
    this.position = position;
    this.sizeBytes = sizeBytes;
  }

  /** How often it was given back; anything but once is a bug. */
  public int releases() {
    return releases.get();
  }

  @Override
  public FileChannel channel() {
    return channel;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public int sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void release() {
    releases.incrementAndGet();
  }
}
