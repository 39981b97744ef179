package oxbow.broker.control;

import static org.apache.kafka.common.config.TopicConfig.CLEANUP_POLICY_COMPACT;
import static org.apache.kafka.common.config.TopicConfig.CLEANUP_POLICY_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.CLEANUP_POLICY_DELETE;
import static org.apache.kafka.common.config.TopicConfig.COMPRESSION_TYPE_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.RETENTION_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.SEGMENT_BYTES_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfigCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.share.ShareCoordinatorConfig;
import org.apache.kafka.coordinator.transaction.TransactionLogConfig;

/**
 * Creates topics that somebody needs and nobody has created: a client's, with the broker's
 * defaults, or the coordinators' own, with the settings these must have. However many ask for a
 * topic at once, the controller is asked once.
 */
public final class AutoTopics {
  private static final int TIMEOUT_MS = 30_000;

  private final ControlPlane control;
  private final BrokerSettings settings;
  private final TopicApis topics;
  private final Map<String, CompletableFuture<ApiError>> underway = new ConcurrentHashMap<>();

  AutoTopics(ControlPlane control, BrokerSettings settings, TopicApis topics) {
    this.control = control;
    this.settings = settings;
    this.topics = topics;
  }

  /**
   * Creates those of the topics that aren't there. Completes, with an answer for each name, when
   * this broker's view of the cluster holds them.
   */
  public CompletionStage<Map<String, ApiError>> create(Collection<String> names) {
    var answers = new LinkedHashMap<String, CompletableFuture<ApiError>>();
    var wanted = new CreatableTopicCollection();
    for (String name : names) {
      if (answers.containsKey(name)) continue;
      answers.put(name, join(name, wanted));
    }
    if (!wanted.isEmpty()) ask(wanted);
    return CompletableFuture.allOf(answers.values().toArray(CompletableFuture[]::new))
        .thenApply(_ -> {
          var errors = new LinkedHashMap<String, ApiError>();
          answers.forEach((name, answer) -> errors.put(name, answer.join()));
          return errors;
        });
  }

  /**
   * Creates topics for a part of this broker: exactly as asked, but those of the coordinators, of
   * which the name alone counts, with the settings these must have.
   */
  public CompletionStage<CreateTopicsResponseData> create(CreateTopicsRequestData request) {
    var wanted = new CreatableTopicCollection();
    for (CreatableTopic topic : request.topics()) {
      wanted.add(Topic.isInternal(topic.name()) ? creatable(topic.name()) : topic.duplicate());
    }
    long timeoutNanos = TimeUnit.MILLISECONDS.toNanos(request.timeoutMs());
    return topics.create(Contexts.ofBroker(timeoutNanos), request.duplicate().setTopics(wanted));
  }

  /** The answer somebody else waits for already, or a new one, whose topic is then asked for. */
  private CompletableFuture<ApiError> join(String name, CreatableTopicCollection wanted) {
    try {
      Topic.validate(name);
    } catch (InvalidTopicException e) {
      return CompletableFuture.completedFuture(
          new ApiError(Errors.INVALID_TOPIC_EXCEPTION, e.getMessage()));
    }
    var mine = new CompletableFuture<ApiError>();
    CompletableFuture<ApiError> others = underway.putIfAbsent(name, mine);
    if (others != null) return others;
    if (control.view().topic(name).isPresent()) {
      finish(name, ApiError.NONE);
    } else {
      wanted.add(creatable(name));
    }
    return mine;
  }

  private void finish(String name, ApiError answer) {
    CompletableFuture<ApiError> finished = underway.remove(name);
    if (finished != null) finished.complete(answer);
  }

