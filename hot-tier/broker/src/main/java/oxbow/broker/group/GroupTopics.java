package oxbow.broker.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Topics that come to be because a group needs them. Each is asked for once at a time, and not
 * again for a while after it was refused. Any thread.
 */
final class GroupTopics {
  private static final Logger log = LoggerFactory.getLogger(GroupTopics.class);
  private static final int TIMEOUT_MS = 30_000;
  private static final long REFUSED_MS = 1_000;
  private static final int REFUSALS_MAX = 1_000;

  private final GroupTopicCreation creation;
  private final Time time;
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();
  private final Map<String, Refusal> refusals = new ConcurrentHashMap<>();

  GroupTopics(GroupTopicCreation creation, Time time) {
    this.creation = creation;
    this.time = time;
  }

  private record Refusal(String reason, long untilMs) {}

  /** Sees to it that the offsets topic is made; whoever makes it knows its settings. */
  void createOffsetsTopic() {
    create(
        List.of(
            new CreatableTopic()
                .setName(Topic.GROUP_METADATA_TOPIC_NAME)
                .setNumPartitions(CreateTopicsRequest.NO_NUM_PARTITIONS)
                .setReplicationFactor(CreateTopicsRequest.NO_REPLICATION_FACTOR)),
        REFUSED_MS);
  }

  /** Sees to it that topics are made; a refusal is remembered for a time. */
  void create(Collection<CreatableTopic> topics, long refusalMs) {
    var asked = new CreatableTopicCollection();
    var names = new ArrayList<String>();
    for (CreatableTopic topic : topics) {
      if (refusal(topic.name()) != null || !underWay.add(topic.name())) continue;
      asked.add(topic.duplicate());
      names.add(topic.name());
    }
    if (names.isEmpty()) return;
    CompletionStage<CreateTopicsResponseData> decided;
    try {
      decided =
          creation.create(new CreateTopicsRequestData().setTopics(asked).setTimeoutMs(TIMEOUT_MS));
    } catch (RuntimeException failed) {
      names.forEach(underWay::remove);
      throw failed;
    }
    decided.whenComplete((response, failure) -> {
      if (failure == null) response.topics().forEach(topic -> decided(topic, refusalMs));
      else names.forEach(name -> refused(name, Errors.forException(failure).message(), refusalMs));
      names.forEach(underWay::remove);
    });
  }

  private void decided(CreatableTopicResult topic, long refusalMs) {
    Errors error = Errors.forCode(topic.errorCode());
    if (error == Errors.NONE || error == Errors.TOPIC_ALREADY_EXISTS) return;
    String message = topic.errorMessage();
    refused(
        topic.name(), message == null || message.isEmpty() ? error.message() : message, refusalMs);
  }

  private void refused(String name, String reason, long refusalMs) {
    log.atWarn()
        .addKeyValue("topic", name)
        .addKeyValue("reason", reason)
        .log("a topic that a group needs was not made");
    long nowMs = time.milliseconds();
    refusals.values().removeIf(old -> old.untilMs() <= nowMs);
    if (refusals.size() < REFUSALS_MAX) refusals.put(name, new Refusal(reason, nowMs + refusalMs));
  }

  /** Why topics were refused lately, by name. */
  Map<String, String> refusals(Collection<String> names) {
    var found = new TreeMap<String, String>();
    for (String name : names) {
      Refusal refusal = refusal(name);
      if (refusal != null) found.put(name, refusal.reason());
    }
    return found;
  }

  private @Nullable Refusal refusal(String name) {
    Refusal refusal = refusals.get(name);
    return refusal == null || refusal.untilMs() <= time.milliseconds() ? null : refusal;
  }
}
