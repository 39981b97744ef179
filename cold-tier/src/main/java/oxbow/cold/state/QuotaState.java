package oxbow.cold.state;

import java.util.Map;
import java.util.Optional;

/**
 * Bounds that were set for some clients.
 *
 * @param entity whose they are: by user, client id or ip; without a name the default of that kind
 * @param bounds by name of the quota
 */
public record QuotaState(Map<String, Optional<String>> entity, Map<String, Double> bounds) {
  public QuotaState {
    entity = Map.copyOf(entity);
    bounds = Map.copyOf(bounds);
  }
}
