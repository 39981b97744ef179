package oxbow.broker.control;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.QuotaConfig;
import org.apache.kafka.server.log.remote.storage.RemoteLogManagerConfig;
import org.jspecify.annotations.Nullable;

/** The broker's static configuration under Kafka's names, and what Kafka knows of each name. */
final class BrokerSettings {
  private final Map<String, String> configured;

  BrokerSettings(Map<String, String> configured) {
    this.configured = Map.copyOf(configured);
  }

  /** Every setting a broker of Kafka's knows. */
  static ConfigDef definition() {
    return AbstractKafkaConfig.CONFIG_DEF;
  }

  /**
   * What Kafka knows of a setting, be it one that exists only while the broker runs; null if it
   * doesn't know it.
   */
  static @Nullable ConfigKey key(String name) {
    ConfigKey key = definition().configKeys().get(name);
    return key == null ? QuotaConfig.brokerQuotaConfigs().configKeys().get(name) : key;
  }

  /** Every default there is, as text. */
  Map<String, String> defaults() {
    return Defaults.TEXTS;
  }

  /** A setting's value as text, be it configured or Kafka's default. */
  @Nullable String text(String name) {
    String given = configured.get(name);
    return given == null ? Defaults.TEXTS.get(name) : given;
  }

  /** What stands in the configuration, without defaults. */
  Map<String, String> configured() {
    return configured;
  }

  /** The same as Kafka's classes want it. */
  Map<String, Object> objects() {
    return new HashMap<>(configured);
  }

  /** Topics may keep old records in a cold tier. */
  boolean hasColdTier() {
    return booleanValue(RemoteLogManagerConfig.REMOTE_LOG_STORAGE_SYSTEM_ENABLE_PROP);
  }

  boolean isConfigured(String name) {
    return configured.containsKey(name);
  }

  boolean booleanValue(String name) {
    return (Boolean) value(name);
  }

  int intValue(String name) {
    return ((Number) value(name)).intValue();
  }

  long longValue(String name) {
    return ((Number) value(name)).longValue();
  }

  private Object value(String name) {
    ConfigKey key = Objects.requireNonNull(definition().configKeys().get(name), name);
    String given = configured.get(name);
    Object value = given == null ? key.defaultValue : ConfigDef.parseType(name, given, key.type);
    return Objects.requireNonNull(value, name);
  }

  /** Made when somebody asks for them: the start does without. */
  private static final class Defaults {
    static final Map<String, String> TEXTS = texts();

    private static Map<String, String> texts() {
      var texts = new HashMap<String, String>();
      for (ConfigKey key : definition().configKeys().values()) {
        if (!key.hasDefault() || key.defaultValue == null) continue;
        texts.put(key.name, ConfigDef.convertToString(key.defaultValue, key.type));
      }
      return Map.copyOf(texts);
    }
  }
}
