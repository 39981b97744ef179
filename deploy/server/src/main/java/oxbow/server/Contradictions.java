package oxbow.server;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import oxbow.server.config.ConfigKey;
import oxbow.server.config.ConfigKeys;
import oxbow.server.config.Given;
import oxbow.server.config.Listener;
import oxbow.server.config.Problem;
import oxbow.server.config.Settings;

/** Rules between settings: each value is fine by itself, together they can't hold. */
final class Contradictions {
  private static final List<String> LEVELS =
      List.of("trace", "debug", "info", "warn", "error", "off");

  private final Settings settings;
  private final List<Problem> problems;

  private Contradictions(Settings settings, List<Problem> problems) {
    this.settings = settings;
    this.problems = problems;
  }

  static void find(Settings settings, List<Problem> problems) {
    new Contradictions(settings, problems).findAll();
  }

  private void findAll() {
    directories();
    roles();
    listeners();
    AddressLimits.read(
        settings,
        (name, rule) ->
            refuse(
                ConfigKeys.CONNECTIONS_PER_ADDRESS_OVERRIDES, "has " + name + ", which " + rule));
    oneNode();
    registry();
    bucket();
    levels();
    sizes();
    groups();
    notGreater(ConfigKeys.COMPACTION_LAG_MIN_MS, ConfigKeys.COMPACTION_LAG_MAX_MS);
    less(ConfigKeys.BROKER_HEARTBEAT_MS, ConfigKeys.BROKER_SESSION_MS);
  }

  private void directories() {
    for (ConfigKey<List<String>> key : List.of(ConfigKeys.LOG_DIRS, ConfigKeys.LOG_DIR)) {
      if (settings.find(key).map(List::size).orElse(1) > 1) {
        refuse(key, "takes one directory here: several are not supported");
      }
    }
    Optional<List<String>> dirs = settings.find(ConfigKeys.LOG_DIRS);
    Optional<List<String>> dir = settings.find(ConfigKeys.LOG_DIR);
    if (dirs.isPresent() && dir.isPresent() && !dirs.equals(dir)) {
      refuse(ConfigKeys.LOG_DIR, "names another directory than log.dirs " + shown("log.dirs"));
    }
    Optional<Path> metadata = settings.find(ConfigKeys.METADATA_LOG_DIR);
    Optional<String> log = dirs.or(() -> dir).map(List::getFirst);
    if (metadata.isPresent() && log.map(Path::of).equals(metadata)) {
      refuse(ConfigKeys.METADATA_LOG_DIR, "must be another directory than log.dirs");
    }
  }

  private void roles() {
    if (!Set.copyOf(settings.get(ConfigKeys.PROCESS_ROLES))
        .equals(Set.of("broker", "controller"))) {
      refuse(
          ConfigKeys.PROCESS_ROLES,
          "must be broker,controller: a node of its own for one of them is not supported");
    }
  }

  private void listeners() {
    Map<String, String> protocols = settings.get(ConfigKeys.LISTENER_PROTOCOLS);
    Set<String> names = new HashSet<>();
    List<Listener> opened =
        ServerConfig.withoutControllers(settings, settings.get(ConfigKeys.LISTENERS));
    if (opened.isEmpty()) refuse(ConfigKeys.LISTENERS, "has none for clients");
    for (Listener listener : opened) {
      names.add(listener.name());
      String protocol = protocols.get(listener.name());
      if (protocol == null) {
        refuse(
            ConfigKeys.LISTENERS,
            "has a listener "
                + listener.name()
                + " whose protocol listener.security.protocol.map does not name");
      } else if (!protocol.equals("PLAINTEXT")) {
        refuse(
            ConfigKeys.LISTENER_PROTOCOLS,
            "gives "
                + listener.name()
                + " the protocol "
                + protocol
                + ", and only PLAINTEXT is served");
      }
      if (settings.get(ConfigKeys.HTTP_ENABLE)
          && listener.port() != 0
          && listener.port() == settings.get(ConfigKeys.HTTP_PORT)
          && overlaps(listener.host(), settings.get(ConfigKeys.HTTP_HOST))) {
        refuse(ConfigKeys.HTTP_PORT, "is the port of the listener " + listener + " too");
      }
    }
    for (Listener advertised :
        ServerConfig.withoutControllers(
            settings, settings.find(ConfigKeys.ADVERTISED_LISTENERS).orElse(List.of()))) {
      if (!names.contains(advertised.name())) {
        refuse(
            ConfigKeys.ADVERTISED_LISTENERS,
            "names " + advertised.name() + ", which listeners does not have");
      }
      if (Set.of("0.0.0.0", "::", "").contains(advertised.host())) {
        refuse(
            ConfigKeys.ADVERTISED_LISTENERS,
            "must name a host clients can connect to for " + advertised.name());
      }
    }
  }

  private void registry() {
    for (Listener own : settings.find(ConfigKeys.REGISTRY_LISTENERS).orElse(List.of())) {
      if (!own.name().equals("HTTP")) {
        refuse(
            ConfigKeys.REGISTRY_LISTENERS,
            "is written http://host:port; " + own.name() + " is not served yet");
      }
      boolean isTaken =
          own.port() != 0
              && own.port() == settings.get(ConfigKeys.HTTP_PORT)
              && overlaps(own.host(), settings.get(ConfigKeys.HTTP_HOST));
      if (settings.get(ConfigKeys.HTTP_ENABLE) && isTaken) {
        refuse(ConfigKeys.REGISTRY_LISTENERS, "has the port of http.port, where it is anyway");
      }
      if (!settings.get(ConfigKeys.HTTP_ENABLE)) {
        refuse(ConfigKeys.REGISTRY_LISTENERS, "needs http.enable=true");
      }
    }
  }

