package oxbow.broker;

import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.BrokerIdentity;
import oxbow.broker.control.ClusterView;
import oxbow.broker.control.ControlException;
import oxbow.broker.control.ControlPlane;
import oxbow.broker.control.LogLevels;
import oxbow.broker.control.TopicSettings;
import oxbow.broker.fetch.FetchApis;
import oxbow.broker.fetch.OffsetApis;
import oxbow.broker.group.CommittedOffset;
import oxbow.broker.group.GroupConfig;
import oxbow.broker.group.GroupCoordinators;
import oxbow.broker.metadata.MetadataApis;
import oxbow.broker.net.KafkaPort;
import oxbow.broker.produce.ProduceApis;
import oxbow.broker.produce.ProducerIds;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.replica.BrokerLogThreads;
import oxbow.broker.replica.LogMeters;
import oxbow.broker.replica.PartitionMeters;
import oxbow.broker.replica.Partitions;
import oxbow.broker.replica.RecordChecks;
import oxbow.broker.replica.ReplicaApis;
import oxbow.broker.telemetry.ClientTelemetry;
import oxbow.broker.wire.ApiTable;
import oxbow.broker.wire.ApiVersions;
import oxbow.log.Logs;

/**
 * A Kafka broker and controller in this process. Everything it is made of is built here, in order,
 * and closed in the opposite order.
 *
 * <pre>
 *   {@link KafkaPort}  ->  {@link ApiTable}  ->  produce, fetch, offsets  ->  {@link Partitions}  ->  {@link Logs}
 *                                         ->  groups  --------------------->  |
 *                                         ->  metadata  ->  {@link ControlPlane}  --(changes)-->  |
 * </pre>
 */
