package oxbow.broker.control;

import java.util.Map;
import java.util.OptionalDouble;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/** Learns of all client quotas, in order, on the control plane's own thread. Must not wait. */
@FunctionalInterface
public interface QuotaListener {
  /**
   * Called for every entity that has quotas at the start, then for each change.
   *
   * @param entity whose they are: by user, client id or ip, with null for the default of that kind
   * @param changes new bounds by name of the quota ({@code producer_byte_rate}, ...); empty: none
   *     any more
   */
  void changed(ClientQuotaEntity entity, Map<String, OptionalDouble> changes);
}
