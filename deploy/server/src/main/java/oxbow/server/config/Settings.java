package oxbow.server.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The value of every key and where it comes from. Each value satisfies its key's rule. */
public final class Settings {
  private static final Origin DEFAULT = new Origin.Default();

  private final Map<ConfigKey<?>, Object> values;
  private final Map<String, Given> given;
  private final List<String> warnings;

  private Settings(
      Map<ConfigKey<?>, Object> values, Map<String, Given> given, List<String> warnings) {
    this.values = values;
    this.given = given;
    this.warnings = warnings;
  }

  /**
   * Reads all sources. Every problem is added to the list; keys that have one are left at their
   * default.
   */
  public static Settings read(ConfigSources sources, List<Problem> problems) {
    Map<String, Given> given = new HashMap<>(sources.settings(problems));
    Map<ConfigKey<?>, Object> values = new HashMap<>();
    List<String> warnings = new ArrayList<>();
    given
        .values()
        .removeIf(setting -> {
          Optional<ConfigKey<?>> key = ConfigKeys.find(setting.key());
          try {
            if (key.isPresent()) {
              values.put(key.get(), key.get().parse(setting.value()));
              return false;
            }
            warnings.add(unserved(setting));
          } catch (BadValueException e) {
            problems.add(new Problem(setting, e.rule()));
          }
          return true;
        });
    warnings.sort(null);
    return new Settings(Map.copyOf(values), Map.copyOf(given), List.copyOf(warnings));
  }

  /** The warning a setting of Kafka's that is none here deserves; throws if it is refused. */
  private static String unserved(Given setting) {
    return switch (UnservedKeys.find(setting.key()).orElse(null)) {
      case UnservedKeys.Refused refused ->
          throw new BadValueException(
              refused.reason().startsWith("is retired")
                  ? refused.reason()
                  : "is not supported: " + refused.reason());
      case UnservedKeys.OnlyAs only when only.values().contains(setting.value()) ->
          setting + " is what holds anyway";
      case UnservedKeys.OnlyAs only ->
          throw new BadValueException(
              "can only be " + String.join(", ", only.values()) + ": " + only.reason());
      case UnservedKeys.Ignored ignored -> setting + " has no effect: " + ignored.reason();
      case null -> throw new BadValueException(unknown(setting.key()));
    };
  }

  private static String unknown(String key) {
    return "is not a key"
        + Nearest.to(key, ConfigKeys.all().stream().map(ConfigKey::name).toList())
            .map(nearest -> "; did you mean " + nearest + "?")
            .orElse("; `oxbow config list` shows all there are");
  }

  /** A key's value. Throws for keys whose default is found out elsewhere; ask {@link #find}. */
  public <T> T get(ConfigKey<T> key) {
    return find(key).orElseThrow(() -> new IllegalStateException(key + " has no fixed default"));
  }

  /** A key's value, if it was given or has a fixed default. */
  @SuppressWarnings("unchecked") // a key's own parse made the value
  public <T> Optional<T> find(ConfigKey<T> key) {
    @Nullable T value = (T) values.get(key);
    return Optional.ofNullable(value != null ? value : key.defaultValue());
  }

  /** What somebody wrote for a key. */
  public Optional<Given> given(ConfigKey<?> key) {
    return Optional.ofNullable(given.get(key.name()));
  }

  public boolean isGiven(ConfigKey<?> key) {
    return given.containsKey(key.name());
  }

  public Origin origin(ConfigKey<?> key) {
    return given(key).map(Given::origin).orElse(DEFAULT);
  }

  /** The value as text, a secret's hidden, a found-out default in words. */
  public <T> String shown(ConfigKey<T> key) {
    return find(key).map(key.type()::show).orElseGet(key::defaultText);
  }

  /** What was accepted and has no effect. */
  public List<String> warnings() {
    return warnings;
  }
}
