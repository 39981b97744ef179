package oxbow.server.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import oxbow.broker.control.TopicSettings;
import oxbow.server.ServerConfig;
import oxbow.server.TopicKeys;
import oxbow.server.config.ConfigKey;
import oxbow.server.config.ConfigKeys;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Nearest;
import oxbow.server.config.Problem;
import oxbow.server.config.Settings;
import oxbow.server.config.UnservedKeys;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code oxbow config}. */
@Command(
    name = "config",
    description = "Show and change settings; explain and check the configuration.",
    synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand {
  private static final List<String> TYPES =
      List.of("topic", "broker", "group", "client-metrics", "logger");

  private final Terminal terminal;

  ConfigCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "get", description = "Show settings of a topic, broker, group, ...")
  int get(
      @Mixin ClientOptions client,
      @Parameters(index = "0", paramLabel = "TYPE", description = TYPE_HELP) String type,
      @Parameters(index = "1", paramLabel = "NAME", description = NAME_HELP) String name,
      @Parameters(index = "2", arity = "0..1", paramLabel = "KEY", description = "Only this key.")
          @Nullable String key,
      @Option(names = "--all", description = "Also what nobody set.") boolean isAll) {
    ConfigResource resource = resource(type, name);
    try (Admin admin = client.admin()) {
      Config config = client.await(admin.describeConfigs(List.of(resource)).all()).get(resource);
      List<ConfigEntry> entries =
          config == null
              ? List.of()
              : config.entries().stream()
                  .filter(e -> key == null ? isAll || isSet(e) : e.name().equals(key))
                  .sorted(Comparator.comparing(ConfigEntry::name))
                  .toList();
      if (key != null && entries.isEmpty()) {
        throw CommandException.notFound(
            type + " " + name + " has no setting " + key,
            Nearest.to(
                    key,
                    config == null
                        ? List.of()
                        : config.entries().stream().map(ConfigEntry::name).toList())
                .map(nearest -> "did you mean " + nearest + "?")
                .orElse("--all shows all there are"));
      }
      var table = new Table("key", "value", "source");
      for (ConfigEntry entry : entries) {
        String value = entry.isSensitive() ? "(hidden)" : entry.value();
        table.row(entry.name(), value, source(entry));
      }
      client.output(terminal).table(table, "nothing is set; --all shows the defaults");
    }
    return ExitCode.OK;
  }

  private static boolean isSet(ConfigEntry entry) {
    return switch (entry.source()) {
      case DEFAULT_CONFIG, DYNAMIC_DEFAULT_BROKER_CONFIG, STATIC_BROKER_CONFIG -> false;
      default -> !entry.isDefault();
    };
  }

  private static String source(ConfigEntry entry) {
    return entry.source().name().toLowerCase(Locale.ROOT).replace("_config", "").replace('_', ' ');
  }

  @Command(name = "set", description = "Change settings of a topic, broker, group, ...")
  int set(
      @Mixin ClientOptions client,
      @Parameters(index = "0", paramLabel = "TYPE", description = TYPE_HELP) String type,
      @Parameters(index = "1", paramLabel = "NAME", description = NAME_HELP) String name,
      @Parameters(
              index = "2..*",
              arity = "1..*",
              paramLabel = "KEY=VALUE",
              description = "Settings.")
          Map<String, String> settings) {
    List<AlterConfigOp> changes = new ArrayList<>();
    settings.forEach((key, value) ->
        changes.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
    change(client, type, name, changes);
    return ExitCode.OK;
  }

  @Command(name = "unset", description = "Give settings their defaults back.")
  int unset(
      @Mixin ClientOptions client,
      @Parameters(index = "0", paramLabel = "TYPE", description = TYPE_HELP) String type,
      @Parameters(index = "1", paramLabel = "NAME", description = NAME_HELP) String name,
      @Parameters(index = "2..*", arity = "1..*", paramLabel = "KEY", description = "Settings.")
          List<String> keys) {
    List<AlterConfigOp> changes =
        keys.stream()
            .map(key -> new AlterConfigOp(new ConfigEntry(key, ""), AlterConfigOp.OpType.DELETE))
            .toList();
    change(client, type, name, changes);
    return ExitCode.OK;
  }

  private void change(ClientOptions client, String type, String name, List<AlterConfigOp> changes) {
    ConfigResource resource = resource(type, name);
    try (Admin admin = client.admin()) {
      client.await(admin.incrementalAlterConfigs(Map.of(resource, changes)).all());
    }
    client
        .output(terminal)
        .done(
            "changed " + type + " " + name,
            Map.of("type", type, "name", name, "changed", changes.size()));
  }

  private static final int KEYS_SHOWN_MAX = 6;
  private static final String TYPE_HELP = "topic, broker, group, client-metrics or logger.";
  private static final String NAME_HELP = "Its name or id; `default`: all brokers.";

  private static ConfigResource resource(String type, String name) {
    ConfigResource.Type kind =
        switch (type) {
          case "topic" -> ConfigResource.Type.TOPIC;
          case "broker" -> ConfigResource.Type.BROKER;
          case "group" -> ConfigResource.Type.GROUP;
          case "client-metrics" -> ConfigResource.Type.CLIENT_METRICS;
          case "logger" -> ConfigResource.Type.BROKER_LOGGER;
          default ->
              throw CommandException.usage(
                  "there is no type '" + type + "'", "types: " + String.join(", ", TYPES));
        };
    boolean isEveryBroker = kind == ConfigResource.Type.BROKER && name.equals("default");
    return new ConfigResource(kind, isEveryBroker ? "" : name);
  }

  @Command(
      name = "explain",
      description =
          "Tell all about one key of the configuration: what it does, and its value here.")
  int explain(
      @Parameters(paramLabel = "KEY", description = "The key.") String name,
      @Mixin ConfigOptions config,
      @Option(names = "--json", description = "Print JSON.") boolean isJson) {
    var output = new Output(terminal, isJson);
    Optional<ConfigDef.ConfigKey> ofTopics = TopicKeys.find(name);
    if (ofTopics.isPresent()) return explain(ofTopics.get(), output);
    // People know many settings by the name that topics have for them.
    ConfigKey<?> key =
        ConfigKeys.find(name)
            .or(() -> TopicSettings.brokerKey(name).flatMap(ConfigKeys::find))
            .orElseThrow(() -> unknown(name));
    Settings settings = Settings.read(config.sources(terminal), new ArrayList<>());
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("key", key.name());
    if (!key.name().equals(name)) facts.put("of topics", name + ", which overrides it");
    facts.put("type", key.type().label());
    facts.put("default", shown(key.defaultText()));
    facts.put("rule", key.rule().text().isEmpty() ? null : key.rule().text());
    facts.put("value", shown(settings.shown(key)));
    facts.put("from", settings.origin(key).toString());
    facts.put("environment", key.variable());
    facts.put("online", key.isOnline() ? "yes" : "no, at the start only");
    facts.put(
        "kafka",
        !key.isKafkas()
            ? "no such key"
            : key.difference() == null ? "the same" : "the same key. " + key.difference());
    if (isJson) {
      facts.put("doc", key.doc());
    } else {
      output.line(key.doc());
      output.line("");
    }
    output.facts(facts, Map.of());
    return ExitCode.OK;
  }

  /** A setting that only topics have: what one of them says is asked of a server. */
  private static int explain(ConfigDef.ConfigKey key, Output output) {
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("key", key.name);
    facts.put("of topics", "oxbow config set topic NAME " + key.name + "=VALUE");
    facts.put("type", TopicKeys.type(key));
    facts.put("default", shown(TopicKeys.defaultText(key)));
    facts.put("rule", TopicKeys.rule(key).isEmpty() ? null : TopicKeys.rule(key));
    facts.put("online", "yes");
    facts.put("kafka", "no such key");
    if (output.isJson()) {
      facts.put("doc", key.documentation);
    } else {
      output.line(key.documentation);
      output.line("");
    }
    output.facts(facts, Map.of());
    return ExitCode.OK;
  }

  private static String shown(String value) {
    return value.isEmpty() ? "(empty)" : value;
  }

  /** All keys, those of topics behind the others. */
  private static List<String> names() {
    return Stream.concat(
            ConfigKeys.all().stream().map(ConfigKey::name),
            TopicKeys.all().stream().map(key -> key.name))
        .toList();
  }

  /** People remember a part of a key. */
  private static Optional<String> containing(String part) {
    List<String> keys = names().stream().filter(key -> key.contains(part)).toList();
    if (keys.isEmpty()) return Optional.empty();
    String shown = String.join(", ", keys.subList(0, Math.min(KEYS_SHOWN_MAX, keys.size())));
    return Optional.of("keys with it: " + shown + (keys.size() > KEYS_SHOWN_MAX ? ", ..." : ""));
  }

  private static CommandException unknown(String name) {
    return switch (UnservedKeys.find(name).orElse(null)) {
      case null ->
          CommandException.notFound(
              "there is no key " + name,
              Nearest.to(name, names())
                  .map(nearest -> "did you mean " + nearest + "?")
                  .or(() -> containing(name))
                  .orElse("`oxbow config list` shows all there are"));
      case UnservedKeys.Refused refused ->
          CommandException.notFound(
              refused.reason().matches("(is|can) .*")
                  ? name + " " + refused.reason()
                  : name + " is refused here: " + refused.reason(),
              "");
      case UnservedKeys.Ignored ignored ->
          CommandException.notFound(name + " has no effect here: " + ignored.reason(), "");
      case UnservedKeys.OnlyAs only ->
          CommandException.notFound(
              name + " can only be " + String.join(", ", only.values()) + ": " + only.reason(), "");
    };
  }

  @Command(name = "list", description = "List all keys with their values here.")
  int list(
      @Mixin ConfigOptions config,
      @Option(names = "--given", description = "Only those that somebody set.") boolean isGiven,
      @Option(names = "--json", description = "Print JSON.") boolean isJson) {
    Settings settings = Settings.read(config.sources(terminal), new ArrayList<>());
    var table = new Table("key", "value", "from", "online");
    for (ConfigKey<?> key : ConfigKeys.all()) {
      if (isGiven && !settings.isGiven(key)) continue;
      table.row(key.name(), settings.shown(key), settings.origin(key).toString(), key.isOnline());
    }
    new Output(terminal, isJson).table(table, "nothing is set");
    return ExitCode.OK;
  }

  @Command(
      name = "check",
      description = "Check a configuration file, with environment and flags, and start nothing.")
  int check(
      @Parameters(arity = "0..1", paramLabel = "FILE", description = "The file.")
          @Nullable Path file,
      @Mixin ConfigOptions config,
      @Option(names = "--json", description = "Print JSON.") boolean isJson) {
    var output = new Output(terminal, isJson);
    ConfigSources sources = config.sources(terminal);
    if (file != null) {
      sources = new ConfigSources(file, sources.environment(), sources.flags());
    }
    List<Problem> problems = ServerConfig.problems(sources);
    if (isJson) {
      output.json(
          Map.of(
              "valid",
              problems.isEmpty(),
              "problems",
              problems.stream().map(Problem::toString).toList()));
    } else if (problems.isEmpty()) {
      for (String warning : ServerConfig.load(sources).warnings()) {
        output.note("warning: " + warning);
      }
      output.line("the configuration is fine");
    } else {
      for (Problem problem : problems) output.line(problem.toString());
    }
    return problems.isEmpty() ? ExitCode.OK : ExitCode.USAGE;
  }
}
