package oxbow.broker.control;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What the control plane needs to know of this node.
 *
 * @param nodeId this node's id, as controller and as broker
 * @param directory where the metadata log lies; made at first use
 * @param clusterId the cluster this node has to belong to; empty: as its directory says, or a new
 *     one
 * @param controllerListener name of the listener controllers talk over
 * @param controllerEndpoint where other controllers will reach this one
 * @param heartbeatInterval time between two signs of life to the controller
 * @param sessionTimeout silence after which the controller fences a broker
 * @param shutdownTimeout longest wait for the controller's leave to stop
 * @param settings the broker's static configuration under Kafka's names
 */
public record ControlConfig(
    int nodeId,
    Path directory,
    Optional<String> clusterId,
    String controllerListener,
    ClusterView.Endpoint controllerEndpoint,
    Duration heartbeatInterval,
    Duration sessionTimeout,
    Duration shutdownTimeout,
    Map<String, String> settings) {

  public ControlConfig {
    settings = Map.copyOf(settings);
    if (nodeId < 0) {
      throw new IllegalArgumentException("node.id must be at least 0, it is " + nodeId);
    }
    if (heartbeatInterval.compareTo(sessionTimeout) >= 0) {
      throw new IllegalArgumentException(
          "broker.heartbeat.interval.ms must be below broker.session.timeout.ms ("
              + sessionTimeout.toMillis()
              + "), it is "
              + heartbeatInterval.toMillis());
    }
  }

  /** A node with Kafka's defaults. */
  public static ControlConfig of(int nodeId, Path directory) {
    return new ControlConfig(
        nodeId,
        directory,
        Optional.empty(),
        "CONTROLLER",
        new ClusterView.Endpoint("localhost", 9093),
        Duration.ofSeconds(2),
        Duration.ofSeconds(9),
        Duration.ofSeconds(5),
        Map.of());
  }

  public ControlConfig withClusterId(String id) {
    return new ControlConfig(
        nodeId,
        directory,
        Optional.of(id),
        controllerListener,
        controllerEndpoint,
        heartbeatInterval,
        sessionTimeout,
        shutdownTimeout,
        settings);
  }

  public ControlConfig withSettings(Map<String, String> staticSettings) {
    return new ControlConfig(
        nodeId,
        directory,
        clusterId,
        controllerListener,
        controllerEndpoint,
        heartbeatInterval,
        sessionTimeout,
        shutdownTimeout,
        staticSettings);
  }
}
