package oxbow.server.registry;

import java.time.Duration;
import java.util.Optional;
import oxbow.schema.CompatibilityLevel;

/**
 * The schema registry, and how much it may take.
 *
 * @param topic where its records lie
 * @param level what holds where nothing was set
 * @param parsedBytes what is kept of parsed schemas, estimated
 * @param own a port of its own; empty: it is served under the HTTP port only
 * @param bodyBytesMax body of one request
 * @param timeout from a whole request to its answer
 */
public record RegistryBounds(
    String topic,
    CompatibilityLevel level,
    long parsedBytes,
    Optional<OwnPort> own,
    long bodyBytesMax,
    Duration timeout) {
  /**
   * A port that serves nothing else.
   *
   * @param host empty: every interface
   * @param port zero: any free one
   * @param isRequired the server can't start without it; otherwise it goes on if it is taken
   */
  public record OwnPort(String host, int port, boolean isRequired) {}
}
