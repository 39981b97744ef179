package oxbow.query.overview;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.query.overview.Overview.Bounds;
import oxbow.query.overview.Overview.Cluster;
import oxbow.query.overview.Overview.Cold;
import oxbow.query.overview.Overview.GroupFacts;
import oxbow.query.overview.Overview.GroupOffset;
import oxbow.query.overview.Overview.Member;
import oxbow.query.overview.Overview.PartitionFacts;
import oxbow.query.overview.Overview.Setting;
import oxbow.query.overview.Overview.Sizes;
import oxbow.query.overview.Overview.TopicDetail;
import oxbow.query.overview.Overview.TopicFacts;

/** The facts as clients read them: what isn't known is null. */
final class OverviewJson {
  private OverviewJson() {}

  static Map<String, @Nullable Object> cluster(Cluster cluster) {
    Map<String, @Nullable Object> told = new LinkedHashMap<>();
    told.put("clusterId", cluster.id());
    told.put("version", cluster.version());
    told.put("kafka", cluster.kafkaVersion());
    told.put("startedAt", cluster.startedAt().toString());
    told.put("broker", map("id", cluster.brokerId(), "address", cluster.brokerAddress()));
    told.put("listeners", cluster.listeners());
    told.put("topics", cluster.topics());
    told.put("partitions", cluster.partitions());
    putSizes(told, cluster.sizes());
    Cold cold = cluster.cold();
    Map<String, @Nullable Object> tier = new LinkedHashMap<>();
    tier.put("isOn", cold.isOn());
    tier.put("store", cold.store());
    tier.put("isReachable", cold.isOn() && cold.trouble() == null);
    tier.put("trouble", cold.trouble());
    tier.put("lagMs", cold.lagMs());
    told.put("cold", tier);
    told.put("heapUsed", cluster.heapUsed());
    told.put("heapMax", cluster.heapMax());
    return told;
  }

  static Map<String, @Nullable Object> topics(List<TopicFacts> topics) {
    return map("topics", topics.stream().map(OverviewJson::topic).toList());
  }

  private static Map<String, @Nullable Object> topic(TopicFacts topic) {
    Map<String, @Nullable Object> told = new LinkedHashMap<>();
    told.put("name", topic.name());
    told.put("id", topic.id());
    told.put("isInternal", topic.isInternal());
    told.put("partitions", topic.partitions());
    told.put("records", topic.records());
    putSizes(told, topic.sizes());
    told.put("hasColdTier", topic.hasColdTier());
    told.put("cleanup", topic.cleanup());
    told.put("lagMs", topic.hasColdTier() ? topic.lagMs() : null);
    return told;
  }

  static Map<String, @Nullable Object> topic(TopicDetail topic) {
    Map<String, @Nullable Object> told = topic(topic.facts());
    told.put("settings", topic.settings().stream().map(OverviewJson::setting).toList());
    boolean hasColdTier = topic.facts().hasColdTier();
    told.put(
        "partitionList",
        topic.partitions().stream().map(each -> partition(each, hasColdTier)).toList());
    return told;
  }

  private static Map<String, @Nullable Object> setting(Setting setting) {
    return map("name", setting.name(), "value", setting.value(), "isDefault", setting.isDefault());
  }

  private static Map<String, @Nullable Object> partition(
      PartitionFacts partition, boolean hasColdTier) {
    @Nullable Bounds bounds = partition.bounds();
    Map<String, @Nullable Object> told = new LinkedHashMap<>();
    told.put("partition", partition.partition());
    told.put("leader", partition.leader());
    told.put("logStart", bounds == null ? null : bounds.logStart());
    told.put("localStart", bounds == null ? null : bounds.localStart());
    told.put("coldEnd", bounds == null ? null : bounds.coldEnd());
    told.put("highWatermark", bounds == null ? null : bounds.highWatermark());
    told.put("logEnd", bounds == null ? null : bounds.logEnd());
    putSizes(told, partition.sizes());
    told.put("lagMs", hasColdTier ? partition.lagMs() : null);
    told.put("state", partition.state().name().toLowerCase(Locale.ROOT));
    told.put("reason", partition.reason());
    told.put("firstTimestamp", time(partition.firstTimestamp()));
    told.put("lastTimestamp", time(partition.lastTimestamp()));
    return told;
  }

  private static @Nullable String time(@Nullable Long ms) {
    return ms == null ? null : Instant.ofEpochMilli(ms).toString();
  }

  private static void putSizes(Map<String, @Nullable Object> told, Sizes sizes) {
    told.put("hotBytes", sizes.hotBytes());
    told.put("coldBytes", sizes.isCounted() ? sizes.coldBytes() : null);
    told.put("coldFiles", sizes.isCounted() ? sizes.coldFiles() : null);
  }

  static Map<String, @Nullable Object> groups(List<GroupFacts> groups) {
    return map("groups", groups.stream().map(OverviewJson::shortGroup).toList());
  }

  private static Map<String, @Nullable Object> shortGroup(GroupFacts group) {
    return map(
        "name",
        group.name(),
        "type",
        group.type(),
        "state",
        group.state(),
        "members",
        group.members().size(),
        "topics",
        group.topics(),
        "lag",
        group.lag());
  }

  static Map<String, @Nullable Object> group(GroupFacts group) {
    Map<String, @Nullable Object> told = shortGroup(group);
    told.put("memberList", group.members().stream().map(OverviewJson::member).toList());
    told.put("offsets", group.offsets().stream().map(OverviewJson::offset).toList());
    return told;
  }

  private static Map<String, @Nullable Object> member(Member member) {
    return map(
        "id", member.id(),
        "clientId", member.clientId(),
        "host", member.host(),
        "partitions", member.partitions());
  }

  private static Map<String, @Nullable Object> offset(GroupOffset offset) {
    Map<String, @Nullable Object> told =
        map(
            "topic", offset.topic(),
            "partition", offset.partition(),
            "committed", offset.committed());
    told.put("end", offset.end());
    told.put("lag", offset.lag());
    told.put("isCold", offset.isCold());
    told.put("metadata", offset.metadata());
    return told;
  }

  /** Names and values in turn, in this order. */
  private static Map<String, @Nullable Object> map(Object... namesAndValues) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }
}
