package oxbow.server;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.LambdaValidator;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import oxbow.cold.TopicTiering;
import oxbow.server.registry.SchemaChecks;

/** The settings that topics have here and not in Apache Kafka, as people are told of them. */
public final class TopicKeys {
  private TopicKeys() {}

  /** All of them, by name. */
  public static List<ConfigKey> all() {
    var keys = new TreeMap<>(TopicTiering.definition().configKeys());
    keys.putAll(SchemaChecks.definition().configKeys());
    return List.copyOf(keys.values());
  }

  public static Optional<ConfigKey> find(String name) {
    return all().stream().filter(key -> key.name.equals(name)).findFirst();
  }

  public static String type(ConfigKey key) {
    return key.type.name().toLowerCase(Locale.ROOT);
  }

  public static String defaultText(ConfigKey key) {
    return ConfigDef.convertToString(key.defaultValue, key.type);
  }

  /** Which values it takes; empty: its document says so. */
  public static String rule(ConfigKey key) {
    return switch (key.validator) {
      case ValidString words -> "one of " + words;
      case Range range -> "within " + range;
      case LambdaValidator own -> own.toString();
      case null, default -> "";
    };
  }
}
