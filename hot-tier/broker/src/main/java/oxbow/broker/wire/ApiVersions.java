package oxbow.broker.wire;

import java.util.function.Supplier;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import oxbow.broker.net.ApiHandler;
import oxbow.broker.net.Request;

/** Tells a client which APIs and versions are served: those in the table, as Kafka has them. */
public final class ApiVersions implements ApiHandler {
  private final ApiTable apis;
  private final Supplier<FeatureLevels> features;

  /**
   * @param apis everything served, this API included
   * @param features the cluster's features as they are now
   */
  public ApiVersions(ApiTable apis, Supplier<FeatureLevels> features) {
    this.apis = apis;
    this.features = features;
  }

  @Override
  public void handle(Request request) {
    var asked = (ApiVersionsRequest) request.body();
    if (asked.hasUnsupportedRequestVersion()) {
      request.answer(asked.getErrorResponse(0, Errors.UNSUPPORTED_VERSION.exception()));
    } else if (!asked.isValid()) {
      request.answer(asked.getErrorResponse(0, Errors.INVALID_REQUEST.exception()));
    } else {
      request.answer(response(asked.version()));
    }
  }

  private ApiVersionsResponse response(short version) {
    FeatureLevels levels = features.get();
    return new ApiVersionsResponse.Builder()
        .setApiVersions(ApiVersionsResponse.collectApis(ListenerType.BROKER, apis.served(), false))
        .setSupportedFeatures(levels.supported())
        .setFinalizedFeatures(levels.finalized())
        .setFinalizedFeaturesEpoch(levels.epoch())
        .setZkMigrationEnabled(false)
        // Clients before version 4 choke on a feature range that begins at zero.
        .setAlterFeatureLevel0(version < 4)
        .build();
  }
}
