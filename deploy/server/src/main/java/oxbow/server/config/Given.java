package oxbow.server.config;

/** A key's value as somebody wrote it. */
public record Given(String key, String value, Origin origin) {
  @Override
  public String toString() {
    boolean isSecret = ConfigKeys.find(key).map(ConfigKey::isSecret).orElse(false);
    return key + "=" + (isSecret ? Secret.HIDDEN : value) + " (" + origin + ")";
  }
}
