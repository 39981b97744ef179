package oxbow.broker.net;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;

/**
 * Bounds of the Kafka port. Names in brackets are Kafka's where Kafka has the setting.
 *
 * @param threads event loops [{@code num.network.threads}]; handlers run on them
 * @param frameBytesMax largest request [{@code socket.request.max.bytes}]
 * @param heldBytesMax bytes of requests held at once by all connections [{@code
 *     queued.max.request.bytes}]; over it nothing is read until there is room
 * @param heldRequestsMax number of requests so held [{@code queued.max.requests}]
 * @param decodedBytesMax what one decoded request may weigh on the heap, its records aside
 * @param inFlightMax unanswered requests of one connection; at it the connection is not read
 * @param frameTimeout time in which a request that was begun must arrive, plus one second for each
 *     MiB of it
 * @param writeTimeout longest time without progress of an answer that is being sent
 * @param idleMax longest time without any request [{@code connections.max.idle.ms}]
 * @param connectionsMax open connections [{@code max.connections}]; at it nothing is accepted
 * @param connectionsPerAddressMax those from one address [{@code max.connections.per.ip}]; more are
 *     closed
 * @param connectionsPerAddressOverrides other bounds for some addresses [{@code
 *     max.connections.per.ip.overrides}]
 * @param connectionsPerSecondMax pace of accepting [{@code max.connection.creation.rate}]
 * @param receiveBufferBytes [{@code socket.receive.buffer.bytes}]; -1: the kernel's own choice
 * @param sendBufferBytes [{@code socket.send.buffer.bytes}]; -1: the kernel's own choice
 * @param backlog connections the kernel holds for us [{@code socket.listen.backlog.size}]
 */
public record NetConfig(
    int threads,
    int frameBytesMax,
    long heldBytesMax,
    int heldRequestsMax,
    int decodedBytesMax,
    int inFlightMax,
    Duration frameTimeout,
    Duration writeTimeout,
    Duration idleMax,
    int connectionsMax,
    int connectionsPerAddressMax,
    Map<InetAddress, Integer> connectionsPerAddressOverrides,
    int connectionsPerSecondMax,
    int receiveBufferBytes,
    int sendBufferBytes,
    int backlog) {
  private static final int MIB = 1 << 20;

  /** Kafka's defaults where it has the setting; memory by the size of this machine's heap. */
  public static final NetConfig DEFAULT =
      new NetConfig(
          Math.max(2, Runtime.getRuntime().availableProcessors()),
          100 * MIB,
          Math.clamp(Runtime.getRuntime().maxMemory() / 4, 32 * MIB, 256 * MIB),
          500,
          Math.clamp(Runtime.getRuntime().maxMemory() / 16, 16 * MIB, 256 * MIB),
          32,
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofMinutes(10),
          Integer.MAX_VALUE,
          Integer.MAX_VALUE,
          Map.of(),
          Integer.MAX_VALUE,
          -1,
          -1,
          50);

  public NetConfig {
    range("num.network.threads", threads, 1, 1024);
    range("socket.request.max.bytes", frameBytesMax, 1024, Integer.MAX_VALUE);
    range("queued.max.request.bytes", heldBytesMax, MIB, Long.MAX_VALUE);
    range("queued.max.requests", heldRequestsMax, 1, 1_000_000);
    range("request.decoded.max.bytes", decodedBytesMax, MIB, Integer.MAX_VALUE);
    range("connection.max.in.flight.requests", inFlightMax, 1, 10_000);
    positive("socket.request.timeout.ms", frameTimeout);
    positive("socket.write.timeout.ms", writeTimeout);
    positive("connections.max.idle.ms", idleMax);
    range("max.connections", connectionsMax, 1, Integer.MAX_VALUE);
    range("max.connections.per.ip", connectionsPerAddressMax, 0, Integer.MAX_VALUE);
    connectionsPerAddressOverrides = Map.copyOf(connectionsPerAddressOverrides);
    connectionsPerAddressOverrides.forEach((address, max) ->
        range(
            "max.connections.per.ip.overrides " + address.getHostAddress(),
            max,
            0,
            Integer.MAX_VALUE));
    range("max.connection.creation.rate", connectionsPerSecondMax, 1, Integer.MAX_VALUE);
    bufferSize("socket.receive.buffer.bytes", receiveBufferBytes);
    bufferSize("socket.send.buffer.bytes", sendBufferBytes);
    range("socket.listen.backlog.size", backlog, 1, Integer.MAX_VALUE);
  }

  private static void range(String key, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          key + " must lie between " + min + " and " + max + ", not " + value);
    }
  }

  private static void bufferSize(String key, int value) {
    if (value != -1) range(key, value, 1, Integer.MAX_VALUE);
  }

  private static void positive(String key, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(key + " must be positive, not " + value.toMillis());
    }
  }
}
