package oxbow.broker.control;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.server.config.AbstractKafkaConfig;

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

  /** What stands in the configuration, without defaults. */
  Map<String, String> configured() {
    return configured;
  }

  /** The same as Kafka's classes want it. */
  Map<String, Object> objects() {
    return new HashMap<>(configured);
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
    ConfigDef.ConfigKey key = Objects.requireNonNull(definition().configKeys().get(name), name);
    String given = configured.get(name);
    Object value = given == null ? key.defaultValue : ConfigDef.parseType(name, given, key.type);
    return Objects.requireNonNull(value, name);
  }
}
