package oxbow.broker.control;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.metadata.KafkaConfigSchema;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * The settings a topic can have: Kafka's, and those that other parts of Oxbow add. The one place
 * where a key gets its type, default, rule and documentation; unknown keys are refused.
 */
public final class TopicSettings {
  private static final String REMOTE_STORAGE_ENABLE = TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG;

  private final ConfigDef definition;
  private final ConfigDef added;
  private final KafkaConfigSchema schema;

  /** Kafka's settings and nothing else. */
  public TopicSettings() {
    this(new ConfigDef());
  }

  /**
   * Kafka's settings and more.
   *
   * @param added keys of our own, none of which Kafka has
   */
  public TopicSettings(ConfigDef added) {
    this(added, new ConfigDef(LogConfig.configDefCopy()));
  }

  /** The same, and topics have a cold tier unless they say {@code remote.storage.enable=false}. */
  public static TopicSettings tieredByDefault(ConfigDef added) {
    var definition = new ConfigDef(LogConfig.configDefCopy());
    ConfigDef.ConfigKey kafkas =
        Objects.requireNonNull(definition.configKeys().remove(REMOTE_STORAGE_ENABLE));
    definition.define(
        REMOTE_STORAGE_ENABLE,
        kafkas.type,
        true,
        kafkas.validator,
        kafkas.importance,
        kafkas.documentation);
    return new TopicSettings(added, definition);
  }

  private TopicSettings(ConfigDef added, ConfigDef definition) {
    this.added = new ConfigDef(added);
    this.definition = definition;
    added.configKeys().values().forEach(definition::define);
    this.schema =
        new KafkaConfigSchema(
            Map.of(
                ConfigResource.Type.BROKER,
                BrokerSettings.definition(),
                ConfigResource.Type.TOPIC,
                definition,
                ConfigResource.Type.GROUP,
                GroupConfig.CONFIG_DEF,
                ConfigResource.Type.CLIENT_METRICS,
                ClientMetricsConfigs.configDef()),
            ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS);
  }

  /**
   * These and more.
   *
   * @param more keys of our own, none of which is there yet
   */
  public TopicSettings and(ConfigDef more) {
    var all = new ConfigDef(added);
    more.configKeys().values().forEach(all::define);
    var kafkas = new ConfigDef(definition);
    added.names().forEach(kafkas.configKeys()::remove);
    return new TopicSettings(all, kafkas);
  }

  ConfigDef definition() {
    return definition;
  }

  /** The keys that Kafka does not have. */
  ConfigDef added() {
    return added;
  }

  KafkaConfigSchema schema() {
    return schema;
  }

  /** The name under which a broker's configuration sets the default of a topic's setting. */
  public static Optional<String> brokerKey(String topicKey) {
    return Optional.ofNullable(ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.get(topicKey));
  }

  /**
   * The settings of topics that set nothing themselves.
   *
   * @param broker what was set dynamically for this broker
   * @param cluster what was set dynamically for all
   */
  Effective effective(
      BrokerSettings configured, Map<String, String> broker, Map<String, String> cluster) {
    var defaults = new TreeMap<String, String>();
    schema
        .resolveEffectiveTopicConfigs(configured.objects(), cluster, broker, Map.of())
        .forEach((name, entry) -> put(defaults, name, entry));
    return new Effective(Collections.unmodifiableMap(defaults));
  }

  private static void put(Map<String, String> defaults, String name, ConfigEntry entry) {
    if (entry.value() != null) defaults.put(name, entry.value());
  }

  /** What topics have where they set nothing themselves. Immutable. */
  record Effective(Map<String, String> defaults) {
    /** A topic's settings, given its own. One that brokers write themselves has no cold tier. */
    Map<String, String> of(String topic, Map<String, String> own) {
      boolean isInternal = Topic.isInternal(topic);
      if (own.isEmpty() && !isInternal) return defaults;
      var merged = new HashMap<>(defaults);
      merged.putAll(own);
      if (isInternal) merged.put(REMOTE_STORAGE_ENABLE, "false");
      return merged;
    }
  }
}
