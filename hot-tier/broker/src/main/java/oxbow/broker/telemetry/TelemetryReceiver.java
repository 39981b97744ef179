package oxbow.broker.telemetry;

import oxbow.broker.net.Client;

/** Takes what clients push. Called on {@code net-*} threads; must not wait. */
@FunctionalInterface
public interface TelemetryReceiver {
  /** The payload borrows the request and is gone afterwards. What this throws refuses the push. */
  void received(Client client, TelemetryPayload payload);
}
