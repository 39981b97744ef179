package oxbow.broker.replica;

import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.network.ListenerName;
import org.jspecify.annotations.Nullable;
import oxbow.broker.control.ClusterView;

/**
 * Who leads a partition, for a client that asked the wrong broker or knows an old epoch.
 *
 * @param leader broker id, or -1
 * @param endpoint where the client's listener is reached on it; null if it is not there
 * @param rack its rack, if it has one
 */
public record LeaderHint(
    int leader, int leaderEpoch, ClusterView.@Nullable Endpoint endpoint, @Nullable String rack) {
  private static final LeaderHint UNKNOWN = new LeaderHint(-1, -1, null, null);

  static LeaderHint of(ClusterView view, TopicPartition partition, ListenerName listener) {
    Optional<ClusterView.Partition> state =
        view.topic(partition.topic())
            .map(ClusterView.Topic::partitions)
            .filter(all -> 0 <= partition.partition() && partition.partition() < all.size())
            .map(all -> all.get(partition.partition()));
    if (state.isEmpty()) return UNKNOWN;
    int leader = state.get().leader();
    Optional<ClusterView.Broker> broker = view.broker(leader).filter(b -> !b.isFenced());
    return new LeaderHint(
        leader,
        state.get().leaderEpoch(),
        broker.map(b -> b.endpoints().get(listener.value())).orElse(null),
        broker.flatMap(ClusterView.Broker::rack).orElse(null));
  }

  static LeaderHint unknown() {
    return UNKNOWN;
  }
}
