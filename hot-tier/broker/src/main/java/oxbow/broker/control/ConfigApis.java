package oxbow.broker.control;

import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.LogLevelConfig;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;
import org.apache.kafka.common.requests.ListConfigResourcesResponse;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.Request;
import oxbow.broker.wire.ApiTable;

/**
 * Settings of topics, brokers, groups, client metrics subscriptions and loggers. What concerns this
 * broker alone is checked here before the controller is asked; logger levels never leave it.
 */
final class ConfigApis {
  private static final String UNKNOWN_TYPE = "Unknown resource type ";

  private final int nodeId;
  private final ControlPlane control;
  private final TopicSettings topicSettings;
  private final BrokerSettings brokerSettings;
  private final DynamicSettings dynamicSettings;
  private final LogLevels logLevels;

  ConfigApis(
      int nodeId,
      ControlPlane control,
      TopicSettings topicSettings,
      BrokerSettings brokerSettings,
      DynamicSettings dynamicSettings,
      LogLevels logLevels) {
    this.nodeId = nodeId;
    this.control = control;
    this.topicSettings = topicSettings;
    this.brokerSettings = brokerSettings;
    this.dynamicSettings = dynamicSettings;
    this.logLevels = logLevels;
  }

  void serveOn(ApiTable table) {
    table
        .serve(ApiKeys.DESCRIBE_CONFIGS, this::describe)
        .serve(ApiKeys.INCREMENTAL_ALTER_CONFIGS, this::alterIncrementally)
        .serve(ApiKeys.ALTER_CONFIGS, this::alter)
        .serve(ApiKeys.LIST_CONFIG_RESOURCES, this::list);
  }

  private void describe(Request request) {
    var body = ((DescribeConfigsRequest) request.body()).data();
    var description =
        new ConfigDescription(
            nodeId,
            control.imageView(),
            topicSettings,
            brokerSettings,
            dynamicSettings,
            logLevels,
            body);
    request.answer(
        new DescribeConfigsResponse(
            new DescribeConfigsResponseData()
                .setResults(body.resources().stream().map(description::of).toList())));
  }

  private void list(Request request) {
    var body = (ListConfigResourcesRequest) request.body();
    Set<Byte> supported = body.supportedResourceTypes();
    Collection<Byte> wanted =
        body.data().resourceTypes().isEmpty() ? supported : body.data().resourceTypes();
    for (byte type : wanted) {
      if (!supported.contains(type)) {
        throw new UnsupportedVersionException(
            "Unsupported resource type: " + ConfigResource.Type.forId(type));
      }
    }
    ImageView view = control.imageView();
    String listener = request.client().listener().value();
    var listed = new ArrayList<ListConfigResourcesResponseData.ConfigResource>();
    for (byte type : new TreeSet<>(wanted)) {
      for (String name : resources(view, ConfigResource.Type.forId(type), listener)) {
        listed.add(
            new ListConfigResourcesResponseData.ConfigResource()
                .setResourceType(type)
                .setResourceName(name));
      }
    }
    request.answer(
        new ListConfigResourcesResponse(
            new ListConfigResourcesResponseData().setConfigResources(listed)));
  }

  private static Collection<String> resources(
      ImageView view, ConfigResource.Type type, String listener) {
    return switch (type) {
      case TOPIC -> view.image().topics().topicsByName().keySet();
      case BROKER, BROKER_LOGGER ->
          view.brokers().stream()
              .filter(broker -> broker.endpoints().containsKey(listener))
              .map(broker -> Integer.toString(broker.id()))
              .toList();
      case GROUP, CLIENT_METRICS ->
          view.image().configs().resourceData().keySet().stream()
              .filter(resource -> resource.type() == type)
              .map(ConfigResource::name)
              .toList();
      case UNKNOWN -> List.of();
    };
  }

  private void alterIncrementally(Request request) {
    IncrementalAlterConfigsRequestData body =
        ((IncrementalAlterConfigsRequest) request.body()).data();
    List<Change> changes =
        body.resources().stream()
            .map(resource ->
                new Change(
                    resource.resourceType(),
                    resource.resourceName(),
                    List.copyOf(resource.configs())))
            .toList();
    Answers.answer(
        request,
        run(
            changes,
            change -> checkIncremental(change, body.validateOnly()),
            wanted ->
                control.change(controller ->
                    controller.incrementalAlterConfigs(
                        Contexts.of(request), operations(wanted), body.validateOnly(), true))),
        errors -> {
          var answers = new ArrayList<AlterConfigsResourceResponse>();
          errors.forEach((change, error) ->
              answers.add(
                  new AlterConfigsResourceResponse()
                      .setResourceType(change.type)
                      .setResourceName(change.name)
                      .setErrorCode(error.error().code())
                      .setErrorMessage(error.message())));
          return new IncrementalAlterConfigsResponse(
              new IncrementalAlterConfigsResponseData().setResponses(answers));
        });
  }

