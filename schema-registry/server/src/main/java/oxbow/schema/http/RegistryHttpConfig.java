package oxbow.schema.http;

import java.time.Duration;

/**
 * The bounds of the registry's HTTP surface.
 *
 * @param bodyBytesMax largest body of a request
 * @param timeout from a whole request to its answer
 * @param requestsMax requests at a time that parse, list or wait
 */
public record RegistryHttpConfig(long bodyBytesMax, Duration timeout, int requestsMax) {
  public static final RegistryHttpConfig DEFAULT =
      new RegistryHttpConfig(10 << 20, Duration.ofSeconds(9), 256);
}
