package oxbow.broker;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import oxbow.broker.control.ClusterView;
import oxbow.broker.control.ControlConfig;
import oxbow.broker.fetch.FetchConfig;
import oxbow.broker.group.GroupConfig;
import oxbow.broker.metadata.MetadataConfig;
import oxbow.broker.net.Listener;
import oxbow.broker.net.NetConfig;
import oxbow.broker.produce.ProduceConfig;
import oxbow.broker.quota.QuotaConfig;
import oxbow.broker.telemetry.TelemetryConfig;
import oxbow.log.LogsConfig;

/**
 * What a broker is made of.
 *
 * @param listeners where clients connect
 * @param advertised what they are told instead, by listener; port zero: the one that was bound
 * @param rack where this broker stands
 * @param logThreads threads that wait for the disk in place of the network's
 */
public record BrokerConfig(
    List<Listener> listeners,
    Map<String, ClusterView.Endpoint> advertised,
    Optional<String> rack,
    int logThreads,
    ControlConfig control,
    LogsConfig logs,
    NetConfig net,
    ProduceConfig produce,
    FetchConfig fetch,
    GroupConfig groups,
    MetadataConfig metadata,
    QuotaConfig quotas,
    TelemetryConfig telemetry) {
  public BrokerConfig {
    listeners = List.copyOf(listeners);
    advertised = Map.copyOf(advertised);
  }
}
