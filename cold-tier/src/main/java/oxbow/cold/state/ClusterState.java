package oxbow.cold.state;

import java.util.List;
import java.util.Map;

/**
 * A cluster's topics and the settings that hold for all of them.
 *
 * @param settings what was set dynamically for all brokers
 */
public record ClusterState(Map<String, String> settings, List<TopicState> topics) {
  public static final ClusterState EMPTY = new ClusterState(Map.of(), List.of());

  public ClusterState {
    settings = Map.copyOf(settings);
    topics = List.copyOf(topics);
  }
}
