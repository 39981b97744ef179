package oxbow.broker.wire;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.network.TransferableChannel;
import org.apache.kafka.common.record.internal.DefaultRecordsSend;
import org.apache.kafka.common.record.internal.RecordsSend;
import org.apache.kafka.common.record.internal.TransferableRecords;
import oxbow.log.FileSlice;

/**
 * A record set in a response that lies in segment files and is sent from there. It owns its slices:
 * each is released once, after it was sent or when the response is given up. Not thread-safe; it
 * travels with its response.
 */
public final class SlicedRecords implements TransferableRecords {
  private final List<FileSlice> slices;
  private final int sizeBytes;
  private boolean isGone;

  /** Takes the slices, in the order in which they are sent. */
  public SlicedRecords(List<FileSlice> slices) {
    this.slices = List.copyOf(slices);
    long sum = 0;
    for (FileSlice slice : slices) sum += slice.sizeBytes();
    this.sizeBytes = Math.toIntExact(sum);
  }

  /** Takes one slice. */
  public SlicedRecords(FileSlice slice) {
    this.slices = List.of(slice);
    this.sizeBytes = slice.sizeBytes();
  }

  @Override
  public int sizeInBytes() {
    return sizeBytes;
  }

  /** Hands the slices over: the caller releases them from now on. Empty if they are gone. */
  List<FileSlice> takeSlices() {
    if (isGone) return List.of();
    isGone = true;
    return slices;
  }

  /** Gives the files back unless they were sent. */
  public void release() {
    takeSlices().forEach(FileSlice::release);
  }

  @Override
  public RecordsSend<SlicedRecords> toSend() {
    return new DefaultRecordsSend<>(this);
  }

  @Override
  public int writeTo(TransferableChannel channel, int position, int length) throws IOException {
    long skipped = position;
    for (FileSlice slice : slices) {
      if (skipped < slice.sizeBytes()) {
        long bytes = Math.min(length, slice.sizeBytes() - skipped);
        return (int) channel.transferFrom(slice.channel(), slice.position() + skipped, bytes);
      }
      skipped -= slice.sizeBytes();
    }
    return 0;
  }
}
