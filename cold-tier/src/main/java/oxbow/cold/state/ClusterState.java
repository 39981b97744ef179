package oxbow.cold.state;

import java.util.List;

/**
 * A cluster's topics and what was set for all of it.
 *
 * @param nextProducerId no producer has got this id, or a higher one; zero: not known
 */
public record ClusterState(SettingsState settings, long nextProducerId, List<TopicState> topics) {
  public static final ClusterState EMPTY = new ClusterState(SettingsState.EMPTY, 0, List.of());

  public ClusterState {
    topics = List.copyOf(topics);
  }
}
