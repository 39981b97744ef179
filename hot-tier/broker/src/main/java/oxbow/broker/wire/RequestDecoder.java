package oxbow.broker.wire;

import static oxbow.broker.wire.BadRequestException.Reason.MALFORMED;
import static oxbow.broker.wire.BadRequestException.Reason.UNKNOWN_API;
import static oxbow.broker.wire.BadRequestException.Reason.UNKNOWN_VERSION;

import io.netty.buffer.ByteBuf;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.RequestHeader;

/** From a frame to a request. Hot path. Stateless but for its bound. */
public final class RequestDecoder {
  private final ApiTable apis;
  private final int heapBytesMax;

  /**
   * @param apis what is not in there is refused
   * @param heapBytesMax bound of what one decoded request may weigh, its record sets aside
   */
  public RequestDecoder(ApiTable apis, int heapBytesMax) {
    this.apis = apis;
    this.heapBytesMax = heapBytesMax;
  }

  /**
   * Reads a frame, which is borrowed; the request may go on borrowing it. Bytes after the body are
   * ignored, as Kafka does.
   */
  public DecodedRequest decode(ByteBuf frame) {
    if (frame.readableBytes() < 2 * Short.BYTES) {
      throw new BadRequestException(MALFORMED, "the frame ends before its API version");
    }
    short key = frame.getShort(frame.readerIndex());
    short version = frame.getShort(frame.readerIndex() + Short.BYTES);
    if (!ApiKeys.hasId(key) || apis.handler(ApiKeys.forId(key)) == null) {
      throw new BadRequestException(UNKNOWN_API, "API " + key + " is not served");
    }
    ApiKeys api = ApiKeys.forId(key);
    // Any version of ApiVersions passes: its answer tells the client which ones there are.
    if (!api.isVersionEnabled(version, false)) {
      throw new BadRequestException(UNKNOWN_VERSION, api + " has no version " + version);
    }
    try {
      var bytes = new RequestBytes(frame, heapBytesMax);
      short headerVersion = api.requestHeaderVersion(version);
      var data = new RequestHeaderData(bytes, headerVersion);
      if (data.clientId() == null) data.setClientId("");
      var header = new RequestHeader(data, headerVersion);
      return new DecodedRequest(header, body(api, version, bytes), bytes.isBorrowed());
    } catch (RuntimeException e) { // the message classes throw all kinds, even bare ones
      throw new BadRequestException(MALFORMED, api + " v" + version + ": " + e.getMessage(), e);
    }
  }

  private static AbstractRequest body(ApiKeys api, short version, RequestBytes bytes) {
    if (api == ApiKeys.API_VERSIONS && !api.isVersionSupported(version)) {
      return new ApiVersionsRequest(new ApiVersionsRequestData(), (short) 0, version);
    }
    return AbstractRequest.parseRequest(api, version, bytes).request;
  }
}