  private void alter(Request request) {
    AlterConfigsRequestData body = ((AlterConfigsRequest) request.body()).data();
    List<Change> changes =
        body.resources().stream()
            .map(resource ->
                new Change(
                    resource.resourceType(),
                    resource.resourceName(),
                    resource.configs().stream()
                        .map(config ->
                            new AlterableConfig()
                                .setName(config.name())
                                .setValue(config.value())
                                .setConfigOperation(OpType.SET.id()))
                        .toList()))
            .toList();
    Answers.answer(
        request,
        run(
            changes,
            this::checkWhole,
            wanted ->
                control.change(controller ->
                    controller.legacyAlterConfigs(
                        Contexts.of(request), values(wanted), body.validateOnly(), true))),
        errors -> {
          var answers = new ArrayList<AlterConfigsResponseData.AlterConfigsResourceResponse>();
          errors.forEach((change, error) ->
              answers.add(
                  new AlterConfigsResponseData.AlterConfigsResourceResponse()
                      .setResourceType(change.type)
                      .setResourceName(change.name)
                      .setErrorCode(error.error().code())
                      .setErrorMessage(error.message())));
          return new AlterConfigsResponse(new AlterConfigsResponseData().setResponses(answers));
        });
  }

  /**
   * One resource of a request. Compared by identity, since a request may name a resource twice and
   * each of the two gets its answer.
   */
  private static final class Change {
    private final byte type;
    private final String name;
    private final List<AlterableConfig> settings;

    Change(byte type, String name, List<AlterableConfig> settings) {
      this.type = type;
      this.name = name;
      this.settings = settings;
    }

    ConfigResource resource() {
      return new ConfigResource(ConfigResource.Type.forId(type), name);
    }
  }

  /** Checks each change here, and has the controller make those that are left. */
  private CompletableFuture<Map<Change, ApiError>> run(
      List<Change> changes,
      Function<Change, Verdict> check,
      Function<List<Change>, CompletableFuture<Map<ConfigResource, ApiError>>> controller) {
    var errors = new LinkedHashMap<Change, ApiError>();
    var wanted = new ArrayList<Change>();
    Set<ConfigResource> repeated = repeated(changes);
    for (Change change : changes) {
      errors.put(change, ApiError.NONE);
      if (repeated.contains(change.resource())) {
        errors.put(
            change,
            new ApiError(Errors.INVALID_REQUEST, "Each resource must appear at most once."));
        continue;
      }
      try {
        checkSettings(change);
        if (check.apply(change) == Verdict.FOR_CONTROLLER) wanted.add(change);
      } catch (RuntimeException e) {
        errors.put(change, ApiError.fromThrowable(e));
      }
    }
    if (wanted.isEmpty()) return CompletableFuture.completedFuture(errors);
    return controller
        .apply(wanted)
        .thenApply(answers -> {
          for (Change change : wanted) {
            errors.put(
                change,
                answers.getOrDefault(change.resource(), new ApiError(Errors.UNKNOWN_SERVER_ERROR)));
          }
          return errors;
        });
  }

  private enum Verdict {
    FOR_CONTROLLER,
    DONE
  }

  private static Set<ConfigResource> repeated(List<Change> changes) {
    var once = new HashSet<ConfigResource>();
    var repeated = new HashSet<ConfigResource>();
    for (Change change : changes) {
      if (!once.add(change.resource())) repeated.add(change.resource());
    }
    return repeated;
  }

  private static void checkSettings(Change change) {
    var names = new HashSet<String>();
    var nulls = new ArrayList<String>();
    for (AlterableConfig config : change.settings) {
      if (!names.add(config.name())) {
        throw new InvalidRequestException("Error due to duplicate config keys");
      }
      if (config.value() == null && config.configOperation() != OpType.DELETE.id()) {
        nulls.add(config.name());
      }
    }
    if (!nulls.isEmpty()) {
      throw new InvalidRequestException(
          "Null value not supported for : " + String.join(", ", nulls));
    }
  }

  private Verdict checkIncremental(Change change, boolean validateOnly) {
    return switch (change.resource().type()) {
      case BROKER_LOGGER -> {
        alterLoggers(change, validateOnly);
        yield Verdict.DONE;
      }
      case BROKER -> {
        checkBroker(change, this::altered);
        yield Verdict.FOR_CONTROLLER;
      }
      case TOPIC, CLIENT_METRICS, GROUP -> {
        change.settings.forEach(ConfigApis::operation);
        yield Verdict.FOR_CONTROLLER;
      }
      case UNKNOWN -> throw new InvalidRequestException(UNKNOWN_TYPE + change.type);
    };
  }

  private Verdict checkWhole(Change change) {
    return switch (change.resource().type()) {
      case BROKER -> {
        checkBroker(change, (_, settings) -> settingsOf(settings));
        yield Verdict.FOR_CONTROLLER;
      }
      case TOPIC, CLIENT_METRICS, GROUP -> Verdict.FOR_CONTROLLER;
      case BROKER_LOGGER, UNKNOWN -> throw new InvalidRequestException(UNKNOWN_TYPE + change.type);
    };
  }

  private static Map<String, String> settingsOf(List<AlterableConfig> configs) {
    var settings = new HashMap<String, String>();
    configs.forEach(config -> settings.put(config.name(), config.value()));
    return settings;
  }

