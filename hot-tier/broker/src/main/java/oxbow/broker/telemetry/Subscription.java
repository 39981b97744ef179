package oxbow.broker.telemetry;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;

/**
 * Which metrics an operator wants of which clients.
 *
 * @param metrics prefixes of names; "*": all
 * @param pushIntervalMs time between two pushes
 * @param match what a client's attributes have to look like; empty: every client
 */
record Subscription(Set<String> metrics, int pushIntervalMs, Map<String, Pattern> match) {
  static final String ALL = ClientMetricsConfigs.ALL_SUBSCRIBED_METRICS;

  /** From settings the controller let pass. */
  static Subscription of(Map<String, String> settings) {
    var properties = new Properties();
    properties.putAll(settings);
    var parsed = new ClientMetricsConfigs(properties);
    List<String> metrics = parsed.getList(ClientMetricsConfigs.METRICS_CONFIG);
    return new Subscription(
        Set.copyOf(metrics),
        parsed.getInt(ClientMetricsConfigs.INTERVAL_MS_CONFIG),
        ClientMetricsConfigs.parseMatchingPatterns(
            parsed.getList(ClientMetricsConfigs.MATCH_CONFIG)));
  }

  /** Whether a client is meant; an attribute it doesn't have matches nothing. */
  boolean isFor(Map<String, String> attributes) {
    return match.entrySet().stream()
        .allMatch(wanted -> {
          String value = attributes.get(wanted.getKey());
          return value != null && wanted.getValue().matcher(value).matches();
        });
  }
}
