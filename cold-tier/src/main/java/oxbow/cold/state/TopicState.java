package oxbow.cold.state;

import java.util.Map;
import org.apache.kafka.common.Uuid;

/**
 * A topic as the cluster has it.
 *
 * @param settings what was set for it itself, without defaults
 */
public record TopicState(String name, Uuid id, int partitions, Map<String, String> settings) {
  public TopicState {
    settings = Map.copyOf(settings);
  }
}
