package oxbow.schema.registry;

import java.time.Duration;
import oxbow.schema.CompatibilityLevel;

/**
 * How the registry works.
 *
 * @param level where none was set
 * @param parsedBytes what is kept of parsed schemas, estimated
 * @param patience longest wait for the store, and for other changes
 */
public record RegistryConfig(CompatibilityLevel level, long parsedBytes, Duration patience) {
  private static final long MIB = 1 << 20;

  public static final RegistryConfig DEFAULT =
      new RegistryConfig(CompatibilityLevel.BACKWARD, 32 * MIB, Duration.ofSeconds(5));
}