  private interface Alteration {
    Map<String, String> of(Map<String, String> existing, List<AlterableConfig> configs);
  }

  private void checkBroker(Change change, Alteration alteration) {
    boolean isOneBrokers = !change.name.isEmpty();
    if (isOneBrokers) {
      int id = nodeIdOf(change.name);
      if (id != nodeId) {
        throw new InvalidRequestException(
            "Unexpected broker id, expected " + nodeId + ", but received " + change.name);
      }
    }
    ClusterView view = control.view();
    Map<String, String> existing = view.brokerSettings(isOneBrokers ? nodeId : -1);
    dynamicSettings.check(
        alteration.of(existing, change.settings), existing, view.brokerSettings(-1), isOneBrokers);
  }

  private static int nodeIdOf(String name) {
    try {
      return Integer.parseInt(name);
    } catch (NumberFormatException e) {
      throw new InvalidRequestException("Node id must be an integer, but it is: " + name, e);
    }
  }

  private Map<String, String> altered(Map<String, String> existing, List<AlterableConfig> configs) {
    var altered = new HashMap<>(existing);
    for (AlterableConfig config : configs) {
      String name = config.name();
      switch (operation(config)) {
        case SET -> altered.put(name, config.value());
        case DELETE -> altered.remove(name);
        case APPEND -> {
          Set<String> values = values(altered, name, "append");
          values.addAll(split(config.value()));
          altered.put(name, String.join(",", values));
        }
        case SUBTRACT -> {
          Set<String> values = values(altered, name, "subtract");
          values.removeAll(split(config.value()));
          altered.put(name, String.join(",", values));
        }
      }
    }
    return altered;
  }

  private static OpType operation(AlterableConfig config) {
    OpType operation = OpType.forId(config.configOperation());
    if (operation != null) return operation;
    throw new InvalidRequestException("Unknown operations type " + config.configOperation());
  }

  private static Set<String> values(Map<String, String> settings, String name, String verb) {
    ConfigKey key = BrokerSettings.key(name);
    if (key == null || key.type != ConfigDef.Type.LIST) {
      throw new InvalidConfigurationException(
          "Config value " + verb + " is not allowed for config key: " + name);
    }
    String value = settings.get(name);
    if (value == null) value = ConfigDef.convertToString(key.defaultValue, key.type);
    return new LinkedHashSet<>(split(value));
  }

  private static List<String> split(@Nullable String list) {
    return list == null || list.isEmpty() ? List.of() : Arrays.asList(list.split(",", -1));
  }

  private void alterLoggers(Change change, boolean validateOnly) {
    int id = nodeIdOf(change.name);
    if (id != nodeId) {
      throw new InvalidRequestException(
          "Unexpected node id. Expected " + nodeId + ", but received " + id);
    }
    Map<String, String> levels = logLevels.levels();
    change.settings.forEach(config -> checkLogger(config, levels.keySet()));
    if (validateOnly) return;
    for (AlterableConfig config : change.settings) {
      if (config.configOperation() == OpType.SET.id()) {
        logLevels.set(config.name(), config.value());
      } else {
        logLevels.unset(config.name());
      }
    }
  }

  private static void checkLogger(AlterableConfig config, Set<String> loggers) {
    OpType operation = OpType.forId(config.configOperation());
    if (operation != OpType.SET && operation != OpType.DELETE) {
      throw new InvalidRequestException(
          operation == null
              ? "Unknown operation type "
                  + config.configOperation()
                  + " is not allowed for the BROKER_LOGGER resource"
              : operation + " operation is not allowed for the BROKER_LOGGER resource");
    }
    if (!loggers.contains(config.name())) {
      throw new InvalidConfigurationException("Logger " + config.name() + " does not exist!");
    }
    if (operation == OpType.DELETE) {
      if (config.name().equals(LogLevels.ROOT)) {
        throw new InvalidRequestException(
            "Removing the log level of the " + LogLevels.ROOT + " logger is not allowed");
      }
    } else if (!LogLevelConfig.VALID_LOG_LEVELS.contains(config.value())) {
      throw new InvalidConfigurationException(
          "Cannot set the log level of "
              + config.name()
              + " to "
              + config.value()
              + " as it is not a supported log level. Valid log levels are "
              + String.join(", ", new TreeSet<>(LogLevelConfig.VALID_LOG_LEVELS)));
    }
  }

  private static Map<ConfigResource, Map<String, Entry<OpType, String>>> operations(
      List<Change> changes) {
    var operations = new HashMap<ConfigResource, Map<String, Entry<OpType, String>>>();
    for (Change change : changes) {
      var byName = new HashMap<String, Entry<OpType, String>>();
      for (AlterableConfig config : change.settings) {
        byName.put(
            config.name(),
            new SimpleImmutableEntry<>(OpType.forId(config.configOperation()), config.value()));
      }
      operations.put(change.resource(), byName);
    }
    return operations;
  }

  private static Map<ConfigResource, Map<String, String>> values(List<Change> changes) {
    var values = new HashMap<ConfigResource, Map<String, String>>();
    changes.forEach(change -> values.put(change.resource(), settingsOf(change.settings)));
    return values;
  }
}
