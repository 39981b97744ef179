package oxbow.broker.control;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.raft.Endpoints;
import org.apache.kafka.raft.KafkaRaftClient;
import org.apache.kafka.raft.KafkaRaftClientDriver;
import org.apache.kafka.raft.MetadataLogConfig;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.raft.SmallBatches;
import org.apache.kafka.raft.internals.KafkaRaftLog;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.Feature;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.ControlException.Kind;

/** This node's part in the metadata quorum: the metadata log, and raft on a thread of its own. */
final class RaftNode implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RaftNode.class);

  private final KafkaRaftLog raftLog;
  private final PeerChannel peers;
  private final Metrics metrics;
  private final KafkaRaftClient<ApiMessageAndVersion> client;
  private final KafkaRaftClientDriver<ApiMessageAndVersion> driver;

  RaftNode(ControlConfig config, MetadataDirectory directory, ControlTimer timer, Faults faults) {
    Time time = Time.SYSTEM;
    var kafka = new AbstractConfig(settingsDef(), settings(config), false);
    var quorum = new QuorumConfig(kafka);
    var listener = new ListenerName(config.controllerListener());
    var logs = new LogContext("[raft " + config.nodeId() + "] ");
    metrics = new Metrics();
    raftLog = openLog(config, directory, timer, time, new MetadataLogConfig(kafka));
    peers = new PeerChannel(config.nodeId(), listener, quorum.requestTimeoutMs(), metrics, time);
    client =
        SmallBatches.client(
            OptionalInt.of(config.nodeId()),
            directory.id(),
            new MetadataRecordSerde(),
            peers,
            raftLog,
            time,
            timer,
            logs,
            true,
            directory.clusterId(),
            bootstrapServers(config, quorum),
            Endpoints.fromInetSocketAddresses(
                Map.of(
                    listener,
                    InetSocketAddress.createUnresolved(
                        config.controllerEndpoint().host(), config.controllerEndpoint().port()))),
            Feature.KRAFT_VERSION.supportedVersionRange(),
            quorum);
    driver = new KafkaRaftClientDriver<>(client, "control-raft", faults.fatal("raft"), logs);
    try {
      client.initialize(
          Map.of(), new VoteFile(directory.partitionDirectory().toPath()), metrics, _ -> {});
    } catch (RuntimeException e) {
      raftLog.close();
      metrics.close();
      throw e;
    }
  }

  /** Where a node that is no voter looks for the quorum: a sole voter needs only itself. */
  private static List<InetSocketAddress> bootstrapServers(
      ControlConfig config, QuorumConfig quorum) {
    return quorum.bootstrapServers().isEmpty()
        ? List.of(
            InetSocketAddress.createUnresolved(
                config.controllerEndpoint().host(), config.controllerEndpoint().port()))
        : QuorumConfig.parseBootstrapServers(quorum.bootstrapServers());
  }

  private static ConfigDef settingsDef() {
    return Utils.mergeConfigs(List.of(QuorumConfig.CONFIG_DEF, MetadataLogConfig.CONFIG_DEF));
  }

  private static Map<String, String> settings(ControlConfig config) {
    var settings = new HashMap<String, String>();
    // Kafka gathers records for 25 ms before it writes them. The fsync itself gathers enough: what
    // comes while it runs is written with the next.
    settings.put(QuorumConfig.QUORUM_LINGER_MS_CONFIG, "0");
    settings.putAll(config.settings());
    return settings;
  }

  private static KafkaRaftLog openLog(
      ControlConfig config,
      MetadataDirectory directory,
      ControlTimer timer,
      Time time,
      MetadataLogConfig logConfig) {
    var place = directory.partitionDirectory();
    MetadataLogCheck.check(place.toPath());
    try {
      return KafkaRaftLog.createLog(
          Topic.CLUSTER_METADATA_TOPIC_PARTITION,
          Uuid.METADATA_TOPIC_ID,
          place,
          time,
          timer,
          logConfig,
          config.nodeId());
    } catch (IOException | RuntimeException e) {
      throw new ControlException(Kind.DIRECTORY, place + " can't be opened: " + e, e);
    }
  }

  /** Starts voting. Listeners are registered before, so that they miss nothing. */
  void start() {
    driver.start();
  }

  KafkaRaftClient<ApiMessageAndVersion> client() {
    return client;
  }

  OptionalLong highWatermark() {
    return client.highWatermark();
  }

  /** Serves a request of the raft protocol, from a peer or an admin client. */
  CompletableFuture<ApiMessage> handle(
      RequestContext context, RequestHeader header, ApiMessage request, long nowMs) {
    return driver.handleRequest(context, header, request, nowMs);
  }

  @Override
  public void close() {
    try {
      driver.shutdown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      log.atWarn().log("interrupted while raft shut down");
    }
    peers.close();
    raftLog.close();
    metrics.close();
  }
}