public final class Broker implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Broker.class);
  private static final Duration DRAIN_PATIENCE = Duration.ofSeconds(5);

  private final Deque<Part> parts = new ArrayDeque<>();
  private final Logs logs;
  private final ControlPlane control;
  private final Partitions partitions;
  private final GroupCoordinators groups;
  private final Map<String, InetSocketAddress> bound;
  private final CompletionStage<Void> ready;

  /** Something to be closed, and what it is called if that fails. */
  private record Part(String name, AutoCloseable closing) {}

  private Broker(
      BrokerConfig config,
      MeterRegistry meters,
      LogLevels logLevels,
      Tiering tiering,
      RecordChecks checks,
      Consumer<ControlException> onFatal) {
    try {
      var timer = new DeadlineTimer();
      closesLast("timer", timer::stop);
      var logThreads = closesLast("log threads", new BrokerLogThreads(config.logThreads()));
      logs = closesLast("logs", Logs.open(config.logs()));
      // The addresses come early, so that one in use is found before a cluster is made.
      var apis = new ApiTable();
      var quotas = new ClientQuotas(config.quotas(), System::nanoTime);
      var port = new KafkaPort(config.net(), apis, quotas, meters, System::nanoTime);
      closesLast("kafka port", port);
      bound = port.bind(config.listeners());
      TopicSettings topicSettings = tiering.topicSettings().and(checks.settings());
      control = ControlPlane.start(config.control(), topicSettings, onFatal);
      closesLast("control plane", control);
      Tiering.ColdTier cold = tiering.join().apply(logs);
      closesLast("cold tier", cold.closing());
      partitions =
          new Partitions(config.control().nodeId(), logs, logThreads, cold.partitions(), checks);
      closesLast("partitions", partitions);
      PartitionMeters.register(partitions, meters);
      LogMeters.register(logs, meters);
      groups =
          new GroupCoordinators(
              config.groups(),
              config.control().nodeId(),
              partitions,
              control.autoTopics()::create,
              meters);
      closesLast("groups", groups);
      partitions.watchLeadership(groups);
      control.watch(partitions);
      control.publishTo(groups.publisher());

      apis.serve(ApiKeys.API_VERSIONS, new ApiVersions(apis, control::featureLevels));
      control.watchQuotas(quotas::change);
      control.serveOn(apis, quotas, logLevels, GroupConfig.DYNAMIC);
      groups.serve(apis);
      new MetadataApis(control::view, control.autoTopics()::create, config.metadata())
          .serveOn(apis);
      new ClientTelemetry(
              () -> control.view().clientMetrics(),
              ClientTelemetry.countingOnly(meters),
              config.telemetry(),
              InstantSource.system(),
              new SecureRandom(),
              meters)
          .serve(apis);
      new ReplicaApis(partitions, logs, logThreads).serve(apis);
      new OffsetApis(partitions, cold.reads(), logThreads, timer).serve(apis);
      new ProduceApis(
              config.produce(),
              partitions,
              new ProducerIds(control::allocateProducerIds),
              logThreads,
              timer,
              System::nanoTime,
              meters)
          .serve(apis);
      new FetchApis(
              config.fetch(),
              partitions,
              cold.reads(),
              logThreads,
              timer,
              InstantSource.system(),
              new SecureRandom(),
              meters)
          .serve(apis);

      closesLast("connections", () -> drain(port));
      // Clients come last, when every log is open and this broker leads what it is said to lead.
      ready =
          control
              .loaded()
              .thenCompose(_ -> control.register(identity(config)))
              .thenCombine(partitions.opened(), (_, _) -> control)
              .thenCompose(ControlPlane::ready)
              .thenCompose(_ -> port.open())
              .whenCompleteAsync((_, _) -> {}, logThreads); // not on the network's
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Starts a broker; returns once its addresses are taken. Its port opens when it is {@link
   * #ready}, and not before: clients that come earlier are refused, and try again.
   *
   * @param onFatal told if the control plane can't go on; the process has to stop then
   */
  public static Broker start(
      BrokerConfig config, MeterRegistry meters, Consumer<ControlException> onFatal) {
    return start(config, meters, LogLevels.NONE, Tiering.NONE, RecordChecks.NONE, onFatal);
  }

  /**
   * The same, with loggers whose levels an administrator may change, a cold tier, and checks.
   *
   * @param logLevels what the process writes its log with
   * @param checks what topics may ask of their producers' records
   */
  public static Broker start(
      BrokerConfig config,
      MeterRegistry meters,
      LogLevels logLevels,
      Tiering tiering,
      RecordChecks checks,
      Consumer<ControlException> onFatal) {
    return new Broker(config, meters, logLevels, tiering, checks, onFatal);
  }

  private BrokerIdentity identity(BrokerConfig config) {
    var endpoints = new LinkedHashMap<String, ClusterView.Endpoint>();
    bound.forEach((name, address) -> {
      ClusterView.Endpoint told = config.advertised().get(name);
      String host = told == null ? hostName(address) : told.host();
      int port = told == null || told.port() == 0 ? address.getPort() : told.port();
      endpoints.put(name, new ClusterView.Endpoint(host, port));
    });
    return new BrokerIdentity(endpoints, Map.of(), List.of(logs.directoryId()), config.rack());
  }

  /**
   * An address bound to every interface is told to clients as this machine's name, as Kafka does.
   */
  private static String hostName(InetSocketAddress address) {
    if (!address.getAddress().isAnyLocalAddress()) return address.getHostString();
    try {
      return InetAddress.getLocalHost().getCanonicalHostName();
    } catch (UnknownHostException _) {
      return "localhost";
    }
  }

  /** Where each listener listens once the broker is {@link #ready}. */
  public Map<String, InetSocketAddress> bound() {
    return bound;
  }

  /**
   * Completes once every log is open, the controller counts on this broker, and the port is open.
   */
  public CompletionStage<Void> ready() {
    return ready;
  }

  public ControlPlane control() {
    return control;
  }

  public Partitions partitions() {
    return partitions;
  }

  /** What all groups have committed; fails while some are being loaded. */
  public CompletionStage<List<CommittedOffset>> committedOffsets() {
    return groups.committedOffsets();
  }

  public GroupCoordinators groups() {
    return groups;
  }

  public Logs logs() {
    return logs;
  }

  /** Answers what was asked, hands leadership over, closes every log cleanly. */
  @Override
  public void close() {
    for (Part part; (part = parts.pollFirst()) != null; ) {
      try {
        part.closing().close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        // The others have to be closed all the same: each has records of somebody to save.
        log.atError().addKeyValue("part", part.name()).setCause(e).log("not closed cleanly");
      }
    }
  }

  private static void drain(KafkaPort port) throws InterruptedException {
    if (!port.drain(DRAIN_PATIENCE)) {
      log.atWarn()
          .addKeyValue("patience", DRAIN_PATIENCE)
          .log("requests were still under way when the port was closed");
    }
    port.close();
  }

  private <T extends AutoCloseable> T closesLast(String name, T part) {
    parts.addFirst(new Part(name, part));
    return part;
  }
}