  private void ask(CreatableTopicCollection wanted) {
    var request = new CreateTopicsRequestData().setTopics(wanted).setTimeoutMs(TIMEOUT_MS);
    var _ =
        topics
            .create(Contexts.ofBroker(TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS)), request)
            .whenComplete((answer, failure) -> {
              for (CreatableTopic topic : request.topics()) {
                finish(
                    topic.name(),
                    failure != null
                        ? ApiError.fromThrowable(ControllerRoute.unwrapped(failure))
                        : error(answer.topics().find(topic.name())));
              }
            });
  }

  private static ApiError error(CreatableTopicResult result) {
    Errors error = Errors.forCode(result.errorCode());
    // Whoever was faster made the same topic.
    return error == Errors.TOPIC_ALREADY_EXISTS
        ? ApiError.NONE
        : new ApiError(error, result.errorMessage());
  }

  private CreatableTopic creatable(String name) {
    return switch (name) {
      case Topic.GROUP_METADATA_TOPIC_NAME -> offsetsTopic();
      case Topic.TRANSACTION_STATE_TOPIC_NAME -> transactionsTopic();
      case Topic.SHARE_GROUP_STATE_TOPIC_NAME -> shareStateTopic();
      default ->
          new CreatableTopic()
              .setName(name)
              .setNumPartitions(CreateTopicsRequest.NO_NUM_PARTITIONS)
              .setReplicationFactor(CreateTopicsRequest.NO_REPLICATION_FACTOR);
    };
  }

  private CreatableTopic offsetsTopic() {
    var own = new HashMap<String, String>();
    own.put(CLEANUP_POLICY_CONFIG, CLEANUP_POLICY_COMPACT);
    own.put(COMPRESSION_TYPE_CONFIG, "producer");
    own.put(SEGMENT_BYTES_CONFIG, text(GroupCoordinatorConfig.OFFSETS_TOPIC_SEGMENT_BYTES_CONFIG));
    return internal(
        Topic.GROUP_METADATA_TOPIC_NAME,
        GroupCoordinatorConfig.OFFSETS_TOPIC_PARTITIONS_CONFIG,
        replicas(GroupCoordinatorConfig.OFFSETS_TOPIC_REPLICATION_FACTOR_CONFIG),
        own);
  }

  private CreatableTopic transactionsTopic() {
    int replicas = replicas(TransactionLogConfig.TRANSACTIONS_TOPIC_REPLICATION_FACTOR_CONFIG);
    var own = new HashMap<String, String>();
    own.put(UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false");
    own.put(COMPRESSION_TYPE_CONFIG, "uncompressed");
    own.put(CLEANUP_POLICY_CONFIG, CLEANUP_POLICY_COMPACT);
    own.put(
        MIN_IN_SYNC_REPLICAS_CONFIG,
        minInSync(TransactionLogConfig.TRANSACTIONS_TOPIC_MIN_ISR_CONFIG, replicas));
    own.put(
        SEGMENT_BYTES_CONFIG, text(TransactionLogConfig.TRANSACTIONS_TOPIC_SEGMENT_BYTES_CONFIG));
    return internal(
        Topic.TRANSACTION_STATE_TOPIC_NAME,
        TransactionLogConfig.TRANSACTIONS_TOPIC_PARTITIONS_CONFIG,
        replicas,
        own);
  }

  private CreatableTopic shareStateTopic() {
    int replicas = replicas(ShareCoordinatorConfig.STATE_TOPIC_REPLICATION_FACTOR_CONFIG);
    var own = new HashMap<String, String>();
    // Its coordinator deletes records itself once newer ones replace them.
    own.put(CLEANUP_POLICY_CONFIG, CLEANUP_POLICY_DELETE);
    own.put(COMPRESSION_TYPE_CONFIG, "producer");
    own.put(
        MIN_IN_SYNC_REPLICAS_CONFIG,
        minInSync(ShareCoordinatorConfig.STATE_TOPIC_MIN_ISR_CONFIG, replicas));
    own.put(SEGMENT_BYTES_CONFIG, text(ShareCoordinatorConfig.STATE_TOPIC_SEGMENT_BYTES_CONFIG));
    own.put(RETENTION_MS_CONFIG, "-1");
    return internal(
        Topic.SHARE_GROUP_STATE_TOPIC_NAME,
        ShareCoordinatorConfig.STATE_TOPIC_NUM_PARTITIONS_CONFIG,
        replicas,
        own);
  }

  private CreatableTopic internal(
      String name, String partitionsKey, int replicas, Map<String, String> own) {
    var configs = new CreatableTopicConfigCollection();
    own.forEach(
        (key, value) -> configs.add(new CreatableTopicConfig().setName(key).setValue(value)));
    return new CreatableTopic()
        .setName(name)
        .setNumPartitions(settings.intValue(partitionsKey))
        .setReplicationFactor((short) replicas)
        .setConfigs(configs);
  }

  /**
   * As configured; where nothing is, Kafka's default, but no more than there are brokers: the
   * default of three would leave a single broker without any group.
   */
  private int replicas(String key) {
    int wanted = settings.intValue(key);
    if (settings.isConfigured(key)) return wanted;
    return Math.max(1, Math.min(wanted, control.view().brokers().size()));
  }

  private String minInSync(String key, int replicas) {
    int wanted = settings.intValue(key);
    return Integer.toString(settings.isConfigured(key) ? wanted : Math.min(wanted, replicas));
  }

  private String text(String key) {
    return Integer.toString(settings.intValue(key));
  }
}
