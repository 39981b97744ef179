package oxbow.broker.group;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.GroupCoordinatorService;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.server.share.persister.NoOpStatePersister;
import org.apache.kafka.server.util.PartitionMetadataClient;
import org.apache.kafka.server.util.timer.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.replica.Partitions;
import oxbow.broker.wire.ApiTable;

/**
 * The groups this broker coordinates: Kafka's coordinator, one state machine per partition of
 * {@code __consumer_offsets} that is led here. It begins with the first metadata, learns from the
 * leadership listener what to load and to give up, and answers the group APIs.
 */
public final class GroupCoordinators implements Partitions.LeadershipListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(GroupCoordinators.class);

  private final int brokerId;
  private final boolean servesConsumerGroups;
  private final boolean servesStreamsGroups;
  private final LiveSettings settings;
  private final GroupCoordinatorConfig config;
  private final GroupCoordinator service;
  private final GroupMetrics metrics;
  private final GroupTopics topics;
  private volatile GroupMetadata metadata = new GroupMetadata(MetadataImage.EMPTY);

  /**
   * Leader epochs of partitions led here; guarded by this. The coordinator hears of them once the
   * first metadata told how many partitions there are.
   */
  private final Map<Integer, Integer> led = new HashMap<>();

  private State state = State.WAITING; // guarded by this

  private enum State {
    /** No metadata yet: it isn't known how many partitions the offsets topic has. */
    WAITING,
    RUNNING,
    /** Leaderships that end and metadata that comes while the others stop change nothing. */
    CLOSED
  }

  /**
   * Starts the coordinator's threads. The caller hands in metadata and subscribes this object to
   * leadership.
   */
  public GroupCoordinators(
      GroupConfig config,
      int brokerId,
      Partitions partitions,
      GroupTopicCreation topics,
      MeterRegistry meters) {
    this(
        config,
        brokerId,
        new PartitionLogWriter(partitions),
        new PartitionLogLoader(
            partitions,
            new GroupCoordinatorRecordSerde(),
            config.coordinator().offsetsLoadBufferSize(),
            Time.SYSTEM),
        new GroupTimer(),
        Time.SYSTEM,
        new LogEnds(partitions),
        topics,
        meters);
  }

  GroupCoordinators(
      GroupConfig config,
      int brokerId,
      PartitionWriter writer,
      CoordinatorLoader<CoordinatorRecord> loader,
      Timer timer,
      Time time,
      PartitionMetadataClient logEnds,
      GroupTopicCreation topics,
      MeterRegistry meters) {
    this.brokerId = brokerId;
    this.servesConsumerGroups = config.servesConsumerGroups();
    this.servesStreamsGroups = config.servesStreamsGroups();
    this.settings = config.live();
    this.config = new GroupCoordinatorConfig(settings);
    this.metrics = new GroupMetrics(meters);
    this.topics = new GroupTopics(topics, time);
    ShareGroupConfig shareGroups = config.shareGroups();
    this.service =
        new GroupCoordinatorService.Builder(brokerId, this.config)
            .withTime(time)
            .withTimer(timer)
            .withLoader(loader)
            .withWriter(writer)
            .withCoordinatorRuntimeMetrics(new RuntimeMetrics(meters))
            .withGroupCoordinatorMetrics(metrics.kafkas())
            .withGroupConfigManager(
                new GroupConfigManager(
                    this.config.extractGroupConfigMap(shareGroups), this.config, shareGroups))
            .withPersister(new NoOpStatePersister()) // share groups aren't served
            .withAuthorizerPlugin(Optional.empty())
            .withPartitionMetadataClient(logEnds)
            .build();
  }

  /**
   * Adds the group APIs. Those of share groups and transactions are not among them: what isn't
   * served isn't advertised.
   */
  public void serve(ApiTable table) {
    var members = new MemberApis(service, this, topics, config);
    var offsets = new OffsetApis(service, this);
    var admin = new AdminApis(service, this);
    table
        .serve(ApiKeys.FIND_COORDINATOR, new FindCoordinator(this))
        .serve(ApiKeys.JOIN_GROUP, members::join)
        .serve(ApiKeys.SYNC_GROUP, members::sync)
        .serve(ApiKeys.HEARTBEAT, members::heartbeat)
        .serve(ApiKeys.LEAVE_GROUP, members::leave)
        .serve(ApiKeys.CONSUMER_GROUP_HEARTBEAT, members::consumerHeartbeat)
        .serve(ApiKeys.STREAMS_GROUP_HEARTBEAT, members::streamsHeartbeat)
        .serve(ApiKeys.OFFSET_COMMIT, offsets::commit)
        .serve(ApiKeys.OFFSET_FETCH, offsets::fetch)
        .serve(ApiKeys.OFFSET_DELETE, offsets::delete)
        .serve(ApiKeys.LIST_GROUPS, admin::list)
        .serve(ApiKeys.DESCRIBE_GROUPS, admin::describe)
        .serve(ApiKeys.CONSUMER_GROUP_DESCRIBE, admin::describeConsumerGroups)
        .serve(ApiKeys.STREAMS_GROUP_DESCRIBE, admin::describeStreamsGroups)
        .serve(ApiKeys.DELETE_GROUPS, admin::delete);
  }

  /** What all groups have committed; fails while some are being loaded. */
  public CompletionStage<List<CommittedOffset>> committedOffsets() {
    return new CommittedOffsets(service).all();
  }

  /** All groups by name, their members and offsets; fails while some are being loaded. */
  public CompletionStage<List<GroupDescription>> describe() {
    return new GroupDescriptions(service).all();
  }

  /** One of them; empty: there is none of this name. */
  public CompletionStage<Optional<GroupDescription>> describe(String name) {
    return new GroupDescriptions(service).one(name);
  }

  /**
   * Sets what a group has committed, as an administrator's client does: the group has no members,
   * or isn't there yet. Fails with one of Kafka's errors; retriable ones pass.
   */
  public CompletableFuture<Void> commit(String group, Map<TopicIdPartition, Long> offsets) {
    if (metadata.partitions(Topic.GROUP_METADATA_TOPIC_NAME) == 0) {
      createOffsetsTopic();
      return CompletableFuture.failedFuture(
          new CoordinatorNotAvailableException("the topic of groups' offsets is being made"));
    }
    return new OffsetApis(service, this).commit(group, offsets);
  }

  /** Follows the cluster's metadata once the control plane publishes to it. */
  public MetadataPublisher publisher() {
    return new MetadataPublisher() {
      @Override
      public String name() {
        return "groups";
      }

      @Override
      public void onMetadataUpdate(
          MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
        metadataChanged(delta, image);
      }

      @Override
      public void close() {} // the coordinators are closed by whoever made them
    };
  }

  /**
   * Takes each new metadata image, in order, with what is different from the one before; in the
   * first delta everything is. The number of offsets partitions stays as the first image has it.
   */
  public void metadataChanged(MetadataDelta delta, MetadataImage image) {
    var now = new GroupMetadata(image);
    metadata = now;
    synchronized (this) {
      boolean isFirst = state == State.WAITING;
      switch (state) {
        case CLOSED -> {
          return;
        }
        case WAITING -> {
          int partitions = now.partitions(Topic.GROUP_METADATA_TOPIC_NAME);
          service.startup(() -> partitions > 0 ? partitions : config.offsetsTopicPartitions());
          state = State.RUNNING;
        }
        case RUNNING -> {}
      }
      service.onMetadataUpdate(delta, image);
      if (delta.configsDelta() != null) {
        changeBroker(delta.configsDelta().changes().keySet(), image);
        changeGroups(delta.configsDelta().changes().keySet(), image);
      }
      if (isFirst) led.forEach(service::onElection);
    }
  }

  private void changeBroker(Set<ConfigResource> changed, MetadataImage image) {
    if (changed.stream().noneMatch(resource -> resource.type() == ConfigResource.Type.BROKER)) {
      return;
    }
    var dynamic = new HashMap<String, String>();
    for (String name : List.of("", Integer.toString(brokerId))) { // its own come after everyone's
      dynamic.putAll(
          image
              .configs()
              .configMapForResource(new ConfigResource(ConfigResource.Type.BROKER, name)));
    }
    try {
      settings.change(dynamic, GroupConfig.DYNAMIC);
    } catch (RuntimeException refused) {
      // The controller let it pass; the coordinator goes on with the settings it has.
      log.atWarn().setCause(refused).log("the coordinator's dynamic settings were not taken");
    }
  }

  private void changeGroups(Set<ConfigResource> changed, MetadataImage image) {
    for (ConfigResource resource : changed) {
      if (resource.type() != ConfigResource.Type.GROUP) continue;
      try {
        service.updateGroupConfig(resource.name(), image.configs().configProperties(resource));
      } catch (RuntimeException refused) {
        // The controller let it pass; the group goes on with the settings it has.
        log.atWarn()
            .addKeyValue("group", resource.name())
            .setCause(refused)
            .log("a group's settings were not taken");
      }
    }
  }

  @Override
  public synchronized void elected(TopicPartition partition, int leaderEpoch) {
    if (!isOurs(partition)) return;
    led.put(partition.partition(), leaderEpoch);
    if (state == State.RUNNING) service.onElection(partition.partition(), leaderEpoch);
  }

  @Override
  public synchronized void resigned(TopicPartition partition, int leaderEpoch) {
    if (!isOurs(partition)) return;
    Integer won = led.get(partition.partition());
    if (won == null || leaderEpoch < won) return;
    led.remove(partition.partition());
    // No epoch: a partition that is deleted ends in the very epoch it was led in, which the
    // coordinator would take for old news.
    if (state == State.RUNNING) service.onResignation(partition.partition(), OptionalInt.empty());
  }

  private static boolean isOurs(TopicPartition partition) {
    return partition.topic().equals(Topic.GROUP_METADATA_TOPIC_NAME);
  }

  GroupMetadata metadata() {
    return metadata;
  }

  /** Whether this broker has them switched on, and the cluster too. */
  boolean servesConsumerGroups() {
    return servesConsumerGroups && metadata.hasConsumerGroups();
  }

  /** Whether this broker has them switched on, and the cluster too. */
  boolean servesStreamsGroups() {
    return servesStreamsGroups && metadata.hasStreamsGroups();
  }

  /** The offsets partition that holds a group. */
  int partitionFor(String group) {
    return service.partitionFor(group);
  }

  void createOffsetsTopic() {
    topics.createOffsetsTopic();
  }

  /**
   * Stops: requests under way are answered with an error that sends clients to look for the
   * coordinator again. Logs have to be open until it returns.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (state == State.CLOSED) return;
      if (state == State.WAITING) service.startup(config::offsetsTopicPartitions); // to be stopped
      state = State.CLOSED;
    }
    service.shutdown();
    metrics.close();
  }
}
