package oxbow.broker.control;

import java.util.Map;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.PlaintextChannelBuilder;
import org.apache.kafka.common.network.Selectable;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.raft.KafkaNetworkChannel;
import org.apache.kafka.raft.NetworkChannel;
import org.apache.kafka.raft.RaftRequest;
import org.jspecify.annotations.Nullable;

/**
 * The way to the other voters. A sole voter never sends, so the connections and their thread are
 * made with the first request to a peer. Used by raft's thread only, but for {@link #close}.
 */
final class PeerChannel implements NetworkChannel {
  private static final int RECONNECT_BACKOFF_MS = 50;
  private static final int RECONNECT_BACKOFF_MS_MAX = 500;
  private static final int CONNECT_TIMEOUT_MS = 1_000;
  private static final int CONNECT_TIMEOUT_MS_MAX = 5_000;
  private static final int IDLE_CONNECTION_MS_MAX = 600_000;

  private final int nodeId;
  private final ListenerName listener;
  private final int requestTimeoutMs;
  private final Metrics metrics;
  private final Time time;
  private int correlationId;
  private boolean isClosed;
  private @Nullable KafkaNetworkChannel network;

  PeerChannel(int nodeId, ListenerName listener, int requestTimeoutMs, Metrics metrics, Time time) {
    this.nodeId = nodeId;
    this.listener = listener;
    this.requestTimeoutMs = requestTimeoutMs;
    this.metrics = metrics;
    this.time = time;
  }

  @Override
  public int newCorrelationId() {
    return correlationId++;
  }

  @Override
  public void send(RaftRequest.Outbound request) {
    network().send(request);
  }

  private synchronized KafkaNetworkChannel network() {
    if (isClosed) throw new IllegalStateException("closed");
    if (network == null) {
      network = connectable();
      network.start();
    }
    return network;
  }

  private KafkaNetworkChannel connectable() {
    var log = new LogContext("[raft " + nodeId + "] ");
    var channels = new PlaintextChannelBuilder(listener);
    channels.configure(Map.of());
    var selector =
        new Selector(
            NetworkReceive.UNLIMITED,
            IDLE_CONNECTION_MS_MAX,
            metrics,
            time,
            "raft-channel",
            Map.of(),
            false,
            channels,
            log);
    var client =
        new NetworkClient(
            selector,
            new ManualMetadataUpdater(),
            "raft-client-" + nodeId,
            1,
            RECONNECT_BACKOFF_MS,
            RECONNECT_BACKOFF_MS_MAX,
            Selectable.USE_DEFAULT_BUFFER_SIZE,
            Selectable.USE_DEFAULT_BUFFER_SIZE,
            requestTimeoutMs,
            CONNECT_TIMEOUT_MS,
            CONNECT_TIMEOUT_MS_MAX,
            time,
            true,
            new ApiVersions(),
            log,
            MetadataRecoveryStrategy.NONE);
    return new KafkaNetworkChannel(time, listener, client, requestTimeoutMs, "control-raft");
  }

  @Override
  public ListenerName listenerName() {
    return listener;
  }

  @Override
  public void close() {
    KafkaNetworkChannel open;
    synchronized (this) {
      isClosed = true;
      open = network;
    }
    if (open == null) return;
    try {
      open.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
