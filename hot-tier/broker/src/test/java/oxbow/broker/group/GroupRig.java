package oxbow.broker.group;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.server.util.PartitionMetadataClient;
import oxbow.broker.testing.Await;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.wire.ApiTable;

/**
 * The group APIs of a broker that leads all offsets partitions, on a memory log and a manual clock.
 */
final class GroupRig implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);
  static final int OFFSETS_PARTITIONS = 3;
  static final Uuid OFFSETS = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAEQ");
  static final Uuid ORDERS = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAEg");

  final ManualTime time;
  final CoordinatorLog log;
  final MeterRegistry meters = new SimpleMeterRegistry();
  final List<CreatableTopic> asked = new ArrayList<>();
  final GroupCoordinators groups;
  final Metadata metadata;
  private final ApiTable apis = new ApiTable();
  private Errors creationError = Errors.NONE;

  private GroupRig(CoordinatorLog log, ManualTime time, Map<String, String> settings) {
    this.log = log;
    this.time = time;
    groups =
        new GroupCoordinators(
            new GroupConfig(settings),
            Metadata.BROKER,
            log,
            log,
            time,
            time,
            new NoLogs(),
            this::create,
            meters);
    groups.serve(apis);
    metadata = new Metadata(groups::metadataChanged);
  }

  /** A broker nobody has used yet: there is no offsets topic. */
  static GroupRig unused() {
    var broker = new GroupRig(new CoordinatorLog(), new ManualTime(), settings(Map.of()));
    broker.metadata.topic("orders", ORDERS, 4).publish();
    return broker;
  }

  static GroupRig started() {
    return started(new CoordinatorLog(), new ManualTime(), Map.of());
  }

  static GroupRig started(CoordinatorLog log, ManualTime time, Map<String, String> settings) {
    var broker = new GroupRig(log, time, settings(settings));
    broker.metadata.topic("orders", ORDERS, 4);
    broker.lead();
    return broker;
  }

  private static Map<String, String> settings(Map<String, String> more) {
    var settings = new HashMap<String, String>();
    settings.put("offsets.topic.num.partitions", Integer.toString(OFFSETS_PARTITIONS));
    settings.put("group.initial.rebalance.delay.ms", "0");
    settings.put("group.streams.initial.rebalance.delay.ms", "0");
    settings.put("group.consumer.assignment.interval.ms", "0");
    settings.put("group.streams.assignment.interval.ms", "0");
    settings.putAll(more);
    return settings;
  }

  /** Makes the offsets topic and wins all its partitions. */
  void lead() {
    metadata.topic(Topic.GROUP_METADATA_TOPIC_NAME, OFFSETS, OFFSETS_PARTITIONS).publish();
    for (int partition = 0; partition < OFFSETS_PARTITIONS; partition++) {
      groups.elected(new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, partition), 0);
    }
    Await.until("all partitions are loaded", PATIENCE, () -> !isLoading());
  }

  private boolean isLoading() {
    return partitions("active") + partitions("failed") < OFFSETS_PARTITIONS;
  }

  double partitions(String state) {
    return meters.get("oxbow.group.partitions").tag("state", state).gauge().value();
  }

  /** Answers requests for topics with this error. */
  void refuseTopics(Errors error) {
    creationError = error;
  }

  private CompletionStage<CreateTopicsResponseData> create(CreateTopicsRequestData request) {
    var response = new CreateTopicsResponseData();
    for (CreatableTopic topic : request.topics()) {
      asked.add(topic.duplicate());
      response
          .topics()
          .add(new CreatableTopicResult().setName(topic.name()).setErrorCode(creationError.code()));
    }
    return CompletableFuture.completedFuture(response);
  }

  FakeRequest send(AbstractRequest.Builder<?> builder) {
    return send(builder, builder.latestAllowedVersion());
  }

  /** Sends what is left of a request once it went through the bytes of a version. */
  FakeRequest send(AbstractRequest.Builder<?> builder, int version) {
    AbstractRequest built = builder.build((short) version);
    ApiKeys api = built.apiKey();
    var request =
        new FakeRequest(
            AbstractRequest.parseRequest(api, built.version(), built.serialize()).request);
    Objects.requireNonNull(apis.handler(api), "not served").handle(request);
    return request;
  }

  /** Sends, and lets time pass in small steps until the answer is there. */
  <T extends AbstractResponse> T ask(AbstractRequest.Builder<?> builder, Class<T> type) {
    return ask(builder, builder.latestAllowedVersion(), type);
  }

  <T extends AbstractResponse> T ask(
      AbstractRequest.Builder<?> builder, int version, Class<T> type) {
    FakeRequest request = send(builder, version);
    Await.until(
        builder.apiKey() + " is answered",
        PATIENCE,
        () -> request.isAnswered() || (time.advanceClock(1) && request.isAnswered()));
    return request.answer(type);
  }

  Set<ApiKeys> served() {
    return apis.served();
  }

  @Override
  public void close() {
    groups.close();
  }

  /** Lag is asked for share groups only. */
  private static final class NoLogs implements PartitionMetadataClient {
    @Override
    public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
        Set<TopicPartition> ids) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
