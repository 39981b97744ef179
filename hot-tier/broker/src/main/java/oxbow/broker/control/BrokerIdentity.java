package oxbow.broker.control;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * How this broker is known in the cluster.
 *
 * @param endpoints where clients and other brokers reach it, by listener name
 * @param protocols how each of these listeners is secured; plaintext where absent
 * @param logDirectories the directories its logs lie in
 * @param rack where it stands
 */
public record BrokerIdentity(
    Map<String, ClusterView.Endpoint> endpoints,
    Map<String, SecurityProtocol> protocols,
    List<Uuid> logDirectories,
    Optional<String> rack) {

  public BrokerIdentity {
    endpoints = Map.copyOf(endpoints);
    protocols = Map.copyOf(protocols);
    logDirectories = List.copyOf(logDirectories);
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException("a broker needs at least one listener");
    }
  }

  /** A broker with one plaintext listener and one log directory. */
  public static BrokerIdentity of(
      String listener, ClusterView.Endpoint endpoint, Uuid logDirectory) {
    return new BrokerIdentity(
        Map.of(listener, endpoint), Map.of(), List.of(logDirectory), Optional.empty());
  }
}
