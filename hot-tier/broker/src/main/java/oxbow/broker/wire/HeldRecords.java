package oxbow.broker.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.network.TransferableChannel;
import org.apache.kafka.common.record.internal.DefaultRecordsSend;
import org.apache.kafka.common.record.internal.RecordsSend;
import org.apache.kafka.common.record.internal.TransferableRecords;

/**
 * A record set in a response whose memory is somebody else's: given back once, after it was sent or
 * when the response is given up. Not thread-safe; it travels with its response.
 */
public final class HeldRecords implements TransferableRecords {
  private final ByteBuffer bytes;
  private final Runnable givingBack;
  private boolean isGone;

  /**
   * @param bytes whole batches
   * @param givingBack called on any thread
   */
  public HeldRecords(ByteBuffer bytes, Runnable givingBack) {
    this.bytes = bytes.slice();
    this.givingBack = givingBack;
  }

  @Override
  public int sizeInBytes() {
    return bytes.remaining();
  }

  ByteBuffer bytes() {
    return bytes.duplicate();
  }

  /** Hands the memory over to be sent: it is given back when the region is released. */
  HeldRegion takeRegion() {
    isGone = true;
    return new HeldRegion(bytes.duplicate(), givingBack);
  }

  /** Gives the memory back unless it was handed over. */
  public void release() {
    if (isGone) return;
    isGone = true;
    givingBack.run();
  }

  @Override
  public RecordsSend<HeldRecords> toSend() {
    return new DefaultRecordsSend<>(this);
  }

  @Override
  public int writeTo(TransferableChannel channel, int position, int length) throws IOException {
    return channel.write(bytes.slice(position, Math.min(length, bytes.remaining() - position)));
  }
}
