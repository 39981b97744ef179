package oxbow.broker.group;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;

/**
 * How groups are coordinated. Names, rules and defaults are Kafka's, except those in {@link
 * #DEFAULTS}.
 *
 * @param settings what was set, by Kafka's names
 */
public record GroupConfig(Map<String, String> settings) {
  /** Where our defaults differ from Kafka's. */
  static final Map<String, Object> DEFAULTS =
      Map.of(
          // One event thread does more than 100,000 commits per second; each more polls when idle.
          GroupCoordinatorConfig.GROUP_COORDINATOR_NUM_THREADS_CONFIG, 1,
          GroupCoordinatorConfig.GROUP_COORDINATOR_NUM_BACKGROUND_THREADS_CONFIG, 1,
          // Kafka's 3 can't be met by a cluster of one broker; a cluster's configuration says 3.
          GroupCoordinatorConfig.OFFSETS_TOPIC_REPLICATION_FACTOR_CONFIG, (short) 1);

  private static final String PROTOCOLS = "group.coordinator.rebalance.protocols";
  private static final String CLASSIC = "classic";

  /** Nothing set. */
  public static final GroupConfig DEFAULT = new GroupConfig(Map.of());

  private static final String SHARE_PREFIX = "group.share.";

  /** Those that take effect while the broker runs, as an administrator sets them for brokers. */
  public static final Set<String> DYNAMIC =
      GroupCoordinatorConfig.RECONFIGURABLE_CONFIGS.stream()
          .filter(name -> !name.startsWith(SHARE_PREFIX))
          .collect(Collectors.toUnmodifiableSet());

  /** Throws Kafka's {@code ConfigException}, naming key, rule and value, if a setting is wrong. */
  public GroupConfig {
    settings = Map.copyOf(settings);
    ConfigDef known = definition();
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      if (!known.names().contains(setting.getKey())) {
        throw new ConfigException(setting.getKey(), setting.getValue(), "is not a group setting");
      }
    }
    if (!protocols(settings).contains(CLASSIC)) {
      throw new ConfigException(PROTOCOLS, settings.get(PROTOCOLS), "can't do without classic");
    }
    try {
      new GroupCoordinatorConfig(parsed(settings));
    } catch (IllegalArgumentException contradiction) {
      throw new ConfigException(contradiction.getMessage());
    }
  }

  /** Every key that may be set, with its type, rule, default and documentation. */
  public static ConfigDef definition() {
    ConfigDef definition = new ConfigDef();
    for (ConfigKey key : new TreeMap<>(GroupCoordinatorConfig.CONFIG_DEF.configKeys()).values()) {
      // Share groups aren't served yet: their settings would change nothing.
      if (!key.name.startsWith(SHARE_PREFIX)) define(definition, key);
    }
    return definition;
  }

  /** The settings as Kafka's coordinator reads them. */
  public GroupCoordinatorConfig coordinator() {
    return new GroupCoordinatorConfig(parsed(settings));
  }

  /** What the coordinator wants to know of share groups: their defaults. */
  public ShareGroupConfig shareGroups() {
    return new ShareGroupConfig(parsed(settings));
  }

  boolean servesConsumerGroups() {
    return protocols(settings).contains("consumer");
  }

  boolean servesStreamsGroups() {
    return protocols(settings).contains("streams");
  }

  private static List<String> protocols(Map<String, String> settings) {
    return parsed(settings).getList(PROTOCOLS);
  }

  /** The settings of a coordinator that runs. */
  LiveSettings live() {
    return parsed(settings);
  }

  private static LiveSettings parsed(Map<String, String> settings) {
    ConfigDef all = new ConfigDef();
    GroupCoordinatorConfig.CONFIG_DEF.configKeys().values().forEach(key -> define(all, key));
    ShareGroupConfig.CONFIG_DEF.configKeys().values().forEach(key -> define(all, key));
    return new LiveSettings(all, settings);
  }

  private static void define(ConfigDef definition, ConfigKey key) {
    Object ours = DEFAULTS.get(key.name);
    definition.define(ours == null ? key : withDefault(key, ours));
  }

  private static ConfigKey withDefault(ConfigKey key, Object ours) {
    return new ConfigKey(
        key.name,
        key.type,
        ours,
        key.validator,
        key.importance,
        key.documentation,
        key.group,
        key.orderInGroup,
        key.width,
        key.displayName,
        key.dependents,
        key.recommender,
        key.internalConfig);
  }
}
