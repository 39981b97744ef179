package oxbow.server.config;

/** A value that never appears in a log, a table or a message. */
public final class Secret {
  /** What stands in a secret's place. */
  public static final String HIDDEN = "(hidden)";

  private final String value;

  public Secret(String value) {
    this.value = value;
  }

  /** The value itself, for the one place that needs it. */
  public String reveal() {
    return value;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && secret.value.equals(value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return HIDDEN;
  }
}
