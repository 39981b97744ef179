package oxbow.broker.net;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/** The default configuration with some values changed. */
final class ConfigEdit {
  int threads = 2;
  int frameBytesMax = NetConfig.DEFAULT.frameBytesMax();
  long heldBytesMax = NetConfig.DEFAULT.heldBytesMax();
  int heldRequestsMax = NetConfig.DEFAULT.heldRequestsMax();
  int inFlightMax = NetConfig.DEFAULT.inFlightMax();
  Duration frameTimeout = NetConfig.DEFAULT.frameTimeout();
  Duration writeTimeout = NetConfig.DEFAULT.writeTimeout();
  Duration idleMax = NetConfig.DEFAULT.idleMax();
  int connectionsMax = Integer.MAX_VALUE;
  int connectionsPerAddressMax = Integer.MAX_VALUE;
  Map<InetAddress, Integer> overrides = Map.of();
  int connectionsPerSecondMax = Integer.MAX_VALUE;
  int sendBufferBytes = -1;

  private ConfigEdit() {}

  static NetConfig config(Consumer<ConfigEdit> changes) {
    var edit = new ConfigEdit();
    changes.accept(edit);
    return new NetConfig(
        edit.threads,
        edit.frameBytesMax,
        edit.heldBytesMax,
        edit.heldRequestsMax,
        NetConfig.DEFAULT.decodedBytesMax(),
        edit.inFlightMax,
        edit.frameTimeout,
        edit.writeTimeout,
        edit.idleMax,
        edit.connectionsMax,
        edit.connectionsPerAddressMax,
        edit.overrides,
        edit.connectionsPerSecondMax,
        -1,
        edit.sendBufferBytes,
        50);
  }
}
