package oxbow.broker.control;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.message.AllocateProducerIdsRequestData;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.AlterPartitionResponseData;
import org.apache.kafka.common.message.ControllerRegistrationRequestData;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.controller.Controller;
import org.apache.kafka.controller.QuorumController;
import org.apache.kafka.controller.QuorumFeatures;
import org.apache.kafka.controller.metrics.QuorumControllerMetrics;
import org.apache.kafka.image.ClientQuotasDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.image.loader.MetadataLoader;
import org.apache.kafka.image.loader.metrics.MetadataLoaderMetrics;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.image.publisher.SnapshotEmitter;
import org.apache.kafka.image.publisher.SnapshotGenerator;
import org.apache.kafka.image.publisher.metrics.SnapshotEmitterMetrics;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.VersionRange;
import org.apache.kafka.raft.MetadataLogConfig;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.apache.kafka.server.config.ReplicationConfigs;
import org.apache.kafka.server.config.ServerConfigs;
import org.apache.kafka.server.config.ServerLogConfigs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.ControlException.Kind;
import oxbow.broker.net.Request;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.wire.ApiTable;
import oxbow.broker.wire.FeatureLevels;

/**
 * The embedded KRaft control plane of one node: metadata log, controller, this broker's standing
 * with it, and the view of the cluster that everything else works from.
 *
 * <pre>
 *   control-raft          votes, appends and commits the metadata log
 *   quorum-controller     decides: Kafka's QuorumController, one event after the other
 *   metadata-loader       makes images of what is committed; runs every {@link ClusterListener}
 *   snapshot-generator    writes the image down now and then, so that the log can be cut
 *   control-timer         heartbeats and timeouts
 * </pre>
 *
 * <p>Start, {@link #watch}, {@link #register} once the ports are bound, {@link #ready} once the
 * logs are open; {@link #close} hands leadership over before anything stops.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ControlPlane.class);
  private static final long USABLE_BYTES_MIN = 1 << 20;

  private final ControlConfig config;
  private final MetadataDirectory directory;
  private final ControlTimer timer;
  private final LongSupplier usableBytes;
  private final Faults faults;
  private final RaftNode raft;
  private final QuorumControllerMetrics controllerMetrics;
  private final QuorumController controller;
  private final ControllerRoute route;
  private final MetadataLoader loader;
  private final SnapshotGenerator snapshots;
  private final ViewPublisher views;
  private final TopicSettings topicSettings;
  private final BrokerSettings brokerSettings;
  private final TopicApis topicApis;
  private final AutoTopics autoTopics;
  private final AtomicInteger joined = new AtomicInteger();
  private final AtomicReference<@Nullable BrokerLife> life = new AtomicReference<>();

  private ControlPlane(
      ControlConfig config,
      TopicSettings topicSettings,
      MetadataDirectory directory,
      ControlTimer timer,
      LongSupplier usableBytes,
      Faults faults)
      throws Exception {
    this.config = config;
    this.directory = directory;
    this.timer = timer;
    this.usableBytes = usableBytes;
    this.topicSettings = topicSettings;
    this.brokerSettings = new BrokerSettings(config.settings());
    this.faults = faults;
    controllerMetrics =
        new QuorumControllerMetrics(
            Optional.empty(), Time.SYSTEM, (int) config.sessionTimeout().toMillis());
    raft = new RaftNode(config, directory, timer, faults);
    views =
        new ViewPublisher(
            config.nodeId(),
            directory.clusterId(),
            topicSettings,
            brokerSettings,
            raft.client()::kraftVersion,
            faults.survivable("cluster view"));
    controller = controller(faults);
    route = new ControllerRoute(() -> controller, timer, config.sessionTimeout());
    loader = loader(faults);
    snapshots = snapshots(faults);
    topicApis =
        new TopicApis(this, brokerSettings.booleanValue(ServerConfigs.DELETE_TOPIC_ENABLE_CONFIG));
    autoTopics = new AutoTopics(this, brokerSettings, topicApis);
  }

  /**
   * Starts the control plane; returns while it is still electing itself.
   *
   * @param topicSettings what a topic may have set
   * @param onFatal told once, on some thread of the control plane's, when it can't go on; the
   *     process has to stop then
   * @throws ControlException if the metadata directory is not this node's, or can't be used
   */
  public static ControlPlane start(
      ControlConfig config, TopicSettings topicSettings, Consumer<ControlException> onFatal) {
    return start(config, topicSettings, MetadataDirectory::usableBytes, onFatal);
  }

  /** The same, with somebody else's measure of what fits on the disk. */
  static ControlPlane start(
      ControlConfig config,
      TopicSettings topicSettings,
      ToLongFunction<MetadataDirectory> usableBytes,
      Consumer<ControlException> onFatal) {
    var directory = MetadataDirectory.open(config);
    var timer = new ControlTimer();
    try {
      var plane =
          new ControlPlane(
              config,
              topicSettings,
              directory,
              timer,
              () -> usableBytes.applyAsLong(directory),
              new Faults(onFatal));
      plane.run();
      return plane;
    } catch (Exception e) {
      timer.close();
      directory.close();
      if (e instanceof ControlException known) throw known;
      throw new ControlException(Kind.FATAL, "the control plane can't start: " + e, e);
    }
  }

  private QuorumController controller(Faults faults) throws Exception {
    long heartbeatTimeoutNs = config.sessionTimeout().toNanos();
    return new QuorumController.Builder(config.nodeId(), directory.clusterId())
        .setTime(Time.SYSTEM)
        .setThreadNamePrefix("control-")
        .setConfigSchema(topicSettings.schema())
        .setRaftClient(raft.client())
        .setQuorumFeatures(
            new QuorumFeatures(config.nodeId(), supportedFeatures(), List.of(config.nodeId())))
        .setDefaultReplicationFactor(
            (short) brokerSettings.intValue(ReplicationConfigs.DEFAULT_REPLICATION_FACTOR_CONFIG))
        .setDefaultNumPartitions(brokerSettings.intValue(ServerLogConfigs.NUM_PARTITIONS_CONFIG))
        .setSessionTimeoutNs(heartbeatTimeoutNs)
        .setLeaderImbalanceCheckIntervalNs(leaderImbalanceCheckIntervalNs())
        .setMaxIdleIntervalNs(idleIntervalNs())
        .setMetrics(controllerMetrics)
        .setConfigurationValidator(
            new SettingsValidator(topicSettings, brokerSettings, views::topicDefaults))
        .setStaticConfig(brokerSettings.objects())
        .setBootstrapMetadata(directory.bootstrap())
        .setFatalFaultHandler(faults.fatal("controller"))
        .setNonFatalFaultHandler(faults.survivable("controller"))
        .build();
  }

  private OptionalLong leaderImbalanceCheckIntervalNs() {
    return OptionalLong.of(
        1_000_000_000L
            * brokerSettings.intValue(
                ReplicationConfigs.LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS_CONFIG));
  }

  /**
   * Kafka's controller writes an empty record twice a second so that others see the log grow. A
   * sole voter has nobody to show it to: unless asked for, the disk is left alone.
   */
  private OptionalLong idleIntervalNs() {
    String given = config.settings().get(MetadataLogConfig.METADATA_MAX_IDLE_INTERVAL_MS_CONFIG);
    if (given == null) return OptionalLong.empty();
    long idleMs = Long.parseLong(given.trim());
    return idleMs == 0 ? OptionalLong.empty() : OptionalLong.of(MILLISECONDS.toNanos(idleMs));
  }

  private MetadataLoader loader(Faults faults) {
    return new MetadataLoader.Builder()
        .setNodeId(config.nodeId())
        .setTime(Time.SYSTEM)
        .setThreadNamePrefix("control-")
        .setFaultHandler(faults.fatal("metadata loader"))
        .setHighWaterMarkAccessor(raft::highWatermark)
        .setMetrics(
            new MetadataLoaderMetrics(
                Optional.empty(),
                _ -> {},
                _ -> {},
                new AtomicReference<>(MetadataProvenance.EMPTY)))
        .build();
  }

  private SnapshotGenerator snapshots(Faults faults) {
    var emitter =
        new SnapshotEmitter.Builder()
            .setNodeId(config.nodeId())
            .setRaftClient(raft.client())
            .setMetrics(new SnapshotEmitterMetrics(Optional.empty(), Time.SYSTEM))
            .build();
    return new SnapshotGenerator.Builder(emitter)
        .setNodeId(config.nodeId())
        .setTime(Time.SYSTEM)
        .setThreadNamePrefix("control-")
        .setFaultHandler(faults.survivable("snapshot generator"))
        .setMaxBytesSinceLastSnapshot(
            brokerSettings.longValue(
                MetadataLogConfig.METADATA_SNAPSHOT_MAX_NEW_RECORD_BYTES_CONFIG))
        .setMaxTimeSinceLastSnapshotNs(
            MILLISECONDS.toNanos(
                brokerSettings.longValue(
                    MetadataLogConfig.METADATA_SNAPSHOT_MAX_INTERVAL_MS_CONFIG)))
        .setDisabledReason(new AtomicReference<>())
        .build();
  }

  private void run() {
    install(List.of(snapshots, views));
    raft.client().register(loader);
    raft.start();
    var _ =
        route
            .call(
                active -> active.registerController(Contexts.ofBroker(), controllerRegistration()))
            .exceptionally(failure -> {
              log.atWarn().setCause(failure).log("controller not registered");
              return null;
            });
  }

  private ControllerRegistrationRequestData controllerRegistration() {
    var listeners = new ControllerRegistrationRequestData.ListenerCollection();
    listeners.add(
        new ControllerRegistrationRequestData.Listener()
            .setName(config.controllerListener())
            .setHost(config.controllerEndpoint().host())
            .setPort(config.controllerEndpoint().port())
            .setSecurityProtocol(SecurityProtocol.PLAINTEXT.id));
    var features = new ControllerRegistrationRequestData.FeatureCollection();
    supportedFeatures()
        .forEach((name, range) ->
            features.add(
                new ControllerRegistrationRequestData.Feature()
                    .setName(name)
                    .setMinSupportedVersion(range.min())
                    .setMaxSupportedVersion(range.max())));
    return new ControllerRegistrationRequestData()
        .setControllerId(config.nodeId())
        .setIncarnationId(Uuid.randomUuid())
        .setZkMigrationReady(false)
        .setListeners(listeners)
        .setFeatures(features);
  }

  /** The feature levels this node can work with. */
  public Map<String, VersionRange> supportedFeatures() {
    return QuorumFeatures.defaultSupportedFeatureMap(false);
  }

  /** The same, and what the cluster has agreed on, as clients are told. */
  public FeatureLevels featureLevels() {
    var supported = new HashMap<String, SupportedVersionRange>();
    supportedFeatures()
        .forEach((name, range) ->
            supported.put(name, new SupportedVersionRange(range.min(), range.max())));
    ImageView now = imageView();
    return new FeatureLevels(
        Features.supportedFeatures(supported), now.features(), now.metadataOffset());
  }

  public String clusterId() {
    return directory.clusterId();
  }

  /** Completes once the metadata log has been read and {@link #view} can be asked. */
  public CompletionStage<Void> loaded() {
    return views.applied(0);
  }

  /** The cluster as this broker knows it now. Not before {@link #loaded}. */
  public ClusterView view() {
    return imageView();
  }

  ImageView imageView() {
    return Objects.requireNonNull(views.view(), "the metadata log has not been read yet");
  }

  /** The same for the parts that work on Kafka's own metadata. */
  public MetadataImage image() {
    return imageView().image();
  }

  /**
   * Adds a listener. It is told everything once the metadata log has been read, then each change,
   * always on the loader's thread.
   */
  public void watch(ClusterListener listener) {
    follow((now, change, _) -> listener.changed(now, change));
  }

  /** Adds a listener for client quotas. It is told all of them first, on the loader's thread. */
  public void watchQuotas(QuotaListener listener) {
    follow((_, _, delta) -> {
      ClientQuotasDelta quotas = delta.clientQuotasDelta();
      if (quotas == null) return;
      quotas.changes().forEach((entity, of) -> listener.changed(entity, of.changes()));
    });
  }

  private void follow(ViewPublisher.Follower follower) {
    install(
        List.of(new ViewPublisher.Joining("follow-" + joined.incrementAndGet(), views, follower)));
  }

  /** Adds a publisher of Kafka's kind, for the parts that need deltas. Its name must be unique. */
  public void publishTo(MetadataPublisher publisher) {
    install(List.of(publisher));
  }

  private void install(List<? extends MetadataPublisher> publishers) {
    CompletableFuture<Void> _ = loader.installPublishers(publishers);
  }

  /**
   * Makes this broker known to the controller, fenced until it is {@link #ready}; tries until it
   * succeeds. Completes with the broker epoch.
   */
  public CompletionStage<Long> register(BrokerIdentity identity) {
    var born =
        new BrokerLife(
            config.nodeId(),
            directory.clusterId(),
            identity,
            supportedFeatures(),
            config.heartbeatInterval(),
            route,
            loader::lastAppliedOffset,
            () -> hasPredecessor(identity),
            timer);
    if (!life.compareAndSet(null, born)) throw new IllegalStateException("registered twice");
    watch((_, _) -> born.metadataApplied());
    return born.start();
  }

  private boolean hasPredecessor(BrokerIdentity identity) {
    ImageView now = views.view();
    if (now == null) return false;
    BrokerRegistration registered = now.image().cluster().broker(config.nodeId());
    return registered != null
        && !Collections.disjoint(registered.directories(), identity.logDirectories());
  }

  /**
   * Lets the controller count on this broker's replicas; completes when it does and the view shows
   * it, with the leaders that were elected.
   */
  public CompletionStage<Void> ready() {
    return registered().ready().thenCompose(_ -> applied());
  }

  /** The epoch this broker was registered under; -1 before. */
  public long brokerEpoch() {
    BrokerLife now = life.get();
    return now == null ? -1 : now.epoch();
  }

  private BrokerLife registered() {
    return Objects.requireNonNull(life.get(), "the broker was not registered");
  }

  /**
   * Takes the next block of producer ids for this broker. Fails with Kafka's {@code ApiException}.
   */
  public CompletionStage<ProducerIdsBlock> allocateProducerIds() {
    var request =
        new AllocateProducerIdsRequestData()
            .setBrokerId(config.nodeId())
            .setBrokerEpoch(brokerEpoch());
    return change(controller -> controller.allocateProducerIds(Contexts.ofBroker(), request))
        .thenApply(answer -> {
          Errors error = Errors.forCode(answer.errorCode());
          if (error != Errors.NONE) throw error.exception();
          return new ProducerIdsBlock(
              config.nodeId(), answer.producerIdStart(), answer.producerIdLen());
        });
  }

  /** Proposes other in-sync replicas, as their leader. The answer may name errors. */
  public CompletionStage<AlterPartitionResponseData> alterPartition(
      AlterPartitionRequestData request) {
    return route.call(controller -> controller.alterPartition(Contexts.ofBroker(), request));
  }

  /** Creates topics that are needed and not there. */
  public AutoTopics autoTopics() {
    return autoTopics;
  }

  /**
   * Adds the APIs that the controller answers.
   *
   * @param quotas what clients may change
   * @param logLevels the loggers whose levels an administrator can change
   * @param followed names of dynamic broker settings that other parts follow; those that are
   *     defaults of topics need not be named
   */
  public void serveOn(
      ApiTable table, ClientQuotas quotas, LogLevels logLevels, Collection<String> followed) {
    topicApis.serveOn(table, quotas);
    new ConfigApis(
            config.nodeId(),
            this,
            topicSettings,
            brokerSettings,
            new DynamicSettings(topicSettings, brokerSettings, followed),
            logLevels)
        .serveOn(table);
    new ClusterApis(this).serveOn(table);
  }

  /**
   * Changes something through the active controller. Completes when this broker's view shows what
   * came of it, so that whoever asked sees it at once.
   */
  <T> CompletableFuture<T> change(Function<Controller, CompletableFuture<T>> rpc) {
    if (usableBytes.getAsLong() < USABLE_BYTES_MIN) return CompletableFuture.failedFuture(full());
    return route.call(rpc).thenCompose(result -> applied().thenApply(_ -> result));
  }

  /** A metadata log that can't be written is fatal to raft, so it is not tried on a full disk. */
  private KafkaStorageException full() {
    return new KafkaStorageException(
        "The disk of " + config.directory() + " is full: metadata can't be changed.");
  }

  /** Completes once the view shows everything that is committed now. */
  private CompletableFuture<Void> applied() {
    return views.applied(raft.highWatermark().orElse(0) - 1);
  }

  /** Asks the active controller. */
  <T> CompletableFuture<T> ask(Function<Controller, CompletableFuture<T>> rpc) {
    return route.call(rpc);
  }

  /**
   * Has raft serve a request of an administrator's. Raft names endpoints of its own listener in the
   * answer, so the request counts as having come over that.
   */
  CompletableFuture<ApiMessage> raft(Request request) {
    var context =
        new RequestContext(
            request.header(),
            request.client().connectionId(),
            request.client().address(),
            request.client().principal(),
            new ListenerName(config.controllerListener()),
            SecurityProtocol.PLAINTEXT,
            ClientInformation.EMPTY,
            false);
    return raft.handle(
        context, request.header(), request.body().data(), Time.SYSTEM.milliseconds());
  }

  /** Leaves the cluster in order, as long as the controller does not take too long. */
  @Override
  public void close() {
    BrokerLife left = life.get();
    if (left != null) {
      if (!faults.areFatal()) await(left.leave());
      left.stop();
    }
    route.close();
    // Raft goes first: the controller must have lost its office when its queue closes.
    quietly("raft", raft);
    controller.beginShutdown();
    loader.beginShutdown();
    snapshots.beginShutdown();
    quietly("controller", controller);
    quietly("metadata loader", loader);
    quietly("snapshot generator", snapshots);
    quietly("controller metrics", controllerMetrics);
    quietly("views", views);
    quietly("timer", timer);
    quietly("metadata directory", directory);
  }

  private static void quietly(String part, AutoCloseable closing) {
    try {
      closing.close();
    } catch (Exception e) {
      if (e instanceof InterruptedException) Thread.currentThread().interrupt();
      log.atWarn().addKeyValue("part", part).setCause(e).log("not closed cleanly");
    }
  }

  private void await(CompletableFuture<Void> leave) {
    try {
      leave.get(config.shutdownTimeout().toMillis(), MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      log.atWarn().setCause(e).log("stopping without the controller's leave");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
