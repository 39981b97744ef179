package oxbow.schema;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a new version of a subject has to be compatible with, and in which direction. */
public enum CompatibilityLevel {
  NONE(false, false, false),
  BACKWARD(true, false, false),
  BACKWARD_TRANSITIVE(true, false, true),
  FORWARD(false, true, false),
  FORWARD_TRANSITIVE(false, true, true),
  FULL(true, true, false),
  FULL_TRANSITIVE(true, true, true);

  private final boolean readsOlder;
  private final boolean isReadByOlder;
  private final boolean isTransitive;

  CompatibilityLevel(boolean readsOlder, boolean isReadByOlder, boolean isTransitive) {
    this.readsOlder = readsOlder;
    this.isReadByOlder = isReadByOlder;
    this.isTransitive = isTransitive;
  }

  /** In any case. */
  public static Optional<CompatibilityLevel> named(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return Arrays.stream(values()).filter(level -> level.name().equals(upper)).findFirst();
  }

  /** The new version reads what the older ones wrote. */
  public boolean readsOlder() {
    return readsOlder;
  }

  /** The older versions read what the new one writes. */
  public boolean isReadByOlder() {
    return isReadByOlder;
  }

  /** All older versions count, not only the latest. */
  public boolean isTransitive() {
    return isTransitive;
  }
}
