package oxbow.broker.control;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;

/**
 * What DescribeConfigs says: for each setting its value, where that comes from, and what would
 * count if it were taken away. Works on one view; made for one request.
 */
final class ConfigDescription {
  private final int nodeId;
  private final ImageView view;
  private final TopicSettings topicSettings;
  private final BrokerSettings brokerSettings;
  private final DynamicSettings dynamicSettings;
  private final LogLevels logLevels;
  private final boolean hasSynonyms;
  private final boolean hasDocumentation;

  ConfigDescription(
      int nodeId,
      ImageView view,
      TopicSettings topicSettings,
      BrokerSettings brokerSettings,
      DynamicSettings dynamicSettings,
      LogLevels logLevels,
      DescribeConfigsRequestData request) {
    this.nodeId = nodeId;
    this.view = view;
    this.topicSettings = topicSettings;
    this.brokerSettings = brokerSettings;
    this.dynamicSettings = dynamicSettings;
    this.logLevels = logLevels;
    this.hasSynonyms = request.includeSynonyms();
    this.hasDocumentation = request.includeDocumentation();
  }

  DescribeConfigsResult of(DescribeConfigsResource resource) {
    DescribeConfigsResult result;
    try {
      result =
          switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC -> topic(resource);
            case BROKER -> broker(resource);
            case BROKER_LOGGER -> loggers(resource);
            case CLIENT_METRICS -> clientMetrics(resource);
            case GROUP -> group(resource);
            case UNKNOWN ->
                throw new InvalidRequestException(
                    "Unsupported resource type: "
                        + ConfigResource.Type.forId(resource.resourceType()));
          };
    } catch (RuntimeException e) {
      ApiError error = ApiError.fromThrowable(e);
      result =
          new DescribeConfigsResult()
              .setErrorCode(error.error().code())
              .setErrorMessage(error.message());
    }
    return result.setResourceName(resource.resourceName()).setResourceType(resource.resourceType());
  }

  private DescribeConfigsResult topic(DescribeConfigsResource resource) {
    String name = resource.resourceName();
    Topic.validate(name);
    if (view.topic(name).isEmpty()) {
      return new DescribeConfigsResult().setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }
    Map<String, String> own = view.topicSettings(name);
    Map<String, String> effective = view.effectiveTopicSettings(name);
    ConfigDef definition = topicSettings.definition();
    var names = new TreeSet<>(own.keySet());
    names.addAll(LogConfig.nonInternalConfigNames());
    names.addAll(topicSettings.added().names());
    return described(
        resource,
        names,
        setting -> {
          ConfigKey key = definition.configKeys().get(setting);
          String value = canonical(key, setting, effective.get(setting));
          var synonyms = new ArrayList<DescribeConfigsSynonym>();
          if (own.containsKey(setting)) {
            synonyms.add(synonym(setting, value, ConfigSource.TOPIC_CONFIG, isSensitive(key)));
          }
          TopicSettings.brokerKey(setting)
              .ifPresent(broker -> synonyms.addAll(brokerSynonyms(broker, isSensitive(key))));
          return entry(setting, value, key, synonyms, false);
        });
  }

  private DescribeConfigsResult broker(DescribeConfigsResource resource) {
    String name = resource.resourceName();
    if (name == null || name.isEmpty()) {
      return described(
          resource,
          new TreeSet<>(view.brokerSettings(-1).keySet()),
          setting -> brokerEntry(setting, view.brokerSettings(-1).get(setting), false));
    }
    if (brokerId(name) != nodeId) {
      throw new InvalidRequestException(
          "Unexpected broker id, expected " + nodeId + " or empty string, but received " + name);
    }
    var names = new TreeSet<>(brokerSettings.configured().keySet());
    BrokerSettings.definition()
        .configKeys()
        .values()
        .forEach(key -> {
          if (!key.internalConfig) names.add(key.name);
        });
    Map<String, String> ours = view.brokerSettings(nodeId);
    Map<String, String> cluster = view.brokerSettings(-1);
    names.addAll(ours.keySet());
    names.addAll(cluster.keySet());
    return described(
        resource,
        names,
        setting -> {
          String value = ours.get(setting);
          if (value == null) value = cluster.get(setting);
          if (value == null) value = brokerSettings.text(setting);
          return brokerEntry(setting, value, true);
        });
  }

  private DescribeConfigsResourceResult brokerEntry(
      String setting, @Nullable String value, boolean isOneBrokers) {
    ConfigKey key = BrokerSettings.key(setting);
    List<DescribeConfigsSynonym> synonyms = brokerSynonyms(setting, isSensitive(key));
    if (!isOneBrokers) {
      synonyms =
          synonyms.stream()
              .filter(
                  synonym -> synonym.source() == ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.id())
              .toList();
    }
    boolean isReadOnly = !dynamicSettings.isDynamic(setting);
    return entry(setting, canonical(key, setting, value), key, synonyms, isReadOnly);
  }

  private DescribeConfigsResult loggers(DescribeConfigsResource resource) {
    String name = resource.resourceName();
    if (name == null || name.isEmpty()) {
      throw new InvalidRequestException("Broker id must not be empty");
    }
    if (brokerId(name) != nodeId) {
      throw new InvalidRequestException(
          "Unexpected broker id, expected " + nodeId + " but received " + name);
    }
    Map<String, String> levels = logLevels.levels();
    return described(
        resource,
        new TreeSet<>(levels.keySet()),
        logger ->
            new DescribeConfigsResourceResult()
                .setName(logger)
                .setValue(levels.get(logger))
                .setConfigSource(ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG.id())
                .setIsSensitive(false)
                .setReadOnly(false));
  }

  private DescribeConfigsResult clientMetrics(DescribeConfigsResource resource) {
    String name = resource.resourceName();
    if (name == null || name.isEmpty()) {
      throw new InvalidRequestException("Client metrics subscription name must not be empty");
    }
    Map<String, String> own =
        view.image()
            .configs()
            .configMapForResource(resourceOf(ConfigResource.Type.CLIENT_METRICS, name));
    AbstractConfig all =
        ClientMetricsConfigs.fromProps(ClientMetricsConfigs.defaultConfigsMap(), properties(own));
    ConfigDef definition = ClientMetricsConfigs.configDef();
    return described(
        resource,
        new TreeSet<>(all.values().keySet()),
        setting -> {
          ConfigKey key = definition.configKeys().get(setting);
          String value = text(key, all.values().get(setting));
          List<DescribeConfigsSynonym> synonyms =
              own.containsKey(setting)
                  ? List.of(synonym(setting, value, ConfigSource.CLIENT_METRICS_CONFIG, false))
                  : List.of();
          return entry(setting, value, key, synonyms, false);
        });
  }

  private DescribeConfigsResult group(DescribeConfigsResource resource) {
    String name = resource.resourceName();
    if (name == null || name.isEmpty()) {
      throw new InvalidRequestException("Group name must not be empty");
    }
    Map<String, String> own =
        view.image().configs().configMapForResource(resourceOf(ConfigResource.Type.GROUP, name));
    AbstractConfig brokers =
        new AbstractConfig(
            Utils.mergeConfigs(
                List.of(GroupCoordinatorConfig.CONFIG_DEF, ShareGroupConfig.CONFIG_DEF)),
            currentBrokerSettings(),
            false);
    AbstractConfig all =
        GroupConfig.fromProps(
            new GroupCoordinatorConfig(brokers)
                .extractGroupConfigMap(new ShareGroupConfig(brokers)),
            properties(own));
    return described(
        resource,
        new TreeSet<>(all.values().keySet()),
        setting -> {
          ConfigKey key = GroupConfig.CONFIG_DEF.configKeys().get(setting);
          String value = text(key, all.values().get(setting));
          var synonyms = new ArrayList<DescribeConfigsSynonym>();
          if (own.containsKey(setting)) {
            synonyms.add(synonym(setting, value, ConfigSource.GROUP_CONFIG, false));
          }
          String brokerName = GroupConfig.brokerSynonym(setting).orElse(null);
          if (brokerName != null) {
            synonyms.addAll(brokerSynonyms(brokerName, false));
          } else if (key != null && key.hasDefault() && key.defaultValue != null) {
            synonyms.add(
                synonym(setting, text(key, key.defaultValue), ConfigSource.DEFAULT_CONFIG, false));
          }
          return entry(setting, value, key, synonyms, false);
        });
  }

  /** Static settings with the dynamic ones on top. */
  private Map<String, String> currentBrokerSettings() {
    var current = new HashMap<>(brokerSettings.configured());
    current.putAll(view.brokerSettings(-1));
    current.putAll(view.brokerSettings(nodeId));
    return current;
  }

  private static ConfigResource resourceOf(ConfigResource.Type type, String name) {
    return new ConfigResource(type, name);
  }

  private static Properties properties(Map<String, String> settings) {
    var properties = new Properties();
    properties.putAll(settings);
    return properties;
  }

  private static int brokerId(String name) {
    try {
      return Integer.parseInt(name);
    } catch (NumberFormatException e) {
      throw new InvalidRequestException("Broker id must be an integer, but it is: " + name, e);
    }
  }

  private interface Described {
    DescribeConfigsResourceResult of(String setting);
  }

  private static DescribeConfigsResult described(
      DescribeConfigsResource resource, Set<String> names, Described description) {
    List<String> wanted = resource.configurationKeys();
    if (wanted != null && !wanted.isEmpty()) names.retainAll(new HashSet<>(wanted));
    return new DescribeConfigsResult().setConfigs(names.stream().map(description::of).toList());
  }

  private DescribeConfigsResourceResult entry(
      String name,
      @Nullable String value,
      @Nullable ConfigKey key,
      List<DescribeConfigsSynonym> synonyms,
      boolean isReadOnly) {
    return new DescribeConfigsResourceResult()
        .setName(name)
        .setValue(isSensitive(key) ? null : value)
        .setConfigSource(
            synonyms.isEmpty() ? ConfigSource.DEFAULT_CONFIG.id() : synonyms.get(0).source())
        .setIsSensitive(isSensitive(key))
        .setReadOnly(isReadOnly)
        .setSynonyms(hasSynonyms ? synonyms : List.of())
        .setConfigType(type(key).id())
        .setDocumentation(hasDocumentation && key != null ? key.documentation : null);
  }

  /** A key nobody knows may be anybody's secret. */
  private static boolean isSensitive(@Nullable ConfigKey key) {
    return key == null || key.type == ConfigDef.Type.PASSWORD;
  }

  /**
   * What a broker's setting gets its value from, the strongest first: under its own name, and under
   * the names that stand in for it.
   */
  private List<DescribeConfigsSynonym> brokerSynonyms(String name, boolean isSensitive) {
    var synonyms = new ArrayList<DescribeConfigsSynonym>();
    List<String> names = DynamicBrokerConfig.brokerConfigSynonyms(name, true);
    var sources = new LinkedHashMap<ConfigSource, Map<String, String>>();
    sources.put(ConfigSource.DYNAMIC_BROKER_CONFIG, view.brokerSettings(nodeId));
    sources.put(ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, view.brokerSettings(-1));
    sources.put(ConfigSource.STATIC_BROKER_CONFIG, brokerSettings.configured());
    sources.put(ConfigSource.DEFAULT_CONFIG, brokerSettings.defaults());
    sources.forEach((source, settings) -> {
      for (String synonym : names) {
        String value = settings.get(synonym);
        if (value != null) synonyms.add(synonym(synonym, value, source, isSensitive));
      }
    });
    // What stands under other names alone is not told: a stand-in explains only what it stands for.
    int first = 0;
    while (first < synonyms.size() && !synonyms.get(first).name().equals(name)) first++;
    return synonyms.subList(first, synonyms.size());
  }

  private static DescribeConfigsSynonym synonym(
      String name, @Nullable String value, ConfigSource source, boolean isSensitive) {
    return new DescribeConfigsSynonym()
        .setName(name)
        .setValue(isSensitive ? null : value)
        .setSource(source.id());
  }

  /** A value as its type prints it, however it was written. */
  private static @Nullable String canonical(
      @Nullable ConfigKey key, String name, @Nullable String value) {
    if (key == null || value == null) return value;
    return text(key, ConfigDef.parseType(name, value, key.type));
  }

  private static @Nullable String text(@Nullable ConfigKey key, @Nullable Object value) {
    return ConfigDef.convertToString(value, key == null ? null : key.type);
  }

  private static ConfigType type(@Nullable ConfigKey key) {
    if (key == null) return ConfigType.UNKNOWN;
    return switch (key.type) {
      case BOOLEAN -> ConfigType.BOOLEAN;
      case STRING -> ConfigType.STRING;
      case INT -> ConfigType.INT;
      case SHORT -> ConfigType.SHORT;
      case LONG -> ConfigType.LONG;
      case DOUBLE -> ConfigType.DOUBLE;
      case LIST -> ConfigType.LIST;
      case CLASS -> ConfigType.CLASS;
      case PASSWORD -> ConfigType.PASSWORD;
    };
  }
}
