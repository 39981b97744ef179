package oxbow.cold.state;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/**
 * A topic as the cluster has it.
 *
 * @param leaderEpochs of its partitions; empty: not known
 * @param settings what was set for it itself, without defaults
 */
public record TopicState(
    String name,
    Uuid id,
    int partitions,
    List<Integer> leaderEpochs,
    Map<String, String> settings) {
  public TopicState {
    leaderEpochs = List.copyOf(leaderEpochs);
    settings = Map.copyOf(settings);
  }

  /** The epoch in which a partition was led last, as far as that is known. */
  public int leaderEpoch(int partition) {
    return partition < leaderEpochs.size() ? leaderEpochs.get(partition) : 0;
  }
}
