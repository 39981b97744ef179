package oxbow.server;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import oxbow.broker.control.ClusterView;
import oxbow.broker.control.ControlConfig;
import oxbow.broker.fetch.FetchConfig;
import oxbow.broker.group.GroupConfig;
import oxbow.broker.metadata.MetadataConfig;
import oxbow.broker.net.NetConfig;
import oxbow.broker.produce.ProduceConfig;
import oxbow.broker.quota.QuotaConfig;
import oxbow.broker.telemetry.TelemetryConfig;
import oxbow.cold.ColdConfig;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.store.S3Config;
import oxbow.cold.upkeep.UpkeepConfig;
import oxbow.log.LogsConfig;
import oxbow.query.catalog.CatalogConfig;
import oxbow.query.sql.SqlLimits;
import oxbow.schema.CompatibilityLevel;
import oxbow.server.cold.BucketBounds;
import oxbow.server.cold.ColdBounds;
import oxbow.server.config.BadConfigException;
import oxbow.server.config.BucketUrl;
import oxbow.server.config.ConfigKey;
import oxbow.server.config.ConfigKeys;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Listener;
import oxbow.server.config.Problem;
import oxbow.server.config.Secret;
import oxbow.server.config.Settings;
import oxbow.server.http.HttpConfig;
import oxbow.server.logging.Logging;
import oxbow.server.query.QueryBounds;
import oxbow.server.registry.RegistryBounds;
import oxbow.server.registry.RegistryBounds.OwnPort;

/**
 * The whole configuration of a node, read once and checked as a whole. The parts of the server take
 * their own records from it. Immutable.
 */
public final class ServerConfig {
  private static final int REGISTRY_PORT = 8081;
  private static final int FLIGHT_PORT = 8082;
  private static final int COLD_READS_WAITING = 256;
  private static final int COLD_CHUNK_BYTES = 2 << 20;
  private static final Duration COLD_LOOK_EVERY = Duration.ofSeconds(1);
  private static final String S3_REGION_ELSEWHERE = "us-east-1";
  private static final int S3_PARTS_AT_ONCE = 4;

  /** Heap for each consumer whose place in a file is kept: it has a row group and decoded pages. */
  private static final long COLD_CURSOR_BYTES = 24L << 20;

