package oxbow.broker.wire;

import java.util.Map;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.requests.ApiVersionsResponse;

/**
 * The cluster's features as ApiVersions tells them.
 *
 * @param supported what this broker could do
 * @param finalized what the cluster has agreed on
 * @param epoch the metadata log's offset at which it did
 */
public record FeatureLevels(
    Features<SupportedVersionRange> supported, Map<String, Short> finalized, long epoch) {

  /** Before anything is known of the cluster. */
  public static final FeatureLevels NONE =
      new FeatureLevels(
          Features.emptySupportedFeatures(),
          Map.of(),
          ApiVersionsResponse.UNKNOWN_FINALIZED_FEATURES_EPOCH);

  public FeatureLevels {
    finalized = Map.copyOf(finalized);
  }
}
