package oxbow.schema;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How strictly a language's rules are taken that are a matter of taste. */
public enum CompatibilityPolicy {
  STRICT,
  /** JSON Schema: properties come and go as if no data had any that the schema doesn't name. */
  LENIENT;

  /** In any case. */
  public static Optional<CompatibilityPolicy> named(@Nullable String name) {
    if (name == null) return Optional.empty();
    String upper = name.toUpperCase(Locale.ROOT);
    return Arrays.stream(values()).filter(policy -> policy.name().equals(upper)).findFirst();
  }
}