  private static final int COLD_AHEAD = 2;
  private static final int CATALOG_REQUESTS_MAX = 32;
  private static final long SQL_CACHE_BYTES_MIN = 16L << 20;
  private static final int SQL_TEXT_BYTES_MAX = 1 << 20;
  private static final Duration COLD_MANIFEST_AGE = Duration.ofMinutes(1);

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
    Settings settings = read(sources, problems);
    if (!problems.isEmpty()) throw new BadConfigException(problems);
    return new ServerConfig(
        settings, withoutControllers(settings, settings.get(ConfigKeys.LISTENERS)));
  }

  /** All that is wrong; empty: {@link #load} takes it. */
  public static List<Problem> problems(ConfigSources sources) {
    List<Problem> problems = new ArrayList<>();
    read(sources, problems);
    return List.copyOf(problems);
  }

  private static Settings read(ConfigSources sources, List<Problem> problems) {
    Settings settings = Settings.read(sources, problems);
    Contradictions.find(settings, problems);
    return settings;
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
  public List<oxbow.broker.net.Listener> listeners() {
    return listeners.stream()
        .map(own -> new oxbow.broker.net.Listener(own.name(), own.host(), own.port()))
        .toList();
  }

  /** What clients are told where it differs, by listener. */
  public Map<String, ClusterView.Endpoint> advertised() {
    Map<String, ClusterView.Endpoint> advertised = new HashMap<>();
    for (Listener listener :
        withoutControllers(
            settings, settings.find(ConfigKeys.ADVERTISED_LISTENERS).orElse(List.of()))) {
      advertised.put(listener.name(), new ClusterView.Endpoint(listener.host(), listener.port()));
    }
    return Map.copyOf(advertised);
  }

  public int backgroundThreads() {
    return settings.find(ConfigKeys.BACKGROUND_THREADS).orElse(Math.max(2, PROCESSORS));
  }

  /** The bounds of the Kafka port. */
  public NetConfig net() {
    long heldBytes = settings.find(ConfigKeys.QUEUED_REQUEST_BYTES).orElse(-1L);
    return new NetConfig(
        settings.find(ConfigKeys.NETWORK_THREADS).orElse(NetConfig.DEFAULT.threads()),
        settings.get(ConfigKeys.REQUEST_BYTES_MAX),
        heldBytes == -1 ? NetConfig.DEFAULT.heldBytesMax() : heldBytes,
        settings.get(ConfigKeys.QUEUED_REQUESTS),
        settings
            .find(ConfigKeys.DECODED_REQUEST_BYTES_MAX)
            .orElse(NetConfig.DEFAULT.decodedBytesMax()),
        settings.get(ConfigKeys.IN_FLIGHT_MAX),
        millis(ConfigKeys.FRAME_TIMEOUT_MS),
        millis(ConfigKeys.WRITE_TIMEOUT_MS),
        millis(ConfigKeys.CONNECTION_IDLE_MS),
        settings.get(ConfigKeys.CONNECTIONS_MAX),
        settings.get(ConfigKeys.CONNECTIONS_PER_ADDRESS_MAX),
        AddressLimits.of(settings),
        settings.get(ConfigKeys.CONNECTION_RATE_MAX),
        settings.get(ConfigKeys.SOCKET_RECEIVE_BUFFER),
        settings.get(ConfigKeys.SOCKET_SEND_BUFFER),
        settings.get(ConfigKeys.SOCKET_BACKLOG));
  }

  /** This node as the control plane sees it. */
  public ControlConfig control() {
    ControlConfig usual = ControlConfig.of(nodeId(), metadataDirectory());
    return new ControlConfig(
        usual.nodeId(),
        usual.directory(),
        usual.clusterId(),
        usual.controllerListener(),
        usual.controllerEndpoint(),
        Duration.ofMillis(settings.get(ConfigKeys.BROKER_HEARTBEAT_MS)),
        Duration.ofMillis(settings.get(ConfigKeys.BROKER_SESSION_MS)),
        usual.shutdownTimeout(),
        kafkaSettings());
  }

  /** How groups are coordinated. */
  public GroupConfig groups() {
    Map<String, String> given = given();
    given.keySet().retainAll(GroupConfig.definition().names());
    return new GroupConfig(given);
  }

  /** How produce requests are served. */
  public ProduceConfig produce() {
    return new ProduceConfig(
        millis(ConfigKeys.SLOW_APPEND_MS), millis(ConfigKeys.SLOW_HANDOVER_MS));
  }

  /** How fetch requests are served. */
  public FetchConfig fetch() {
    return new FetchConfig(
        settings.get(ConfigKeys.FETCH_BYTES_MAX),
        settings.get(ConfigKeys.FETCH_SESSIONS_MAX),
        millis(ConfigKeys.FETCH_SESSION_EVICTION_MS),
        settings.get(ConfigKeys.FETCH_WARM_BYTES));
  }

  /** How metadata is answered. */
  public MetadataConfig metadata() {
    return new MetadataConfig(
        settings.get(ConfigKeys.AUTO_CREATE), settings.get(ConfigKeys.DESCRIBED_PARTITIONS_MAX));
  }

  /** Over what time clients' rates are measured. */
  public QuotaConfig quotas() {
    return new QuotaConfig(
        settings.get(ConfigKeys.QUOTA_SAMPLES),
        settings.get(ConfigKeys.QUOTA_SAMPLE_SECONDS),
        settings.get(ConfigKeys.CONTROLLER_QUOTA_SAMPLES),
        settings.get(ConfigKeys.CONTROLLER_QUOTA_SAMPLE_SECONDS));
  }

  /** How much clients may tell of themselves. */
  public TelemetryConfig telemetry() {
    return new TelemetryConfig(
        settings.get(ConfigKeys.TELEMETRY_BYTES_MAX),
        settings.get(ConfigKeys.TELEMETRY_CLIENTS_MAX));
  }

  private Duration millis(ConfigKey<Long> key) {
    return Duration.ofMillis(settings.get(key));
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

  /** The cold tier; empty: no topic has one. */
  public Optional<ColdBounds> cold() {
    if (!settings.get(ConfigKeys.COLD_ENABLE)) return Optional.empty();
    Path data = settings.get(ConfigKeys.DATA_DIR);
    long cacheBytes =
        settings
            .find(ConfigKeys.COLD_CACHE_BYTES)
            .orElseGet(() -> Runtime.getRuntime().maxMemory() / 8);
    var fetch =
        new FetchBounds(
            settings.find(ConfigKeys.COLD_READS_MAX).orElse(Math.max(4, 2 * PROCESSORS)),
            COLD_READS_WAITING,
            COLD_CHUNK_BYTES,
            cacheBytes / 2,
            cacheBytes / 4,
            cacheBytes / 4,
            Math.clamp(Runtime.getRuntime().maxMemory() / COLD_CURSOR_BYTES, 4, 64),
            COLD_AHEAD,
            COLD_MANIFEST_AGE);
    var config =
        new ColdConfig(
            data.resolve("cold"),
            settings.get(ConfigKeys.COLD_NAMESPACE),
            settings.find(ConfigKeys.COLD_OFFLOAD_THREADS).orElse(Math.max(1, PROCESSORS / 2)),
            COLD_LOOK_EVERY,
            settings.get(ConfigKeys.COLD_UPKEEP_BYTES),
            settings.get(ConfigKeys.COLD_CATCH_UP_BYTES),
            fetch,
            upkeep());
    return Optional.of(
        new ColdBounds(
            bucket(data),
            settings.get(ConfigKeys.COLD_BY_DEFAULT),
            settings.get(ConfigKeys.COLD_UPLOAD_BYTES),
            settings.get(ConfigKeys.COLD_DOWNLOAD_BYTES),
            config));
  }

  /** Snapshots outlive what an engine's query may take, objects without a table an upload. */
  private UpkeepConfig upkeep() {
    return new UpkeepConfig(
        Duration.ofSeconds(10),
        Duration.ofMinutes(10),
        Duration.ofHours(6),
        10,
        Duration.ofHours(24),
        Math.toIntExact(settings.get(ConfigKeys.CLEANER_BUFFER_BYTES)));
  }

  private BucketBounds bucket(Path data) {
    BucketUrl url =
        settings
            .find(ConfigKeys.COLD_BUCKET)
            .orElseGet(() -> new BucketUrl.Directory(data.resolve("bucket")));
    return switch (url) {
      case BucketUrl.Directory(Path path) -> new BucketBounds.Directory(path);
      case BucketUrl.S3 s3 ->
          new BucketBounds.S3(
              s3(s3),
              settings
                  .find(ConfigKeys.ICEBERG_S3_ENDPOINT)
                  .or(() -> settings.find(ConfigKeys.S3_ENDPOINT)),
              settings
                  .find(ConfigKeys.ICEBERG_S3_ACCESS_KEY)
                  .map(key ->
                      new S3Config.Keys(
                          key, settings.get(ConfigKeys.ICEBERG_S3_SECRET_KEY).reveal())),
              settings.get(ConfigKeys.S3_WRITE_PRICE),
              settings.get(ConfigKeys.S3_READ_PRICE));
    };
  }

  private S3Config s3(BucketUrl.S3 url) {
    Optional<URI> endpoint = settings.find(ConfigKeys.S3_ENDPOINT);
    return new S3Config(
        url.bucket(),
        url.prefix(),
        settings.find(ConfigKeys.S3_REGION).or(() -> endpoint.map(_ -> S3_REGION_ELSEWHERE)),
        endpoint,
        settings.find(ConfigKeys.S3_PATH_STYLE).orElse(endpoint.isPresent()),
        s3Credentials(),
        s3Encryption(),
        settings.get(ConfigKeys.S3_CHECKSUMS),
        settings.get(ConfigKeys.S3_PART_BYTES),
        S3_PARTS_AT_ONCE,
        settings.get(ConfigKeys.S3_REQUESTS_MAX),
        millis(ConfigKeys.S3_CONNECT_TIMEOUT_MS),
        millis(ConfigKeys.S3_REQUEST_TIMEOUT_MS));
  }

  private S3Config.Credentials s3Credentials() {
    Optional<String> key = settings.find(ConfigKeys.S3_ACCESS_KEY);
    if (key.isPresent()) {
      return new S3Config.Credentials.Fixed(
          new S3Config.Keys(
              key.get(),
              settings.get(ConfigKeys.S3_SECRET_KEY).reveal(),
              settings.find(ConfigKeys.S3_SESSION_TOKEN).map(Secret::reveal)));
    }
    Optional<Path> keyFile = settings.find(ConfigKeys.S3_ACCESS_KEY_FILE);
    if (keyFile.isPresent()) {
      return new S3Config.Credentials.InFiles(
          keyFile.get(),
          settings.get(ConfigKeys.S3_SECRET_KEY_FILE),
          settings.find(ConfigKeys.S3_SESSION_TOKEN_FILE));
    }
    return new S3Config.Credentials.Chain(settings.find(ConfigKeys.S3_PROFILE));
  }

  private S3Config.Encryption s3Encryption() {
    return switch (settings.get(ConfigKeys.S3_ENCRYPTION)) {
      case "AES256" -> new S3Config.Encryption.Aes256();
      case "aws:kms" -> new S3Config.Encryption.Kms(settings.find(ConfigKeys.S3_KMS_KEY));
      default -> S3Config.Encryption.NONE;
    };
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

  /** The Iceberg catalog of the cold tier, wherever that and the HTTP port are. */
  public CatalogConfig catalog() {
    return new CatalogConfig(
        settings.get(ConfigKeys.COLD_NAMESPACE),
        settings.get(ConfigKeys.ICEBERG_WRITES),
        settings.get(ConfigKeys.HTTP_BODY_BYTES_MAX),
        millis(ConfigKeys.HTTP_REQUEST_TIMEOUT_MS).multipliedBy(9).dividedBy(10),
        CATALOG_REQUESTS_MAX);
  }

  /** The query API, where there is an HTTP port. */
  public QueryBounds query() {
    return new QueryBounds(
        settings.get(ConfigKeys.QUERY_REPLAYS_MAX),
        settings.get(ConfigKeys.QUERY_JOBS_MAX),
        dataDirectory().resolve("jobs"),
        settings.get(ConfigKeys.HTTP_BODY_BYTES_MAX),
        millis(ConfigKeys.HTTP_REQUEST_TIMEOUT_MS).multipliedBy(9).dividedBy(10),
        sql());
  }

  private SqlLimits sql() {
    Path directory = dataDirectory().resolve("query");
    int parallelMax = settings.get(ConfigKeys.SQL_PARALLEL_MAX);
    return new SqlLimits(
        directory,
        directory.resolve("lib"),
        settings.get(ConfigKeys.COLD_NAMESPACE),
        parallelMax,
        settings.get(ConfigKeys.SQL_QUEUED_MAX),
        settings.find(ConfigKeys.SQL_THREADS).orElse(Math.max(1, PROCESSORS / 2)),
        settings.get(ConfigKeys.SQL_MEMORY_BYTES) / parallelMax,
        settings.get(ConfigKeys.SQL_SPILL_BYTES) / parallelMax,
        settings
            .find(ConfigKeys.SQL_CACHE_BYTES)
            .orElseGet(() -> Math.max(SQL_CACHE_BYTES_MIN, Runtime.getRuntime().maxMemory() / 16)),
        millis(ConfigKeys.SQL_TIMEOUT_MS),
        SQL_TEXT_BYTES_MAX);
  }

  /** Where Flight SQL listens; empty: it isn't served. */
  public Optional<OwnPort> flight() {
    if (!settings.get(ConfigKeys.FLIGHT_ENABLE)) return Optional.empty();
    String host = settings.get(ConfigKeys.HTTP_HOST);
    Optional<Integer> given = settings.find(ConfigKeys.FLIGHT_PORT);
    int usual = settings.get(ConfigKeys.HTTP_PORT) == 0 ? 0 : FLIGHT_PORT;
    return Optional.of(new OwnPort(host, given.orElse(usual), given.isPresent()));
  }

  /** The schema registry; empty: there is none. */
  public Optional<RegistryBounds> registry() {
    if (!settings.get(ConfigKeys.REGISTRY_ENABLE)) return Optional.empty();
    return Optional.of(
        new RegistryBounds(
            settings.get(ConfigKeys.REGISTRY_TOPIC),
            CompatibilityLevel.named(settings.get(ConfigKeys.REGISTRY_LEVEL)).orElseThrow(),
            settings.get(ConfigKeys.REGISTRY_PARSED_BYTES),
            registryPort(),
            settings.get(ConfigKeys.HTTP_BODY_BYTES_MAX),
            millis(ConfigKeys.HTTP_REQUEST_TIMEOUT_MS).multipliedBy(9).dividedBy(10)));
  }

  private Optional<OwnPort> registryPort() {
    Optional<List<Listener>> given = settings.find(ConfigKeys.REGISTRY_LISTENERS);
    if (given.isPresent()) {
      return given.get().stream()
          .findFirst()
          .map(listener -> new OwnPort(listener.host(), listener.port(), true));
    }
    int port = settings.get(ConfigKeys.HTTP_PORT) == 0 ? 0 : REGISTRY_PORT;
    return Optional.of(new OwnPort(settings.get(ConfigKeys.HTTP_HOST), port, false));
  }

  /**
   * Settings under Kafka's names, as text: what was given, and what holds here where Kafka's own
   * default is another one. Kafka's embedded parts read them, and admin tools show them.
   */
  public Map<String, String> kafkaSettings() {
    Map<String, String> held = new HashMap<>();
    for (ConfigKey<?> key : ConfigKeys.all()) {
      if (key.isKafkas() && key.difference() != null && key.defaultValue() != null) {
        held.put(key.name(), key.defaultText());
      }
    }
    held.values().removeIf(String::isEmpty);
    // Given, it is flush.ms of all topics too, as in Kafka; our default is only when we look.
    held.remove(ConfigKeys.FLUSH_CHECK_MS.name());
    held.put("log.dirs", logDirectory().toString());
    held.put("background.threads", Integer.toString(backgroundThreads()));
    held.put("num.network.threads", Integer.toString(net().threads()));
    held.put("queued.max.request.bytes", Long.toString(net().heldBytesMax()));
    held.putAll(given());
    return Map.copyOf(held);
  }

  private Map<String, String> given() {
    Map<String, String> given = new HashMap<>();
    for (ConfigKey<?> key : ConfigKeys.all()) {
      if (!key.isKafkas()) continue;
      settings.given(key).ifPresent(setting -> given.put(key.name(), setting.value().strip()));
    }
    return given;
  }

  /** Sets the format and the levels of the log. */
  public void applyLogging() {
    Logging.apply(
        settings.get(ConfigKeys.LOGGING_FORMAT).equals("json")
            ? Logging.Format.JSON
            : Logging.Format.TEXT,
        settings.get(ConfigKeys.LOGGING_LEVEL),
        settings.get(ConfigKeys.LOGGING_LEVELS));
  }

  /** What was accepted and has no effect, a line each. */
  public List<String> warnings() {
    return settings.warnings();
  }
}
