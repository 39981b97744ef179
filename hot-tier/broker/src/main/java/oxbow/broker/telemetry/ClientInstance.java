package oxbow.broker.telemetry;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Crc32C;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import oxbow.broker.net.Client;

/**
 * One client as telemetry knows it: what is wanted of it, and when it was heard of. Guarded by
 * whoever holds it.
 */
final class ClientInstance {
  private static final long NEVER = Long.MIN_VALUE / 2;

  final Uuid id;
  final String connectionId;
  final List<String> metrics;
  final int pushIntervalMs;
  final int subscriptionId;
  private long askedMs = NEVER;
  private long pushedMs = NEVER;
  private boolean isTerminating;
  private Errors lastError = Errors.NONE;

  ClientInstance(Uuid id, Client client, Collection<Subscription> subscriptions) {
    this.id = id;
    this.connectionId = client.connectionId();
    Map<String, String> attributes = attributes(id, client);
    var wanted = new TreeSet<String>();
    int interval = ClientMetricsConfigs.INTERVAL_MS_DEFAULT;
    for (Subscription subscription : subscriptions) {
      if (!subscription.isFor(attributes)) continue;
      wanted.addAll(subscription.metrics());
      interval = Math.min(interval, subscription.pushIntervalMs());
    }
    this.metrics =
        wanted.contains(Subscription.ALL) ? List.of(Subscription.ALL) : List.copyOf(wanted);
    this.pushIntervalMs = interval;
    byte[] text = (metrics.toString() + interval).getBytes(StandardCharsets.UTF_8);
    // Every broker computes the same id, so that a client may push to any of them.
    this.subscriptionId = (int) Crc32C.compute(text, 0, text.length) ^ id.hashCode();
  }

  private static Map<String, String> attributes(Uuid id, Client client) {
    var attributes = new HashMap<String, String>();
    attributes.put(ClientMetricsConfigs.CLIENT_INSTANCE_ID, id.toString());
    attributes.put(ClientMetricsConfigs.CLIENT_ID, client.clientId());
    attributes.put(ClientMetricsConfigs.CLIENT_SOFTWARE_NAME, client.softwareName());
    attributes.put(ClientMetricsConfigs.CLIENT_SOFTWARE_VERSION, client.softwareVersion());
    attributes.put(ClientMetricsConfigs.CLIENT_SOURCE_ADDRESS, client.address().getHostAddress());
    attributes.put(ClientMetricsConfigs.CLIENT_SOURCE_PORT, Integer.toString(client.port()));
    return attributes;
  }

  /** Whether it may ask again what is wanted: not twice in an interval, unless it was sent back. */
  boolean mayAsk(long nowMs) {
    if (nowMs - Math.max(askedMs, pushedMs) >= pushIntervalMs) {
      askedMs = nowMs;
      return true;
    }
    return lastError == Errors.UNKNOWN_SUBSCRIPTION_ID
        || lastError == Errors.UNSUPPORTED_COMPRESSION_TYPE;
  }

  /** Whether it may push: its first one comes early by design, and so does the last. */
  boolean mayPush(long nowMs, boolean isLast) {
    if (askedMs > pushedMs || nowMs - pushedMs >= pushIntervalMs) {
      pushedMs = nowMs;
      return true;
    }
    return isLast;
  }

  boolean isTerminating() {
    return isTerminating;
  }

  void note(boolean terminating) {
    isTerminating = terminating;
  }

  void note(Errors error) {
    lastError = error;
  }
}
