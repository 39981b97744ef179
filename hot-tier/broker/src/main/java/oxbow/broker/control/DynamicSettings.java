package oxbow.broker.control;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.QuotaConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * The broker's settings that take effect while it runs. Of those that Kafka can change, the ones
 * some part of this broker follows; the others are refused, since accepting them would be a lie.
 */
final class DynamicSettings {
  private static final String NOT_DYNAMIC = "Cannot update these configs dynamically: ";

  private final TopicSettings topicSettings;
  private final BrokerSettings brokerSettings;
  private final Set<String> followed;

  /**
   * @param followed keys that other parts of the broker follow
   */
  DynamicSettings(
      TopicSettings topicSettings, BrokerSettings brokerSettings, Collection<String> followed) {
    this.topicSettings = topicSettings;
    this.brokerSettings = brokerSettings;
    this.followed = new HashSet<>(followed);
    this.followed.addAll(ServerTopicConfigSynonyms.TOPIC_CONFIG_SYNONYMS.values());
    this.followed.retainAll(DynamicBrokerConfig.ALL_DYNAMIC_CONFIGS);
    this.followed.addAll(QuotaConfig.brokerQuotaConfigs().names());
  }

  boolean isDynamic(String name) {
    return followed.contains(name);
  }

  /**
   * Checks what a broker's dynamic settings would become. Throws Kafka's {@code
   * InvalidRequestException} if they can't.
   *
   * @param proposed all of them, after the change
   * @param existing all of them, before it
   * @param cluster what is set for all brokers, if {@code proposed} is one broker's
   */
  void check(
      Map<String, String> proposed,
      Map<String, String> existing,
      Map<String, String> cluster,
      boolean isOneBrokers) {
    try {
      var properties = new Properties();
      properties.putAll(proposed);
      DynamicBrokerConfig.validateConfigs(properties, isOneBrokers);
      var refused = new TreeSet<>(proposed.keySet());
      refused.removeAll(followed);
      refused.removeAll(existing.keySet());
      if (!refused.isEmpty()) throw new InvalidRequestException(NOT_DYNAMIC + refused);
      Map<String, String> defaults =
          topicSettings
              .effective(
                  brokerSettings,
                  isOneBrokers ? proposed : Map.of(),
                  isOneBrokers ? cluster : proposed)
              .defaults();
      LogConfig.validateBrokerLogConfigValues(
          new HashMap<>(LogConfig.configDefCopy().parse(defaults)), brokerSettings.hasColdTier());
    } catch (ConfigException e) {
      throw new InvalidRequestException(e.getMessage(), e);
    }
  }
}
