package oxbow.broker.net;

import io.netty.buffer.ByteBuf;
import java.util.EnumMap;
import java.util.Objects;
import org.apache.kafka.common.protocol.ApiKeys;
import oxbow.broker.wire.ApiTable;
import oxbow.broker.wire.DecodedRequest;
import oxbow.broker.wire.RequestDecoder;

/** Reads requests and knows who serves them: the table as it was when the port started. */
final class Handlers {
  static final String UNKNOWN_SOFTWARE = "unknown";

  private final RequestDecoder decoder;
  private final EnumMap<ApiKeys, ApiHandler> byApi = new EnumMap<>(ApiKeys.class);

  Handlers(ApiTable apis, int decodedBytesMax) {
    decoder = new RequestDecoder(apis, decodedBytesMax);
    for (ApiKeys api : apis.served()) {
      byApi.put(api, Objects.requireNonNull(apis.handler(api)));
    }
  }

  DecodedRequest decode(ByteBuf frame) {
    return decoder.decode(frame);
  }

  /** Who serves an API; the decoder lets only those through that someone serves. */
  ApiHandler of(ApiKeys api) {
    ApiHandler handler = byApi.get(api);
    if (handler == null) throw new IllegalStateException(api + " is not served");
    return handler;
  }

  /** A client's name for its software; old clients give none. */
  static String softwareOr(String name) {
    return name.isEmpty() ? UNKNOWN_SOFTWARE : name;
  }
}
