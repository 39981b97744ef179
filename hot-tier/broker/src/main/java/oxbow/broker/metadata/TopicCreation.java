package oxbow.broker.metadata;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.requests.ApiError;

/** Makes topics that a client asked about and nobody has created. */
@FunctionalInterface
public interface TopicCreation {
  /**
   * Creates those of the topics that aren't there, with the broker's defaults. Completes when this
   * broker's view of the cluster holds them, with an answer for each name.
   */
  CompletionStage<Map<String, ApiError>> create(Collection<String> names);
}
