package oxbow.cold.state;

import java.util.List;
import java.util.Map;

/**
 * What was set dynamically in a cluster, beside topics.
 *
 * @param brokers what holds for all brokers
 * @param singleBrokers what holds for single ones, by their ids
 * @param clientMetrics subscriptions to clients' metrics, by their names
 */
public record SettingsState(
    Map<String, String> brokers,
    Map<Integer, Map<String, String>> singleBrokers,
    Map<String, Map<String, String>> clientMetrics,
    List<QuotaState> quotas) {
  public static final SettingsState EMPTY =
      new SettingsState(Map.of(), Map.of(), Map.of(), List.of());

  public SettingsState {
    brokers = Map.copyOf(brokers);
    singleBrokers = Map.copyOf(singleBrokers);
    clientMetrics = Map.copyOf(clientMetrics);
    quotas = List.copyOf(quotas);
  }
}