  private void bucket() {
    together(ConfigKeys.S3_ACCESS_KEY, ConfigKeys.S3_SECRET_KEY);
    together(ConfigKeys.S3_ACCESS_KEY_FILE, ConfigKeys.S3_SECRET_KEY_FILE);
    together(ConfigKeys.ICEBERG_S3_ACCESS_KEY, ConfigKeys.ICEBERG_S3_SECRET_KEY);
    needs(ConfigKeys.S3_SESSION_TOKEN, ConfigKeys.S3_ACCESS_KEY);
    needs(ConfigKeys.S3_SESSION_TOKEN_FILE, ConfigKeys.S3_ACCESS_KEY_FILE);
    List<ConfigKey<?>> ways =
        List.of(ConfigKeys.S3_ACCESS_KEY, ConfigKeys.S3_ACCESS_KEY_FILE, ConfigKeys.S3_PROFILE);
    List<ConfigKey<?>> given = ways.stream().filter(settings::isGiven).toList();
    if (given.size() > 1) {
      refuse(given.getLast(), "says who asks, and so does " + given.getFirst());
    }
    if (settings.isGiven(ConfigKeys.S3_KMS_KEY)
        && !settings.get(ConfigKeys.S3_ENCRYPTION).equals("aws:kms")) {
      refuse(ConfigKeys.S3_KMS_KEY, "needs cold.s3.encryption=aws:kms");
    }
  }

  private void together(ConfigKey<?> first, ConfigKey<?> second) {
    needs(first, second);
    needs(second, first);
  }

  private void needs(ConfigKey<?> key, ConfigKey<?> other) {
    if (settings.isGiven(key) && !settings.isGiven(other)) refuse(key, "needs " + other + " too");
  }

  private static boolean overlaps(String host, String other) {
    return host.isEmpty() || other.isEmpty() || host.equals("0.0.0.0") || host.equals(other);
  }

  private void levels() {
    settings
        .get(ConfigKeys.LOGGING_LEVELS)
        .forEach((logger, level) -> {
          if (!LEVELS.contains(level)) {
            refuse(
                ConfigKeys.LOGGING_LEVELS,
                "gives " + logger + " a level that is none of " + String.join(", ", LEVELS));
          }
        });
  }

  private void oneNode() {
    for (ConfigKey<Integer> key :
        List.of(
            ConfigKeys.REPLICATION_FACTOR,
            ConfigKeys.OFFSETS_REPLICATION,
            ConfigKeys.IN_SYNC_MIN)) {
      if (settings.get(key) > 1) refuse(key, "must be 1: there is one node");
    }
  }

  private void sizes() {
    notGreater(ConfigKeys.BATCH_BYTES_MAX, ConfigKeys.REQUEST_BYTES_MAX);
    notGreater(ConfigKeys.BATCH_BYTES_MAX, ConfigKeys.SEGMENT_BYTES);
    notGreater(ConfigKeys.TELEMETRY_BYTES_MAX, ConfigKeys.REQUEST_BYTES_MAX);
    long queued = settings.find(ConfigKeys.QUEUED_REQUEST_BYTES).orElse(-1L);
    if (queued != -1 && queued < settings.get(ConfigKeys.REQUEST_BYTES_MAX)) {
      refuse(
          ConfigKeys.QUEUED_REQUEST_BYTES,
          "must hold at least one request of socket.request.max.bytes "
              + shown("socket.request.max.bytes"));
    }
  }

  private void groups() {
    notGreater(ConfigKeys.GROUP_SESSION_MIN_MS, ConfigKeys.GROUP_SESSION_MAX_MS);
    notGreater(ConfigKeys.STREAMS_STANDBY, ConfigKeys.STREAMS_STANDBY_MAX);
    for (String kind : List.of("consumer", "streams")) {
      String prefix = "group." + kind + ".";
      for (String what :
          List.of("session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms")) {
        notGreater(number(prefix + "min." + what), number(prefix + what));
        notGreater(number(prefix + what), number(prefix + "max." + what));
      }
      less(number(prefix + "heartbeat.interval.ms"), number(prefix + "session.timeout.ms"));
    }
  }

  @SuppressWarnings("unchecked") // all of these groups' keys are whole numbers
  private static ConfigKey<Integer> number(String name) {
    return (ConfigKey<Integer>) ConfigKeys.find(name).orElseThrow();
  }

  private void notGreater(
      ConfigKey<? extends Number> smaller, ConfigKey<? extends Number> greater) {
    if (number(smaller) > number(greater)) blame(smaller, greater, "at most", "at least");
  }

  private void less(ConfigKey<? extends Number> smaller, ConfigKey<? extends Number> greater) {
    if (number(smaller) >= number(greater)) blame(smaller, greater, "less than", "more than");
  }

  private long number(ConfigKey<? extends Number> key) {
    return settings.get(key).longValue();
  }

  /** Names the key that was given; the other one may be a default. */
  private void blame(ConfigKey<?> smaller, ConfigKey<?> greater, String below, String above) {
    if (settings.isGiven(smaller)) {
      refuse(smaller, "must be " + below + " " + greater + " " + shown(greater.name()));
    } else {
      refuse(greater, "must be " + above + " " + smaller + " " + shown(smaller.name()));
    }
  }

  private void refuse(ConfigKey<?> key, String rule) {
    Given given =
        settings
            .given(key)
            .orElseGet(() -> new Given(key.name(), settings.shown(key), settings.origin(key)));
    problems.add(new Problem(given, rule));
  }

  private String shown(String key) {
    ConfigKey<?> found = ConfigKeys.find(key).orElseThrow();
    return "(" + settings.shown(found) + ", from " + settings.origin(found) + ")";
  }
}
