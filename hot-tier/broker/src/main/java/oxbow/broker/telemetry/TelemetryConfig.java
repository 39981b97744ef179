package oxbow.broker.telemetry;

import org.apache.kafka.common.config.ConfigException;

/**
 * How much clients may tell of themselves.
 *
 * @param pushBytesMax largest push, as sent and decompressed: {@code telemetry.max.bytes}
 * @param clientsMax clients that are remembered; beyond, those that were silent longest are
 *     forgotten and begin anew
 */
public record TelemetryConfig(int pushBytesMax, int clientsMax) {
  /** Kafka's defaults. */
  public static final TelemetryConfig DEFAULT = new TelemetryConfig(1 << 20, 16_384);

  public TelemetryConfig {
    if (pushBytesMax < 1) {
      throw new ConfigException("telemetry.max.bytes", pushBytesMax, "must be at least 1");
    }
    if (clientsMax < 1) {
      throw new ConfigException("telemetry.clients.max", clientsMax, "must be at least 1");
    }
  }
}
