package oxbow.query.replay;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * One record on its way to whoever asked. Its buffers are borrowed until the next one is asked for,
 * and stay as they are.
 *
 * @param isCold it came from the object store
 */
public record ReplayedRecord(
    int partition,
    long offset,
    long timestampMs,
    TimestampType timestampType,
    List<Header> headers,
    @Nullable ByteBuffer key,
    @Nullable ByteBuffer value,
    boolean isCold) {
  public ReplayedRecord {
    headers = List.copyOf(headers);
  }

  long sizeBytes() {
    return (key == null ? 0L : key.remaining()) + (value == null ? 0 : value.remaining());
  }
}
