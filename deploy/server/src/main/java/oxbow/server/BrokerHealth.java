package oxbow.server;

import java.util.Map;
import java.util.Optional;
import oxbow.broker.control.ClusterView;
import oxbow.server.http.HealthPart.Report;

/** Whether the broker may serve, as the controller sees it. */
final class BrokerHealth {
  private BrokerHealth() {}

  /**
   * A broker that the controller has fenced leads nothing until it is let in again.
   *
   * @param self what the controller knows of this broker, if it knows it
   */
  static Report of(
      boolean hasStarted, Optional<ClusterView.Broker> self, String clusterId, long epoch) {
    boolean isFenced = !hasStarted || self.map(ClusterView.Broker::isFenced).orElse(true);
    return new Report(
        !isFenced, Map.of("clusterId", clusterId, "brokerEpoch", epoch, "fenced", isFenced));
  }
}
