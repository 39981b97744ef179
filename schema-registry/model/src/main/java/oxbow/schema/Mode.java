package oxbow.schema;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What may be done with a subject, with a context, or with all. */
public enum Mode {
  READWRITE,
  READONLY,
  READONLY_OVERRIDE,
  /** Ids and versions are the client's; nothing is checked for compatibility. */
  IMPORT,
  /** Like {@link #IMPORT}, for all subjects. */
  FORWARD;

  /** In any case. */
  public static Optional<Mode> named(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return Arrays.stream(values()).filter(mode -> mode.name().equals(upper)).findFirst();
  }

  public boolean isReadOnly() {
    return this == READONLY || this == READONLY_OVERRIDE;
  }

  public boolean takesIds() {
    return this == IMPORT || this == FORWARD;
  }
}
