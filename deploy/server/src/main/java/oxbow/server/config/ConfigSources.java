package oxbow.server.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where settings come from: a file, the environment, flags; the later ones win.
 *
 * @param file null: none
 * @param environment the process's variables; those that begin with {@code OXBOW_} count
 * @param flags settings of the command line, in the order given
 */
public record ConfigSources(
    @Nullable Path file, Map<String, String> environment, List<Given> flags) {
  private static final String PREFIX = "OXBOW_";

  /** Variables of the launcher and the command line, which are no settings of the server. */
  private static final Set<String> RESERVED =
      Set.of(
          "OXBOW_BOOTSTRAP",
          "OXBOW_CLIENT_CONFIG",
          "OXBOW_CONFIG",
          "OXBOW_HEAP",
          "OXBOW_HOME",
          "OXBOW_JAVA_HOME",
          "OXBOW_JAVA_OPTS",
          "OXBOW_REGISTRY",
          "OXBOW_REGISTRY_USER",
          "OXBOW_SQL_HISTORY",
          "OXBOW_URL");

  /** Kubernetes names the address of a service called oxbow in variables like these. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile("OXBOW_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\\d+_(TCP|UDP).*)?)");

  public ConfigSources {
    environment = Map.copyOf(environment);
    flags = List.copyOf(flags);
  }

  /** No source at all: every key has its default. */
  public static ConfigSources none() {
    return new ConfigSources(null, Map.of(), List.of());
  }

  /** A setting as {@code --set} takes it, {@code key=value}. */
  public static Given flag(String keyAndValue) {
    int equals = keyAndValue.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("--set takes key=value, not '" + keyAndValue + "'");
    }
    return new Given(
        keyAndValue.substring(0, equals).strip(),
        keyAndValue.substring(equals + 1).strip(),
        new Origin.Flag("--set"));
  }

  /** The one value of each key that counts, by key. Repetitions within a source are problems. */
  Map<String, Given> settings(List<Problem> problems) {
    Map<String, Given> settings = new TreeMap<>();
    if (file != null) addAll(settings, PropertiesFile.read(file, problems), problems);
    addAll(settings, fromEnvironment(), problems);
    addAll(settings, flags, problems);
    return settings;
  }

  private static void addAll(
      Map<String, Given> settings, List<Given> source, List<Problem> problems) {
    Map<String, Given> seen = new HashMap<>();
    for (Given given : source) {
      Given before = seen.put(given.key(), given);
      if (before != null && !before.value().equals(given.value())) {
        problems.add(new Problem(given, "was given before with another value, " + before));
      }
      settings.put(given.key(), given);
    }
  }

  /** An empty variable counts as absent: compose files pass unset ones on like that. */
  private List<Given> fromEnvironment() {
    Map<String, String> keys = new HashMap<>();
    for (ConfigKey<?> key : ConfigKeys.all()) keys.put(key.variable(), key.name());
    List<Given> settings = new ArrayList<>();
    new TreeMap<>(environment)
        .forEach((variable, value) -> {
          if (!variable.startsWith(PREFIX) || value.isEmpty()) return;
          String key = keys.get(variable);
          if (key == null && RESERVED.contains(variable)) return;
          if (key == null && SERVICE_LINK.matcher(variable).matches()) return;
          if (key == null) {
            key =
                variable
                    .substring(PREFIX.length())
                    .toLowerCase(java.util.Locale.ROOT)
                    .replace('_', '.');
          }
          settings.add(new Given(key, value, new Origin.Environment(variable)));
        });
    return settings;
  }
}
