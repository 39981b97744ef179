package oxbow.server.config;

import org.jspecify.annotations.Nullable;

/**
 * Something wrong with the configuration.
 *
 * @param given the setting it is about; null: the configuration as a whole
 * @param rule what it breaks, to be read after the key
 */
public record Problem(@Nullable Given given, String rule) {
  @Override
  public String toString() {
    if (given == null) return rule;
    boolean isSecret = ConfigKeys.find(given.key()).map(ConfigKey::isSecret).orElse(false);
    String value = isSecret ? Secret.HIDDEN : "'" + given.value() + "'";
    return given.key() + " " + rule + "; given: " + value + ", from " + given.origin();
  }
}
