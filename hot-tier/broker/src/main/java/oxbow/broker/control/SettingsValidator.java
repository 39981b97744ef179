package oxbow.broker.control;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.controller.ConfigurationValidator;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Decides whether settings may be written to the metadata. The last check before they are, on the
 * controller's thread; changes of a broker's settings have been checked by that broker before.
 */
final class SettingsValidator implements ConfigurationValidator {
  private static final String REMOTE_STORAGE_ENABLE = TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG;

  private final TopicSettings topicSettings;
  private final BrokerSettings brokerSettings;
  private final Supplier<Map<String, String>> topicDefaults;

  /**
   * @param topicDefaults what a topic has at present where it sets nothing: some rules compare two
   *     settings, of which only one is being changed
   */
  SettingsValidator(
      TopicSettings topicSettings,
      BrokerSettings brokerSettings,
      Supplier<Map<String, String>> topicDefaults) {
    this.topicSettings = topicSettings;
    this.brokerSettings = brokerSettings;
    this.topicDefaults = topicDefaults;
  }

  @Override
  public void validate(ConfigResource resource) {
    switch (resource.type()) {
      case TOPIC -> checkTopicName(resource.name());
      case BROKER -> checkBrokerName(resource.name());
      default -> throw unknownType(resource);
    }
  }

  @Override
  public void validate(
      ConfigResource resource, Map<String, String> changed, Map<String, String> existing) {
    switch (resource.type()) {
      case TOPIC -> {
        checkTopicName(resource.name());
        checkTopic(withoutNulls(changed, "topic"), existing);
      }
      case BROKER -> checkBrokerName(resource.name());
      case CLIENT_METRICS -> {
        var properties = new Properties();
        properties.putAll(withoutNulls(changed, "client metrics"));
        ClientMetricsConfigs.validate(resource.name(), properties);
      }
      case GROUP -> {
        if (resource.name().isEmpty()) {
          throw new InvalidRequestException("Default group resources are not allowed.");
        }
        checkGroup(withoutNulls(changed, "group"));
      }
      default -> throw unknownType(resource);
    }
  }

  private static InvalidRequestException unknownType(ConfigResource resource) {
    return new InvalidRequestException("Unknown resource type " + resource.type());
  }

  private static void checkTopicName(String name) {
    if (name.isEmpty()) {
      throw new InvalidRequestException("Default topic resources are not allowed.");
    }
    Topic.validate(name);
  }

  private static void checkBrokerName(String name) {
    if (name.isEmpty()) return;
    int id;
    try {
      id = Integer.parseInt(name);
    } catch (NumberFormatException e) {
      throw new InvalidRequestException("Unable to parse broker name as a base 10 number.", e);
    }
    if (id < 0) throw new InvalidRequestException("Invalid negative broker ID.");
  }

  private static Map<String, String> withoutNulls(Map<String, String> settings, String kind) {
    List<String> nulls = new ArrayList<>();
    settings.forEach((name, value) -> {
      if (value == null) nulls.add(name);
    });
    if (nulls.isEmpty()) return settings;
    throw new InvalidConfigurationException(
        "Null value not supported for " + kind + " configs: " + String.join(",", nulls));
  }

  private void checkTopic(Map<String, String> changed, Map<String, String> existing) {
    var ours = new HashMap<String, String>();
    var kafkas = new HashMap<String, String>();
    changed.forEach((name, value) ->
        (topicSettings.added().configKeys().containsKey(name) ? ours : kafkas).put(name, value));
    var _ = topicSettings.added().parse(ours);
    Map<String, String> defaults = topicDefaults.get();
    var effective = new HashMap<>(defaults);
    effective.putAll(kafkas);
    String policy = effective.getOrDefault(TopicConfig.CLEANUP_POLICY_CONFIG, "");
    boolean isCompacted = policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT);
    boolean isTiered = Boolean.parseBoolean(effective.get(REMOTE_STORAGE_ENABLE));
    if (!isCompacted || !isTiered) {
      LogConfig.validate(existing, kafkas, defaults, brokerSettings.hasColdTier());
      return;
    }
    // Kafka has no cold tier for compacted topics; here each half is checked by its rules.
    var withoutTier = new HashMap<>(kafkas);
    withoutTier.put(REMOTE_STORAGE_ENABLE, "false");
    LogConfig.validate(Map.of(), withoutTier, defaults, brokerSettings.hasColdTier());
    var asDeleted = new HashMap<>(kafkas);
    asDeleted.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
    if (!policy.contains(TopicConfig.CLEANUP_POLICY_DELETE)) {
      asDeleted.put(TopicConfig.RETENTION_MS_CONFIG, "-1");
      asDeleted.put(TopicConfig.RETENTION_BYTES_CONFIG, "-1");
    }
    LogConfig.validate(existing, asDeleted, defaults, brokerSettings.hasColdTier());
  }

  private void checkGroup(Map<String, String> changed) {
    AbstractConfig settings = groupDefaults();
    GroupConfig.validate(
        changed, new GroupCoordinatorConfig(settings), new ShareGroupConfig(settings));
  }

  private AbstractConfig groupDefaults() {
    return new AbstractConfig(
        Utils.mergeConfigs(List.of(GroupCoordinatorConfig.CONFIG_DEF, ShareGroupConfig.CONFIG_DEF)),
        brokerSettings.configured(),
        false);
  }
}
