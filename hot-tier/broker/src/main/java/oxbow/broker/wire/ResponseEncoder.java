package oxbow.broker.wire;

import io.netty.buffer.ByteBuf;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchSnapshotResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;

/**
 * From a response to bytes, in two steps: {@link #ResponseEncoder} measures it, {@link #encode}
 * writes it. Hot path; one per response.
 */
public final class ResponseEncoder {
  private final ResponseHeaderData header;
  private final short headerVersion;
  private final ApiMessage body;
  private final short version;
  private final ObjectSerializationCache cache = new ObjectSerializationCache();
  private final MessageSizeAccumulator size = new MessageSizeAccumulator();

  /**
   * Measures a response. Throws Kafka's {@code UnsupportedVersionException} if it holds a value
   * that the request's version can't say.
   */
  public ResponseEncoder(RequestHeader request, AbstractResponse response) {
    ApiKeys api = request.apiKey();
    // An ApiVersions request of a version we don't know is answered in the first one.
    this.version =
        api == ApiKeys.API_VERSIONS && !api.isVersionSupported(request.apiVersion())
            ? 0
            : request.apiVersion();
    this.header = new ResponseHeaderData().setCorrelationId(request.correlationId());
    this.headerVersion = api.responseHeaderVersion(version);
    this.body = response.data();
    header.addSize(size, cache, headerVersion);
    body.addSize(size, cache, version);
  }

  /** Bytes the buffer must have room for, records aside. */
  public int bufferBytes() {
    return Integer.BYTES + size.sizeExcludingZeroCopy();
  }

  /** All of it, records and the size field included. */
  public long totalBytes() {
    return Integer.BYTES + (long) size.totalSize();
  }

  /** Whether records come to it, which may make the buffer grow. */
  public boolean hasRecords() {
    return size.totalSize() > size.sizeExcludingZeroCopy();
  }

  /**
   * Appends the response, with its size in front, to the buffer. If that fails the buffer is as it
   * was, and files are given back.
   *
   * @param inlineBytesMax slices up to this size are read into the buffer, if they are few
   */
  public EncodedResponse encode(ByteBuf buffer, int inlineBytesMax) {
    int start = buffer.writerIndex();
    var bytes = new ResponseBytes(buffer, inlineBytesMax);
    boolean isDone = false;
    try {
      bytes.writeInt(size.totalSize());
      header.write(bytes, cache, headerVersion);
      body.write(bytes, cache, version);
      isDone = true;
    } finally {
      if (!isDone) {
        bytes.releaseRegions();
        buffer.writerIndex(start);
      }
    }
    return new EncodedResponse(totalBytes(), bytes.cuts());
  }

  /** Gives back the files of a response that is not sent. Does nothing to those already sent. */
  public static void discard(AbstractResponse response) {
    switch (response.data()) {
      case FetchResponseData fetch ->
          fetch.responses().forEach(topic -> topic.partitions().forEach(p -> release(p.records())));
      case ShareFetchResponseData fetch ->
          fetch.responses().forEach(topic -> topic.partitions().forEach(p -> release(p.records())));
      case FetchSnapshotResponseData fetch ->
          fetch
              .topics()
              .forEach(topic -> topic.partitions().forEach(p -> release(p.unalignedRecords())));
      default -> {}
    }
  }

  private static void release(@Nullable BaseRecords records) {
    if (records instanceof SlicedRecords sliced) sliced.release();
    if (records instanceof HeldRecords held) held.release();
  }
}
