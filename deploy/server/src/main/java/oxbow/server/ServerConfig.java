package oxbow.server;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import oxbow.log.LogsConfig;
import oxbow.server.config.BadConfigException;
import oxbow.server.config.ConfigKey;
import oxbow.server.config.ConfigKeys;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Listener;
import oxbow.server.config.Problem;
import oxbow.server.config.Settings;
import oxbow.server.http.HttpConfig;

/**
 * The whole configuration of a node, read once and checked as a whole. The parts of the server take
 * their own records from it. Immutable.
 */
public final class ServerConfig {
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  private final Settings settings;
  private final List<Listener> listeners;

  private ServerConfig(Settings settings, List<Listener> listeners) {
    this.settings = settings;
    this.listeners = listeners;
  }

  /** Reads and checks everything; throws {@link BadConfigException} with all that is wrong. */
  public static ServerConfig load(ConfigSources sources) {
    List<Problem> problems = new ArrayList<>();
    Settings settings = Settings.read(sources, problems);
    Contradictions.find(settings, problems);
    if (!problems.isEmpty()) throw new BadConfigException(problems);
    return new ServerConfig(
        settings, withoutControllers(settings, settings.get(ConfigKeys.LISTENERS)));
  }

  /** The listeners that are opened: one kept for controllers is not. */
  static List<Listener> withoutControllers(Settings settings, List<Listener> listeners) {
    List<String> controllers =
        settings.get(ConfigKeys.CONTROLLER_LISTENERS).stream()
            .map(name -> name.toUpperCase(Locale.ROOT))
            .toList();
    return listeners.stream().filter(listener -> !controllers.contains(listener.name())).toList();
  }

  /** Every value and its origin. */
  public Settings settings() {
    return settings;
  }

  public Path dataDirectory() {
    return settings.get(ConfigKeys.DATA_DIR);
  }

  public Path logDirectory() {
    return settings
        .find(ConfigKeys.LOG_DIRS)
        .or(() -> settings.find(ConfigKeys.LOG_DIR))
        .map(directories -> Path.of(directories.getFirst()))
        .orElseGet(() -> dataDirectory().resolve("log"));
  }

  public Path metadataDirectory() {
    return settings
        .find(ConfigKeys.METADATA_LOG_DIR)
        .orElseGet(() -> dataDirectory().resolve("metadata"));
  }

  public int nodeId() {
    return settings.get(ConfigKeys.NODE_ID);
  }

  public Optional<String> rack() {
    return settings.find(ConfigKeys.BROKER_RACK);
  }

  /** Where the Kafka port listens. */
  public List<Listener> listeners() {
    return listeners;
  }

  /** What clients are told, where it differs. */
  public Optional<List<Listener>> advertisedListeners() {
    return settings
        .find(ConfigKeys.ADVERTISED_LISTENERS)
        .map(advertised -> withoutControllers(settings, advertised));
  }

  public int networkThreads() {
    return settings.find(ConfigKeys.NETWORK_THREADS).orElse(Math.min(PROCESSORS, 8));
  }

  public int backgroundThreads() {
    return settings.find(ConfigKeys.BACKGROUND_THREADS).orElse(Math.max(2, PROCESSORS));
  }

  /** How logs are kept. */
  public LogsConfig logs() {
    return new LogsConfig(
        logDirectory(),
        backgroundThreads(),
        settings.get(ConfigKeys.RETENTION_CHECK_MS),
        settings.get(ConfigKeys.CHECKPOINT_MS),
        settings.get(ConfigKeys.FLUSH_CHECK_MS),
        Math.toIntExact(settings.get(ConfigKeys.CLEANER_BUFFER_BYTES)),
        (long) (double) settings.get(ConfigKeys.CLEANER_BYTES_PER_SECOND),
        settings.get(ConfigKeys.PRODUCER_EXPIRATION_MS),
        settings.get(ConfigKeys.DISK_RESERVE_BYTES));
  }

  /** The HTTP port; empty: there is none. */
  public Optional<HttpConfig> http() {
    if (!settings.get(ConfigKeys.HTTP_ENABLE)) return Optional.empty();
    return Optional.of(
        new HttpConfig(
            settings.get(ConfigKeys.HTTP_HOST),
            settings.get(ConfigKeys.HTTP_PORT),
            settings.get(ConfigKeys.HTTP_CONNECTIONS_MAX),
            settings.get(ConfigKeys.HTTP_HEADER_BYTES_MAX),
            settings.get(ConfigKeys.HTTP_BODY_BYTES_MAX),
            settings.get(ConfigKeys.HTTP_REQUEST_TIMEOUT_MS),
            settings.get(ConfigKeys.HTTP_IDLE_MS)));
  }

  /** What topics have that set nothing of their own, under the names topics have for it. */
  public Map<String, String> topicDefaults() {
    return TopicDefaults.of(settings);
  }

  /**
   * What was given for keys of Kafka's own, as text: what Kafka's embedded parts read by
   * themselves.
   */
  public Map<String, String> kafkaSettings() {
    Map<String, String> given = new HashMap<>();
    for (ConfigKey<?> key : ConfigKeys.all()) {
      if (key.isKafkas()) addShown(key, given);
    }
    return Map.copyOf(given);
  }

  private <T> void addShown(ConfigKey<T> key, Map<String, String> given) {
    settings.find(key).ifPresent(value -> given.put(key.name(), key.type().show(value)));
  }

  /** What was accepted and has no effect, a line each. */
  public List<String> warnings() {
    return settings.warnings();
  }
}
